"""What the pages tell a reader to type works: it is typed here, page by page, on benign pictures."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import skimage
from PIL import Image, ImageFilter

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "tutorials").glob("*.md")), *GUIDES]
BIN = Path(sys.executable).parent
ENVIRONMENT = {"PATH": f"{BIN}:{os.defpath}", "LC_ALL": "C.UTF-8"}
SAMPLES = Path(skimage.__file__).parent / "data"
FENCE = "```"
NOT_RUN = "<!-- not run: "
NOTHING_TO_TYPE = "<!-- tested as Python: "
SLOWEST_PAGE_SECONDS = 400
GIVEN = "<<'END'"
GIVEN_END = "END"


def commands_of(page: str) -> list[str]:
    """Return the commands of every block marked `console` that a page does not except, with text given in them."""
    commands: list[str] = []
    block: str | None = None
    before = ""
    is_given = False
    for raw in page.splitlines():
        line = raw.strip()
        if is_given:
            commands.append(raw)
            is_given = line != GIVEN_END
        elif block is None and line.startswith(FENCE):
            block = "" if before.startswith(NOT_RUN) else line.removeprefix(FENCE)
        elif line.startswith(FENCE):
            block = None
        elif block == "console" and line.startswith("$ "):
            commands.append(line.removeprefix("$ "))
            is_given = line.endswith(GIVEN)
        before = line or before
    return commands


def run_all(commands: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    script = "\n".join(
        ["set -euo pipefail", "trap 'echo \"failed: $BASH_COMMAND\" >&2' ERR", *commands]
    )
    return subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=folder,
        env={**ENVIRONMENT, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=SLOWEST_PAGE_SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few small benign pictures, a copy of one of them, and half of that copy."""
    folder = tmp_path_factory.mktemp("benign") / "pictures"
    folder.mkdir()
    for name in ("astronaut", "chelsea", "coffee"):
        with Image.open(SAMPLES / f"{name}.png") as picture:
            picture.resize((300, 200)).save(folder / f"{name}.png")
    Image.open(folder / "coffee.png").save(folder / "smaller.jpg", quality=60)
    whole = (folder / "smaller.jpg").read_bytes()
    (folder / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.fixture(scope="module")
def prepared(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the guides ask their reader to have: pictures, a node, and a list with its file."""
    folder = tmp_path_factory.mktemp("guides")
    shutil.copytree(pictures, folder / "pictures")
    with Image.open(pictures / "chelsea.png") as picture:
        picture.filter(ImageFilter.GaussianBlur(1.5)).save(folder / "blurred.png")
    hashed = run_all(["rempart hash --json blurred.png pictures/coffee.png"], folder)
    rows = ["id,type,value,category"]
    for number, line in enumerate(hashed.stdout.splitlines()):
        value = json.loads(line)["fingerprints"][0]["value"]
        rows.append(f"known-{number},pdq,{value},exercise-A")
    rows += [f"other-{number},sha256,{number:064x},exercise-B" for number in range(1, 11)]
    (folder / "partners.csv").write_text("\n".join(rows) + "\n")
    made = run_all(
        [
            "export REMPART_NODE=my-node",
            'rempart init --organisation "Exercise Desk" --kind hotline --jurisdiction FR --exercise',
            'rempart lists import --list partners --owner "Example Hotline" partners.csv',
        ],
        folder,
    )
    assert made.returncode == 0, made.stderr
    (folder / "blurred.png").unlink()
    return folder


@pytest.fixture
def place(page: Path, pictures: Path, prepared: Path, tmp_path: Path) -> Path:
    """Return a folder with what a page asks its reader to have."""
    folder = tmp_path / "work"
    if page in GUIDES:
        shutil.copytree(prepared, folder)
    else:
        folder.mkdir()
    if page.name == "README.md":
        shutil.copytree(pictures, folder / "pictures")
    return folder


@pytest.mark.timeout(SLOWEST_PAGE_SECONDS + 60)
@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_what_a_page_tells_to_type_works(page: Path, place: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = commands_of(text)
    assert commands or NOTHING_TO_TYPE in text, "the page shows nothing to type"

    done = run_all(commands, place)

    assert done.returncode == 0, done.stderr[-3000:]


def test_a_failing_sample_would_be_noticed(tmp_path: Path) -> None:
    page = f"{FENCE}console\n$ true\n$ false\n$ true\n{FENCE}\n"

    done = run_all(commands_of(page), tmp_path)

    assert done.returncode == 1
    assert "failed: false" in done.stderr


def test_only_blocks_marked_as_not_run_are_left_out() -> None:
    page = (
        f"{NOT_RUN}why -->\n{FENCE}console\n$ one\n{FENCE}\n"
        f"\n{FENCE}console\n$ two\nits output\n{FENCE}\n"
        f"\n{FENCE}text\n$ three\n{FENCE}\n"
        f"\n1. In a list:\n\n   {FENCE}console\n   $ four\n   {FENCE}\n"
    )

    assert commands_of(page) == ["two", "four"]


def test_text_given_to_a_command_belongs_to_it(tmp_path: Path) -> None:
    page = f"{FENCE}console\n$ cat > file <<'END'\n[a]\n  b = 1\n\nEND\n$ cat file\n{FENCE}\n"

    done = run_all(commands_of(page), tmp_path)

    assert (done.returncode, done.stdout) == (0, "[a]\n  b = 1\n\n")
