"""One page that shows a run."""

from qkdsim.report.facts import ProfileFacts, ReportFacts

__all__ = ["ProfileFacts", "ReportFacts"]
