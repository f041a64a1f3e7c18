"""A QKD link: a timeline of slices in, key blocks out, at one of its fidelities, behind one interface."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from qkdsim import rng
from qkdsim.channels import FibreSpan, Span
from qkdsim.detections import Expected, Tallied, Tally
from qkdsim.devices import DeviceProfile, NamedProfile, PostProcessing, is_modelled_pair
from qkdsim.devices.claims import assumed_values
from qkdsim.errors import InputError
from qkdsim.links.accumulate import BlockRule, accumulate
from qkdsim.links.agreed import agreed_transmitter
from qkdsim.links.block import KeyBlocks
from qkdsim.links.declared import BLOCK_S, DeclaredRate, declared_blocks, declared_rate
from qkdsim.links.distil import AuthenticationPool, Distiller
from qkdsim.links.operating_point import OperatingPoint, decoy_settings, point_on
from qkdsim.links.sampled_limits import check_sampled, leakage_caveat
from qkdsim.links.timeline import Disruption, Slice, timeline
from qkdsim.links.waiting_key import waiting_for_the_other_end
from qkdsim.protocols import Attack, Coverage, InterceptResend, Security, coverage, theory_of

if TYPE_CHECKING:
    from qkdsim.links.free_space import Sky
    from qkdsim.links.sampled import SampledBlock
    from qkdsim.postprocessing.wire import Message


UNDISTURBED = Slice(0.0, 0.0, "lit")


@dataclass(frozen=True, slots=True)
class QkdLink:
    """Two modules and what lies between them: a fibre, or the air with a sky over it.

    Where `attack` is given, an eavesdropper is in between for good.
    """

    id: str
    transmitter: NamedProfile
    receiver: NamedProfile
    span: Span
    fidelity: str
    attack: Attack | None = None
    sky: Sky | None = None
    known_points: dict[tuple[object, ...], OperatingPoint] = field(default_factory=dict, compare=False, repr=False)

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
        """Length of the fibre, or of the path through the air, where known."""
        return self.span.length_km

    @property
    def loss_db(self) -> float:
        """Loss of the fibre from connector to connector, or of the air from telescope to telescope by night."""
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
        return coverage(
            self._tx,
            self._rx,
            theory_of(self._tx),
            observed_length=self.fidelity != "expected",
            reconciliation=leakage_caveat(self._rx) if self.fidelity == "sampled" else "",
        )

    @property
    def reconciliation(self) -> str:
        """Error correction by name, as the receiver's profile states it."""
        return self._post_processing.error_correction

    @property
    def assumed(self) -> tuple[str, ...]:
        """Profile values that nobody declared or measured, as `key = value`."""
        own = assumed_values(self._tx)
        return own if self._tx is self._rx else tuple(dict.fromkeys(own + assumed_values(self._rx)))

    def in_validity(self, disruptions: Sequence[Disruption] = ()) -> bool:
        """Whether dead time and afterpulses stay in the range for which tallies are corrected, also when disturbed.

        Nothing is corrected where single clicks are drawn, or rates declared.
        """
        if self.fidelity in ("declared", "sampled"):
            return True
        end_s = max((one.end_s for one in disruptions), default=1.0)
        acting = disruptions if self.sky is None else [*disruptions, self.sky.brightest(end_s)]
        slices = timeline(end_s, acting, cold_start_s=0.0, relock_s=0.0)
        channels = {one.channel: one for one in (UNDISTURBED, *slices) if one.state == "lit"}
        return all(self._point(one).clicks.in_validity for one in channels.values())

    @property
    def relock_s(self) -> float:
        """Time without key after a cut."""
        return float(self._rx.performance.relock_s)

    @property
    def cold_start_s(self) -> float:
        """Time without key after power-on."""
        return float(self._rx.performance.cold_start_s)

    @property
    def mean_block_s(self) -> float:
        """Time from one block to the next on the undisturbed link, by night where it leads through the air."""
        if self.fidelity == "declared":
            return BLOCK_S
        post, point = self._post_processing, self._point(UNDISTURBED)
        pulses = float(Expected().pulses_to_fill(point.tally, float(post.block_size_bits), 1)[0])
        most = float(post.block_time_limit_s) * point.pulse_rate_hz
        return max(min(pulses, most), 1.0) / point.pulse_rate_hz

    def blocks(self, duration_s: float, seed: int, disruptions: Sequence[Disruption] = ()) -> Iterator[KeyBlocks]:
        """Key blocks in time order, in batches of at least one.

        Draws are keyed by seed, link id, slice and batch: what happens later does not change earlier blocks.
        """
        acting = [*disruptions, *self._sky_disruptions(duration_s, seed)]
        slices = timeline(duration_s, acting, cold_start_s=self.cold_start_s, relock_s=self.relock_s)
        yield from waiting_for_the_other_end(self._blocks(slices, seed), disruptions)

    def _sky_disruptions(self, duration_s: float, seed: int) -> list[Disruption]:
        if self.sky is None:
            return []
        # a declared rate has no physics that could tell day from night: only cuts are its own
        return (self.sky.outages if self.fidelity == "declared" else self.sky.disruptions)(duration_s, seed)

    def _blocks(self, slices: Sequence[Slice], seed: int) -> Iterator[KeyBlocks]:
        if self.fidelity == "declared":
            return self._declared(slices)
        return self._sampled(slices, seed) if self.fidelity == "sampled" else self._modelled(slices, seed)

    @property
    def _tx(self) -> DeviceProfile:
        return self.transmitter.profile

    @property
    def _rx(self) -> DeviceProfile:
        return self.receiver.profile

    def _declared(self, slices: Sequence[Slice]) -> Iterator[KeyBlocks]:
        post = self._tx.post_processing
        epsilon = math.nan if post is None else float(Security.of(post).block_epsilon(np.ones(1))[0])
        latency_s = 0.0 if post is None else float(post.latency_s)

        @functools.cache
        def rate(loss_db: float) -> DeclaredRate:
            return declared_rate(self._tx, self.loss_db + loss_db)

        return declared_blocks(slices, rate, latency_s, epsilon)

    def sampled(
        self, slices: Sequence[Slice], seed: int, on_message: Callable[[int, Message], None] | None = None
    ) -> Iterator[SampledBlock]:
        """Blocks with clicks, ledger and keys; `on_message` sees each message of a block, by the block's number."""
        from qkdsim.links.sampled import sampled_blocks  # compiled code: only where it is needed

        post = self._post_processing
        return sampled_blocks(self.id, self._tx, post, self.span, slices, self._point, seed, on_message=on_message)

    def _sampled(self, slices: Sequence[Slice], seed: int) -> Iterator[KeyBlocks]:
        from qkdsim.links.sampled import key_blocks

        return key_blocks(self.sampled(slices, seed), float(self._post_processing.latency_s))

    def _point(self, piece: Slice) -> OperatingPoint:
        """Operating point of a slice; equal slices share one, which is worked out once."""
        point = self.known_points.get(piece.channel)
        if point is None:
            point = self.known_points[piece.channel] = point_on(
                self._tx,
                self._rx,
                self.span,
                noise_photon_rate_hz=piece.noise_photon_rate_hz,
                misalignment_error=piece.misalignment_error,
                loss_db=piece.loss_db,
                attack=self._attack(piece),
            )
        return point

    @property
    def _post_processing(self) -> PostProcessing:
        post = self._rx.post_processing
        if post is None:
            raise ValueError("a modelled link has post-processing")  # build_link guarantees it
        return post

    def _modelled(self, slices: Sequence[Slice], seed: int) -> Iterator[KeyBlocks]:
        post = self._post_processing
        security = Security.of(post)
        base = self._point(slices[0])
        distiller = Distiller(theory_of(self._tx), decoy_settings(base, security), security, post)
        pool = AuthenticationPool.of(post)
        rule = BlockRule(float(math.ceil(post.block_size_bits)), float(post.block_time_limit_s))

        def draws(slice_index: int, purpose: str, number: int) -> Tally:
            if self.fidelity == "expected":
                return Expected()
            return Tallied(rng.stream(seed, "link", self.id, "slice", slice_index, purpose, number))

        closed = accumulate(slices, rule, base.pulse_rate_hz, lambda piece: self._point(piece).tally, draws)
        for batch in closed:
            yield pool.charge(distiller.blocks(batch, distiller.key_length(batch.counts)))
            if pool.is_dry:
                return

    def _attack(self, piece: Slice) -> Attack | None:
        """All eavesdroppers of a slice, each on what those nearer to the transmitter pass on."""
        attacks: list[Attack] = [InterceptResend(fraction) for fraction in piece.intercepted]
        if self.attack is not None:
            attacks.append(self.attack)
        if not attacks:
            return None
        return lambda tables: functools.reduce(lambda done, attack: attack(done), attacks, tables)


