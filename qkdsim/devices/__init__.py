"""What a QKD device claims: source, detectors, optics, isolation, post-processing, interfaces, cost and power."""

from qkdsim.devices.operation import PostProcessing, SecurityModel
from qkdsim.devices.profile import DeviceProfile, NamedProfile, load_named_profile, load_profile
from qkdsim.devices.quantity import Quantity
from qkdsim.devices.receiver import Detector, DetectorUnit, Receiver
from qkdsim.devices.transmitter import MODELLED_PROTOCOLS, Intensity, Protocol, Source

__all__ = [
    "MODELLED_PROTOCOLS",
    "Detector",
    "DetectorUnit",
    "DeviceProfile",
    "Intensity",
    "NamedProfile",
    "PostProcessing",
    "Protocol",
    "Quantity",
    "Receiver",
    "SecurityModel",
    "Source",
    "load_named_profile",
    "load_profile",
]
