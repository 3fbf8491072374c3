"""A scan that is killed inside archives and between videos goes on there: every member one record."""

import io
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.scan_commands import SMALL_BATCHES, Undisturbed, read, script
from tests.cli.test_interrupted_scan import TestKilled as Killed
from tests.cli.test_interrupted_scan import kill_and_resume
from tests.clips import clip

Rempart = Callable[..., Any]
Process = Callable[..., "subprocess.Popen[bytes]"]

MEMBERS = 24


def packed(files: list[Path], more: dict[str, bytes]) -> bytes:
    """Return files, and more, in a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in files:
            archive.write(path, path.name)
        for name, data in more.items():
            archive.writestr(name, data)
    return made.getvalue()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Path:
    """Put the benign pictures into a zip, a zip within a zip and a tar, with clips inside and beside them."""
    folder = tmp_path_factory.mktemp("tree")
    files = sorted(path for path in pictures.rglob("*.*"))[: 3 * MEMBERS]
    film = clip("h264 in mp4")
    inner = packed(files[:MEMBERS], {"film.mp4": film})
    (folder / "a.zip").write_bytes(packed(files[MEMBERS : 2 * MEMBERS], {"inner.zip": inner}))
    with tarfile.open(folder / "b.tar.gz", "w:gz") as archive:
        for path in files[2 * MEMBERS :]:
            archive.add(path, path.name)
    (folder / "c.mp4").write_bytes(film)
    (folder / "d.zip").write_bytes(packed([], {"broken.jpg": files[0].read_bytes()[:700]}))
    shutil.copy(files[0], folder / "e.jpg")
    return folder


@pytest.fixture(scope="module")
def whole(tree: Path, filled_node: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Scan the tree when nothing happens."""
    folder = tmp_path_factory.mktemp("whole")
    node = shutil.copytree(filled_node, folder / "node")
    command: list[str | Path] = [
        *script(SMALL_BATCHES),
        "--node",
        node,
        "scan",
        "--output",
        folder / "out",
        tree,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return Undisturbed(read(folder / "out"), (folder / "out").stat().st_size)


def test_each_member_has_its_record_before_what_holds_it(whole: Undisturbed, tree: Path) -> None:
    paths = [record["path"].removeprefix(f"{tree}/") for record in whole.records]

    assert len(paths) == len(set(paths)) == 3 * MEMBERS + 8
    assert [path for path in paths if "!/" not in path or path.endswith("inner.zip")] == [
        "a.zip!/inner.zip",
        *("a.zip", "b.tar.gz", "c.mp4", "d.zip", "e.jpg"),
    ]
    assert paths[-4:] == ["c.mp4", "d.zip!/broken.jpg", "d.zip", "e.jpg"]
    assert paths[2 * MEMBERS : 2 * MEMBERS + 3] == [
        "a.zip!/inner.zip!/film.mp4",
        "a.zip!/inner.zip",
        "a.zip",
    ]


def test_killed_between_writing_and_confirming_within_an_archive(
    node: Path, tree: Path, tmp_path: Path, process: Process, whole: Undisturbed
) -> None:
    Killed.die_at((6,), node, tree, tmp_path / "out", process)

    assert read(tmp_path / "out") == whole.records


@pytest.mark.long
@pytest.mark.timeout(600)
def test_killed_at_every_step_within_archives(
    node: Path, tree: Path, tmp_path: Path, process: Process, whole: Undisturbed
) -> None:
    Killed.die_at(tuple(range(2, 22)), node, tree, tmp_path / "out", process)

    assert read(tmp_path / "out") == whole.records


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [201, 202, 203])
def test_killed_at_random_moments_within_archives(
    node: Path, tree: Path, tmp_path: Path, process: Process, whole: Undisturbed, *, seed: int
) -> None:
    kill_and_resume(
        node=node,
        pictures=tree,
        output=tmp_path / "out",
        process=process,
        whole=whole,
        seed=seed,
        kills=5,
    )

    assert read(tmp_path / "out") == whole.records
