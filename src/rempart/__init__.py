"""Rempart: match media against shared lists of known fingerprints, and explain every match."""

__version__ = "0.1.0"
