"""The certificate page in Japanese: words by themselves, sentences by templates. What has no entry stays in English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from qkdsim.report.japanese_measured import MEASURED
from qkdsim.report.japanese_notes import NOTES
from qkdsim.report.japanese_titles import SCHEMES, TITLES

_ENGLISH = re.compile("[a-z]")
# between texts; not inside of an interval
_SEPARATORS = tuple(
    (re.compile(f"{between}(?![^\\[]*\\])"), put) for between, put in (("; ", "；"), (": ", "："), (", ", "、"))
)


@lru_cache(maxsize=4096)
def japanese(text: str) -> str:
    """A word or sentence of the page in Japanese; the text itself where the tables have none.

    A text is taken as a template whose gaps hold further texts, or as texts with a separator between them: whichever
    leaves the fewest English letters.
    """
    whole = WORDS.get(text) or NOTES.get(text)
    if whole is not None:
        return whole
    return min((text, *_ways(text)), key=_english_letters) if _ENGLISH.search(text) else text


def _english_letters(text: str) -> int:
    return len(_ENGLISH.findall(text))


def _ways(text: str) -> Iterator[str]:
    """All ways to take a text apart, the separators first, then templates from the most special one on."""
    for between, put_between in _SEPARATORS:
        parts = between.split(text)
        if len(parts) > 1:
            yield put_between.join(map(japanese, parts))
    for pattern, template in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            yield template.format(*map(japanese, found.groups()))


def japanese_title(criterion: str, title: str) -> str:
    """The title of a criterion by its id; the English one where the table has none."""
    return TITLES.get(criterion, title)


def japanese_measured(criterion: str, measured: str) -> str:
    """What a criterion measures, by its id; in English where the table has none."""
    return MEASURED.get(criterion, measured)


def japanese_scheme(name: str, title: str) -> str:
    """The title of a scheme by its name; the one of its file where the table has none."""
    return SCHEMES.get(name, title)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Templates with gaps as patterns, those with most words first."""
    templates = [(english.split("{}"), put) for english, put in {**NOTES, **UNITS}.items() if "{}" in english]
    templates.sort(key=lambda one: sum(map(len, one[0])), reverse=True)
    return tuple((re.compile("(.*?)".join(map(re.escape, parts)), re.DOTALL), put) for parts, put in templates)


UNITS: Mapping[str, str] = {
    "{} bits{}": "{} ビット{}",
    "{} bit": "{} ビット",
    "{} bit ({}": "{} ビット ({}",
    "{} bit/bit{}": "{} ビット/ビット{}",
    "{} photons/pulse{}": "{} 光子/パルス{}",
    "{} 1/gate{}": "{} /ゲート{}",
    "{} 1/detection{}": "{} /検出{}",
    "{} NIST category{}": "NIST カテゴリ {}{}",
    "one of {}": "次のいずれか {}",
    "declared: {}": "宣言値 {}",
    "would pass at {}": "{} なら合格",
    "would be lost at {}": "{} なら不合格",
    "no event": "事象なし",
    "no event in {} trials": "{} 回の試行で事象なし",
    "{} → {}": "{} → {}",
}

