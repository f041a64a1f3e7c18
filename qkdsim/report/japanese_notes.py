"""What procedures and verdicts say, in Japanese: templates whose `{}` hold numbers, names or further texts.

In the Japanese the holes may stand in another order: `{1}` is the second of the English.
"""

from __future__ import annotations

from collections.abc import Mapping

# reasons of verdicts
REASONS: Mapping[str, str] = {
    "at {} already: {}": "{} で既に：{}",
    "reported only": "報告のみ",
    "reported only; no evidence": "報告のみ。証拠なし",
    "needs a live endpoint": "実際の接続先が必要",
    "no evidence: calls for {} on a specimen or a laboratory's records": "証拠なし：供試体の{}または試験所の記録が必要",
    "{} or {}": "{}または{}",
    "does not concern this device": "この装置には関係しない",
    "outside the scheme {}": "認証制度 {} の対象外",
    "{} evidence is required; as {}: {}": "{}の証拠が必要。{}では：{}",
    "{} evidence is required, this is {}": "{}の証拠が必要だが、これは{}",
    "no value": "値なし",
    "the value is assumed": "値は仮定値である",
    "the value is backed by nothing": "値に根拠がない",
    "sample of {}, the plan asks for {}": "標本 {}、計画では {} が必要",
    "expected true or false, the evidence says {}": "真偽が求められるが、証拠は {}",
    "expected a number, the evidence says {}": "数値が求められるが、証拠は {}",
    "an estimate without a confidence interval": "信頼区間のない推定値",
    "the confidence interval holds the threshold": "信頼区間が限度をまたぐ",
    "no event, but the number of trials or its plan is not stated": "事象はないが、試行数またはその計画が不明",
    "cannot be computed from these values: {}": "これらの値からは計算できない：{}",
    "no transmitter of pulses for photon counting": "光子計数用のパルス送信機ではない",
    "no single-photon detectors": "単一光子検出器がない",
    "no weak coherent pulses": "弱コヒーレントパルスを用いない",
    "no decoys": "デコイがない",
    "no vacuum state: fewer than three intensities": "真空状態がない：強度が三つ未満",
    "no sifted bits: noise is judged by CV-01, the length of key by PP-07": (
        "ふるい鍵がない：雑音は CV-01、鍵長は PP-07 で判定する"
    ),
    "the value is {}": "値は{}",
    "not run: the randomness batteries were left out": "未実施：乱数の検定群を省いた",
    "not BB84": "BB84 ではない",
    "no receiver of BB84": "BB84 の受信機ではない",
    "no states of single photons": "単一光子の状態を用いない",
    "concerns a link: certify the module with its partner": "リンク全体の項目：相手機と組み合わせて評価する",
    "no passive basis choice": "受動基底選択ではない",
    "no interferometer": "干渉計がない",
    "no coexistence declared": "共存の宣言がない",
    "no post-quantum algorithm or combination declared": "耐量子暗号アルゴリズムや併用の宣言がない",
    "no multicast declared": "マルチキャストの宣言がない",
    "ETSI GS QKD {} not declared": "ETSI GS QKD {} の宣言がない",
    "not a continuous-variable system": "連続量方式ではない",
    "declared security proof": "宣言された安全性証明",
    "qkdsim default": "qkdsim の既定値",
}

# inspection of what a profile declares
INSPECTIONS: Mapping[str, str] = {
    "the profile does not state {}": "プロファイルに記載がない：{}",
    "{}: assumed, nobody declares it": "{}：仮定値であり、宣言されていない",
    "{} and {}": "{}と {}",
    "the weakest intensity and the extinction of its modulator": "最も弱い強度とその変調器の消光比",
    "misalignment and extinction of the states": "状態の調整誤差と消光比",
    "its source": "光源",
    "with a tolerance: {}": "許容差つきの {}",
    "wavelength, pulse rate and linewidth, each with a tolerance": "波長、繰返し周波数、線幅とそれぞれの許容差",
    "{}, or {} with an uncertainty": "{}、または不確かさつきの {}",
    "{} counts/s are declared, the dead time lets {} counts/s through": (
        "宣言値は毎秒 {} カウント、不感時間の下では毎秒 {} カウントまで"
    ),
    "what the rate at 10 dB rests on": "10 dB での鍵レートの根拠となる値",
    "what the QBER at 10 dB rests on": "10 dB での量子ビット誤り率の根拠となる値",
    "declared at 10 dB": "10 dB での宣言値",
    "components that can be simulated": "シミュレーションできる構成要素",
    "at {} dB {} bit/s are declared, the declared components give {} bit/s": (
        "{} dB での宣言値は {} bit/s、宣言された構成要素から得られるのは {} bit/s"
    ),
    "ratio at {} dB": "{} dB での比",
    "reach of the declared components": "宣言された構成要素の到達損失",
    "{} dB are declared, the declared components give no key beyond {} dB": (
        "宣言値は {} dB、宣言された構成要素では {} dB を超えると鍵が得られない"
    ),
    "performance.rate_table with qber": "qber を含む performance.rate_table",
    "greatest loss of performance.rate_table with key": "performance.rate_table で鍵が得られる最大の損失",
    "QBER declared at {} dB": "{} dB での量子ビット誤り率の宣言値",
    "beside {} dBm at {} nm over {} km": "波長 {1} nm、{0} dBm の光と {2} km にわたり共存",
    "beside {} dBm at {} nm": "波長 {1} nm、{0} dBm の光と共存",
    "{} over {} km": "{}、{} km",
    "{} = {} and {} = {} have a time-bandwidth product of {}; no pulse has less than {}": (
        "{} = {} と {} = {} の時間帯域幅積は {}、どのパルスも {} を下回らない"
    ),
    "platform.power_w and a key rate at 10 dB": "platform.power_w と 10 dB での鍵レート",
    "power over rate at 10 dB": "10 dB での消費電力／鍵レート",
    "{} lacks {}": "{} に欠けている項目：{}",
    "platform.security_log is false: security events are not logged": (
        "platform.security_log が false：セキュリティ事象が記録されない"
    ),
    "an ML-KEM parameter set in pqc.kem": "pqc.kem の ML-KEM パラメータセット",
    "cv.local_oscillator, and cv.local_oscillator_monitored where it is transmitted": (
        "cv.local_oscillator、伝送する場合は cv.local_oscillator_monitored"
    ),
    "platform.tamper_detection is false: no event to answer": (
        "platform.tamper_detection が false：応答すべき改ざん事象が検知されない"
    ),
    "platform.self_tests at start and on demand, platform.failed_self_test_stops_key": (
        "起動時と要求時の platform.self_tests、platform.failed_self_test_stops_key"
    ),
    "platform.roles with {}; platform.authenticated_management": (
        "platform.roles（{}）、platform.authenticated_management"
    ),
    "operator, maintainer, auditor": "操作者・保守者・監査者",
    "post_processing.ec_efficiency is below 1: fewer bits disclosed than any code needs (Shannon limit)": (
        "post_processing.ec_efficiency が 1 未満：どの符号の必要量（シャノン限界）よりも開示ビットが少ない"
    ),
    "{} hash, {} seed for each block": "{} ハッシュ、ブロックごとのシード：{}",
    "fresh": "新規",
    "reused": "再使用",
    "authentication scheme, tags and their failure probability": "認証方式、タグとその失敗確率",
    "tag bits": "タグのビット数",
    "scheme": "方式",
    "toeplitz": "テプリッツ",
    "{} is no scheme with a forgery probability that holds unconditionally": (
        "{} は偽造確率が無条件に成り立つ方式ではない"
    ),
    "a tag of {} bits is guessed with probability {}; {} is declared": (
        "{} ビットのタグは確率 {} で推測されるが、宣言値は {}"
    ),
    "rng.kind is pseudo, yet class {} is declared": "rng.kind = pseudo に対し、クラス {} が宣言されている",
    "not declared: {}": "宣言なし：{}",
    "missing": "不足",
    "proof, attack class and its assumptions": "証明、攻撃クラス、仮定",
    "a bound on {}": "{} の限界",
    "{} {} (bound {} {})": "{} {}（限界 {} {}）",
    "not stated": "記載なし",
    "outside the bound of the proof: {}": "証明の限界を外れている：{}",
    "what its proof bounds: {}": "証明が限界を定める値：{}",
    "{} assumptions of the proof are kept": "証明の {} 個の仮定が守られている",
    "kept": "適合",
    "broken": "逸脱",
    "open": "未確定",
}

