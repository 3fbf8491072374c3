"""Two machines on one database: what is written on one matches on both, and each keeps files of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rempart.model.principals import OrganisationKind
from rempart.node import ImportReport, OpenNode, create_node, withdraw_list
from rempart.node.creation import join_node
from rempart.node.index_files import saved_indexes
from rempart.node.index_keeper import IndexKeeper
from rempart.node.live_index import LiveIndex

Import = Callable[..., ImportReport]
GENEROUS_SECONDS = 60


def entries(count: int) -> str:
    rows = [f"e{each},md5,{each:032x}" for each in range(1, count + 1)]
    return "\n".join(["id,type,value", *rows]) + "\n"


@pytest.fixture
def machines(tmp_path: Path, postgres_url: str) -> Iterator[list[OpenNode]]:
    first = create_node(
        tmp_path / "first",
        organisation="Exercise Node",
        kind=OrganisationKind.HOTLINE,
        jurisdiction="FR",
        is_exercise=True,
        store=postgres_url,
    )
    with first, join_node(tmp_path / "second", store=postgres_url) as second:
        yield [first, second]


def test_what_is_written_on_one_machine_counts_on_both(
    machines: list[OpenNode], import_text: Import
) -> None:
    first, second = machines
    lives = [LiveIndex(each.folder, each.store) for each in machines]
    for live in lives:
        live.start()

    def all_hold(count: int) -> bool:
        number = first.store.change_number()
        return all(
            live.wait_until(number, timeout_seconds=GENEROUS_SECONDS)
            and live.current().index.counts()["md5"] == count
            for live in lives
        )

    import_text(first, entries(3))
    assert all_hold(3)
    import_text(second, entries(5))
    assert all_hold(5)
    assert IndexKeeper().tend(second.folder, second.store) is False  # its import saved one
    withdraw_list(first, "exercise", None)
    assert all_hold(0)
    for live in lives:
        live.close()
    assert all(len(saved_indexes(each.folder.index)) == 1 for each in machines)
