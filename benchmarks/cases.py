"""The benchmarks by name. A case takes the peer's interpreter (or None) and returns its figures."""

from __future__ import annotations

from cascade_cases import cascade
from chain_cases import chain
from command_cases import help_text, tokyo_day
from hybrid_cases import hybrid
from ldpc_cases import ldpc
from link_cases import rate, tally, ten_years
from network_cases import growth, national, year
from pass_cases import passes
from peer_cases import pulses
from routing_cases import routing
from sampled_cases import sampled
from session_cases import sessions
from toeplitz_cases import toeplitz

# the commands come first: a child's peak memory is never read below that of the parent that started it
CASES = {
    "help": help_text,
    "tokyo-day": tokyo_day,
    "national": national,
    "year": year,
    "rate": rate,
    "tally": tally,
    "ten-years": ten_years,
    "pulses": pulses,
    "sampled": sampled,
    "cascade": cascade,
    "ldpc": ldpc,
    "toeplitz": toeplitz,
    "chain": chain,
    "passes": passes,
    "routing": routing,
    "hybrid": hybrid,
    "sessions": sessions,
    "growth": growth,
}
