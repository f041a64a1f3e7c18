"""From files to a plan: what is taken over, and every way in which the files may not fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from qkdsim import library
from qkdsim.apps import Poisson
from qkdsim.errors import InputError
from qkdsim.links import Disruption
from qkdsim.scenario import build, load_named_scenario, run_name
from qkdsim.scenario.link_plans import check_links
from qkdsim.topology import load_named_topology

from .small_files import write_small_files


def test_the_plan_holds_what_the_files_say(tmp_path: Path) -> None:
    plan = build(load_named_scenario(str(write_small_files(tmp_path))))
    assert (plan.seed, plan.duration_s, plan.fidelity, plan.grid_s) == (5, 3600.0, "declared", 600.0)
    first, second = plan.links
    assert (first.qkd.id, first.ends, first.store.initial_bits, first.store.capacity_bits) == (
        "north--middle",
        ("north", "middle"),
        5000,
        None,
    )
    assert (second.store.initial_bits, second.store.capacity_bits) == (0, 100_000)
    stream, keys = plan.demands
    assert (stream.bits, stream.intervals_s, stream.service.latency_budget_s, stream.stop_s) == (
        5000,
        (10.0,),
        5.0,
        3600.0,
    )
    assert (keys.bits, keys.intervals_s, keys.pattern) == (256, (20.0,), Poisson())
    assert [name for name, _ in plan.profiles] == ["even.toml"]


def test_faults_reach_their_links_and_a_fault_at_a_node_all_of_its_links(tmp_path: Path) -> None:
    first, second = build(load_named_scenario(str(write_small_files(tmp_path)))).links
    cut, off = Disruption("cut", 1200.0, 1500.0), Disruption("off", 2400.0, 2460.0)
    assert first.disruptions == (cut, off)
    assert second.disruptions == (off,)
    assert first.live_again_s(cut) == 1500.0 + 20.0  # relock
    assert first.live_again_s(off) == 2460.0 + 30.0  # cold start
    assert first.live_again_s(Disruption("disturbance", 1.0, 2.0, misalignment_error=0.1)) == 2.0


def test_overrides_replace_the_file_and_faults_after_the_end_are_dropped(tmp_path: Path) -> None:
    named = load_named_scenario(str(write_small_files(tmp_path)))
    plan = build(named, seed=9, duration_s=1800.0, fidelity="expected")
    assert (plan.seed, plan.duration_s, plan.fidelity) == (9, 1800.0, "expected")
    assert [one.kind for one in plan.links[0].disruptions] == ["cut"]
    assert plan.links[1].disruptions == ()
    assert [link.qkd.fidelity for link in plan.links] == ["declared", "declared"]  # cow is not modelled


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("hour", 'to = "south"', 'to = "sout"', r"hour\.toml: demand\[0\]\.to: got 'sout'.*nearest: south"),
        ("hour", 'from = "north"', 'from = "x"', r"demand\[0\]\.from: got 'x', expected the id of a node"),
        (
            "hour",
            'id = "middle--south"',
            'id = "south--middle"',
            r"link\[0\]\.id: got 'south--middle'.*nearest: ",
        ),
        (
            "hour",
            'link = "north--middle"',
            'link = "n--m"',
            r"fault\[0\]\.link: got 'n--m', expected the id of a link",
        ),
        (
            "hour",
            'node = "middle"',
            'node = "centre"',
            r"fault\[1\]\.node: got 'centre', expected the id of a node",
        ),
        ("hour", 'for = "5min"', 'for = "0s"', r"fault\[0\]\.for: got 0\.0, expected a duration above 0"),
        (
            "three",
            'id = "middle"',
            'id = "middle"\nkind = "user"',
            r"demand\[0\]: a path from north to south.*there is none",
        ),
        ("hour", 'default_profile = "even.toml"\n', "", r"default_profile: got nothing.*middle--south"),
        (
            "hour",
            '"even.toml"',
            '"odd.toml"',
            r"hour\.toml: default_profile: 'odd\.toml': no such file",
        ),
        (
            "three",
            '"even.toml"',
            '"odd"',
            r"three\.toml: link\[0\]\.profile: 'odd': no shipped profile",
        ),
        (
            "hour",
            '"three.toml"',
            '"four.toml"',
            r"hour\.toml: topology: 'four\.toml': no such file",
        ),
        (
            "hour",
            'default_profile = "even.toml"',
            'default_profile = "lim-2014"',
            r"fidelity: got 'declared'.*rate_table",
        ),
        (
            "hour",
            'interval = "10s"',
            'interval = "0s"',
            r"demand\[0\]\.interval: got 0\.0, expected a duration above 0",
        ),
        (
            "hour",
            "rate_bps = 500",
            "rate_bps = 0.01",
            r"demand\[0\]\.rate_bps: got 0\.01, expected at least one bit",
        ),
        (
            "hour",
            "requests_per_s = 0.05",
            "requests_per_s = 1\nkey_bits = 0.2",
            r"demand\[1\]\.key_bits: got 0\.2",
        ),
        (
            "hour",
            "rate_bps = 500",
            'rate_bps = 1\nstop = "0s"',
            r"demand\[0\]\.stop: got 0\.0, expected later",
        ),
        (
            "three",
            "length_km = 50",
            "length_km = 50\namplifiers = 1",
            r"three\.toml: link\[0\]\.amplifiers: got 1",
        ),
    ],
)
def test_files_that_do_not_fit_are_refused_in_one_line(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    path = write_small_files(tmp_path, **{file: (old, new)})
    with pytest.raises(InputError, match=message) as caught:
        build(load_named_scenario(str(path)))
    assert "\n" not in str(caught.value)


def test_a_link_may_not_ask_for_a_rate_table_that_is_not_there(tmp_path: Path) -> None:
    settings = ('id = "middle--south"', 'id = "middle--south"\nprofile = "lim-2014"\nfidelity = "declared"')
    path = write_small_files(tmp_path, hour=settings)
    with pytest.raises(InputError, match=r"hour\.toml: link\[0\]\.fidelity: got 'declared'.*lim-2014"):
        build(load_named_scenario(str(path)), fidelity="tallied")


def test_all_problems_are_found_at_once(tmp_path: Path) -> None:
    path = write_small_files(
        tmp_path, hour=('node = "middle"', 'node = "x"'), three=('profile = "even.toml"', 'profile = "y"')
    )
    path.write_text(path.read_text().replace('from = "north"', 'from = "z"'), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        build(load_named_scenario(str(path)))
    assert sorted(problem.key for problem in caught.value.problems) == [
        "demand[0].from",
        "demand[1].from",
        "fault[1].node",
        "link[0].profile",
    ]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"seed": -1}, "seed: got -1"),
        ({"duration_s": 0.0}, "duration: got 0.0"),
        ({"duration_s": float("nan")}, "duration: got nan"),
        ({"fidelity": "dreamt"}, "fidelity: got 'dreamt', expected one of expected, tallied, sampled, declared"),
    ],
)
def test_overrides_are_checked(tmp_path: Path, override: dict[str, object], message: str) -> None:
    named = load_named_scenario(str(write_small_files(tmp_path)))
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        build(named, **override)  # type: ignore[arg-type]


def test_a_run_is_named_by_everything_that_determines_it(tmp_path: Path) -> None:
    path = write_small_files(tmp_path)

    def name(**override: object) -> str:
        return run_name(build(load_named_scenario(str(path)), **override))  # type: ignore[arg-type]

    names = [name(), name(seed=6), name(duration_s=60.0), name(fidelity="tallied")]
    for file in ("hour", "three", "even"):
        with (tmp_path / f"{file}.toml").open("a", encoding="utf-8") as handle:
            handle.write("# one more line\n")
        names.append(name())
    assert len(set(names)) == 7
    assert name() == names[-1]
    assert all(one.startswith("hour-") and len(one) == len("hour-") + 10 for one in names)


@pytest.mark.parametrize("name", library.shipped_names("scenario"))
def test_shipped_scenarios_fit_together(name: str) -> None:
    plan = build(load_named_scenario(name))
    assert plan.links
    assert plan.demands or plan.sessions or plan.objects


@pytest.mark.parametrize("name", library.shipped_names("topology"))
def test_shipped_topologies_fit_their_profiles(name: str) -> None:
    check_links(load_named_topology(name))


def test_a_topology_with_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    write_small_files(tmp_path, three=('profile = "even.toml"', 'profile = "odd"'))
    with pytest.raises(InputError, match=r"link\[0\]\.profile: 'odd'"):
        check_links(load_named_topology(str(tmp_path / "three.toml")))
