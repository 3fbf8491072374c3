"""An exercise node, and lists of invented entries for it."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rempart.model.match import Match
from rempart.model.principals import OrganisationKind
from rempart.node import (
    ImportReport,
    ImportRequest,
    NodeFolder,
    OpenNode,
    create_node,
    import_list,
    look_up_values,
    open_node,
)

OWNER = "Exercise Hotline"
NAME = "exercise"

ImportFunction = Callable[..., ImportReport]
FindFunction = Callable[..., tuple[Match, ...]]


@pytest.fixture(scope="session")
def new_node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one exercise node, to be copied: that takes a fraction of the time."""
    path = tmp_path_factory.mktemp("new") / "node"
    create_node(
        path,
        organisation="Exercise Node",
        kind=OrganisationKind.HOTLINE,
        jurisdiction="FR",
        is_exercise=True,
    ).close()
    return path


@pytest.fixture
def make_node(new_node: Path, tmp_path: Path) -> Iterator[Callable[[str], OpenNode]]:
    """Make exercise nodes by name, and close them in the end."""
    made: list[OpenNode] = []

    def make(name: str) -> OpenNode:
        shutil.copytree(new_node, tmp_path / name)
        made.append(open_node(NodeFolder(tmp_path / name)))
        return made[-1]

    yield make
    for node in made:
        node.close()


@pytest.fixture
def node(make_node: Callable[[str], OpenNode]) -> OpenNode:
    """Make one exercise node."""
    return make_node("node")


@pytest.fixture
def import_text() -> ImportFunction:
    """Import a text into a node's exercise list."""

    def run(node: OpenNode, text: str | bytes, **stated: Any) -> ImportReport:
        report = stated.pop("report", lambda _: None)
        progress = stated.pop("progress", lambda _: None)
        request = ImportRequest(**{"name": NAME, "owner": OWNER, "format": "csv", **stated})
        content = text.encode() if isinstance(text, str) else text
        return import_list(node, request, io.BytesIO(content), report=report, progress=progress)

    return run


@pytest.fixture
def find() -> FindFunction:
    """Return what one value, written KIND:HEX, matches in a node."""

    def run(node: OpenNode, value: str, **options: Any) -> tuple[Match, ...]:
        [(_, findings)] = look_up_values(node, [value], io.BytesIO(), **options)
        return findings.matches

    return run


@pytest.fixture
def state_of() -> Callable[[OpenNode], object]:
    """Return everything of a node that an import could change, to be compared."""

    def read(node: OpenNode) -> object:
        lists = node.store.lists(include_withdrawn=True)
        return (
            lists,
            [node.store.list_counts(each.id) for each in lists],
            [list(node.store.entries(each.id, include_withdrawn=True)) for each in lists],
            node.store.change_number(),
            node.store.events(),
        )

    return read
