"""Key processing on bits: two ends that share nothing but the messages they exchange."""