def build_link(
    link_id: str,
    transmitter: NamedProfile,
    receiver: NamedProfile,
    span: Span,
    fidelity: str,
    attack: Attack | None = None,
    sky: Sky | None = None,
) -> QkdLink:
    """Join two modules by a span, with a sky over it where it leads through the air.

    Devices that are not modelled run at `declared`, whatever fidelity is asked for.

    Raises InputError if the modules do not fit each other, have no rate table for `declared`, or state what cannot be
    `sampled`.
    """
    tx, rx = transmitter.profile, receiver.profile
    if tx.protocol.name != rx.protocol.name:
        raise InputError.of(link_id, "receiver", rx.protocol.name, f"{tx.protocol.name}, the transmitter's protocol")
    modelled = is_modelled_pair(tx, rx)
    if fidelity == "declared" or not modelled:
        if not tx.performance.rate_table:
            expected = "a profile with performance.rate_table, or another fidelity"
            if not modelled:
                expected = "a [source], a [detector] and [post_processing] between the two, or a rate_table"
            raise InputError.of(link_id, "profile", transmitter.name, expected)
        return QkdLink(link_id, transmitter, receiver, span, "declared", sky=sky)
    for key, missing in _missing(tx, rx, span):
        raise InputError.of(link_id, key, None, f"{receiver.name} states no {missing}")
    if attack is not None and rx.detector is not None and rx.detector.click_model == "linear":
        raise InputError.of(receiver.name, "detector.click_model", "linear", "exact, for an attack on photon numbers")
    agreed = agreed_transmitter(transmitter, receiver)
    if fidelity == "sampled":
        check_sampled(agreed, receiver)
    return QkdLink(link_id, agreed, receiver, span, fidelity, attack, sky)


def _missing(tx: DeviceProfile, rx: DeviceProfile, span: Span) -> Iterator[tuple[str, str]]:
    """What a link needs to know of the receiver and is not told: it is never taken as ideal instead."""
    if isinstance(span, FibreSpan):
        yield from _missing_on_fibre(rx, span)
    single = tx.source is not None and tx.source.photon_statistics == "single-photon"
    if single and rx.detector is not None and rx.detector.click_model == "linear":
        yield "receiver", "detector.click_model = 'exact', which single photons need"


def _missing_on_fibre(rx: DeviceProfile, span: FibreSpan) -> Iterator[tuple[str, str]]:
    if span.classical_channels and rx.receiver.filter_width_nm is None:
        yield "classical_channel", "receiver.filter_width_nm, on which the noise light depends"
    if any(one.direction == "forward" for one in span.classical_channels) and rx.receiver.isolation_db is None:
        yield "classical_channel", "receiver.isolation_db against the light of a forward channel"
    drifts = span.polarisation_drift_time_s is not None or span.phase_drift_time_s is not None
    if drifts and rx.performance.stabilisation_period_s is None:
        yield "drift_time_s", "performance.stabilisation_period_s, over which the fibre drifts"