WORDS: Mapping[str, str] = {
    # verdicts
    "pass": "合格",
    "fail": "不合格",
    "inconclusive": "判定保留",
    "not-applicable": "適用外",
    "not-tested": "未試験",
    "Does not conform": "不適合",
    "Inconclusive": "判定保留",
    "Conforms": "適合",
    "Conforms as declared": "宣言値に基づき適合",
    "Conforms, measured on a simulated specimen": "適合（模擬供試体での測定による）",
    "Conforms, by measured records": "適合（測定記録による）",
    # evidence
    "declared": "宣言値",
    "specimen": "模擬供試体",
    "measured": "実測",
    "assumed": "仮定値",
    "none": "なし",
    "inspection": "書類検査",
    "experiment": "実験",
    "statistical-test": "統計検定",
    "attack": "攻撃試験",
    "endpoint": "実接続試験",
    "public": "公開",
    "proof": "安全性証明",
    "not-required": "要求なし",
    "secondary source": "二次資料",
    "from general knowledge: verify before quoting": "一般知識による：引用前に要確認",
    "yes": "はい",
    "no": "いいえ",
    # headings
    "Certification": "認証評価",
    "fictional specimen": "架空の供試体",
    "Role: a whole link, judged with both ends.": "役割：両端を含むリンク全体として判定する。",
    "Role: transmitter, one module of a link. What takes both ends is judged with its partner.": (
        "役割：送信機（リンクの一方）。両端を要する項目は相手機と組み合わせて判定する。"
    ),
    "Role: receiver, one module of a link. What takes both ends is judged with its partner.": (
        "役割：受信機（リンクの一方）。両端を要する項目は相手機と組み合わせて判定する。"
    ),
    "Level": "レベル",
    "certification scheme": "認証制度",
    "rests on evidence that is": "判定の根拠",
    "required evidence": "要求される根拠",
    "level reached": "到達レベル",
    "none reached": "なし",
    "Sections": "目次",
    "Counts": "件数",
    "What decides": "判定を左右する項目",
    "All criteria": "全評価項目",
    "Evidence": "証拠",
    "How to read this page": "このページの読み方",
    "Verdict": "判定",
    "Basis": "根拠",
    "Stands in the way": "妨げとなる項目",
    "Criterion": "評価項目",
    "Value": "値",
    "Limit": "限度",
    "Limits": "限度",
    "Finding": "所見",
    "Which fail": "不合格の項目",
    "Criteria decided, by basis": "判定した項目の根拠別件数",
    "What would pass it": "合格に必要な変更",
    "Margin": "余裕",
    "Method": "方法",
    "Interval": "信頼区間",
    "Sample / planned": "標本 / 計画",
    "Seed": "シード",
    "Note": "備考",
    "Sources": "出典",
    "profile": "プロファイル",
    "Sources stand in the language in which they were published, what the maker says in that of the profile.": (
        "出典は公表された言語で、製造者の記載はプロファイルの言語で示す。"
    ),
    "Mutual recognition": "相互承認",
    "This body of evidence judged under each scheme.": "この証拠一式を各認証制度で判定した結果。",
    "Not gathered: criteria that a scheme judges and that were not asked for here; --criteria all gathers them.": (
        "未取得：その制度が判定するが、今回は対象としなかった項目（--criteria all で取得できる）。"
    ),
    "Not gathered": "未取得",
    "evidence gathered under": "証拠を取得した制度",
    "What evidence gathered under the scheme of a row covers of the scheme of a column: criteria whose pass stands "
    "there as well, since the limit was as tight, of all that the column judges at this level. Below, in how many "
    "there is evidence at all, to be judged anew.": (
        "行の制度で取得した証拠が列の制度をどこまで満たすか。"
        "上段は限度が同等以上に厳しく合格がそのまま通用する項目数／列の制度が"
        "このレベルで判定する項目数。下段は証拠があり改めて判定できる項目数。"
    ),
    "would pass with": "次の変更で合格：",
    "at its limit": "限度ちょうど：",
    "narrow: would be lost with": "余裕小、次の変更で不合格：",
    "the specimen shows": "供試体の値：",
    "the records show": "記録の値：",
    "by the curve of the declared components it would pass up to": (
        "宣言された構成要素の曲線で合格となる損失と距離の上限："
    ),
    "has key up to": "鍵が得られる上限：",
    # explanations
    "Criteria that fail or could not be decided, and the smallest change of one declared parameter that would make "
    "them pass.": "不合格または判定できなかった項目と、宣言パラメータ一つの変更で合格となる最小の変更。",
    "Strips: the limit as a line, the side that meets it shaded, the interval as a bar, the value as a dot.": (
        "図：線は限度、着色側は合格域、棒は信頼区間、点は値を示す。"
    ),
    "Declared: what follows from the device's own profile. Nothing was measured on a device.": (
        "宣言値：装置自身のプロファイルから導かれるもの。装置での測定は行っていない。"
    ),
    "Specimen: estimated from clicks, transcripts and ledgers of a simulated device whose true parameters "
    "are hidden.": ("模擬供試体：真のパラメータを伏せた模擬装置の検出記録、通信記録、台帳から推定したもの。"),
    "Measured: a laboratory's records of a device.": "実測：試験所による装置の測定記録。",
    "Assumed: values that nobody declares; never enough to pass.": (
        "仮定値：誰も宣言していない値。これだけでは合格にならない。"
    ),
    "There is no evidence that a verdict could rest on.": "判定の根拠となる証拠がない。",
    "The whole confidence interval meets the limit.": "信頼区間の全体が限度を満たす。",
    "The whole confidence interval misses the limit, an event that must not happen did, or the device's own statements "
    "contradict each other.": (
        "信頼区間の全体が限度を外れた、起きてはならない事象が起きた、または装置の記載どうしが矛盾する。"
    ),
    "The interval holds the limit, the sample is smaller than planned, or the value is missing or assumed. Never "
    "counted as a pass.": (
        "信頼区間が限度をまたぐ、標本が計画より少ない、または値が無いか仮定値である。合格とは数えない。"
    ),
    "The criterion does not concern this device, or has no limit at this level.": (
        "この装置には関係しない、またはこのレベルに限度がない。"
    ),
    "Needs a live endpoint and stands outside the verdict of the level.": (
        "実際の接続先を必要とし、レベルの判定には含めない。"
    ),
    "Distance from the worse end of the interval to the limit, positive on the safe side; in brackets as a share of "
    "the limit.": "信頼区間の不利な端から限度までの距離。安全側が正。括弧内は限度に対する割合。",
    "Public: the number stands in the source that is cited. Assumed: a default of qkdsim. Proof: the bound that the "
    "profile declares for its security proof, where it is tighter.": (
        "公開：数値は引用した出典にある。仮定値：qkdsim の既定値。安全性証明：プロファイルがその安全性証明のために"
        "宣言した限界で、より厳しい場合に用いる。"
    ),
    "A publication is named only for what is public of it; the brackets say how far its text was checked.": (
        "文献は公開部分についてのみ挙げる。括弧内は本文をどこまで確認したかを示す。"
    ),
    # categories
    "transmitter": "送信機",
    "receiver": "受信機",
    "rng": "乱数生成器",
    "post-processing": "鍵処理",
    "performance": "性能と環境",
    "key-management": "鍵管理",
    "interface": "インタフェース",
    "hybrid": "ハイブリッド鍵",
    "cv-qkd": "連続量 QKD",
    "platform": "筐体と保証",
    # axes of common figures
    "loss (dB)": "損失 (dB)",
    "time (s)": "時間 (s)",
    "time (h)": "時間 (h)",
    "temperature (°C)": "温度 (°C)",
    "Records": "記録",
    "measured on": "測定日",
    "serial number": "製造番号",
    "No verdict of a level: only a part of the scheme was asked for.": "レベルの判定ではない:評価は基準の一部のみ。",
    "The randomness batteries were not run.": "乱数の検定群は実施していない。",
    "secret key rate (bit/s)": "秘密鍵レート (bit/s)",
    "QBER": "量子ビット誤り率",
    "detection probability": "検出確率",
    "probability of detection": "検出確率",
    "share of pulses attacked": "攻撃されたパルスの割合",
    "share intercepted": "傍受された割合",
    "probability that a block is refused": "ブロックが拒否される確率",
    "probability of an alarm": "警報の確率",
    "share of symbols intercepted": "傍受されたシンボルの割合",
    "shift of the pulses (ps)": "パルスのずれ (ps)",
    "delay of the clock (ps)": "クロックの遅れ (ps)",
    "injected power, W": "注入した光パワー (W)",
    "power at the receiver's port, W": "受信端の光パワー (W)",
    "wavelength, nm": "波長 (nm)",
    "isolation, dB": "アイソレーション (dB)",
    "mean photon number": "平均光子数",
    "key rate (bit/s)": "鍵レート (bit/s)",
    "key rate over a day": "一日の鍵レート",
    "released over declared key rate": "鍵レートの宣言値との比",
    "ratio": "比",
    "sub-test": "部分検定",
    "sub-tests": "部分検定",
    "share of sequences that pass at 0.01": "有意水準 0.01 で合格した系列の割合",
    "signal over a day": "一日の信号強度",
    "transmitter round trip": "送信機の往復減衰",
    "alarms": "警報",
    "binomial tail of the abort rule": "中断規則の二項分布の裾",
    "law of the key length, by declared values": "鍵長の分布（宣言値による）",
    "theory": "理論",
    "simulated": "シミュレーション",
}
