"""One page that shows a run."""

from qkdsim.report.facts import ProfileFacts, ReportFacts
from qkdsim.report.figures import run_figures
from qkdsim.report.page import report_files, write_report

__all__ = ["ProfileFacts", "ReportFacts", "report_files", "run_figures", "write_report"]
