"""A device profile: what the maker of a QKD module claims, one TOML file per device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import model_validator

from qkdsim import library
from qkdsim.devices.operation import (
    Cv,
    Identity,
    Interfaces,
    Isolation,
    Performance,
    Platform,
    PostProcessing,
    Pqc,
    ReferenceFibre,
    Rng,
    SecurityModel,
)
from qkdsim.devices.overrides import with_value
from qkdsim.devices.receiver import Detector, Receiver
from qkdsim.devices.telescope import Telescope
from qkdsim.devices.transmitter import MODELLED_PROTOCOLS, Protocol, Source
from qkdsim.devices.truth import Truth, without_true_values
from qkdsim.devices.variants import Completed, completed
from qkdsim.errors import InputError

# least and greatest number of intensities of each theory; of more than three, Lim 2014 uses three for its estimates
PROOF_INTENSITIES = {"lim-2014": (3, 99), "rusca-2018": (2, 2), "tomamichel-2012": (1, 1), "asymptotic-decoy": (1, 99)}


class DeviceProfile(library.FileModel):
    """A QKD module, or a matched pair of modules, as its maker describes it.

    `source` or `detector` is missing where a profile is a receiver or a transmitter only; both are missing where the
    protocol is not simulated and the device lives by `performance.rate_table`.
    """

    identity: Identity
    protocol: Protocol
    source: Source | None = None
    receiver: Receiver = Receiver()
    detector: Detector | None = None
    telescope: Telescope | None = None
    post_processing: PostProcessing | None = None
    security_model: SecurityModel = SecurityModel()
    performance: Performance = Performance()
    reference_fibre: ReferenceFibre = ReferenceFibre()
    isolation: Isolation = Isolation()
    cv: Cv = Cv()
    rng: Rng = Rng()
    interfaces: Interfaces = Interfaces()
    pqc: Pqc = Pqc()
    platform: Platform = Platform()
    truth: Truth | None = None  # of a specimen; read by nothing but the specimen of qkdsim.evaluation

    @property
    def is_modelled(self) -> bool:
        """Whether clicks can be simulated from this profile (it is a pair with source and detector)."""
        return is_modelled_pair(self, self)

    def true_profile(self) -> DeviceProfile:
        """The device as it really is, without its `truth`: the profile itself where it states none.

        Raises ValueError if the true values are none that the profile could have.
        """
        if self.truth is None:
            return self
        declared = self.model_dump(mode="json", exclude_unset=True, exclude={"truth"})
        try:
            return library.validated(DeviceProfile, self.truth.applied_to(declared), "truth.values")
        except InputError as error:
            raise ValueError(" ".join(str(error.problems[0]).split())) from None

    @model_validator(mode="after")
    def _parts_agree(self) -> DeviceProfile:
        modelled = self.protocol.name in MODELLED_PROTOCOLS
        declared = bool(self.performance.rate_table)
        if modelled and self.source is None and self.detector is None and not declared:
            raise ValueError("expected a [source], a [detector] or both, or a performance.rate_table")
        if not modelled and not declared and self.identity.role == "link":
            raise ValueError(f"performance.rate_table: required for {self.protocol.name}, which is not simulated")
        if self.source is not None:
            self._source_fits(self.source)
        if modelled and self.source and self.detector and self.post_processing is None:
            raise ValueError("expected a [post_processing] table")
        detector = self.detector
        if detector is not None and detector.dark_count_rate_hz is not None and detector.gate_width_ps is None:
            raise ValueError("detector.gate_width_ps: required with dark_count_rate_hz")
        return self

    @model_validator(mode="after")
    def _role_fits(self) -> DeviceProfile:
        role, stated = self.identity.role, self.performance
        if role == "link":
            return self
        own = "source" if role == "transmitter" else "detector"
        parts = {"source": self.source, "detector": self.detector, "receiver": self.receiver}
        alien = ("detector", "receiver") if role == "transmitter" else ("source",)
        for name in alien:
            if parts[name] is not None and parts[name] != Receiver():
                wanted = "expected link for a profile with both ends"
                raise ValueError(f"identity.role: got {role} with a [{name}], {wanted}")
        if parts[own] is None:
            raise ValueError(f"identity.role: got {role}, expected a [{own}]")
        if stated.rate_table or stated.max_loss_db is not None or stated.coexistence:
            raise ValueError(f"performance: a {role} alone has no key rate, expected it in the profile of the pair")
        return self

    @model_validator(mode="after")
    def _truth_is_possible(self) -> DeviceProfile:
        self.true_profile()
        return self

    def _source_fits(self, source: Source) -> None:
        single = self.protocol.name == "bb84-single-photon"
        if single != (source.photon_statistics == "single-photon"):
            raise ValueError(f"source.photon_statistics: {source.photon_statistics} does not fit {self.protocol.name}")
        proof = self.security_model.proof
        if proof is not None and single != (proof == "tomamichel-2012"):
            raise ValueError(f"security_model.proof: {proof} does not fit {self.protocol.name}")
        if single and self.detector is not None and self.detector.click_model == "linear":
            raise ValueError("detector.click_model: the linear model takes Poisson light, expected exact")
        count = len(source.intensity)
        least, most = PROOF_INTENSITIES.get(self.security_model.proof or "", (1, 99))
        if not least <= count <= most:
            wanted = f"{least}" if least == most else f"{least} or more"
            raise ValueError(f"security_model.proof: {proof} needs {wanted} intensities, the source has {count}")
        means = source.emitted_mean_photon_numbers
        if count >= 3 and not means[0] > means[-2] + means[-1]:
            raise ValueError(
                f"source.intensity: brightest {means[0]:g}, weakest two {means[-2]:g} and {means[-1]:g}, "
                "expected the brightest above their sum"
            )
        if count == 2 and means[1] <= 0.0:
            raise ValueError("source.intensity: got a vacuum as the only decoy, expected a mean_photon_number > 0")


def is_modelled_pair(transmitter: DeviceProfile, receiver: DeviceProfile) -> bool:
    """Whether clicks between two modules can be simulated: a modelled protocol, source, detector, key processing."""
    return (
        transmitter.protocol.name in MODELLED_PROTOCOLS
        and transmitter.source is not None
        and receiver.detector is not None
        and receiver.post_processing is not None
    )


@dataclass(frozen=True, slots=True)
class NamedProfile:
    """A profile with the name it was asked for and the hash of its file; for a pair made of modules, these as well."""

    name: str
    profile: DeviceProfile
    sha256: str
    modules: tuple[NamedProfile, ...] = ()


def load_profile(name: str, *, overrides: Mapping[str, Any] | None = None) -> DeviceProfile:
    """Load a shipped profile by name or a user's by path; `overrides` as in `load_named_profile`.

    Raises InputError.
    """
    return load_named_profile(name, overrides=overrides).profile


def load_named_profile(
    name: str, *, beside: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> NamedProfile:
    """Load a profile with its name and hash; a relative path is looked up beside the file that names it.

    `overrides` sets single keys before validation, e.g. `{"detector.efficiency": 0.25,
    "source.intensity[0].mean_photon_number": 0.4}`. True values at or under such keys go.

    Raises InputError.
    """
    path = library.find("profile", name, beside)
    return _named(name, completed(library.read(path), path), overrides or {})


def _named(name: str, file: Completed, overrides: Mapping[str, Any]) -> NamedProfile:
    table = without_true_values(dict(file.source.table), overrides)
    for key, value in overrides.items():
        table = with_value(table, key, value)
    modules = tuple(_named(*one, {}) for one in file.modules)
    profile = library.parse(DeviceProfile, replace(file.source, table=table), "profile")
    return NamedProfile(name, profile, file.source.sha256, modules)
