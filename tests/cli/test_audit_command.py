"""`rempart audit` as an operator and an auditor use it."""

import json
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rempart.node import NodeFolder
from rempart.node.key_requests import KeyRequest
from rempart.node.keys import create_key
from rempart.node.node import open_node

Run = Callable[..., Any]


@pytest.fixture
def place(rempart: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an exercise node and stand in an empty folder beside it."""
    node = tmp_path / "node"
    made = rempart(
        *("init", "--node", node, "--organisation", "Exercise Node"),
        *("--kind", "hotline", "--jurisdiction", "FR", "--exercise"),
    )
    assert made.code == 0
    monkeypatch.setenv("REMPART_NODE", str(node))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_auditor_checks_what_the_operator_exported(rempart: Run, place: Path) -> None:
    (place / "keys").write_bytes(rempart("audit", "key").out)
    (place / "kept").write_bytes(rempart("audit", "checkpoint").out)
    assert rempart("audit", "export", "log.jsonl").code == 0
    checked = ("audit", "verify", "log.jsonl", "--key", "keys", "--checkpoint", "kept")
    for_people, for_programs = rempart(*checked), rempart(*checked, "--json")
    assert (for_people.code, for_programs.code) == (0, 0)
    assert for_people.out.startswith(b"Verified: ")
    [report] = for_programs.records
    assert (report["schema"], report["verified"]) == ("rempart.audit-verification/1", True)
    assert len(report["outside_agreed"]) == 1

    content = (place / "log.jsonl").read_text(encoding="utf-8")
    (place / "log.jsonl").write_text(content.replace("node.created", "node.deleted"), "utf-8")
    for_people, for_programs = rempart(*checked), rempart(*checked, "--json")
    assert (for_people.code, for_programs.code) == (3, 3)
    assert b"Record 0 is not what was recorded" in for_people.out
    assert for_programs.records[0]["problems"][0]["code"] == "changed"


def test_printed_checkpoint_is_the_written_one(rempart: Run, place: Path) -> None:
    printed = rempart("audit", "checkpoint")
    written = rempart("audit", "checkpoint", "--output", "note")
    assert written.code == 0
    assert written.out == b""
    lines = (place / "note").read_bytes().split(b"\n")
    assert lines[:3] == printed.out.split(b"\n")[:3]
    assert rempart("audit", "checkpoint", "--output", "note").code == 3


def test_events_are_shown_for_people_and_programs(rempart: Run, place: Path) -> None:
    assert place.exists()
    lines = rempart("audit", "show").out.decode().splitlines()
    assert "node.created" in lines[0]
    records = rempart("audit", "show", "--json").records
    assert [each["index"] for each in records] == list(range(len(lines)))
    assert records[0]["schema"] == "rempart.audit-event/1"
    assert records[0]["principal"]["kind"] == "local"
    only = rempart("audit", "show", "--kind", "node.created", "--limit", "5", "--json").records
    assert [each["kind"] for each in only] == ["node.created"]
    assert rempart("audit", "show", "--since", "2999-01-01").out == b""
    assert len(rempart("audit", "show", "--since", "2020-01-01", "--json").records) == len(lines)
    assert rempart("audit", "show", "--since", "yesterday").code == 2


def test_what_tells_of_events_is_for_its_owner_alone(rempart: Run, place: Path) -> None:
    before = os.umask(0)
    try:
        assert rempart("audit", "export", "log.jsonl").code == 0
        assert rempart("audit", "prove", "0", "event.tlog-proof").code == 0
    finally:
        os.umask(before)
    modes = [
        stat.S_IMODE((place / name).stat().st_mode) for name in ("log.jsonl", "event.tlog-proof")
    ]
    assert modes == [0o600, 0o600]


def test_what_a_key_did_is_not_shown_as_the_doing_of_a_local_user(
    rempart: Run, place: Path
) -> None:
    with open_node(NodeFolder(place / "node")) as node:
        operator = KeyRequest(roles=("operator",), principal=node.principal.subject)
        create_key(node, operator, principal=create_key(node, operator).key.principal)
        name = node.principal.subject

    by_hand, by_key = rempart("audit", "show", "--kind", "key.created").out.decode().splitlines()

    assert f"  {name}  " in by_hand
    assert f"  rempart/{name}  " in by_key
    assert f"  {name}  " not in by_key


def test_event_is_proved_and_erased(rempart: Run, place: Path) -> None:
    (place / "keys").write_bytes(rempart("audit", "key").out)
    assert rempart("audit", "prove", "0", "event.tlog-proof").code == 0
    assert rempart("audit", "verify", "event.tlog-proof", "--key", "keys").code == 0

    assert rempart("audit", "erase", "0").code == 2, "no law was named"
    assert rempart("audit", "erase", "0", "--law", "Exercise act, article 1").code == 0
    shown = rempart("audit", "show", "--json").records
    assert (shown[0]["erased"], shown[0]["details"]) == (True, {})
    assert shown[-1]["details"] == {"index": 0, "law": "Exercise act, article 1"}
    assert b"(erased)" in rempart("audit", "show").out

    assert rempart("audit", "erase", "0", "--law", "again").code == 3
    assert rempart("audit", "prove", "0", "other").code == 3
    assert rempart("audit", "prove", "99", "other").code == 2
    assert not (place / "other").exists()
    assert rempart("audit", "export", "log.jsonl").code == 0
    assert rempart("audit", "verify", "log.jsonl", "--key", "keys").code == 0


def test_part_of_the_log_is_exported(rempart: Run, place: Path) -> None:
    (place / "keys").write_bytes(rempart("audit", "key").out)
    assert rempart("audit", "export", "--from", "1", "part.jsonl").code == 0
    first = json.loads((place / "part.jsonl").read_bytes().splitlines()[1])
    assert first["index"] == 1
    assert rempart("audit", "verify", "part.jsonl", "--key", "keys").code == 0
    assert rempart("audit", "export", "--from", "99", "none.jsonl").code == 2
    assert rempart("audit", "export", "part.jsonl").code == 3


def test_checking_needs_no_node(rempart: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "keys").write_bytes(rempart("audit", "key").out)
    rempart("audit", "export", "log.jsonl")
    monkeypatch.delenv("REMPART_NODE")
    assert rempart("audit", "verify", "log.jsonl", "--key", "keys").code == 0
    key = (place / "keys").read_text(encoding="utf-8").splitlines()[0]
    assert rempart("audit", "verify", "log.jsonl", "--key", key).code == 0
    assert rempart("audit", "verify", "log.jsonl").code == 2
    assert rempart("audit", "verify", "log.jsonl", "--key", "nonsense").code == 2
    assert rempart("audit", "verify", "absent", "--key", "keys").code == 3


def test_altered_store_is_told_while_it_is_exported(rempart: Run, place: Path) -> None:
    rempart("audit", "checkpoint")
    database = sqlite3.connect(place / "node" / "store.sqlite")
    with database:
        database.execute("UPDATE event SET kind = 'node.deleted' WHERE event_no = 1")
    database.close()
    exported = rempart("audit", "export", "log.jsonl")
    assert exported.code == 4
    assert "not what was recorded: 0" in exported.err
    assert (place / "log.jsonl").exists(), "it is evidence"


def test_restored_store_is_signed_with_a_reason(rempart: Run, place: Path) -> None:
    store = place / "node" / "store.sqlite"
    rempart("audit", "key")
    before = store.read_bytes()
    rempart("audit", "erase", "0", "--law", "Exercise act, article 1")
    rempart("audit", "checkpoint")
    for each in store.parent.glob("store.sqlite*"):
        each.unlink()
    store.write_bytes(before)
    refused = rempart("audit", "checkpoint")
    assert refused.code == 4
    assert "restored from a backup" in refused.err
    assert rempart("audit", "checkpoint", "--after-restore", "disk failed").code == 0
    assert rempart("audit", "checkpoint").code == 0