# experiments on a specimen
EXPERIMENTS: Mapping[str, str] = {
    "calibrated photon counting at the quantum port": "量子ポートでの校正済み光子計数",
    "mean photon number of class {}": "強度クラス {} の平均光子数",
    "the signal counted every quarter of an hour for 24 h": "24 時間にわたり 15 分ごとに信号を計数",
    "no decoy but a perfect vacuum": "完全な真空以外のデコイがない",
    "no decoy but a vacuum": "真空以外のデコイがない",
    "calibrated photon counting; the calibration cancels in the ratio": "校正済み光子計数（比では校正が相殺される）",
    "photon counting of the brightest and the weakest class": "最も強い強度と最も弱い強度の光子計数",
    "coincidences behind a beam splitter over those with a distant pulse": (
        "ビームスプリッタ後の同時計数と、離れたパルスとの同時計数の比"
    ),
    "clicks of each class by the class before it": "直前の強度クラス別に見た各クラスの検出数",
    "settings counted at the drive signals; interval of 3 standard deviations": (
        "駆動信号での設定の計数。区間は標準偏差の 3 倍"
    ),
    "wavemeter, spectrometer and frequency counter": "波長計、分光器、周波数カウンタ",
    "linewidth (Hz)": "線幅 (Hz)",
    "wavelength (nm)": "波長 (nm)",
    "pulse rate (Hz)": "繰返し周波数 (Hz)",
    "pulse times against the clock, the instrument's own jitter taken off": (
        "クロックに対するパルス時刻。測定器自身のジッタを差し引いたもの"
    ),
    "its share of the QBER": "量子ビット誤り率への寄与",
    "each state on an analyser at four angles, aligned with the first state": (
        "第一の状態に合わせた検光子の四つの角度での各状態"
    ),
    "transmitter straight into the receiver, pulses far apart; the worse basis": (
        "送信機と受信機の直結、離れたパルス。悪い方の基底"
    ),
    "transmitter straight into the receiver; 1 - 2 e of the test basis": (
        "送信機と受信機の直結。検査基底の誤り率 e による 1 − 2e"
    ),
    "light of each state that the laboratory's analyser finds in the opposite one": (
        "各状態の光のうち試験所の検光子が反対の状態に見いだす割合"
    ),
    "wrong clicks in the laboratory's light of each state, dark counts taken off": (
        "試験所の各状態の光に対する誤った検出。暗計数を差し引いたもの"
    ),
    "module": "モジュール",
    "of the partner": "相手機の値",
    "interference of neighbouring pulses at four phases": "四つの位相での隣接パルスの干渉",
    "median p-value of a Kolmogorov-Smirnov test of three phase records against the uniform distribution.": (
        "三つの位相記録を一様分布と比べたコルモゴロフ・スミルノフ検定の p 値の中央値"
    ),
    "p-value of record {}": "記録 {} の p 値",
    "two-photon interference of every pair of states": "すべての状態の対の二光子干渉",
    "two-photon interference of every pair of intensity classes": "すべての強度クラスの対の二光子干渉",
    "efficiency of detector {}": "検出器 {} の検出効率",
    "a calibrated laser at the receiver's port, against darkness": "受信機ポートへの校正済みレーザ光。暗状態との差",
    "bits released beyond the declared bound on the announced estimates, or beyond the truth": (
        "公表された推定値による宣言の限界または真の値を超えて払い出されたビット"
    ),
    "blocks released above the limit": "限度超過で払い出されたブロック",
    "{} is not stated": "{} の記載がない",
    "excess noise tried (SNU)": "試験した過剰雑音 (SNU)",
    "highest noise released (SNU)": "払い出しのあった最大の雑音 (SNU)",
    "lowest noise refused (SNU)": "拒否された最小の雑音 (SNU)",
    "transmittance": "透過率",
    "cv.excess_noise_abort_snu is not stated": "cv.excess_noise_abort_snu が示されていない",
    "modulation variance (SNU)": "変調分散 (SNU)",
    "normal tail at the searched boundary of release, taken as a step in the excess noise of a block": (
        "探索した払い出し境界での正規分布の裾。境界はブロックの過剰雑音の段差とみなす"
    ),
    "raw records at {} dB against the laboratory's own measure of the shot noise": (
        "{} dB での生の記録と、試験所自身によるショット雑音の測定値との比較"
    ),
    "shot noise over that of the device's unit": "装置の単位に対するショット雑音の比",
    "stated limit (SNU)": "記載された限度 (SNU)",
    "asked for keys at 0.5, 0.99, 1.01 and 2 times the configured age": (
        "設定された経過時間の 0.5、0.99、1.01、2 倍で鍵を要求"
    ),
    "key delivered (bit)": "配送した鍵 (bit)",
    "key delivered, as the stores count (bit)": "ストアの記録による配送した鍵 (bit)",
    "rated load": "定格負荷",
    "relay messages altered in key or tag, or replayed": "鍵またはタグを改変、または再送した中継メッセージ",
    "{} outages of supply in {} years of failing key managers": "鍵マネージャの故障を含む {1} 年間に供給停止 {0} 回",
    "mean outage (h)": "平均停止時間 (h)",
    "no outage of supply in the log": "記録に供給停止がない",
    "requests at half of the key rate of a link, on the laboratory's network": (
        "試験所の網で、リンクの鍵レートの半分の要求"
    ),
    "{} of {} paths tell the key; relays of {} sites see them": (
        "{1} 経路のうち {0} 経路で鍵が判明する。{2} 拠点の中継が経路を知る"
    ),
    "no key went over relays, so that none could be exposed": "中継を通る鍵がなく、露出しうる鍵がない",
    "sites that expose a key": "鍵を露出する拠点",
    "another suite": "別の暗号スイート",
    "the same laser light on both detectors": "両検出器への同じレーザ光",
    "worst arrival time (ps)": "最悪の到来時刻 (ps)",
    "worst detuning (nm)": "最悪の離調 (nm)",
    "worst mode": "最悪のモード",
    "laser light over arrival times, wavelengths and modes that are let in": (
        "通過する到来時刻・波長・モードにわたるレーザ光"
    ),
    "per gate of detector {}": "検出器 {} のゲート当たり",
    "gates opened in the dark; the worse detector": "暗状態でのゲート動作。悪い方の検出器",
    "no gate, hence no edge of one": "ゲートがなく、その端もない",
    "no edge at which the response is small": "応答が小さくなるゲート端がない",
    "bright over dim laser pulses at the edge of the gate": "ゲート端での強いレーザパルスと弱いレーザパルスの応答比",
    "gated counting at the receiver's port after detections": "検出後の受信機ポートでのゲート計数",
    "no double click in bright light": "強い光でもダブルクリックがない",
    "{} of {} double clicks got no bit": "{1} 回のダブルクリック中 {0} 回にビットが割り当てられない",
    "bits recorded of double clicks in bright light, and an exact test of a fair coin": (
        "強い光でのダブルクリックに記録されたビットと、公平な硬貨の正確検定"
    ),
    "share of double clicks": "ダブルクリックの割合",
    "share of clicks in the key basis, in light that favours neither": "どちらにも偏らない光での鍵基底の検出の割合",
    "no filter declared: any wavelength comes in, and a band to look at is not known": (
        "フィルタの宣言なし：どの波長も入り、調べる帯域が分からない"
    ),
    "share of clicks in the key basis over the band of the filter": "フィルタの帯域にわたる鍵基底の検出の割合",
    "clicks within 10 us or 100 us of another beyond those that chance brings; the greater": (
        "10 µs または 100 µs 以内に続く検出のうち偶然を超えるもの。大きい方"
    ),
    "dead time of detector {} (s)": "検出器 {} の不感時間 (s)",
    "no dead time, and none declared": "不感時間がなく、宣言もない",
    "shortest gap between clicks of one detector in bright light": "強い光での一つの検出器の最短の検出間隔",
    "dead time": "不感時間",
    "clicks while another detector was dead, in bright light": "強い光で、他の検出器が不感時間中の検出",
    "parities on the transcript; key lengths computed anew from all that was told": (
        "通信記録上のパリティ。開示された全情報から鍵長を再計算"
    ),
    "error rate": "誤り率",
    "reconciliation told nothing": "誤り訂正で何も開示されなかった",
    "told over n h(QBER)": "開示量／n h（誤り率）",
    "share of told bits not taken off": "開示したが差し引かれていないビットの割合",
    "not known": "不明",
    "the smallest of {} blocks that gave key": "鍵を生じた {} ブロックのうち最小のもの",
    "no block gave key": "鍵を生じたブロックがない",
    "{} seeds: {} used before, {} shorter than the block": "シード {} 個：再使用 {} 個、ブロックより短いもの {} 個",
    "fewer than two blocks with a seed of privacy amplification": "秘匿性増強のシードがあるブロックが二つ未満",
    "bits of the hash": "ハッシュのビット数",
    "blocks without a hash of their keys, or with hashes of any length": (
        "鍵のハッシュがないブロック、または長さの異なるハッシュ"
    ),
    "bound of the hash family for the length of the hash by which keys are compared": (
        "鍵を比較するハッシュの長さに対するハッシュ族の上界"
    ),
    "no key was released": "鍵が払い出されなかった",
    "{} of {} released keys differed": "払い出した {1} 鍵のうち {0} 鍵が不一致",
    "published errors": "公開された誤り",
    "log of a running device, in 30 batches of blocks": "運用中の装置の記録。ブロックを 30 群に分割",
    "logs of a running device at every declared loss; the least ratio": (
        "宣言された各損失での運用中の装置の記録。最小の比"
    ),
    "no {} declared": "{} の宣言がない",
    "key in {} blocks of {}; the ends are the neighbours on the grid of losses": (
        "{1} ブロック中 {0} ブロックで鍵あり。区間の端は損失格子の隣接点"
    ),
    "errors that key processing corrected, in 30 batches of blocks": "鍵処理が訂正した誤り。ブロックを 30 群に分割",
    "no key in a day": "一日中鍵が得られない",
    "log of a day, in quarters of an hour": "一日の記録。15 分ごと",
    "fewer than two blocks in an hour": "1 時間に 2 ブロック未満",
    "no key without classical light either": "古典光がなくても鍵が得られない",
    "logs on the declared fibre with and without the classical light": (
        "宣言されたファイバでの、古典光ありとなしの記録"
    ),
    "no key within a day": "一日以内に鍵が得られない",
    "longest (s)": "最長 (s)",
    "mean of {} tries": "{} 回の平均",
    "keys given out, first application": "最初のアプリケーションに配送された鍵",
    "delivered keys looked for in all stores": "全ストアで配送済み鍵を探索したもの",
    "relay messages whose key the laboratory asked for": "試験所が鍵を要求した中継メッセージ",
    "disjoint paths": "素な経路",
    "{} of {} keys differ at the two ends": "{1} 鍵のうち {0} 鍵が両端で異なる",
    "log lines searched for bits of delivered keys": "配送済み鍵のビットを探索したログ行",
    "{} among {} {}": "{2}：{1} 件中 {0} 件",
    "with {} known: {} of {} keys alike, {} bits of {} without effect": (
        "{0} が既知のとき：{2} 鍵のうち {1} 鍵が同一、{4} の {3} ビットが影響しない"
    ),
    "{} of {} keys show a secret": "{1} 鍵のうち {0} 鍵に秘密が現れる",
    "the key depends on every bit of both secrets": "鍵は両方の秘密の全ビットに依存する",
    "not bound: {}": "束縛されていない：{}",
    "bound to all four parts of the context": "文脈の四要素すべてに束縛されている",
    "key_ID": "鍵 ID",
    "ciphertext": "暗号文",
    "identities": "識別子",
    "algorithms": "アルゴリズム",
    "the profile declares no mode {}": "プロファイルにモード {} の宣言がない",
    "none of {} handshakes": "{} 回のハンドシェイクで 0 件",
    "undisturbed": "妨害なし",
    "no QKD key at either end": "両端に QKD 鍵なし",
    "no QKD key at the responder": "応答側に QKD 鍵なし",
    "no QKD key at the initiator": "開始側に QKD 鍵なし",
    "key identifiers removed": "鍵識別子を除去",
    "KEM removed from the offer": "提案から KEM を除去",
    "policy rewritten": "方針を書換え",
    "no QKD key": "QKD 鍵なし",
    "longest of {} intervals in a day": "一日の {} 間隔のうち最長",
    "needs rng.conditioning = sha-256 and rng.conditioning_ratio": (
        "rng.conditioning = sha-256 と rng.conditioning_ratio が必要"
    ),
    "least of ten estimates, each a 99 % lower bound": "10 種の推定値（それぞれ 99 % 下限）の最小",
    "SP 800-90B, 3.1.5, for SHA-256 over the declared number of raw bits": (
        "宣言された生ビット数に対する SHA-256 について SP 800-90B 3.1.5 による"
    ),
    "raw min-entropy per bit": "生ビット当たりの最小エントロピー",
    "raw bits per output bit": "出力 1 ビット当たりの生ビット数",
    "{} raw bits of {} bit each leave {} per bit, {} is declared": (
        "1 ビット当たり {1} ビットの生ビット {0} 個から残るのは 1 ビット当たり {2}、宣言値は {3}"
    ),
    "{} of {} stuck, {} biased and {} patterned sources found, {} false alarms": (
        "固着 {1} 例中 {0} 例、偏り {2} 例、パターン {3} 例を検出、誤警報 {4} 回"
    ),
    "false alarms allowed": "許容される誤警報",
    "samples": "標本数",
    "longest of {}": "{} 回のうち最長",
    "{} of {} failures did not end key generation within 60 s": (
        "{1} 回の故障のうち {0} 回で 60 秒以内に鍵生成が停止しない"
    ),
    "rejected: {}": "棄却：{}",
    "{} sub-tests, none rejected": "部分検定 {} 件、棄却なし",
    "sequences of 1e6 bits": "1e6 ビットの系列数",
    "family-wise level": "全体の有意水準",
    "smallest p-value": "最小の p 値",
    "sub-tests odd by the rule of SP 800-22, 4.2": "SP 800-22 4.2 の規則では異常となる部分検定",
    "most common value": "最頻値",
    "collision": "衝突",
    "Markov": "マルコフ",
    "compression": "圧縮",
    "t-tuple": "t 組",
    "longest repeated substring": "最長反復部分列",
    "MultiMCW prediction": "MultiMCW 予測",
    "lag prediction": "ラグ予測",
    "MultiMMC prediction": "MultiMMC 予測",
    "LZ78Y prediction": "LZ78Y 予測",
    "this device has no {}": "この装置には{}がない",
    "key processing": "鍵処理",
    "source": "光源",
    "detectors": "検出器",
}

