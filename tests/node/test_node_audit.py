"""The audit log of a node: every event becomes a leaf, and what was signed binds the node."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from rempart.log import (
    LeafErasedError,
    LeafUnknownError,
    LogDamagedError,
    LogForkedError,
    VerifierKeyError,
    leaf_hash,
)
from rempart.model.identifiers import EventId, PrincipalId
from rempart.model.principals import Event
from rempart.node import (
    AuditVerification,
    NodeFolder,
    OpenNode,
    accept_restored_log,
    audit_checkpoint,
    audit_events,
    audit_keys,
    audit_proof,
    erase_event,
    export_audit,
    open_node,
    recent_audit_events,
    sequence,
    sign_checkpoint_if_due,
    verify_audit,
)
from rempart.node.audit_log import AUDIT_LOG, EventContents, leaf_content
from rempart.node.errors import (
    AuditRequestError,
    EventNotErasableError,
    OutputExistsError,
    SourceUnreadableError,
)

_LAW = "Exercise act, article 1"


@dataclass
class _SetClock:
    moment: datetime = datetime(2027, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def _do(node: OpenNode, count: int = 1, text: str = "exercise-A") -> None:
    """Let the node do something that leaves an event."""
    for _ in range(count):
        with node.store.write(
            principal=node.principal, clock=node.clock, identifiers=node.identifiers
        ) as writer:
            writer.record("exercise.done", {"text": text})


@pytest.fixture
def begun(node: OpenNode) -> int:
    """Return how many events a new node has."""
    return len(node.store.events())


def _size(node: OpenNode) -> int:
    return node.store.log.head(AUDIT_LOG).size


def _export(node: OpenNode, name: str = "log.jsonl") -> Path:
    path = node.folder.path / name
    export_audit(node, path)
    return path


def _verify(
    node: OpenNode, path: Path, *outside: str, keys: tuple[str, ...] | None = None
) -> AuditVerification:
    notes = []
    for number, note in enumerate(outside):
        notes.append(path.with_name(f"outside-{number}.txt"))
        notes[-1].write_text(note, encoding="utf-8")
    return verify_audit(path, keys or audit_keys(node), notes)


def _alter(node: OpenNode, *statements: str) -> None:
    """Change the database as an insider would, past the program."""
    database = sqlite3.connect(node.folder.store)
    with database:
        for each in statements:
            database.execute(each)
    database.close()


def test_events_written_before_there_was_a_log_are_its_first_leaves(
    node: OpenNode, begun: int
) -> None:
    _do(node, 5)
    events = node.store.events()
    assert _size(node) == 0
    assert sequence(node) == len(events) == begun + 5
    leaves = node.store.log.leaves(AUDIT_LOG, 0, 100)
    assert events[0].kind == "node.created"
    assert [each.index for each in leaves] == list(range(begun + 5))
    assert all(
        leaf_hash((leaf.salt or b"") + leaf_content(event)) == leaf.leaf_hash
        for leaf, event in zip(leaves, events, strict=True)
    )
    assert len({leaf.salt for leaf in leaves}) == begun + 5


def test_leaf_has_its_written_form() -> None:
    event = Event(
        id=EventId(_uuid(1)),
        kind="list.imported",
        at=datetime(2026, 11, 22, 9, 30, 0, 5, tzinfo=UTC),
        principal_id=PrincipalId(_uuid(2)),
        details={"z": [1, None, True], "a": {"é": "ü"}},
    )
    assert leaf_content(event).decode() == (
        '{"at":"2026-11-22T09:30:00.000005Z","details":{"a":{"é":"ü"},"z":[1,null,true]},'
        '"id":"00000000-0000-0000-0000-000000000001","kind":"list.imported",'
        '"principal":"00000000-0000-0000-0000-000000000002","v":1}'
    )


def _uuid(number: int) -> UUID:
    return UUID(int=number)


def test_sequencing_again_changes_nothing(node: OpenNode) -> None:
    _do(node, 3)
    sequence(node)
    before = node.store.log.leaves(AUDIT_LOG, 0, 100)
    assert sequence(node) == 0
    assert node.store.log.leaves(AUDIT_LOG, 0, 100) == before


def test_sequencers_at_the_same_time_make_each_leaf_once(
    node: OpenNode, begun: int, make_open: Callable[[], OpenNode]
) -> None:
    _do(node, 60)
    nodes = [make_open() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        appended = sum(pool.map(sequence, nodes))
    assert appended == _size(node) == begun + 60
    assert _verify(node, _export(node)).is_verified


@pytest.fixture
def make_open(node: OpenNode) -> Iterator[Callable[[], OpenNode]]:
    made: list[OpenNode] = []

    def make() -> OpenNode:
        made.append(open_node(node.folder))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_missing_event_is_damage(node: OpenNode) -> None:
    _do(node, 3)
    _alter(node, "DELETE FROM event WHERE event_no = 2")
    with pytest.raises(LogDamagedError, match="no event 1"):
        sequence(node)
    with pytest.raises(LogDamagedError):
        EventContents(node.store).contents(0, 10)


def test_export_is_verified_with_the_printed_keys(node: OpenNode) -> None:
    _do(node, 5)
    early = audit_checkpoint(node).note
    _do(node, 5)
    found = _verify(node, _export(node), early)
    assert found.is_verified, found.lines
    assert found.record["leaves"] == len(node.store.events())
    assert found.record["outside_agreed"] == [len(node.store.events()) - 6]
    for key in audit_keys(node):
        assert _verify(node, node.folder.path / "log.jsonl", keys=(key,)).is_verified


def test_export_never_replaces_a_file(node: OpenNode) -> None:
    path = _export(node)
    before = path.read_bytes()
    with pytest.raises(OutputExistsError):
        export_audit(node, path)
    assert path.read_bytes() == before


def test_export_that_is_refused_leaves_nothing(node: OpenNode) -> None:
    with pytest.raises(LeafUnknownError):
        export_audit(node, node.folder.path / "log.jsonl", 100)
    assert not list(node.folder.path.glob("*log.jsonl*"))


def test_changed_event_is_found_in_the_export(node: OpenNode) -> None:
    _do(node, 5)
    audit_checkpoint(node)
    _alter(node, 'UPDATE event SET details = \'{"text":"nothing"}\' WHERE event_no = 4')
    counts = export_audit(node, node.folder.path / "log.jsonl")
    found = _verify(node, node.folder.path / "log.jsonl")
    assert counts.altered == (3,)
    assert [(each["code"], each["index"]) for each in found.record["problems"]] == [("changed", 3)]


def test_log_rewritten_by_an_insider_is_not_signed(node: OpenNode) -> None:
    _do(node, 5)
    audit_checkpoint(node)
    _alter(
        node,
        'UPDATE event SET details = \'{"text":"nothing"}\' WHERE event_no = 4',
        "DELETE FROM log_leaf",
        "DELETE FROM log_node",
        "UPDATE log_head SET size = 0, frontier = x''",
    )
    sequence(node)
    with pytest.raises(LogForkedError, match="not those that were signed"):
        audit_checkpoint(node)


def test_log_rewritten_with_all_that_the_node_remembers_is_found_by_an_outside_checkpoint(
    node: OpenNode,
) -> None:
    _do(node, 5)
    outside = audit_checkpoint(node).note
    _alter(
        node,
        'UPDATE event SET details = \'{"text":"nothing"}\' WHERE event_no = 4',
        "DELETE FROM log_checkpoint",
        "DELETE FROM log_leaf",
        "DELETE FROM log_node",
        "DELETE FROM log_head",
    )
    shutil.rmtree(node.folder.path / "log")
    path = _export(node)
    assert _verify(node, path).is_verified, "the insider has the keys, and all hashes fit"
    found = _verify(node, path, outside)
    assert [each["code"] for each in found.record["problems"]] == ["fork"]


@pytest.fixture
def restored(node: OpenNode) -> OpenNode:
    """Return a node whose store is older than what it signed last."""
    _do(node, 3)
    audit_checkpoint(node)
    backup = node.folder.path / "backup.sqlite"
    source, copy = sqlite3.connect(node.folder.store), sqlite3.connect(backup)
    source.backup(copy)
    source.close()
    copy.close()
    _do(node, 3)
    audit_checkpoint(node)
    node.store.close()
    for each in node.folder.path.glob("store.sqlite*"):
        each.unlink()
    backup.rename(node.folder.store)
    return open_node(NodeFolder(node.folder.path))


def test_restored_store_signs_nothing_before_somebody_looked(restored: OpenNode) -> None:
    with restored:
        _do(restored, 10, "another")
        for attempt in (audit_checkpoint, lambda node: sign_checkpoint_if_due(node, 0)):
            with pytest.raises(LogForkedError, match="restored from a backup"):
                attempt(restored)


def test_restored_store_signs_again_with_a_reason_on_record(restored: OpenNode) -> None:
    with restored:
        _do(restored, 10, "another")
        accept_restored_log(restored, "disk failed on 20 November")
        [event] = recent_audit_events(restored, 10, frozenset({"audit.restored"}))
        assert event.event.details["reason"] == "disk failed on 20 November"
        given_up = event.event.details["given_up"]
        assert isinstance(given_up, list)
        audit_checkpoint(restored)
        found = _verify(restored, _export(restored), *given_up)
        assert [each["code"] for each in found.record["problems"]] == ["fork"]


def test_altered_log_is_not_signed_with_a_reason_either(node: OpenNode) -> None:
    _do(node, 5)
    audit_checkpoint(node)
    _alter(node, "DELETE FROM log_leaf WHERE idx = 6", "UPDATE log_head SET size = 6")
    with pytest.raises((LogForkedError, LogDamagedError)):
        accept_restored_log(node, "so it was")


def test_remembered_checkpoint_that_cannot_be_read_stops_signing(node: OpenNode) -> None:
    audit_checkpoint(node)
    remembered = node.folder.path / "log" / "audit.checkpoint"
    remembered.write_bytes(b"\xff")
    with pytest.raises(LogForkedError, match="cannot be read"):
        audit_checkpoint(node)
    remembered.write_bytes(b"text\n")
    with pytest.raises(LogForkedError, match="not signed by the log's keys"):
        audit_checkpoint(node)


def test_threads_may_sign_at_the_same_time(node: OpenNode) -> None:
    audit_checkpoint(node)
    with ThreadPoolExecutor(4) as pool:
        signed = list(pool.map(lambda _: audit_checkpoint(node), range(12)))
    assert {each.size for each in signed} == {_size(node)}
    assert [each.name for each in (node.folder.path / "log").iterdir()] == ["audit.checkpoint"]


def test_checkpoint_is_due_when_the_log_grew_and_time_passed(node: OpenNode) -> None:
    clock = _SetClock()
    timed = replace(node, clock=clock)
    first = sign_checkpoint_if_due(timed, 60)
    assert first is not None
    assert sign_checkpoint_if_due(timed, 60) is None
    _do(timed)
    sequence(timed)
    assert sign_checkpoint_if_due(timed, 60) is None, "too early"
    clock.moment += timedelta(seconds=60)
    second = sign_checkpoint_if_due(timed, 60)
    assert second is not None
    assert second.size == first.size + 1
    clock.moment += timedelta(hours=23)
    assert sign_checkpoint_if_due(timed, 60) is None, "nothing happened"
    clock.moment += timedelta(hours=1)
    assert sign_checkpoint_if_due(timed, 60) is not None, "once a day all the same"


def test_clock_that_jumped_back_does_not_stop_signing(node: OpenNode) -> None:
    clock = _SetClock()
    timed = replace(node, clock=clock)
    sign_checkpoint_if_due(timed, 60)
    clock.moment -= timedelta(days=300)
    assert sign_checkpoint_if_due(timed, 60) is not None


def test_erased_event_leaves_its_hash_and_nothing_else(node: OpenNode, begun: int) -> None:
    _do(node, 3, "a-very-personal-detail")
    early = audit_checkpoint(node)
    erase_event(node, begun, _LAW)
    leaf = node.store.log.leaves(AUDIT_LOG, begun, begun + 1)[0]
    assert leaf.salt is None
    path = _export(node)
    found = _verify(node, path, early.note)
    assert found.is_verified, "the first records still have the root that was signed before"
    assert found.record["erased"] == 1
    [record] = recent_audit_events(node, 10, frozenset({"audit.erased"}))
    assert record.event.details == {"index": begun, "law": _LAW}
    assert [each.is_erased for each in audit_events(node).events].count(True) == 1
    assert path.read_bytes().count(b"a-very-personal-detail") == 2


def test_erased_details_are_gone_from_the_file(node: OpenNode, begun: int) -> None:
    _do(node, 1, "a-very-personal-detail")
    sequence(node)
    assert b"a-very-personal-detail" in _files(node)
    erase_event(node, begun, _LAW)
    assert b"a-very-personal-detail" not in _files(node)


def _files(node: OpenNode) -> bytes:
    return b"".join(path.read_bytes() for path in node.folder.path.glob("store.sqlite*"))


def test_what_must_stay_is_not_erased(node: OpenNode) -> None:
    _do(node, 2)
    erase_event(node, 1, _LAW)
    size = len(node.store.events())
    with pytest.raises(LeafErasedError):
        erase_event(node, 1, _LAW)
    with pytest.raises(EventNotErasableError):
        erase_event(node, size - 1, _LAW)
    for index in (-1, size):
        with pytest.raises(LeafUnknownError):
            erase_event(node, index, _LAW)
    for law in ("", " law", "law\nlaw", "x" * 501):
        with pytest.raises(AuditRequestError):
            erase_event(node, 2, law)
    assert len(node.store.events()) == size, "a refusal leaves no event"


def test_proof_of_an_event_is_verified_alone(node: OpenNode, tmp_path: Path) -> None:
    _do(node, 5)
    for index in (0, 4):
        proof = audit_proof(node, index)
        path = tmp_path / f"{index}.tlog-proof"
        path.write_text(proof.text, encoding="utf-8")
        assert _verify(node, path).is_verified
        assert json.loads(proof.leaf[16:])["kind"] in {"node.created", "exercise.done"}
    for index in (-1, 1_000):
        with pytest.raises(LeafUnknownError):
            audit_proof(node, index)
    erase_event(node, 3, _LAW)
    with pytest.raises(LeafErasedError):
        audit_proof(node, 3)


def test_new_event_is_proved_under_a_new_checkpoint(node: OpenNode) -> None:
    audit_checkpoint(node)
    _do(node)
    assert audit_proof(node, len(node.store.events()) - 1).note.split("\n")[1] == str(_size(node))


def test_pages_show_every_event_once(node: OpenNode, begun: int) -> None:
    _do(node, 7)
    sequence(node)
    _do(node, 2)
    seen: list[int] = []
    after: int | None = None
    while True:
        page = audit_events(node, after, 3)
        seen += [each.index for each in page.events]
        after = page.after
        if after is None:
            break
    assert seen == list(range(begun + 9))


def test_events_are_found_by_kind_and_time(node: OpenNode, begun: int) -> None:
    clock = _SetClock()
    timed = replace(node, clock=clock)
    _do(timed, 2)
    clock.moment += timedelta(days=1)
    _do(timed, 2)
    kinds = frozenset({"exercise.done"})
    late = clock.moment - timedelta(hours=1)
    places = [begun, begun + 1, begun + 2, begun + 3]
    assert [each.index for each in audit_events(node, kinds=kinds).events] == places
    assert [each.index for each in audit_events(node, since=late).events] == places[2:]
    assert [each.index for each in recent_audit_events(node, 3, kinds)] == places[1:]
    assert [each.index for each in recent_audit_events(node, 9, kinds, late)] == places[2:]
    assert recent_audit_events(node, 9, frozenset({"nothing.done"})) == ()
    assert audit_events(node, places[-1]).events == ()


def test_newest_events_are_found_far_back(
    node: OpenNode, begun: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.node.audit_pages._READ_AT_ONCE", 4)
    monkeypatch.setattr("rempart.node.audit_pages.LARGEST_PAGE", 3)
    _do(node, 20)
    count = begun + 20
    assert [each.index for each in recent_audit_events(node, 100)] == list(range(count))
    assert [each.index for each in recent_audit_events(node, 5)] == list(range(count - 5, count))
    assert recent_audit_events(node, 5, frozenset({"node.created"}))[0].index == 0


def test_page_that_finds_nothing_tells_where_to_go_on(
    node: OpenNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.node.audit_pages._READ_AT_ONCE", 4)
    monkeypatch.setattr("rempart.node.audit_pages._READ_FOR_A_PAGE", 8)
    _do(node, 10)
    page = audit_events(node, None, 5, frozenset({"nothing.done"}))
    assert (page.events, page.after) == ((), 7)


def test_what_cannot_be_checked_is_refused(node: OpenNode, tmp_path: Path) -> None:
    path = _export(node)
    with pytest.raises(SourceUnreadableError):
        _verify(node, tmp_path / "absent")
    with pytest.raises(SourceUnreadableError):
        verify_audit(path, audit_keys(node), [tmp_path / "absent"])
    for keys in (("nonsense",), ("a+00000000+AAAA",)):
        with pytest.raises(VerifierKeyError):
            _verify(node, path, keys=keys)
    (tmp_path / "note").write_bytes(b"\xff")
    assert not verify_audit(path, audit_keys(node), [tmp_path / "note"]).is_verified
