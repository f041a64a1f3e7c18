"""What a sender may choose, read from a profile and written into one; and the best choice on a span."""

from __future__ import annotations

from collections.abc import Callable

from qkdsim.channels import FibreSpan
from qkdsim.devices import DeviceProfile
from qkdsim.links.study import Study
from qkdsim.protocols import theory_of
from qkdsim.protocols.optimise import Choice, Freedom, optimise


def choice_of(profile: DeviceProfile) -> Choice:
    """The sender settings that a profile declares."""
    intensities = profile.source.intensity if profile.source else ()
    return Choice(
        tuple(float(one.mean_photon_number) for one in intensities),
        tuple(float(one.probability) for one in intensities),
        float(profile.protocol.key_basis_probability),
    )


def with_choice(profile: DeviceProfile, choice: Choice) -> DeviceProfile:
    """The profile with other sender settings; both ends take the same bias.

    Raises ValueError if the profile has no source.
    """
    if profile.source is None:
        raise ValueError("expected a modelled profile")
    intensities = tuple(
        one.model_copy(update={"mean_photon_number": mean, "probability": share})
        for one, mean, share in zip(
            profile.source.intensity, choice.mean_photon_number, choice.probability, strict=True
        )
    )
    bias = {"key_basis_probability": choice.key_basis_probability, "receiver_key_basis_probability": None}
    return profile.model_copy(
        update={
            "source": profile.source.model_copy(update={"intensity": intensities}),
            "protocol": profile.protocol.model_copy(update=bias),
        }
    )


def best_choice(study: Study, span: FibreSpan, on_progress: Callable[[float], None] | None = None) -> Choice:
    """The sender settings with the greatest key rate on a span, rounded to six digits.

    The weakest of three or more intensities stays, for it is what the modulator can reach. With infinite data the
    shares of intensities and bases stay too: there is nothing to gain from them.
    """
    start = choice_of(study.profile)
    count = len(start.mean_photon_number)
    freedom = Freedom(
        start=start,
        weakest=start.mean_photon_number[-1] if count >= 3 else None,
        bias=start.key_basis_probability if theory_of(study.profile).both_bases or study.asymptotic else None,
        share_is_fixed=study.asymptotic,
    )

    def rate(choice: Choice) -> float:
        candidate = with_choice(study.profile, choice)
        means = candidate.source.emitted_mean_photon_numbers if candidate.source else ()
        if count >= 3 and means[0] <= means[-2] + means[-1]:
            return 0.0  # no theory takes such intensities
        return Study(candidate, study.block_bits, study.asymptotic).figures(span).secret_per_pulse

    return optimise(rate, freedom, on_progress)
