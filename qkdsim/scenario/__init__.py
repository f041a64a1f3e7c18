"""Experiments: a scenario file, checked and built into a plan, run to result tables."""

from qkdsim.scenario.build import build
from qkdsim.scenario.every_problem import every_problem
from qkdsim.scenario.model import NamedScenario, Scenario, load_named_scenario, load_scenario
from qkdsim.scenario.plan import Plan, PlannedLink, run_name
from qkdsim.scenario.run import Progress, RunSteps, iter_run, simulate

__all__ = [
    "NamedScenario",
    "Plan",
    "PlannedLink",
    "Progress",
    "RunSteps",
    "Scenario",
    "build",
    "every_problem",
    "iter_run",
    "load_named_scenario",
    "load_scenario",
    "run_name",
    "simulate",
]
