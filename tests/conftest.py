"""Settings for all tests."""

from __future__ import annotations

from hypothesis import settings

# a loaded machine is slow now and then: no example fails for that
settings.register_profile("qkdsim", deadline=None)
settings.load_profile("qkdsim")
