"""An import that is killed leaves the old state or the new one, and completes when it is repeated."""

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from rempart.node import NodeFolder, examine, open_node

Rempart = Callable[..., Any]
Process = Callable[..., "subprocess.Popen[bytes]"]

ENTRIES = 5_000
OPTIONS = ("--list", "big", "--owner", "Exercise Hotline", "--format", "csv", "--allow-shrink")


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write two versions of a list that share half of their entries."""
    folder = tmp_path_factory.mktemp("versions")
    for name, first in (("old", 0), ("new", ENTRIES // 2)):
        rows = (f"e{each},md5,{each + 1:032x},exercise-A" for each in range(first, first + ENTRIES))
        text = "\n".join(["id,type,value,category", *rows]) + "\n"
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder / "old.csv", folder / "new.csv"


def held(node: Path) -> tuple[int, set[bytes]]:
    """Return the big list's generation and the digests that it knows, after a thorough check."""
    bad = [each for each in examine(node, deep=True) if each.standing == "bad"]
    assert bad == []
    with open_node(NodeFolder(node)) as opened:
        found = opened.store.find_list("big", "Exercise Hotline")
        if found is None:
            return 0, set()
        entries = (entry for entry, _ in opened.store.entries(found.id))
        return found.generation, {each.fingerprints[0].value for each in entries}


def digests(path: Path) -> set[bytes]:
    rows = path.read_text(encoding="utf-8").splitlines()[1:]
    return {bytes.fromhex(row.split(",")[2]) for row in rows}


def journal_of(node: Path) -> int:
    """Return how far a write has come: the size of the store with its journal."""
    return sum(path.stat().st_size for path in node.glob("store.sqlite*"))


def kill_at_growth(
    running: "subprocess.Popen[bytes]", node: Path, growth_bytes: int, late: float
) -> bool:
    """Kill an import some moments after it has written so much; return whether it was under way."""
    before = journal_of(node)
    while running.poll() is None and abs(journal_of(node) - before) < growth_bytes:
        with suppress(subprocess.TimeoutExpired):
            running.wait(0.002)
    with suppress(subprocess.TimeoutExpired):
        running.wait(late)
    if running.poll() is not None:
        return False
    running.kill()
    running.communicate()
    return True


def kill_imports(
    node: Path, versions: tuple[Path, Path], process: Process, *, seed: int, kills: int
) -> Iterator[tuple[int, set[bytes]]]:
    """Kill imports of the one version over the other at random moments; give the state after each."""
    moments = random.Random(seed)
    for attempt in range(kills):
        wanted = versions[(attempt + 1) % 2]
        running = process("--node", node, "lists", "import", *OPTIONS, wanted)
        kill_at_growth(running, node, moments.randrange(1_500_000), moments.uniform(0, 0.2))
        yield held(node)


@pytest.mark.parametrize(
    ("seed", "kills"),
    [
        (1, 3),
        pytest.param(2, 12, marks=[pytest.mark.long, pytest.mark.timeout(900)]),
        pytest.param(3, 12, marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    ],
)
def test_the_store_holds_the_old_or_the_new_state_and_the_import_completes_later(
    node: Path,
    versions: tuple[Path, Path],
    process: Process,
    rempart: Rempart,
    *,
    seed: int,
    kills: int,
) -> None:
    old, new = versions
    possible: tuple[set[bytes], ...] = (set(), digests(old), digests(new))
    last = held(node)
    for state in kill_imports(node, versions, process, seed=seed, kills=kills):
        assert state[1] in possible
        assert state[0] in {last[0], last[0] + 1}
        assert (state[0] == last[0]) == (state[1] == last[1])
        last = state

    done = rempart("--node", node, "lists", "import", *OPTIONS, "--json", new)
    again = rempart("--node", node, "lists", "import", *OPTIONS, "--json", new)

    assert (done.code, again.code) == (0, 0)
    assert held(node)[1] == digests(new)
    assert again.records[0]["unchanged"] == ENTRIES
    asked = [f"md5:{ENTRIES:032x}", f"md5:{1:032x}"]
    found = rempart("--node", node, "match", "--json", *asked).records
    assert [len(record["matches"]) for record in found] == [1, 0]


def test_a_killed_import_leaves_the_index_usable(
    node: Path, versions: tuple[Path, Path], process: Process, rempart: Rempart
) -> None:
    assert rempart("--node", node, "lists", "import", *OPTIONS, versions[0]).code == 0
    (half_built := node / "index" / ".7-0.partial").mkdir()
    (half_built / "pdq.index").write_bytes(b"half")

    running = process("--node", node, "lists", "import", *OPTIONS, versions[1])
    kill_at_growth(running, node, 1, 0)

    generation, _ = held(node)
    expected = [1, 1] if generation == 1 else [0, 1]
    asked = [f"md5:{1:032x}", f"md5:{ENTRIES:032x}"]
    found = rempart("--node", node, "match", "--json", *asked).records
    assert [len(record["matches"]) for record in found] == expected