# attacks
ATTACKS: Mapping[str, str] = {
    "bound of the hash family for the tags and transcripts seen; forged messages accepted count as they are": (
        "観測したタグと通信記録に対するハッシュ族の限界。受理された偽造メッセージはそのまま数える"
    ),
    "longest transcript": "最長の通信記録",
    "forged messages accepted": "受理された偽造メッセージ",
    "clean detections fed in give no key": "誤りのない検出を入力しても鍵が得られない",
    "{} manipulations of {} kinds of messages{}": "{1} 種のメッセージに対する {0} 通りの操作{2}",
    "; first: {}": "。最初の例：{}",
    "kinds of messages": "メッセージの種類",
    "detections": "検出",
    "tag": "タグ",
    "bases": "基底",
    "estimate": "推定",
    "question": "質問",
    "answer": "応答",
    "done": "完了",
    "verification": "検証",
    "verdict": "判定",
    "seed": "シード",
    "an earlier block played to {}": "{} に以前のブロックを再送",
    "an impostor without the keys": "鍵を持たないなりすまし",
    "first bit flipped": "最初のビットを反転",
    "a bit in the middle flipped": "中央のビットを反転",
    "last bit flipped": "最後のビットを反転",
    "cut short": "切詰め",
    "made longer": "延長",
    "held back": "差止め",
    "replayed from an earlier block": "以前のブロックから再送",
    "exchanged for the one before it": "一つ前と入替え",
    "sent twice": "二重送信",
    "first tags of blocks with equal detections, compared with each other": (
        "検出が等しいブロックの最初のタグどうしを比較"
    ),
    "bits released beyond the declared bound recomputed from the log, or beyond the truth": (
        "記録から再計算した宣言の限界または真の値を超えて払い出されたビット"
    ),
    "beyond the declared bound": "宣言の限界の超過分",
    "beyond the secure length from the truth": "真の値による安全な長さの超過分",
    "fewer than {} pairs of bits of key and transcript": "鍵と通信記録のビット対が {} 未満",
    "single bits of {} pairs of key and transcript; the worst: {}, lag {}": (
        "鍵と通信記録の {} 組の単一ビット。最悪：{}、ラグ {}"
    ),
    "bias of the estimate": "推定の偏り",
    "binomial tail at the searched boundary of release, taken as a step in the error rate of a block": (
        "探索した払い出し境界での二項分布の裾。境界はブロックの誤り率の段差とみなす"
    ),
    "stated abort threshold": "記載された中断しきい値",
    "error rate tried": "試験した誤り率",
    "highest rate released": "払い出しのあった最高の誤り率",
    "lowest rate refused": "拒否された最低の誤り率",
    "blocks released above the threshold": "しきい値超過で払い出されたブロック",
    "between the highest error rate of a block that gave key and the lowest of one that gave none": (
        "鍵が得られたブロックの最高の誤り率と、得られなかったブロックの最低の誤り率の間"
    ),
    "blocks with key under full interception: {}; greatest excess under partial: {} bits": (
        "全数傍受で鍵の得られたブロック：{}、部分傍受での最大超過：{} ビット"
    ),
    "QBER without attack": "攻撃なしの量子ビット誤り率",
    "QBER under full interception": "全数傍受での量子ビット誤り率",
    "as the law e0 + (1 - 2 e0)/4 has it": "法則 e0 + (1 − 2 e0)/4 による値",
    "QBER with {} intercepted, key basis": "{} を傍受したときの量子ビット誤り率（鍵基底）",
    "QBER with {} intercepted, test basis": "{} を傍受したときの量子ビット誤り率（検査基底）",
    "as the law has it": "法則による値",
    "false alarms": "誤警報",
    "false alarms by the binomial tail": "二項分布の裾による誤警報",
    "greatest excess over the secure length from the truth: {} bits": "真の値による安全な長さの最大超過：{} ビット",
    "single photons blocked": "遮断された単一光子の割合",
    "blocks refused under full splitting": "全数分割で拒否されたブロック",
    "{} photons per second sent in; worst wavelength of the band": "毎秒 {} 光子を注入。帯域内の最悪波長",
    "round-trip attenuation, dB": "往復減衰量 (dB)",
    "{} bits of a block released beyond the secure length from the truth": (
        "一つのブロックで真の値による安全な長さを {} ビット超えて払い出し"
    ),
    "announced excess noise aimed at (SNU)": "狙った過剰雑音の公表値 (SNU)",
    "attacks under which key was given": "鍵が払い出された攻撃",
    "blocks with key while every symbol was intercepted: {}; greatest excess: {} bits": (
        "全シンボル傍受で鍵の得られたブロック：{}、最大超過：{} ビット"
    ),
    "displacement (standard deviations of the shot noise)": "変位（ショット雑音の標準偏差の倍数）",
    "error of the announced unit": "公表された単位の誤差",
    "error of the announced unit, wherever the device gave key under a forged calibration": (
        "偽の校正の下で装置が鍵を払い出した場合の、公表された単位の誤差"
    ),
    "no displacement of 1000 standard deviations of the shot noise or less hides the noise of interception": (
        "ショット雑音の標準偏差の 1000 倍以下の変位では傍受の雑音を隠せない"
    ),
    "no key without attack either": "攻撃がなくても鍵が得られない",
    "power of the signal over that without attack": "攻撃なしに対する信号パワーの比",
    "relative error": "相対誤差",
    "shot noise over that before the attack": "攻撃前に対するショット雑音の比",
    "undetected: {}": "未検知：{}",
    "values at the ends of the range": "範囲の端の値",
    ", and no change either": "（変化もなし）",
    "transmitter one way": "送信機の片道",
    "transmitter round trip": "送信機の往復",
    "receiver round trip": "受信機の往復",
    "no alarm up to {} W": "{} W まで警報なし",
    "no alarm up to {} W, and no change either": "{} W まで警報も変化もなし",
    "alarm from {} W, change by 1 % from {} W": "{} W から警報、{} W から 1 % の変化",
    "worst wavelength of the band, each read several times": "帯域内の最悪波長。各波長で数回測定",
    "noticed, {}": "検知（{}）",
    "continuous, {} times": "連続光、{} 倍",
    "in bursts": "バースト光",
    "blind from {} W; alarms within {} s of light, the worst of {} kinds": (
        "{} W からブラインド状態。照射 {} 秒以内の警報、{} 種のうち最悪"
    ),
    "{}: released beyond the secure length from the truth": "{}：真の値による安全な長さを超える払い出し",
    "faked states in continuous light from {} W on": "{} W 以上の連続光下での偽状態",
    "detectors without a gate": "ゲートのない検出器",
    "faked states after the gate": "ゲート後の偽状態",
    "pulses shifted by up to {} ps": "最大 {} ps ずらしたパルス",
    "clock delayed by up to {} ps either way": "前後に最大 {} ps ずらしたクロック",
    "imbalance of the detectors after a forged calibration less that after a true one, worst arrival time": (
        "偽の校正後の検出器の不均衡から正しい校正後の値を引いたもの。到着時刻のうち最悪"
    ),
    "no alarm within 1000 s in {} of {} trials": "{1} 回の試行のうち {0} 回で 1000 秒以内に警報なし",
    "alarms in continuous light of {} W: median, first and last": "{} W の連続光での警報：中央値、最初、最後",
    "no continuous light up to {} W blinds the detectors": "{} W までの連続光では検出器がブラインド状態にならない",
    "bits released under attack": "攻撃下で払い出されたビット",
    "most that the eavesdropper knew of a sifted bit": "ふるい鍵 1 ビットについて盗聴者が知る最大量",
    "blocks with an alarm": "警報のあったブロック",
}

