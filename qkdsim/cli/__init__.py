"""The command line: one file per sub-command, heavy rooms imported inside the command."""

from qkdsim.cli.app import main

__all__ = ["main"]
