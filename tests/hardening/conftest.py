"""An exercise node that knows one picture, and the command as a process of its own."""

import subprocess
from pathlib import Path

import pytest
from tests.hardening.running import KNOWN, hashes_of, picture, run_rempart


@pytest.fixture(scope="session")
def known_node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a node with a list that knows one picture by its PDQ and another by its SHA-256; to be copied."""
    folder = tmp_path_factory.mktemp("known")
    rows = ["id,type,value,category"]
    for number in KNOWN:
        path = folder / f"{number}.png"
        path.write_bytes(picture(number))
        found = hashes_of(path)
        kind = "pdq" if number % 2 else "sha256"
        rows.append(f"e{number},{kind},{found[kind]},exercise-A")
    (folder / "known.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    node = folder / "node"
    organisation = ("--organisation", "Exercise Desk", "--kind", "hotline", "--jurisdiction", "FR")
    run_rempart("--node", node, "init", *organisation, "--exercise")
    owner = ("--owner", "Exercise Hotline", "--format", "csv")
    run_rempart("--node", node, "lists", "import", "--list", "known", *owner, folder / "known.csv")
    return node


@pytest.fixture
def node(known_node: Path, tmp_path: Path) -> Path:
    """Copy that node."""
    copy = tmp_path / "node"
    subprocess.run(["cp", "-a", known_node, copy], check=True)
    return copy
