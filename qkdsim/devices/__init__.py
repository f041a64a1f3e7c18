"""What a QKD device claims: source, detectors, optics, isolation, post-processing, interfaces, cost and power."""

from qkdsim.devices.operation import PostProcessing, SecurityModel
from qkdsim.devices.profile import DeviceProfile, NamedProfile, is_modelled_pair, load_named_profile, load_profile
from qkdsim.devices.quantity import Quantity
from qkdsim.devices.receiver import Detector, Receiver
from qkdsim.devices.transmitter import MODELLED_PROTOCOLS, Intensity, Protocol, Source

__all__ = [
    "MODELLED_PROTOCOLS",
    "Detector",
    "DeviceProfile",
    "Intensity",
    "NamedProfile",
    "PostProcessing",
    "Protocol",
    "Quantity",
    "Receiver",
    "SecurityModel",
    "Source",
    "is_modelled_pair",
    "load_named_profile",
    "load_profile",
]
