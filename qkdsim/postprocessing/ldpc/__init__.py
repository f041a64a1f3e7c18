"""Reconciliation by syndromes of rate-adaptive LDPC codes, one way, with more disclosed where decoding fails."""

from qkdsim.postprocessing.ldpc.corrector import LdpcCorrector
from qkdsim.postprocessing.ldpc.layout import LdpcPlan
from qkdsim.postprocessing.ldpc.reference import LdpcReference

__all__ = ["LdpcCorrector", "LdpcPlan", "LdpcReference"]
