"""Figures from result tables. The only room that draws; every function returns a matplotlib `Figure`."""

from matplotlib.figure import Figure

from qkdsim.plots.demands import demands_figure
from qkdsim.plots.exposure_matrix import exposure_matrix_figure
from qkdsim.plots.facts import FaultSpan, MapLink, MapNode, fault_spans, map_links
from qkdsim.plots.ground_tracks import ground_tracks_figure
from qkdsim.plots.handshakes import handshakes_figure
from qkdsim.plots.key_rate import RateCurve, RatePoint, key_rate_figure, plob_rate_bps
from qkdsim.plots.load_map import load_figure
from qkdsim.plots.migration import migration_figure
from qkdsim.plots.network_map import network_figure
from qkdsim.plots.objects import objects_figure
from qkdsim.plots.outcomes import outcomes_figure
from qkdsim.plots.pass_facts import (
    PassProfile,
    SatelliteTrack,
    SkyFacts,
    StationSky,
    best_profile,
    pass_profile,
    sky_facts,
)
from qkdsim.plots.pass_profile import pass_profile_figure
from qkdsim.plots.pass_timetable import pass_timetable_figure
from qkdsim.plots.quantities import bits_text, bytes_text, rate_text, three_digits
from qkdsim.plots.rates import link_rates_figure
from qkdsim.plots.relay_load import RelayLoad, relay_load
from qkdsim.plots.restoration import restoration_figure
from qkdsim.plots.saving import save, to_svg
from qkdsim.plots.served import served_figure
from qkdsim.plots.session_bins import PlanSpan, plan_spans
from qkdsim.plots.sessions import sessions_figure
from qkdsim.plots.stores import stores_figure

__all__ = [
    "FaultSpan",
    "Figure",
    "MapLink",
    "MapNode",
    "PassProfile",
    "PlanSpan",
    "RateCurve",
    "RatePoint",
    "RelayLoad",
    "SatelliteTrack",
    "SkyFacts",
    "StationSky",
    "best_profile",
    "bits_text",
    "bytes_text",
    "demands_figure",
    "exposure_matrix_figure",
    "fault_spans",
    "ground_tracks_figure",
    "handshakes_figure",
    "key_rate_figure",
    "link_rates_figure",
    "load_figure",
    "map_links",
    "migration_figure",
    "network_figure",
    "objects_figure",
    "outcomes_figure",
    "pass_profile",
    "pass_profile_figure",
    "pass_timetable_figure",
    "plan_spans",
    "plob_rate_bps",
    "rate_text",
    "relay_load",
    "restoration_figure",
    "save",
    "served_figure",
    "sessions_figure",
    "sky_facts",
    "stores_figure",
    "three_digits",
    "to_svg",
]
