"""The fuzz target for videos itself, on its seeds and on random damage to them."""

import importlib.util
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType

from hypothesis import given, settings
from hypothesis import strategies as st

_SOURCE = Path(__file__).parents[1] / "fuzz" / "fuzz_video.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_video", _SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUZZ = _load()
_SEEDS = len(FUZZ.KINDS) + 3


@cache
def seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        FUZZ.write_seeds(Path(folder))
        return [path.read_bytes() for path in sorted(Path(folder).iterdir())]


def test_seeds_pass() -> None:
    assert len(seeds()) == _SEEDS
    for seed in seeds():
        FUZZ.fuzz_one(seed)


@settings(max_examples=30, deadline=None)
@given(
    number=st.integers(0, _SEEDS - 1),
    where=st.floats(0, 1),
    cut=st.integers(0, 8),
    inserted=st.binary(max_size=8),
)
def test_damage_anywhere_is_an_outcome(
    number: int, where: float, cut: int, inserted: bytes
) -> None:
    seed = seeds()[number]
    at = int(where * len(seed))
    FUZZ.fuzz_one(seed[:at] + inserted + seed[at + cut :])


@settings(max_examples=30, deadline=None)
@given(number=st.integers(0, _SEEDS - 1), tail=st.binary(max_size=200), head=st.integers(4, 60))
def test_noise_behind_a_magic_is_an_outcome(number: int, tail: bytes, head: int) -> None:
    FUZZ.fuzz_one(seeds()[number][:head] + tail)
