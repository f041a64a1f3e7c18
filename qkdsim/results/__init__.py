"""What a run writes: tables with a fixed schema, in memory or in a folder that is whole or not there."""

from qkdsim.results.folder import FolderSink
from qkdsim.results.json_text import json_text
from qkdsim.results.memory import MemorySink, RunSink
from qkdsim.results.run import RunResult, open_run
from qkdsim.results.schema import TABLES, Column

__all__ = ["TABLES", "Column", "FolderSink", "MemorySink", "RunResult", "RunSink", "json_text", "open_run"]
