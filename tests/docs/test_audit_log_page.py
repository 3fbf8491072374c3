"""The page on the audit log names every field of an export and of a leaf, and no other."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from tests.log.memory_log import ORIGIN, Contents, MemoryLog, Salts, two_signers

from rempart.log import publish_checkpoint, sequence, write_export
from rempart.model.identifiers import EventId, PrincipalId
from rempart.model.principals import Event
from rempart.node.audit_log import leaf_content

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "audit-log.md").read_text("utf-8")


def _section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def _cells(text: str, column: int) -> list[str]:
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    return [row[column].strip(" `") for row in rows]


def test_every_field_of_an_export_is_documented_and_no_other() -> None:
    store, sink, contents = MemoryLog(), io.BytesIO(), Contents([b"{}", b"{}"])
    sequence(store, "audit", origin=ORIGIN, contents=contents, draw_salts=Salts())
    at = datetime(2026, 11, 22, tzinfo=UTC)
    signed = publish_checkpoint(store, "audit", origin=ORIGIN, signers=two_signers(), at=at)
    store.erase("audit", 1)
    write_export(sink, store, "audit", origin=ORIGIN, contents=contents, checkpoint=signed)

    written = {
        (record["type"], field)
        for record in map(json.loads, sink.getvalue().splitlines())
        for field in record.keys() - {"schema", "type"}
    }
    table = _section("rempart.log/1")
    assert written == set(zip(_cells(table, 1), _cells(table, 2), strict=True))


def test_every_key_of_a_leaf_is_documented_in_its_order() -> None:
    event = Event(
        id=EventId(UUID(int=1)),
        kind="exercise.done",
        at=datetime(2026, 11, 22, tzinfo=UTC),
        principal_id=PrincipalId(UUID(int=2)),
        details={},
    )
    assert list(json.loads(leaf_content(event))) == _cells(_section("Leaves"), 1)
