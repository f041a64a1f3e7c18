"""Min-entropy after conditioning: NIST SP 800-90B, 3.1.5."""

from __future__ import annotations

import math


def output_entropy(input_bits: float, output_bits: int, narrowest_bits: int, entropy_bits: float) -> float:
    """Min-entropy of the output of a vetted conditioning function (Output_Entropy of 3.1.5.1.2), in bits.

    input_bits      of raw noise that enter it
    narrowest_bits  its narrowest internal width
    entropy_bits    min-entropy of the input, at most `input_bits`
    """
    # P_high = 2^-h and P_low = (1 - P_high) / (2^n_in - 1) differ by so many powers that logarithms are needed
    narrow = min(output_bits, narrowest_bits)
    high = 2.0**-entropy_bits
    log_low = math.log2(-math.expm1(-entropy_bits * math.log(2.0))) - input_bits if entropy_bits > 0.0 else -math.inf
    spread = 2.0 ** (input_bits - narrow + log_low)
    psi = spread + high
    # omega: U unlikely inputs meet in one output, U = 2^(n_in - n) + sqrt(2 n 2^(n_in - n) ln 2)
    log_number = input_bits - narrow
    root = 0.5 * math.log2(2.0 * narrow * math.log(2.0)) + 0.5 * log_number
    omega = 2.0 ** (log_number + log_low) + 2.0 ** (root + log_low)
    return min(-math.log2(max(psi, omega)), float(output_bits))
