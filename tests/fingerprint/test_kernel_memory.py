"""The native kernel reads and writes only its own memory."""

import shutil
import subprocess
from pathlib import Path

import pytest

import rempart

SOURCE = Path(__file__).parent / "sanitized_kernel.cpp"


@pytest.mark.long
@pytest.mark.timeout(600)
def test_every_path_is_clean_under_the_sanitizers(tmp_path: Path) -> None:
    compiler = shutil.which("g++")
    headers = next(Path(folder) / "_native" for folder in reversed(list(rempart.__path__)))
    if compiler is None or not (headers / "pdq_paths.h").exists():
        pytest.skip("needs g++ and the kernel's sources")
    program = tmp_path / "sanitized_kernel"
    options = ["-std=gnu++17", "-O1", "-g", "-ffp-contract=off", "-fsanitize=address,undefined"]
    subprocess.run(
        [compiler, *options, "-fno-sanitize-recover", f"-I{headers}", SOURCE, "-o", program],
        check=True,
    )
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
