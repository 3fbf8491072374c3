"""No text with the character NUL is kept, on either engine; and what was to be changed with it stays as it was."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.store.material import Laboratory, item, sha256

from rempart.model.identifiers import ListId
from rempart.store import MergeItem, StoreConstraintError, StoreWriter

NUL = "exercise\0text"

Change = Callable[[StoreWriter, ListId], object]


def _with(**said: object) -> MergeItem:
    plain = item(1, sha256(1))
    return replace(plain, draft=replace(plain.draft, **said))  # type: ignore[arg-type] # one of its fields


@pytest.mark.parametrize(
    "change",
    [
        lambda writer, list_id: writer.entries.put(list_id, NUL, [item(1)]),
        lambda writer, list_id: writer.entries.put(list_id, "one", [_with(source_id=NUL)]),
        lambda writer, list_id: writer.entries.put(list_id, "one", [_with(raw=NUL)]),
        lambda writer, list_id: writer.begin_merge(list_id, NUL),
        lambda writer, list_id: writer.entries.put(
            list_id, "one", [item(1, replace(sha256(1), software=NUL))]
        ),
    ],
    ids=["source", "source-id", "record", "merge", "software"],
)
def test_text_with_nul_is_refused(laboratory: Laboratory, change: Change) -> None:
    made = laboratory.add_list()
    before = laboratory.state()

    def act() -> None:
        with laboratory.write() as writer:
            change(writer, made.id)
            writer.record("exercise.done", {})

    with pytest.raises(StoreConstraintError):
        act()
    assert laboratory.state() == before
