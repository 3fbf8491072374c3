"""A build with REMPART_PURE=1 needs no compiler, and its numpy twins do the whole work."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import skimage

ROOT = Path(__file__).resolve().parents[2]
PICTURE = Path(skimage.__file__).parent / "data" / "coffee.png"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as a wheel built without a compiler lays it down."""
    place = tmp_path_factory.mktemp("pure")
    environment = {
        **os.environ,
        "REMPART_PURE": "1",
        "CXX": "/nonexistent",
        "CC": "/nonexistent",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    build = ["pip", "wheel", str(ROOT), "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", *build, "--wheel-dir", str(place)],
        env=environment,
        check=True,
        capture_output=True,
    )
    (wheel,) = place.glob("*.whl")
    assert wheel.name.endswith("-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"


_ISOLATE = """
import sys
# An editable installation is found by a finder of its own, before every path: put it away.
sys.meta_path[:] = [each for each in sys.meta_path if "_editable_" not in type(each).__module__]
sys.path.insert(0, sys.argv[1])
"""
_HASH = """
import sys
from rempart.fingerprint import chosen_kernel, pdq
from rempart.match import pick_kernel
print(chosen_kernel(), pick_kernel()[1], pdq.from_file(sys.argv[-1]).hex)
"""


def _hash(*, isolate: Path | None) -> list[str]:
    """Hash a picture in a process of its own; `isolate` puts that tree before the installed one."""
    code = _HASH if isolate is None else _ISOLATE + _HASH
    finished = subprocess.run(
        [sys.executable, "-c", code, str(isolate), str(PICTURE)],
        check=True,
        capture_output=True,
        text=True,
    )
    return finished.stdout.split()


def test_pure_build_computes_the_same_with_numpy_alone(installed: Path) -> None:
    native = _hash(isolate=None)

    pure = _hash(isolate=installed)

    assert pure[:2] == ["numpy", "numpy"]
    assert pure[2] == native[2]