# records of a laboratory
RECORDS: Mapping[str, str] = {
    "record": "記録",
    "instrument": "測定器",
    "problem {}": "問題 {}",
    "{} (and {} more)": "{}（ほか {} 件）",
    "{}: {}: got {}, expected {}": "{}：{}：記載は {}、期待は{}",
    "{}: got {}, expected {}": "{}：記載は {}、期待は{}",
    "{} (not given: {})": "{}（未提出：{}）",
    "{}: another LDPC decoder asks other questions, and all that follows differs": (
        "{}：LDPC 復号器が異なると質問が異なり、以降はすべて異なる"
    ),
    "{}: stage {} differs, and {} follows from it": "{0}：段階 {1} が不一致、{2} はその結果",
    "{}: stage {} differs: {}": "{0}：段階 {1} が不一致：{2}",
    "{}: no outputs of {}": "{0}：{1} の出力なし",
    "first stage that differs": "最初に不一致となる段階",
    "outputs of {} compared with stage vectors": "{} の出力を段階別の試験ベクトルと比較",
    "seed {}, {} dB, SHA-256 {}": "シード {}、{} dB、SHA-256 {}",
    "stage vectors": "段階別の試験ベクトル",
    "stages that agree": "一致した段階",
    "declared (°C)": "宣言値 (°C)",
    "highest temperature (°C)": "最高温度 (°C)",
    "lowest temperature (°C)": "最低温度 (°C)",
    "highest temperature at which key was made for a quarter of an hour": "15 分間鍵が得られた最高温度",
    "key up to {} °C: no test of the range, declared up to {} °C": (
        "{} °C まで鍵あり：宣言された {} °C までの範囲の試験になっていない"
    ),
    "no key from (°C)": "鍵が得られなくなる温度 (°C)",
    "no temperature was recorded during a record of the key rate": "鍵レートの記録中の温度の記録がない",
    "not seen": "観測されず",
    "a temperature in °C from -100 to 150": "−100 から 150 の温度 (°C)",
    ": the file may be cut off": "：ファイルが途中で切れている可能性",
    "mean key rate of the record, in 30 batches": "記録の平均鍵レート。30 群に分割",
    "declared key rates to compare with": "比較すべき鍵レートの宣言値",
    "no record at {}": "記録がない損失：{}",
    "a record at {}": "{} での記録",
    "{} loss_db": "{} loss_db",
    "losses without a record": "記録のない損失",
    "records at every declared loss; the least ratio": "宣言された各損失での記録。最小の比",
    "measured over declared key rate": "鍵レートの実測値と宣言値の比",
    "{} rows of {} bits": "{} 行、{} ビット",
    "at least 2 rows, and bits in them": "2 行以上とそのビット",
    "sifted bits": "ふるい鍵ビット数",
    "errors of sifted bits, in 30 batches": "ふるい鍵ビットの誤り。30 群に分割",
    "0 throughout": "全体を通じて 0",
    "0 throughout for {}": "{} が全体を通じて 0",
    "0 throughout for an intensity": "ある強度が全体を通じて 0",
    "key rate in quarters of an hour, over a day or more": "15 分ごとの鍵レート。一日以上",
    "key rate": "鍵レート",
    "blocks with errors": "誤りのあるブロック",
    "{} in {} blocks": "{1} ブロックに {0}",
    "{}: {}: {} secret bits of {} sifted of which {} were disclosed": (
        "{0}：{1}：ふるい鍵 {3} ビット中 {4} ビットを開示しながら秘密鍵 {2} ビット"
    ),
    "disclosed bits of each block over those that Shannon asks for": "各ブロックの開示ビット数とシャノン限界の比",
    "blocks with more key than was left": "残量を超える鍵のあるブロック",
    "at least {} bits": "{} ビット以上",
    "at least {}": "{} 以上",
    "{} bits": "{} ビット",
    "one of {}": "次のいずれか {}",
    "{} readings of {}": "{1} の測定値 {0} 個",
    "{} readings": "測定値 {} 個",
    "mean photon number of {}": "{} の平均光子数",
    "mean of the readings of every intensity": "各強度の測定値の平均",
    "signal in quarters of an hour, over a day or more": "15 分ごとの信号。一日以上",
    "ratios of mean readings": "平均測定値の比",
    "ratio of mean readings of the brightest and the weakest intensity": "最も強い強度と最も弱い強度の平均測定値の比",
    "a declared efficiency": "検出効率の宣言値",
    "detections of known light, those in the dark taken off": "既知の光の検出数。暗状態の検出を差し引いたもの",
    "detections of light": "光の検出数",
    "no more than in the dark": "暗状態を超えない",
    "efficiencies of the two detectors": "二つの検出器の検出効率",
    "a name": "名前",
    "at most {} = {}": "{} = {} 以下",
    "later than {}, the reading before": "直前の測定 {} より後",
    "{}, a gap of {} s": "{}、{} 秒の欠落",
    "at most {} s after the reading before": "直前の測定から {} 秒以内",
    "line {}": "{} 行目",
    "row {}": "{} 行目",
    "columns": "列見出し",
    "column {}": "列 {}",
    "columns {}": "列 {}",
    "no row": "行なし",
    "readings below the names of the columns": "列名の下の測定値",
    "{} lists it, there is no such file": "{} に挙げられているが、ファイルがない",
    "cannot be read: {}": "読み出せない：{}",
    "not UTF-8 text (byte {})": "UTF-8 の文字列ではない（{} バイト目）",
    "not CSV: {}": "CSV ではない：{}",
    "an empty file": "空のファイル",
    "{} values": "{} 個の値",
    "{} values: the file may be cut off": "{} 個の値：ファイルが途中で切れている可能性",
    "no line break at its end": "末尾に改行なし",
    "a whole line: the file may be cut off": "完全な行：ファイルが途中で切れている可能性",
    "not a Parquet file": "Parquet ファイルではない",
    "no mark at its end": "末尾の標識なし",
    "a whole Parquet file: it may be cut off": "完全な Parquet ファイル：途中で切れている可能性",
    "not readable as Parquet: {}": "Parquet として読めない：{}",
    "type {}": "型 {}",
    "numbers or texts": "数値または文字列",
    "{} (the unit is part of the name)": "{}（単位は名前の一部）",
    "an unknown column": "未知の列",
    "the column twice": "列の重複",
    "each column once": "各列は一度だけ",
    "nothing": "なし",
    "a number >= 0": "0 以上の数",
    "a number of seconds": "秒数",
    "a whole number of bits >= 0": "0 以上の整数のビット数",
    "a whole number >= 0": "0 以上の整数",
    "a fraction from 0 to 1": "0 から 1 の割合",
    "a number of bit/s >= 0": "0 以上の bit/s の数",
    "the name of an intensity": "強度の名前",
    "0 or 1": "0 または 1",
    "{} s between readings at {} and {} s": "{1} 秒と {2} 秒の測定の間が {0} 秒",
    "at most {} s for a figure of stability": "安定性の値には {} 秒以内",
    "a day for a figure of stability": "安定性の値には一日",
    "{} s of readings": "{} 秒間の測定値",
    "{} rows with light and {} in the dark of detector {}": "検出器 {2} の光あり {0} 行、暗状態 {1} 行",
    "at least 2 with light and 1 in the dark (0)": "光あり 2 行以上、暗状態（0）1 行以上",
    "as many as gates at detector {}": "検出器 {} のゲート数と同数",
    "fewer: dimmer light": "より少ない数：光を弱める",
    "{} rows in the dark of detector {}": "検出器 {1} の暗状態 {0} 行",
    "at least 2 rows of 0": "0 の行が 2 行以上",
    "a record": "記録",
}

