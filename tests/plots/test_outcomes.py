from __future__ import annotations

import numpy as np

from qkdsim.plots import outcomes_figure, to_svg
from qkdsim.plots.outcomes import outcome_counts

from .tables import requests

EDGES = np.array([0.0, 10.0, 20.0])


def blocked(cause: str, arrival_s: float = 0.0, service: str = "calls") -> dict[str, object]:
    return {"outcome": "blocked", "cause": cause, "arrival_s": arrival_s, "class": service, "delay_s": None}


def test_every_request_is_counted_once_in_its_bin() -> None:
    rows = [
        {"arrival_s": 1.0},
        {"arrival_s": 20.0},
        blocked("no route", 2.0),
        blocked("no key in time", 11.0),
        blocked("no key in time", 12.0),
        {"outcome": "lost", "cause": "messages lost", "arrival_s": 3.0},
        {"class": "other", "arrival_s": 4.0},
    ]
    found = outcome_counts(requests(*rows), EDGES)
    assert found.outcomes == ("served", "blocked: no key in time", "blocked: no route", "lost")
    calls = {name: count.tolist() for name, count in found.counts["calls"].items()}
    assert calls == {
        "served": [1, 1],
        "blocked: no key in time": [0, 2],
        "blocked: no route": [1, 0],
        "lost": [1, 0],
    }
    assert sum(float(count.sum()) for of_class in found.counts.values() for count in of_class.values()) == len(rows)


def test_rare_causes_are_taken_together() -> None:
    rows = [blocked(f"cause {i}") for i in range(8) for _ in range(10 - i)]
    found = outcome_counts(requests(*rows), EDGES)
    assert len(found.outcomes) == 7
    assert found.outcomes[-2] == "blocked: other causes"
    assert found.counts["calls"]["blocked: other causes"][0] == 6 + 5 + 4 + 3


def test_figure_names_classes_causes_and_numbers() -> None:
    svg = to_svg(outcomes_figure(requests({}, blocked("no route")), ["calls", "silent"], 20.0))
    for text in ("calls", "silent", "2 requests", "0 requests", "no requests", "blocked: no route", "served"):
        assert text in svg
    assert "lost" not in svg


def test_many_classes_and_none() -> None:
    many = [f"class-{i:02d}" for i in range(30)]
    rows = [{"class": name} for name in many[-12:]]
    svg = to_svg(outcomes_figure(requests(*rows), many, 20.0))
    assert "class-29" in svg
    assert "class-00" not in svg
    assert "no requests" in to_svg(outcomes_figure(requests(), [], 20.0))
    assert "no requests" in to_svg(outcomes_figure(requests(), ["calls"], 20.0))
