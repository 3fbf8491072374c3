"""Keys that can be foretold."""

import pytest
from tests.keys.key_rings import MakeRing, ring_of


@pytest.fixture
def make_ring() -> MakeRing:
    """Make a ring of keys that are told by one number each, newest first."""
    return ring_of
