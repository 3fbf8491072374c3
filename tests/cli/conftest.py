"""The command line as a user meets it, an exercise node, and a folder of small benign pictures."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.cli.scan_commands import SMALL_BATCHES, Undisturbed, read, script

from rempart.cli.application import run as run_command
from rempart.model.fingerprint import EXACT, PDQ, SHA256
from rempart.node import hash_files

REMPART = (sys.executable, "-c", "from rempart.cli import main; main()")


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: bytes
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def rempart(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Run a command line in this process."""

    def run(*arguments: str | bytes | Path, given: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capfdbinary.readouterr()
        code = run_command([each if isinstance(each, str) else _text(each) for each in arguments])
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = capfdbinary.readouterr()
        return Ran(code, out, err.decode())

    return run


@pytest.fixture
def process() -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start commands as processes of their own, and end them with the test."""
    started: list[subprocess.Popen[bytes]] = []
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell that runs the tests in its background has them ignore it, and what they start would too.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(*arguments: str | bytes | Path, command: Any = REMPART, **options: Any) -> Any:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        environment = {**options.pop("env", os.environ)}
        environment.pop("PYTHONUNBUFFERED", None)  # it would hide what is lost in a buffer
        made = subprocess.Popen([*command, *arguments], env=environment, **{**pipes, **options})
        started.append(made)
        return made

    yield start
    for each in started:
        each.kill()
        each.communicate()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make 150 small benign pictures: crops of textures, in three formats and two folders."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(150):
        place = folder / f"{number % 2}"
        place.mkdir(exist_ok=True)
        suffix = ("jpg", "jpg", "png", "webp")[number % 4]
        _texture(number).save(place / f"{number:03}.{suffix}")
    return folder


def _texture(number: int) -> Image.Image:
    """Return coarse noise of one seed, enlarged: PDQ finds it as distinct as a photograph."""
    grid = np.random.default_rng(number).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize((144, 128), Image.Resampling.BICUBIC)


@pytest.fixture(scope="session")
def lists(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> tuple[Path, Path]:
    """Write a list that knows every tenth picture, and a known-harmless one of every thirtieth."""
    folder = tmp_path_factory.mktemp("lists")
    rows = {}
    every_tenth = sorted(pictures.rglob("*.*"))[::10]
    for file in hash_files([bytes(path) for path in every_tenth]):
        by_kind = {(each.kind, each.dialect): each.text for each in file.fingerprints}
        rows[Path(file.path.decode()).stem] = (by_kind[PDQ, EXACT], by_kind[SHA256, None])
    known = [f"e{name},pdq,{pdq},exercise-A" for name, (pdq, _) in rows.items()]
    known += [f"s{name},sha256,{sha},exercise-B" for name, (_, sha) in list(rows.items())[::2]]
    harmless = [f"h{name},sha256,{sha},exercise-C" for name, (_, sha) in list(rows.items())[1::3]]
    for name, lines in (("known", known), ("harmless", harmless)):
        text = "\n".join(["id,type,value,category", *lines]) + "\n"
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder / "known.csv", folder / "harmless.csv"


@pytest.fixture(scope="session")
def filled_node(tmp_path_factory: pytest.TempPathFactory, lists: tuple[Path, Path]) -> Path:
    """Make an exercise node with both lists, to be copied."""
    path = tmp_path_factory.mktemp("filled") / "node"
    owner = ["--owner", "Exercise Hotline", "--format", "csv"]
    make = [
        "init",
        "--organisation",
        "Exercise",
        "--kind",
        "police",
        "--jurisdiction",
        "FR",
        "--exercise",
    ]
    known = ["lists", "import", "--list", "known"]
    harmless = ["lists", "import", "--list", "harmless", "--purpose", "known-harmless"]
    for arguments in (make, [*known, *owner, str(lists[0])], [*harmless, *owner, str(lists[1])]):
        assert run_command(["--node", str(path), *arguments]) == 0
    return path


@pytest.fixture
def node(filled_node: Path, tmp_path: Path) -> Path:
    """Copy the exercise node with both lists."""
    return Path(shutil.copytree(filled_node, tmp_path / "node"))


@pytest.fixture(scope="session")
def undisturbed(
    filled_node: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    """Scan the pictures when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    output = folder / "out"
    copy = shutil.copytree(filled_node, folder / "node")
    command = [*script(SMALL_BATCHES), "--node", str(copy), "scan"]
    subprocess.run(
        [*command, "--output", str(output), str(pictures)], check=True, capture_output=True
    )
    return Undisturbed(read(output), output.stat().st_size)


def _text(argument: bytes | Path) -> str:
    return (
        str(argument) if isinstance(argument, Path) else argument.decode(errors="surrogateescape")
    )