# remarks of the catalogue and of schemes
REMARKS: Mapping[str, str] = {
    "The bound that the declared proof puts on this parameter applies as well; the tighter of the two decides.": (
        "宣言された証明がこのパラメータに定める限界も適用し、厳しい方で判定する。"
    ),
    "For single-photon sources compare g2(0) with the value used in the proof.": (
        "単一光子源では g2(0) を証明で用いた値と比べる。"
    ),
    "A loss-tolerant proof may accept a larger, characterised error.": (
        "損失耐性のある証明では、特性評価された、より大きな誤差を許容できる。"
    ),
    "L3 rests on a published operating QBER, which bounds the misalignment error from above; L1 and L2 are assumed.": (
        "L3 は公表された運用時の誤り率（調整誤差の上限）による。L1 と L2 は仮定値。"
    ),
    "Compare the upper confidence bound of the visibility with the limit.": "明瞭度の信頼上限を限度と比べる。",
    "alpha = 0.01, the significance level used in NIST SP 800-22.": "有意水準 0.01（NIST SP 800-22 で用いる値）。",
    "1e-6 is the level at which the key rate is almost that of a device without leakage; L1 and L3 are scaled from it. "
    "With 1e20 photon/s injected at 1 GHz, 1e-4, 1e-6 and 1e-7 correspond to 150, 170 and 180 dB round trip. TX-13 "
    "governs; TX-14 is the passive-component view.": (
        "1e-6 は鍵レートが漏えいのない装置とほぼ同じになる水準で、L1 と L3 はこれから定めた。"
        "1 GHz で毎秒 1e20 光子の注入なら、"
        "1e-4、1e-6、1e-7 は往復 150、170、180 dB に相当する。TX-13 が主で、TX-14 は受動部品の観点による。"
    ),
    "170 dB follows from 1e20 photon/s (damage limit of fibre) at 1 GHz and mu_out = 1e-6; L1 and L2 are assumed and "
    "imply a smaller injected power or active monitoring.": (
        "170 dB は 1 GHz で毎秒 1e20 光子（ファイバの損傷限界）と μ_out = 1e-6 から導かれる。L1 と L2 は仮定値で、"
        "より小さい注入パワーまたは能動的な監視を前提とする。"
    ),
    "The sample must make the 3-sigma interval smaller than the limit.": (
        "標本は 3σ 区間が限度より小さくなる大きさとする。"
    ),
    "Alternative: declare the efficiency ratio and include it in the proof.": ("代案：効率比を宣言し、証明に含める。"),
    "Superconducting nanowire detectors: 100 counts/s is a common reference value (secondary source).": (
        "超伝導ナノワイヤ検出器では毎秒 100 カウントが一般的な参考値（二次資料）。"
    ),
    "A limit this close to 0 or 1 cannot be shown by counting runs alone: n runs without an event support only 3/n at "
    "95 % confidence; use an analytic bound or a rare-event estimate, else the verdict is inconclusive.": (
        "0 や 1 にこれほど近い限度は試行の計数だけでは示せない（"
        "事象のない n 回は信頼度 95 % で 3/n までしか裏付けない）。"
        "解析的な限界か稀少事象の推定を用い、なければ判定保留とする。"
    ),
    "Zero observed events is a pass only with the stated number of trials; report the 95 % upper bound 3/n.": (
        "事象が観測されなくても、定められた試行数でのみ合格とし、95 % 上限 3/n を報告する。"
    ),
    "Also record click time against pulse energy: a gated detector was measured to click more than 2 ns earlier over a "
    "50 dB energy range, which can move clicks between bit slots.": (
        "パルスエネルギーに対する検出時刻も記録する。"
        "ゲート検出器が 50 dB のエネルギー範囲で 2 ns 以上早く検出した測定例があり、"
        "検出がビットスロット間を移りうる。"
    ),
    "Compare with the declared value.": "宣言値と比べる。",
    "Proportion within (1-a) +/- 3 sqrt(a(1-a)/m) with a = 0.01; p-value of uniformity at least 1e-4. Each sub-test "
    "fails about 0.3 % of the time by chance and there are many sub-tests, so fix a repeat rule beforehand.": (
        "合格率は a = 0.01 として (1−a) ± 3 √(a(1−a)/m) 以内、一様性の p 値は 1e-4 以上。"
        "各部分検定は偶然でも約 0.3 % が"
        "不合格となり数も多いため、再試験の規則を事前に定める。"
    ),
    "The method is public; the limits are assumed.": "方法は公開、限度は仮定値。",
    "Recommended false-positive rate 2^-20 to 2^-40.": "推奨される誤警報率は 2^-20～2^-40。",
    "L2 and L3 are assumed margins. BB84 only; other protocols use the limit of their proof. Abort also whenever the "
    "finite-key formula gives no key (l <= 0).": (
        "L2 と L3 は仮定の余裕。BB84 のみで、他のプロトコルはその証明の限界による。有限長の式で鍵が得られない（l ≤ 0）"
        "ときも中断する。"
    ),
    "Use the measured leak, not a constant. f = 1.16 is often assumed for Cascade (from general knowledge: verify "
    "before quoting).": (
        "定数ではなく実測の漏えい量を用いる。Cascade では f = 1.16 がよく仮定される（一般知識による：引用前に要確認）。"
    ),
    "Necessary, not sufficient. Same decision rule as RN-01.": (
        "必要条件であり十分条件ではない。判定規則は RN-01 と同じ。"
    ),
    "The estimator must resolve the limit: state bias and sample size, else inconclusive.": (
        "推定は限度を分解できること。偏りと標本数を示し、できなければ判定保留。"
    ),
    "The first rule of the suite: a device must keep what the proof assumes of it.": (
        "本評価の第一の規則：装置は、証明が装置に仮定することを守らなければならない。"
    ),
    "Also a ranking metric.": "順位づけの指標でもある。",
    "L3 is the published field value. Not applicable to polarisation systems.": (
        "L3 は公表された実環境での値。偏光方式には適用しない。"
    ),
    "Optional criterion.": "任意の評価項目。",
    "The published shutdown point is an internal temperature, not ambient.": (
        "公表された停止点は周囲温度ではなく内部温度。"
    ),
    "Prediction by parts count, for example in the style of Telcordia SR-332.": (
        "部品点数法による予測（例：Telcordia SR-332 の方式）。"
    ),
    "Reported for comparison; no pass or fail.": "比較のための報告のみで、合否はない。",
    "The parameter is public; the limit is assumed. Zero observed events is a pass only with the stated number of "
    "trials; report the 95 % upper bound 3/n.": (
        "パラメータは公開、限度は仮定値。事象が観測されなくても、定められた試行数でのみ合格とし、"
        "95 % 上限 3/n を報告する。"
    ),
    "With multicast, copies for slaves that have not yet collected may remain.": (
        "マルチキャストでは、未受領のスレーブのための複製が残ってもよい。"
    ),
    "At L3 only TLS 1.3 (assumed).": "L3 では TLS 1.3 のみ（仮定）。",
    "L1 asks for a single path only.": "L1 では単一経路のみを求める。",
    "The parameter is public; the limit is assumed.": "パラメータは公開、限度は仮定値。",
    "The standard does not name starvation; 503 is the qkdsim default.": (
        "規格は枯渇を定めていない。503 は qkdsim の既定値。"
    ),
    "The size message applies only where the KME supports multiples of 8 only; the extension_optional message is the "
    "choice of the KME.": (
        "size のメッセージは KME が 8 の倍数のみに対応する場合に限る。"
        "extension_optional のメッセージは KME の選択による。"
    ),
    "The limits come from the standard; the treatment of zero, negative and non-numeric values is the qkdsim default "
    "(400 with an Error body).": ("限度は規格による。零、負、数値以外の扱い（Error 本文つきの 400）は qkdsim の既定。"),
    "Draft text; the final text may differ.": "草案であり、最終版は異なる場合がある。",
    "Category 1, 3, 5 = ML-KEM-512, -768, -1024.": "カテゴリ 1、3、5 は ML-KEM-512、-768、-1024。",
    "The four fallback policies are named in the explanation of hybrid keys.": (
        "四つの代替動作の方針はハイブリッド鍵の解説に示す。"
    ),
    "A rekey interval of 120 s is usual for WireGuard-style tunnels (from general knowledge: verify before quoting).": (
        "WireGuard 型トンネルでは 120 秒の鍵更新間隔が普通（一般知識による：引用前に要確認）。"
    ),
    "EAL4 with AVA_VAN.5 and ALC_DVS.2 for the protection profile: from general knowledge, verify before quoting.": (
        "プロテクションプロファイルの EAL4、AVA_VAN.5、ALC_DVS.2：一般知識による、引用前に要確認。"
    ),
    "L2 = 2^-40, L3 = 2^-64.": "L2 は 2^-40、L3 は 2^-64。",
    "The protection profile has one package, so it is asked for at every level.": (
        "プロテクションプロファイルのパッケージは一つなので、全レベルで求める。"
    ),
    "Category 3 = ML-KEM-768; category 5 at L3 is a qkdsim default.": (
        "カテゴリ 3 は ML-KEM-768。L3 のカテゴリ 5 は qkdsim の既定値。"
    ),
}

NOTES: Mapping[str, str] = {**REASONS, **INSPECTIONS, **EXPERIMENTS, **ATTACKS, **RECORDS, **REMARKS}
