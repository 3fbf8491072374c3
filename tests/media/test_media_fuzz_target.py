"""The fuzz target itself, on its seeds and on random damage to them."""

import importlib.util
from pathlib import Path
from types import ModuleType

from hypothesis import given, settings
from hypothesis import strategies as st

_SOURCE = Path(__file__).parents[1] / "fuzz" / "fuzz_media.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_media", _SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUZZ = _load()


def test_seeds_pass(tmp_path: Path) -> None:
    FUZZ.write_seeds(tmp_path)
    seeds = sorted(tmp_path.iterdir())
    assert len(seeds) == 17
    for seed in seeds:
        FUZZ.fuzz_one(seed.read_bytes())


def _seeds() -> list[bytes]:
    import tempfile  # noqa: PLC0415 - only here

    with tempfile.TemporaryDirectory() as folder:
        FUZZ.write_seeds(Path(folder))
        return [path.read_bytes() for path in sorted(Path(folder).iterdir())]


@settings(max_examples=50, deadline=None)
@given(
    seed=st.sampled_from(_seeds()),
    where=st.floats(0, 1),
    cut=st.integers(0, 8),
    inserted=st.binary(max_size=8),
)
def test_damage_anywhere_is_an_outcome(
    seed: bytes, where: float, cut: int, inserted: bytes
) -> None:
    at = int(where * len(seed))
    FUZZ.fuzz_one(seed[:at] + inserted + seed[at + cut :])


@settings(max_examples=50, deadline=None)
@given(tail=st.binary(max_size=200), seed=st.sampled_from(_seeds()), head=st.integers(0, 60))
def test_noise_behind_a_magic_is_an_outcome(tail: bytes, seed: bytes, head: int) -> None:
    FUZZ.fuzz_one(seed[:head] + tail)
