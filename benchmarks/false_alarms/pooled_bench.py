"""A bench that draws anew what is cheap to draw, and takes from pools of real runs what is not.

All light, counts, readings, click lists, attacks on the light and delays are drawn anew for each seed by the same
methods as ever. Logs of long operation, blocks of key processing and health tests come from pools.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from mosaic import Logs
from pools import POOL_SEED, Pools, one_of, some_of

from qkdsim.devices import DeviceProfile
from qkdsim.evaluation.specimen.audit import SimulatedAudit
from qkdsim.evaluation.specimen.key_bench import Bits, Deliveries, NoiseFault
from qkdsim.evaluation.specimen.key_manager import SimulatedKeyManager
from qkdsim.evaluation.specimen.observations import FloatArray, OperationRecord, SessionBlock, SessionRecord
from qkdsim.evaluation.specimen.random_source import SimulatedGenerator
from qkdsim.evaluation.specimen.simulated import SimulatedBench
from qkdsim.links.operating_point import OperatingPoint
from qkdsim.links.timeline import Disruption, Slice
from qkdsim.postprocessing.wire import Tamper
from qkdsim.protocols import Attack, InterceptResend

BLOCK_POOL = 4  # pools of blocks of key processing hold so many times what one certification asks for
MOST_LOGS = 32
LONGER = 1.15  # logs are made longer than asked for: a mosaic may need another block
HEALTH_PART, HEALTH_PARTS = 1 << 22, 64
STRENGTH_STEP = 2e-6  # of interception: in the error rate 5e-7, a tenth of the width to which boundaries are searched
KEPT_POINTS = 20_000
CUT_STARTS_S = 60.0, 600.0


class PooledBench(SimulatedBench):
    """Implements `bench.Bench`."""

    def __init__(self, name: str, profile: DeviceProfile, seed: int, pools: Pools) -> None:
        self._name, self._pools = name, pools
        # what follows from the profile alone is computed once for all seeds
        self._real = pools.once((name, "bench"), lambda: SimulatedBench(profile, POOL_SEED))
        self.hidden = replace(self._real.hidden, seed=seed)
        self.known_points = self._real.known_points

    @property
    def real(self) -> SimulatedBench:
        """The bench on which the pools are made."""
        return self._real

    def operation(
        self,
        loss_db: float,
        duration_s: float,
        generator: np.random.Generator,
        *,
        attack: Attack | None = None,
        faults: Sequence[Disruption] = (),
        is_warm: bool = False,
    ) -> OperationRecord:
        """Blocks come from a pool, but for attacks whose strength differs from seed to seed."""
        if faults or not _comes_again(attack):
            if len(faults) == 1 and faults[0].kind == "cut" and attack is None and is_warm:
                return self._after_a_cut(loss_db, duration_s, faults[0], generator)
            attack = _set_up(attack)
            return super().operation(loss_db, duration_s, generator, attack=attack, faults=faults, is_warm=is_warm)

        def run(length_s: float, draws: np.random.Generator) -> OperationRecord:
            return self._real.operation(loss_db, length_s, draws, attack=attack, is_warm=is_warm)

        return self._mosaic(("operation", loss_db, attack, is_warm), duration_s, generator, run)

    def _after_a_cut(
        self, loss_db: float, duration_s: float, cut: Disruption, generator: np.random.Generator
    ) -> OperationRecord:
        """One of the pool, moved in time so that its cut ends when this one does."""
        cut_s = cut.end_s - cut.start_s

        def run(draws: np.random.Generator) -> tuple[float, OperationRecord]:
            start_s = float(draws.uniform(*CUT_STARTS_S))
            fault = replace(cut, start_s=start_s, end_s=start_s + cut_s)
            return fault.end_s, self._real.operation(loss_db, duration_s, draws, faults=[fault], is_warm=True)

        name = (self._name, "cut", loss_db, duration_s, cut_s)
        end_s, log = one_of(self._pools.of(name, 20 * self._pools.size, run), generator)
        later_s = cut.end_s - end_s
        return replace(
            log, start_s=log.start_s + later_s, end_s=log.end_s + later_s, available_s=log.available_s + later_s
        )

    def operation_on_fibre(
        self, length_km: float, duration_s: float, generator: np.random.Generator, **light: Any
    ) -> OperationRecord:
        """From a pool."""

        def run(length_s: float, draws: np.random.Generator) -> OperationRecord:
            return self._real.operation_on_fibre(length_km, length_s, draws, **light)

        return self._mosaic(("fibre", length_km, *sorted(light.items())), duration_s, generator, run)

    def _mosaic(
        self, what: tuple[Hashable, ...], duration_s: float, generator: np.random.Generator, run: Any
    ) -> OperationRecord:
        name, pools = (self._name, *what), self._pools
        logs: Logs | None = pools.kept.get(name)
        if logs is None or logs.duration_s < duration_s:
            length_s = LONGER * duration_s

            def made() -> Logs:
                count = min(MOST_LOGS, pools.size)
                drawn = pools.of((*name, length_s), count, lambda draws: run(length_s, draws))
                del pools.kept[(*name, length_s)]
                return Logs.of(drawn, duration_s)

            pools.kept[name] = logs = made()
        return logs.mosaic(duration_s, generator)

    def _noise(self) -> FloatArray:
        return self._pools.once((self._name, "noise"), super()._noise)

    def _point(self, channel: Any, piece: Slice) -> OperatingPoint:
        key = ("attacked", channel, piece.channel)
        if channel.attack is None or len(self.known_points) > KEPT_POINTS:
            return super()._point(channel, piece)
        if key not in self.known_points:
            self.known_points[key] = super()._point(channel, piece)
        return self.known_points[key]

    def fed_blocks(
        self, blocks: int, detections: int, error_rate: float, generator: np.random.Generator
    ) -> tuple[SessionBlock, ...]:
        """Different blocks of the pool; all of it has the error rate that the first certification asked for."""
        name = (self._name, "fed blocks", detections)
        count = BLOCK_POOL * blocks if self._pools.size > 1 else blocks
        pool = self._pools.of(name, count, lambda draws: self._real.fed_blocks(1, detections, error_rate, draws)[0])
        return tuple(some_of(pool, blocks, generator))

    def session(
        self,
        loss_db: float,
        blocks: int,
        generator: np.random.Generator,
        *,
        block_bits: float | None = None,
        attack: Attack | None = None,
        tamper: Tamper | None = None,
    ) -> SessionRecord:
        """One whole session of the pool; with a tamperer it is run."""
        more: dict[str, Any] = {"block_bits": block_bits, "attack": attack}
        if tamper is not None:
            return super().session(loss_db, blocks, generator, tamper=tamper, **more)
        name = (self._name, "session", loss_db, blocks, block_bits, attack)
        count = min(4, self._pools.size)
        return one_of(
            self._pools.of(name, count, lambda draws: self._real.session(loss_db, blocks, draws, **more)), generator
        )

    @property
    def random_source(self) -> SimulatedGenerator:
        return PooledGenerator(super().random_source, self._name, self._pools)

    @property
    def key_manager(self) -> SimulatedKeyManager:
        return PooledKeyManager(super().key_manager, self._name, self._pools)

    @property
    def audit(self) -> SimulatedAudit:
        known = self._pools.kept.setdefault((self._name, "audit"), {})
        return KnownAudit(super().audit, known)


def _set_up(attack: Attack | None) -> Attack | None:
    """An interceptor whose strength has steps, so that seeds share operating points."""
    if not isinstance(attack, InterceptResend):
        return attack
    return InterceptResend(round(attack.fraction / STRENGTH_STEP) * STRENGTH_STEP)


def _comes_again(attack: Attack | None) -> bool:
    """Whether every seed asks for this attack: it is none, of another kind than interception, or of round strength."""
    return not isinstance(attack, InterceptResend) or round(attack.fraction, 2) == attack.fraction


class PooledGenerator(SimulatedGenerator):
    """Times to the alarm and numbers of false alarms come from pools of real ones."""

    def __init__(self, real: SimulatedGenerator, name: str, pools: Pools) -> None:
        self._real, self._name, self._pools = real, name, pools

    def output(self, bits: int, generator: np.random.Generator) -> Bits:
        return self._real.output(bits, generator)

    def raw_noise(self, bits: int, generator: np.random.Generator) -> Bits:
        return self._real.raw_noise(bits, generator)

    def released_keys(self, bits: int, generator: np.random.Generator) -> Bits:
        return self._real.released_keys(bits, generator)

    def alarm_after(self, fault: NoiseFault, generator: np.random.Generator) -> int | None:
        count = 8 if fault == "stuck" else 20 * self._pools.size  # a stuck source has no randomness
        pool = self._pools.of((self._name, "alarm", fault), count, lambda draws: self._real.alarm_after(fault, draws))
        return one_of(pool, generator)

    def false_alarms(self, samples: int, generator: np.random.Generator) -> int:
        pool = self._pools.of(
            (self._name, "false alarms"), HEALTH_PARTS, lambda draws: self._real.false_alarms(HEALTH_PART, draws)
        )
        return sum(some_of(pool, samples // HEALTH_PART, generator))

    def stop_s(self, generator: np.random.Generator) -> float | None:
        pool = self._pools.of((self._name, "stop"), 20 * self._pools.size, self._real.stop_s)
        return one_of(pool, generator)


class PooledKeyManager(SimulatedKeyManager):
    """Delays of single requests are drawn from all delays of a pool of real deliveries."""

    def __init__(self, real: SimulatedKeyManager, name: str, pools: Pools) -> None:
        self._real, self._name, self._pools = real, name, pools

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def deliveries(self, requests: int, generator: np.random.Generator) -> Deliveries:
        count = min(self._pools.size, 8)
        pool = self._pools.of(
            (self._name, "deliveries", requests), count, lambda draws: self._real.deliveries(requests, draws)
        )
        every = self._pools.once(
            (self._name, "delays", requests), lambda: np.concatenate([one.delay_s for one in pool])
        )
        return replace(one_of(pool, generator), delay_s=generator.choice(every, requests))

    def supply(self, length: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """As many cycles of supply and outage as in one log of the pool, drawn from all of them."""
        pool = self._pools.of(
            (self._name, "supply", length), self._pools.size, lambda draws: self._real.supply(length, draws)
        )
        up_h, down_h = (np.concatenate([one[place] for one in pool]) for place in (0, 1))
        chosen = generator.choice(len(up_h), len(one_of(pool, generator)[0]))
        return up_h[chosen], down_h[chosen]


class KnownAudit(SimulatedAudit):
    """Shares of secret bits, which follow from the profile and the attack, are computed once."""

    def __init__(self, real: SimulatedAudit, known: dict[Hashable, float]) -> None:
        self._real, self._known = real, known

    def secure_bits(self, loss_db: float, block: SessionBlock, attack: Attack | None = None) -> float:
        return self._real.secure_bits(loss_db, block, attack)

    def secret_share(self, *asked: Any) -> float:
        if asked not in self._known:
            self._known[asked] = self._real.secret_share(*asked)
        return self._known[asked]
