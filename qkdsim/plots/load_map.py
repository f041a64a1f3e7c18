"""The map of relay load: key sent over links and passed on by nodes."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from qkdsim.plots.facts import MapLink, MapNode
from qkdsim.plots.map_frame import MapLook
from qkdsim.plots.network_map import map_figure
from qkdsim.plots.quantities import rate_text
from qkdsim.plots.relay_load import RelayLoad


def load_figure(nodes: Sequence[MapNode], links: Sequence[MapLink], load: RelayLoad) -> Figure:
    """Links by the key that relays sent over them, nodes by the key that they passed on, means over the run.

    Raises InputError when there is no node, or a link ends at a node that is not there.
    """
    look = MapLook(
        title="Relay load, mean over the run",
        link_bps=[load.link_bps.get(link.id, 0.0) for link in links],
        bar_label="key sent over a link by relays",
        grey_note="Grey: relays nothing.",
        link_text=lambda rate: rate_text(rate) if rate else "no relay",
        node_bps=load.node_bps,
        disc_label="area: key passed on by a node",
        by_width=True,
    )
    return map_figure(nodes, links, look)
