"""Eavesdroppers between the transmitter and the receiver, as functions from photon-number tables to such tables.

Each acts on one pulse at a time and on what leaves the transmitter; noise of the receiver (dark counts, background,
neighbouring slots) stays as it is, and detector memory follows. Attacks compose: the one applied last stands nearest
to the transmitter. Photons that it passes on with their number meet those applied before it; light that it makes, or
forwards over a channel of its own, does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qkdsim import units
from qkdsim.errors import InputError
from qkdsim.protocols.bb84 import Bb84Setup, click_table, photon_number_patterns
from qkdsim.protocols.clicktable import KEY_BASIS, TEST_BASIS
from qkdsim.protocols.photon_numbers import PhotonNumberTables

FloatArray = NDArray[np.float64]
Attack = Callable[[PhotonNumberTables], PhotonNumberTables]


@dataclass(frozen=True, slots=True)
class InterceptResend:
    """Eve measures a share of the pulses and sends on what she found.

    fraction                      share of pulses that she intercepts
    key_basis_probability         how often she measures in the key basis
    resent_mean_photon_number     None: as many photons as she found; a number: Poisson light of that mean at the
                                  transmitter's output. A better channel for it acts like a brighter pulse.

    Her receiver is ideal: no loss, no noise, no misalignment, and it counts the photons. In the sent basis she finds
    the sent bit (errors of preparation are counted with those of the link, behind her); in the other one a random bit,
    also where several photons show both (she draws one of them). She sends that state through the link as it is. She
    finds nothing in an empty pulse and sends nothing. So, for n >= 1 photons, sent basis a and bit s, measured basis b,
    and with c the probability that she measures in basis a:

        P'_n(a,s,b) = (1-p) P_n(a,s,b) + p [c R_n(a,s,b) + (1-c)/2 sum_s' R_n(not a, s', b)],    P'_0 = P_0

    where R_n is P_n, or the response to the Poisson light. With the number kept and equal detectors a click is as
    probable in every setting, so that gains and the yield of every photon number are those of the link, and the error
    rate of the clicks of n >= 1 photons, noise clicks among them, rises from e_n to

        e_n + p (1-c) (1 - 2 e_n)/2          half of the clicks in a wrong basis are errors

    where double clicks become random bits. Empty pulses have e_0 = 1/2, so the law holds for each intensity's QBER and
    for the whole: e + p (1 - 2e)/4 in both bases for c = 1/2. With Poisson light of mean M and the link's gain Q(M),

        Y'_n = (1-p) Y_n + p Q(M) for n >= 1,    Q'_k = (1-p) Q_k + p (exp(-mu_k) Y_0 + (1 - exp(-mu_k)) Q(M))

    She knows the bit of each pulse that she measured in the basis announced later. Raises InputError for numbers that
    are no probabilities, or a negative mean photon number.
    """

    fraction: float
    key_basis_probability: float = 0.5
    resent_mean_photon_number: float | None = None

    def __post_init__(self) -> None:
        _check_probabilities(
            "intercept-resend", fraction=self.fraction, key_basis_probability=self.key_basis_probability
        )
        mean = self.resent_mean_photon_number
        if mean is not None and not 0.0 <= mean < np.inf:
            raise InputError.of("intercept-resend", "resent_mean_photon_number", mean, "a number >= 0")

    def __call__(self, tables: PhotonNumberTables) -> PhotonNumberTables:
        """The tables behind the attack."""
        patterns = tables.pattern_probability
        mean = self.resent_mean_photon_number
        resent = patterns[1:] if mean is None else _poisson_response(tables.setup, mean)[None]
        in_basis = {KEY_BASIS: self.key_basis_probability, TEST_BASIS: 1.0 - self.key_basis_probability}
        attacked = patterns.copy()
        for basis in (KEY_BASIS, TEST_BASIS):
            random_bit = resent[:, 1 - basis].mean(axis=1, keepdims=True)  # over the bit found in the other basis
            found = _mixed(random_bit, resent[:, basis], in_basis[basis])
            attacked[1:, basis] = _mixed(patterns[1:, basis], found, self.fraction)
        return replace(tables, pattern_probability=attacked)


@dataclass(frozen=True, slots=True)
class PhotonNumberSplitting:
    """Eve counts photons, keeps one of several, and blocks others so that the loss looks as usual.

    blocked_single   share of single photons that she lets end
    removed_loss_db  by how much the channel over which she forwards the others is better than the link's: at most the
                     loss of the link's channel, which makes hers lossless
    blocked_multi    share of pulses with two and more photons that she lets end
    fraction         share of pulses that she treats so

    Of n >= 2 photons she keeps one and forwards n - 1 in their state over her better channel; single photons that
    she does not block go over the link as it is. Measuring what she kept in the announced basis, she knows the bit of
    every pulse of two and more photons without an error; of single photons she learns nothing. With Z_n the yield
    of n photons over her channel,

        Y'_0 = Y_0,   Y'_1 = (1-b_1) Y_1 + b_1 Y_0,   Y'_n = (1-b_n) Z_(n-1) + b_n Y_0 for n >= 2

    N. Lütkenhaus, Phys. Rev. A 61, 052304 (2000); G. Brassard, N. Lütkenhaus, T. Mor, B. C. Sanders, Phys. Rev. Lett.
    85, 1330 (2000). `unnoticed_splitting` chooses the shares. Raises InputError for numbers that are no probabilities,
    a negative loss, and, when applied, a channel that would have less than no loss.
    """

    blocked_single: float
    removed_loss_db: float
    blocked_multi: float = 0.0
    fraction: float = 1.0

    def __post_init__(self) -> None:
        _check_probabilities(
            "photon-number splitting",
            blocked_single=self.blocked_single,
            blocked_multi=self.blocked_multi,
            fraction=self.fraction,
        )
        if not 0.0 <= self.removed_loss_db < np.inf:
            raise InputError.of("photon-number splitting", "removed_loss_db", self.removed_loss_db, "a number >= 0")

    def __call__(self, tables: PhotonNumberTables) -> PhotonNumberTables:
        """The tables behind the attack."""
        patterns = tables.pattern_probability
        forwarded = _over_better_channel(tables, self.removed_loss_db)
        single = _mixed(patterns[1], patterns[0], self.blocked_single)
        multi = _mixed(forwarded[1:-1], patterns[0], self.blocked_multi)
        attacked = patterns.copy()
        attacked[1] = _mixed(patterns[1], single, self.fraction)
        attacked[2:] = _mixed(patterns[2:], multi, self.fraction)
        return replace(tables, pattern_probability=attacked)


def unnoticed_splitting(tables: PhotonNumberTables, removed_loss_db: float) -> PhotonNumberSplitting:
    """The photon-number splitting that leaves the click probability of the brightest intensity as it is.

    Pulses of two and more photons click more often over the better channel; she blocks single photons to make up for
    it, and, when all are blocked, several-photon pulses too. Without decoys nothing betrays her: then she knows every
    bit. Raises InputError if the better channel does not even make up for the photon that she keeps.
    """
    patterns, signal = tables.pattern_probability, tables.number_probability[0]
    clicks = _click_probability(tables.setup, patterns)
    forwarded = _click_probability(tables.setup, _over_better_channel(tables, removed_loss_db))
    empty, single = clicks[0], signal[1] * (clicks[1] - clicks[0])
    surplus = float(signal[2:] @ (forwarded[1:-1] - clicks[2:]))
    if surplus < 0.0:
        expected = "a channel so much better that it makes up for the photon kept"
        raise InputError.of("photon-number splitting", "removed_loss_db", removed_loss_db, expected)
    if surplus <= single:
        return PhotonNumberSplitting(surplus / single if single > 0.0 else 0.0, removed_loss_db)
    multi = float(signal[2:] @ (forwarded[1:-1] - empty))
    return PhotonNumberSplitting(1.0, removed_loss_db, blocked_multi=float((surplus - single) / multi))


def _mixed(usual: FloatArray, other: FloatArray, share: float) -> FloatArray:
    return (1.0 - share) * usual + share * other


def _over_better_channel(tables: PhotonNumberTables, removed_loss_db: float) -> FloatArray:
    """Click patterns of every photon number over a channel with less loss, same shape as those of the tables."""
    better = tables.setup.transmittance / units.transmittance(removed_loss_db)
    if np.any(better > 1.0 + 1e-12):  # rounding
        most_db = units.loss_db(float(tables.setup.transmittance.max()))
        expected = f"at most the loss of the link's channel, which is below {most_db:.6g} dB"
        raise InputError.of("photon-number splitting", "removed_loss_db", removed_loss_db, expected)
    setup = replace(tables.setup, transmittance=np.minimum(better, 1.0))
    return photon_number_patterns(setup, len(tables.pattern_probability) - 1)


def _click_probability(setup: Bb84Setup, patterns: FloatArray) -> FloatArray:
    """P(any click) by photon number, over all settings, shape (N,)."""
    settings = setup.setting_probability.sum(axis=0)  # bases and bits do not depend on the intensity
    return np.asarray(np.einsum("asb,nasbp->n", settings, patterns[..., 1:]))


def _poisson_response(setup: Bb84Setup, mean_photon_number: float) -> FloatArray:
    """Click patterns of Poisson light in each state over the link, shape (2, 2, 2, 4)."""
    light = replace(setup, mean_photon_number=np.array([mean_photon_number]), single_photons=False)
    light = replace(light, intensity_probability=np.ones(1))
    return np.asarray(click_table(light).pattern_probability[0])


def _check_probabilities(attack: str, **values: float) -> None:
    for name, value in values.items():
        if not 0.0 <= value <= 1.0:
            raise InputError.of(attack, name, value, "a number from 0 to 1")
