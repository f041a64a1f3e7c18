"""Records of a laboratory: tables of readings and samples of bits, read and checked before anything is made of them."""

from qkdsim.evaluation.records.archive import BitSample, Records, Table, read_records
from qkdsim.evaluation.records.description import EvidenceFile, RecordEntry

__all__ = ["BitSample", "EvidenceFile", "RecordEntry", "Records", "Table", "read_records"]
