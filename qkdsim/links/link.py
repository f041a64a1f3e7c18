"""A QKD link: a timeline of slices in, key blocks out, at one of its fidelities, behind one interface."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qkdsim import rng
from qkdsim.channels import FibreSpan
from qkdsim.detections import Expected, Tallied, Tally, TallyTable
from qkdsim.devices import DeviceProfile, NamedProfile
from qkdsim.devices.claims import assumed_values
from qkdsim.errors import InputError
from qkdsim.links.accumulate import BlockRule, accumulate
from qkdsim.links.block import KeyBlocks
from qkdsim.links.declared import declared_blocks, declared_rate
from qkdsim.links.distil import AuthenticationPool, Distiller
from qkdsim.links.operating_point import OperatingPoint, decoy_settings, operating_point
from qkdsim.links.timeline import Disruption, Slice, timeline
from qkdsim.protocols import Coverage, Security, coverage, theory_of


@dataclass(frozen=True, slots=True)
class QkdLink:
    """Two modules and the fibre between them."""

    id: str
    transmitter: NamedProfile
    receiver: NamedProfile
    span: FibreSpan
    fidelity: str

    @property
    def profile_name(self) -> str:
        """The device's name, or both where transmitter and receiver differ."""
        if self.transmitter.name == self.receiver.name:
            return self.transmitter.name
        return f"{self.transmitter.name} > {self.receiver.name}"

    @property
    def protocol(self) -> str:
        """Protocol name of the transmitter."""
        return self.transmitter.profile.protocol.name

    @property
    def length_km(self) -> float | None:
        """Length of the fibre, where known."""
        return self.span.length_km

    @property
    def loss_db(self) -> float:
        """Loss of the fibre from connector to connector."""
        return self.span.total_loss_db

    @property
    def bounds(self) -> str:
        """Key-length theory and bounds by name."""
        return "declared rate table" if self.fidelity == "declared" else theory_of(self._tx).bounds

    @property
    def coverage(self) -> Coverage:
        """Whether an implemented proof covers this link's key."""
        if self.fidelity == "declared":
            return Coverage(("rate declared by the profile",))
        return coverage(self._tx, self._rx, theory_of(self._tx), observed_length=self.fidelity != "expected")

    @property
    def assumed(self) -> tuple[str, ...]:
        """Profile values that nobody declared or measured, as `key = value`."""
        own = assumed_values(self._tx)
        return own if self._tx is self._rx else tuple(dict.fromkeys(own + assumed_values(self._rx)))

    @property
    def in_validity(self) -> bool:
        """Whether dead time and afterpulses are within the range for which tallies are corrected."""
        return self.fidelity == "declared" or self._point(Slice(0.0, 1.0, "lit")).clicks.in_validity

    @property
    def relock_s(self) -> float:
        """Time without key after a cut."""
        return float(self._rx.performance.relock_s)

    @property
    def cold_start_s(self) -> float:
        """Time without key after power-on."""
        return float(self._rx.performance.cold_start_s)

    def blocks(self, duration_s: float, seed: int, disruptions: Sequence[Disruption] = ()) -> Iterator[KeyBlocks]:
        """Key blocks in time order, in batches of at least one; draws depend on seed, link id and slice alone."""
        slices = timeline(duration_s, disruptions, cold_start_s=self.cold_start_s, relock_s=self.relock_s)
        if self.fidelity == "declared":
            yield from self._declared(slices)
        else:
            yield from self._modelled(slices, seed)

    @property
    def _tx(self) -> DeviceProfile:
        return self.transmitter.profile

    @property
    def _rx(self) -> DeviceProfile:
        return self.receiver.profile

    def _declared(self, slices: Sequence[Slice]) -> Iterator[KeyBlocks]:
        post = self._tx.post_processing
        epsilon = math.nan
        if post is not None and post.epsilon_secrecy is not None:
            epsilon = float(post.epsilon_secrecy + post.epsilon_correctness + post.epsilon_authentication)
        latency_s = 0.0 if post is None else float(post.latency_s)
        return declared_blocks(slices, declared_rate(self._tx, self.loss_db), latency_s, epsilon)

    def _modelled(self, slices: Sequence[Slice], seed: int) -> Iterator[KeyBlocks]:
        post = self._rx.post_processing
        if post is None:
            raise ValueError("a modelled link has post-processing")  # the profile model guarantees it
        security = Security.of(post)
        base = self._point(Slice(0.0, 1.0, "lit"))
        distiller = Distiller(theory_of(self._tx), decoy_settings(base, security), security, post)
        pool = AuthenticationPool.of(post)
        rule = BlockRule(float(math.ceil(post.block_size_bits)), float(post.block_time_limit_s))
        closed = accumulate(
            slices, rule, base.pulse_rate_hz, lambda piece: self._table(base, piece), lambda i: self._tally(seed, i)
        )
        for batch in closed:
            yield pool.charge(distiller.blocks(batch))
            if pool.is_dry:
                return

    def _table(self, base: OperatingPoint, piece: Slice) -> TallyTable:
        return self._point(piece).tally if piece.is_disturbed else base.tally

    def _tally(self, seed: int, slice_index: int) -> Tally:
        if self.fidelity == "expected":
            return Expected()
        return Tallied(rng.stream(seed, "link", self.id, "slice", slice_index))

    def _point(self, piece: Slice) -> OperatingPoint:
        optics, source = self._rx.receiver, self._tx.source
        state = self.span.state(
            wavelength_nm=1550.0 if source is None else float(source.wavelength_nm),
            filter_width_nm=optics.filter_width_nm,
            isolation_db=optics.isolation_db,
            stabilisation_period_s=self._rx.performance.stabilisation_period_s,
        )
        return operating_point(
            self._tx, self._rx, state.disturbed(piece.noise_photon_rate_hz, piece.misalignment_error)
        )


def build_link(
    link_id: str, transmitter: NamedProfile, receiver: NamedProfile, span: FibreSpan, fidelity: str
) -> QkdLink:
    """Join two modules by a span. Devices that are not modelled run at `declared`, whatever fidelity is asked for.

    Raises InputError if the modules do not fit each other, or have no rate table for `declared`.
    """
    tx, rx = transmitter.profile, receiver.profile
    if tx.protocol.name != rx.protocol.name:
        raise InputError.of(link_id, "receiver", rx.protocol.name, f"{tx.protocol.name}, the transmitter's protocol")
    modelled = _is_modelled(tx, rx)
    if fidelity == "declared" or not modelled:
        if not tx.performance.rate_table:
            expected = "a profile with performance.rate_table, or another fidelity"
            if not modelled:
                expected = (
                    "a transmitter with [source], a receiver with [detector] and [post_processing], or a rate_table"
                )
            raise InputError.of(link_id, "profile", transmitter.name, expected)
        return QkdLink(link_id, transmitter, receiver, span, "declared")
    if span.needs_filter and rx.receiver.filter_width_nm is None:
        raise InputError.of(
            link_id,
            "classical_channel",
            None,
            f"{receiver.name} states no receiver.filter_width_nm, so noise is unknown",
        )
    return QkdLink(link_id, transmitter, receiver, span, fidelity)


def _is_modelled(transmitter: DeviceProfile, receiver: DeviceProfile) -> bool:
    from qkdsim.devices import MODELLED_PROTOCOLS

    return (
        transmitter.protocol.name in MODELLED_PROTOCOLS
        and transmitter.source is not None
        and receiver.detector is not None
        and receiver.post_processing is not None
    )
