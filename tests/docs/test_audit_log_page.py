"""The page on the audit log names every field of an export and of a leaf, and no other."""

import ast
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from tests.log.memory_log import ORIGIN, Contents, MemoryLog, Salts, two_signers

from rempart.log import publish_checkpoint, sequence, write_export
from rempart.model.identifiers import EventId, PrincipalId
from rempart.model.principals import Event
from rempart.node import audit, looks
from rempart.node.audit_log import leaf_content
from rempart.store import ScanState

SOURCES = Path(__file__).parents[2] / "src" / "rempart"
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


def _recorded(source: Path) -> set[str]:
    """Return the kinds that one file of the program records, with the names of those that stand elsewhere."""
    calls = [
        node.args[0]
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr, len(node.args)) in {("record", 2), ("stage_event", 2)}
    ]
    return {ast.unparse(each) for each in calls if not isinstance(each, ast.List | ast.ListComp)}


def test_every_kind_of_event_is_documented_and_no_other() -> None:
    told = {kind for source in SOURCES.rglob("*.py") for kind in _recorded(source)}
    # Passed on from a caller, or no event at all: a group of look-ups on its way to the history.
    told -= {"kind", "found"}
    kinds = {ast.literal_eval(each) for each in told if each.startswith("'")}
    kinds |= {value for name, value in vars(looks).items() if name.isupper()}
    kinds |= {getattr(audit, each) for each in told if each.endswith("_KIND")}
    assert {each for each in told if not each.startswith("'") and not each.endswith("_KIND")} == {
        "f'scan.{state}'"
    }
    kinds |= {f"scan.{each}" for each in (ScanState.FINISHED, ScanState.INTERRUPTED)}

    documented = _cells(_section("Events"), 1)

    assert set(documented) == kinds
    assert documented == sorted(documented)
