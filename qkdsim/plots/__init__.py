"""Figures from result tables. The only room that draws; every function returns a matplotlib `Figure`."""

from matplotlib.figure import Figure

from qkdsim.plots.demands import demands_figure
from qkdsim.plots.facts import FaultSpan, MapLink, MapNode, fault_spans, map_links
from qkdsim.plots.key_rate import RateCurve, RatePoint, key_rate_figure, plob_rate_bps
from qkdsim.plots.network_map import network_figure
from qkdsim.plots.quantities import bits_text, rate_text, three_digits
from qkdsim.plots.rates import link_rates_figure
from qkdsim.plots.saving import save, to_svg
from qkdsim.plots.stores import stores_figure

__all__ = [
    "FaultSpan",
    "Figure",
    "MapLink",
    "MapNode",
    "RateCurve",
    "RatePoint",
    "bits_text",
    "demands_figure",
    "fault_spans",
    "key_rate_figure",
    "link_rates_figure",
    "map_links",
    "network_figure",
    "plob_rate_bps",
    "rate_text",
    "save",
    "stores_figure",
    "three_digits",
    "to_svg",
]
