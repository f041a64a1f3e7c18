"""How a device really answers to an attack: part of the truth of a specimen. Defaults are those of a sound device."""

from __future__ import annotations

from pydantic import Field, StrictBool

from qkdsim.library import FileModel


class BrightLight(FileModel):
    """Detectors in light that is far too bright, all powers at the receiver's port.

    blinding_power_w        continuous light from which detectors see no single photon any more, and click only where a
                            bright pulse makes them (L. Lydersen et al., Nat. Photon. 4, 686 (2010))
    monitor_power_w         mean light at which the photocurrent monitor raises its alarm
    monitor_relative_error  standard deviation of one of its readings
    monitor_period_s        time between its readings
    after_gate_acceptance   probability that a bright pulse after the gate is recorded as a click inside it
                            (C. Wiechers et al., New J. Phys. 13, 013043 (2011))
    """

    blinding_power_w: float = Field(default=2e-5, gt=0.0)
    monitor_power_w: float = Field(default=2e-6, gt=0.0)
    monitor_relative_error: float = Field(default=0.05, ge=0.0)
    monitor_period_s: float = Field(default=0.1, gt=0.0)
    after_gate_acceptance: float = Field(default=0.0, ge=0.0, le=1.0)


class GateControl(FileModel):
    """Gates of the two detectors when somebody meddles with the clock.

    calibration_pull_ps  how far apart a forged calibration light draws the gates (N. Jain et al., Phys. Rev. Lett. 107,
                         110501 (2011))
    clock_tolerance_ps   offset between clock and light up to which the device goes on; beyond it stops
    """

    calibration_pull_ps: float = Field(default=0.0, ge=0.0, le=1e6)
    clock_tolerance_ps: float = Field(default=20.0, ge=0.0, le=1e6)


class Port(FileModel):
    """The transmitter's port in strong light.

    damaged_loss_db     isolation lost for good after continuous light of several watts (A. Huang et al., Phys. Rev.
                        Applied 13, 034017 (2020))
    """

    damaged_loss_db: float = Field(default=3.0, ge=0.0)


class Messages(FileModel):
    """Mistakes on the service channel.

    checks_tags     whether a tag that does not fit stops the block
    unprotected     kinds of messages that the tags leave out
    reuses_pads     whether every block takes the same pads
    tells_key       whether a message for the maintenance, left in by mistake, carries the key in clear
    """

    checks_tags: StrictBool = True
    unprotected: tuple[str, ...] = ()
    reuses_pads: StrictBool = False
    tells_key: StrictBool = False


class KeyRule(FileModel):
    """Mistakes in the rule by which a device decides how much key it releases.

    counts_finite_size  whether statistical fluctuations are taken off
    uses_decoys         whether the photons of a pulse matter; else every bit counts as one of a single photon
    uses_own_estimate   whether a block is judged by its own counts; else it gives the share that was planned, and its
                        error rate stops nothing
    """

    counts_finite_size: StrictBool = True
    uses_decoys: StrictBool = True
    uses_own_estimate: StrictBool = True
