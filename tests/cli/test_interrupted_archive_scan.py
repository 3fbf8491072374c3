"""A scan of archives that is killed at any moment goes on in the middle of them: every record once."""

import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli import test_interrupted_scan as interrupted
from tests.cli.scan_commands import SMALL_BATCHES, Undisturbed, read, script

Process = Callable[..., "subprocess.Popen[bytes]"]

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Path:
    """Pack the pictures: a zip with a nested one, a tar.gz, and some beside them."""
    folder = tmp_path_factory.mktemp("archives")
    files = sorted(pictures.rglob("*.*"))
    inner = folder / "inner.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        for path in files[:30]:
            archive.write(path, path.name)
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for number, path in enumerate(files[30:80]):
            archive.write(path, path.name)
            if number == 20:
                archive.write(inner, "inner.zip")
    inner.unlink()
    with tarfile.open(folder / "b.tar.gz", "w:gz") as packed:
        for path in files[80:130]:
            packed.add(path, path.name)
    for path in files[130:]:
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def whole(
    filled_node: Path, archives: Path, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    """Scan the archives when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    copy = shutil.copytree(filled_node, folder / "node")
    command = [*script(SMALL_BATCHES), "--node", str(copy), "scan", "--output"]
    subprocess.run([*command, str(folder / "out"), str(archives)], check=True, capture_output=True)
    return Undisturbed(read(folder / "out"), (folder / "out").stat().st_size)


@pytest.mark.parametrize("seed", range(200, 205))
def test_at_random_moments(
    node: Path, archives: Path, tmp_path: Path, process: Process, whole: Undisturbed, *, seed: int
) -> None:
    hits = interrupted.kill_and_resume(
        node=node,
        pictures=archives,
        output=tmp_path / "out",
        process=process,
        whole=whole,
        seed=seed,
        kills=5,
    )

    assert hits
    assert len(whole.records) == 153
    assert read(tmp_path / "out") == whole.records


def test_at_every_step_of_writing_and_confirming(
    node: Path, archives: Path, tmp_path: Path, process: Any, whole: Undisturbed
) -> None:
    steps = tuple(range(2, 20))
    interrupted.TestKilled.die_at(steps, node, archives, tmp_path / "out", process)

    assert read(tmp_path / "out") == whole.records
