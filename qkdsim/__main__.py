"""`python -m qkdsim`."""

import sys

from qkdsim.cli import main

sys.exit(main())
