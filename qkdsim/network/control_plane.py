"""Setting up the control plane that a network's settings ask for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from qkdsim.network.classical import ClassicalNetwork
from qkdsim.network.control import Announced, CentralControl, ControlPlane, IdealControl, LinkStateControl
from qkdsim.network.link_states import IntArray, LinkStates, NetworkLink
from qkdsim.network.settings import NetworkSettings


def control_plane(
    settings: NetworkSettings,
    states: LinkStates,
    links: Sequence[NetworkLink],
    classical: ClassicalNetwork,
    announced: Announced,
) -> ControlPlane:
    """The control plane by name; `announced(link, opened)` hears of announcements, where there are any.

    Raises ValueError for central control without a controller.
    """
    ends = np.array([link.ends for link in links], dtype=np.int64).reshape(-1, 2)
    if settings.control == "central":
        if settings.controller is None:
            raise ValueError("controller: got None, expected a node for central control")
        return CentralControl(states, ends, classical, settings.controller)
    if settings.control == "link-state":
        hops = _hops_to_links(classical.node_count, ends)
        return LinkStateControl(states, hops, settings.flooding_delay_s, settings.update_interval_s, announced)
    return IdealControl(states)


def needs_updates(settings: NetworkSettings) -> bool:
    """Whether anything happens at regular updates: pictures are renewed, or costs follow the key rates."""
    return settings.control != "ideal" or settings.policy not in ("fewest-hops", "least-loss", "widest")


def _hops_to_links(node_count: int, ends: IntArray) -> IntArray:
    """Hops from every node to the nearer end of every link; -1 where there is no way."""
    graph = csr_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(node_count, node_count))
    distance = shortest_path(graph, directed=False, unweighted=True)
    nearer = np.minimum(distance[:, ends[:, 0]], distance[:, ends[:, 1]])
    return np.where(np.isinf(nearer), -1.0, nearer).astype(np.int64)
