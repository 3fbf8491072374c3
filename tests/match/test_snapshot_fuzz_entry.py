"""The fuzz entry runs on whole, cut and altered snapshots; the fuzzer itself runs apart."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.match.hamming_oracle import uniform

from rempart.match import DigestMap, HammingIndex


def test_the_fuzz_entry_survives_altered_snapshots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = Path(__file__).parents[1] / "fuzz" / "fuzz_snapshot.py"
    spec = importlib.util.spec_from_file_location("fuzz_snapshot", entry)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "fuzz_snapshot", module)
    spec.loader.exec_module(module)
    rng = np.random.default_rng(1)
    HammingIndex.build(uniform(rng, 40), np.arange(40)).save(tmp_path / "index")
    DigestMap.build(uniform(rng, 10), np.arange(10)).save(tmp_path / "map")
    for name in ("index", "map"):
        data = (tmp_path / name).read_bytes()
        for cut in (0, 10, 48, 100, len(data) // 2, len(data)):
            module.fuzz_one(data[:cut])
        for at in rng.integers(0, len(data), 60).tolist():
            altered = bytearray(data)
            altered[at] ^= int(rng.integers(1, 256))
            module.fuzz_one(bytes(altered))
