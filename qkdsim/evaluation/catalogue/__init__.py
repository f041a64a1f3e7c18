"""The catalogue of criteria and the schemes that select from it."""

from qkdsim.evaluation.catalogue.criterion import LEVELS, Citation, Criterion, Level, Status, Threshold
from qkdsim.evaluation.catalogue.load import load_criteria
from qkdsim.evaluation.catalogue.recognition import Recognition, recognition, recognition_table
from qkdsim.evaluation.catalogue.scheme import Scheme, check_file, load_scheme

__all__ = [
    "LEVELS",
    "Citation",
    "Criterion",
    "Level",
    "Recognition",
    "Scheme",
    "Status",
    "Threshold",
    "check_file",
    "load_criteria",
    "load_scheme",
    "recognition",
    "recognition_table",
]
