"""A device under test, against a catalogue of criteria: procedures, evidence, verdicts."""

from qkdsim.evaluation.catalogue import Criterion, Scheme, load_criteria, load_scheme, recognition, recognition_table
from qkdsim.evaluation.certification import Certification, certify, conclude
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence, Series
from qkdsim.evaluation.gather import gather
from qkdsim.evaluation.level import LevelVerdict, level_reached, level_verdict
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.verdict import Verdict, judge, judge_all

__all__ = [
    "Certification",
    "Criterion",
    "Device",
    "Evidence",
    "LevelVerdict",
    "Procedure",
    "Scheme",
    "Series",
    "Verdict",
    "certify",
    "conclude",
    "gather",
    "judge",
    "judge_all",
    "level_reached",
    "level_verdict",
    "load_criteria",
    "load_scheme",
    "recognition",
    "recognition_table",
]
