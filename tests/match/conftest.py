"""Every test of the index runs on every kernel path that this machine has, and in both layouts."""

import sys
from pathlib import Path

import pytest

from rempart.match import _frozen
from rempart.match._kernels import available_kernels

# The tests import what they share as `tests.match`, however pytest is started.
sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture(params=available_kernels())
def kernel(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["columns", "tables"])
def layout(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Build every index, however small or large, in one layout only: nothing is left to the cost estimate."""
    wanted = str(request.param)
    monkeypatch.setattr(_frozen, "TABLES_FROM", 0 if wanted == "tables" else 1 << 40)
    monkeypatch.setattr(_frozen, "COLUMNS_BELOW", 0 if wanted == "tables" else 1 << 40)
    return wanted
