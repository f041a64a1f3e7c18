"""The simulated laboratory: one device under test, one day of measurements."""

from __future__ import annotations

import functools

from qkdsim.devices import DeviceProfile, NamedProfile
from qkdsim.devices.truth import Behaviour
from qkdsim.evaluation.cv_design import is_complete
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.specimen.attacked import SimulatedAttacker
from qkdsim.evaluation.specimen.audit import SimulatedAudit
from qkdsim.evaluation.specimen.hidden import Hidden
from qkdsim.evaluation.specimen.hybrid_module import SimulatedHybrid
from qkdsim.evaluation.specimen.key_manager import SimulatedKeyManager
from qkdsim.evaluation.specimen.laboratory_network import key_of_laboratory, key_of_links
from qkdsim.evaluation.specimen.link import SimulatedLink
from qkdsim.evaluation.specimen.quadrature_bench import QuadratureBench
from qkdsim.evaluation.specimen.random_source import SimulatedGenerator
from qkdsim.evaluation.specimen.receiver import SimulatedReceiver
from qkdsim.evaluation.specimen.source import SimulatedSource
from qkdsim.links.operating_point import OperatingPoint


class SimulatedBench(SimulatedSource, SimulatedReceiver, SimulatedLink):
    """Implements `bench.Bench` on a profile with a `[truth]`."""

    def __init__(self, profile: DeviceProfile, seed: int) -> None:
        """`seed` is the day: the errors of the laboratory's calibrations are drawn from it."""
        behaviour = Behaviour() if profile.truth is None else profile.truth.behaviour
        self.hidden = Hidden(declared(profile), declared(profile.true_profile()), behaviour, seed)
        self.known_points: dict[tuple[object, ...], OperatingPoint] = {}

    @functools.cached_property
    def random_source(self) -> SimulatedGenerator:
        """The test port of the random number generator."""
        true, claimed = self.hidden.true.rng.min_entropy_per_bit, self.hidden.declared.rng.min_entropy_per_bit
        return SimulatedGenerator(
            self.hidden.behaviour.generator,
            1.0 if true is None else float(true),
            1.0 if claimed is None else float(claimed),
        )

    @functools.cached_property
    def key_manager(self) -> SimulatedKeyManager:
        """The key managers beside the modules, on the laboratory's network."""
        is_link = self.hidden.declared.identity.role == "link"
        source = key_of_links(self) if is_link else key_of_laboratory
        return SimulatedKeyManager(self.hidden.behaviour.key_manager, source)

    @property
    def hybrid_module(self) -> SimulatedHybrid:
        """The combiner and the handshake of hybrid sessions."""
        return SimulatedHybrid(self.hidden.behaviour.hybrid, self.hidden.declared.pqc)

    @property
    def attacker(self) -> SimulatedAttacker:
        """Strong light, false clocks, forged messages."""
        return SimulatedAttacker(self)

    @property
    def quadratures(self) -> QuadratureBench:
        """Instruments for continuous-variable devices, which this one is not."""
        raise ValueError("not a continuous-variable device")

    @property
    def audit(self) -> SimulatedAudit:
        """The judge's view."""
        return SimulatedAudit(self.hidden.true)


def declared(profile: DeviceProfile) -> DeviceProfile:
    """What procedures may see of a profile: all but its truth."""
    return profile if profile.truth is None else profile.model_copy(update={"truth": None})


def device_under_test(named: NamedProfile, seed: int = 1) -> Device:
    """A device by its profile, with a bench where the profile has a `[truth]` and its physics is modelled.

    `seed` is that of the certification: the laboratory's calibrations are drawn from it once.
    """
    from qkdsim.evaluation.specimen.cv_bench import SimulatedCvBench  # built on the bench above

    profile = named.profile
    if profile.truth is not None and is_complete(profile):
        return Device(named.name, declared(profile), SimulatedCvBench(profile, seed), sha256=named.sha256)
    is_specimen = profile.truth is not None and (profile.source is not None or profile.detector is not None)
    bench = SimulatedBench(profile, seed) if is_specimen else None
    modules = tuple(device_under_test(one, seed) for one in named.modules)
    return Device(named.name, declared(profile), bench, modules=modules, sha256=named.sha256)
