"""Records of a laboratory: tables, samples of bits and stage outputs, checked before anything is made of them."""

from qkdsim.evaluation.records.archive import Records, read_records
from qkdsim.evaluation.records.description import EvidenceFile, RecordEntry
from qkdsim.evaluation.records.stage_outputs import ComparedStages, StageOutputs
from qkdsim.evaluation.records.table import BitSample, Table

__all__ = [
    "BitSample",
    "ComparedStages",
    "EvidenceFile",
    "RecordEntry",
    "Records",
    "StageOutputs",
    "Table",
    "read_records",
]
