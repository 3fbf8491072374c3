"""A service whose index is still being built does not say that it serves; the doctor calls an old index a note."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rempart.api.application import Application
from rempart.match import SnapshotDamagedError, SnapshotOutdatedError
from rempart.node import ImportReport, OpenNode, examine, live_index
from rempart.node.compaction import save_base
from rempart.node.findings import NOTE
from rempart.node.index_files import saved_indexes
from rempart.node.service import Service
from rempart.node.settings import Settings

ENTRIES = "id,type,value,category\n" + "".join(
    f"e{each},md5,{each:032x},exercise-A\n" for each in range(1, 4)
)


@pytest.fixture
def service(
    node: OpenNode, import_text: Callable[..., ImportReport], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """Open the service of a node with more entries than a worker takes up by itself."""
    monkeypatch.setattr(live_index, "LARGEST_STEP", 1)
    import_text(node, ENTRIES)
    for each in saved_indexes(node.folder.index):
        shutil.rmtree(each.place)
    with Service.open(node.folder, Settings(serve_workers=1, workers=1)) as opened:
        yield opened


def test_the_start_waits_until_the_index_is_there(node: OpenNode, service: Service) -> None:
    async def start() -> None:
        lifespan = Application(lambda: service).lifespan()
        starting = asyncio.ensure_future(lifespan.__aenter__())
        await asyncio.wait([starting], timeout=0.3)
        assert not starting.done()
        await asyncio.to_thread(save_base, node.folder, node.store)
        await starting
        assert service.live.ready
        await lifespan.__aexit__(None, None, None)

    asyncio.run(start())


def test_the_start_does_not_wait_for_ever(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start() -> None:
        async with Application(lambda: service).lifespan():
            assert list(service.waits_for())

    monkeypatch.setattr("rempart.api.application._INDEX_SECONDS", 0.1)
    asyncio.run(start())


def index_manifest(node: OpenNode, text: str) -> Path:
    (place,) = node.folder.index.glob("*/manifest.json")
    place.write_text(text, encoding="ascii")
    return place.parent


def test_an_index_of_another_version_is_a_note_and_a_torn_one_is_bad(
    node: OpenNode, import_text: Callable[..., ImportReport]
) -> None:
    import_text(node, ENTRIES)
    save_base(node.folder, node.store)
    index_manifest(node, json.dumps({"format": "rempart.index/1"}))

    def standing() -> str:
        results = examine(node.folder.path, deep=False)
        (found,) = [each for each in results if each.check == "index"]
        return found.standing

    assert standing() == NOTE
    index_manifest(node, json.dumps({"format": "something else"}))
    assert standing() == "bad"
    assert issubclass(SnapshotOutdatedError, SnapshotDamagedError)
