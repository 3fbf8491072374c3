"""Compiled kernels with their numpy twins; imported by `fingerprint` and `match` only."""
