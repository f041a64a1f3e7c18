"""Tests of bits for randomness: batteries of NIST SP 800-22 and SP 800-90B, and the health tests of a noise source."""
