"""The doctor looks at what the service needs, and says what to do about it."""

import datetime as dt
import errno
import http.server
import os
import resource
import socketserver
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.node.test_settings_of_the_service import certificate

from rempart.node import OpenNode, examine
from rempart.node.address_examination import examine_addresses
from rempart.node.audit import audit_checkpoint, erase_event
from rempart.node.findings import BAD, GOOD, NOTE, CheckResult
from rempart.node.log_examination import examine_leaves
from rempart.node.run_folder import RunFolder
from rempart.node.service_examination import (
    examine_certificate,
    examine_clock,
    examine_keys,
    examine_limits,
    examine_log,
    examine_settings,
)
from rempart.node.settings import SETTINGS_FILE


@dataclass
class Clock:
    """A clock that is set."""

    at: dt.datetime

    def now(self) -> dt.datetime:
        return self.at


Check = Callable[[OpenNode], Iterator[CheckResult]]


def found(check: Check, node: OpenNode, **settings: Any) -> list[tuple[str, str]]:
    """Return standing and message of each finding, under these settings."""
    changed = replace(node, settings=replace(node.settings, **settings))
    return [(each.standing, each.message) for each in check(changed)]


def one(check: Check, node: OpenNode, **settings: Any) -> tuple[str, str]:
    (finding,) = found(check, node, **settings)
    return finding


def test_a_sound_node_has_nothing_bad(node: OpenNode) -> None:
    audit_checkpoint(node)

    results = examine(node.folder.path, deep=False)

    assert [each for each in results if each.standing == BAD] == []
    names = {each.check for each in results}
    assert {"service", "keys", "log", "clock", "limits", "store", "index"} <= names | {"index"}


def test_wrong_settings_are_told_where_the_others_are(node: OpenNode) -> None:
    (node.folder.path / SETTINGS_FILE).write_text("serve_workers = -1\n", encoding="utf-8")

    bad = [each for each in examine(node.folder.path, deep=False) if each.standing == BAD]

    assert any(each.check == "settings" and "serve_workers" in each.message for each in bad)


def test_what_the_system_refuses_hides_no_other_finding(
    node: OpenNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "index")

    whole = {each.check for each in examine(node.folder.path, deep=False)}
    monkeypatch.setattr("rempart.node.examination.saved_indexes", refused)
    results = examine(node.folder.path, deep=False)

    assert {each.check for each in results} == whole | {"index"}
    (bad,) = [each for each in results if each.standing == BAD]
    assert "Permission denied" in bad.message


def test_settings_with_which_the_service_would_not_start_are_bad(node: OpenNode) -> None:
    standing, message = one(examine_settings, node, tls_key=Path("/nowhere"))

    assert standing == BAD
    assert "tls_certificate" in message


def test_plain_http_to_other_machines_is_noted(node: OpenNode) -> None:
    outside = ("0.0.0.0:80",)

    assert one(examine_settings, node)[0] == GOOD
    assert one(examine_settings, node, listen=outside)[0] == NOTE
    assert one(examine_settings, node, listen=outside, trusted_proxies=("10.0.0.1",))[0] == GOOD


def test_a_key_file_that_is_exposed_or_lost_is_bad(node: OpenNode) -> None:
    audit_checkpoint(node)
    place = node.folder.path / "keys" / "node.key"
    assert one(examine_keys, node)[0] == GOOD

    place.chmod(0o644)
    exposed = [each for each in examine(node.folder.path, deep=False) if each.check == "keys"]
    place.unlink()
    lost = [each for each in examine(node.folder.path, deep=False) if each.check == "keys"]

    assert [each.standing for each in exposed] == [BAD]
    assert [each.standing for each in lost] == [BAD]


def test_a_log_that_does_not_continue_what_was_signed_is_bad(node: OpenNode) -> None:
    assert one(examine_log, node)[0] == NOTE
    audit_checkpoint(node)
    assert one(examine_log, node)[0] == GOOD
    late = Clock(node.clock.now() + dt.timedelta(days=3))
    assert one(examine_log, replace(node, clock=late))[0] == NOTE

    other = node.folder.path / "log" / "audit.checkpoint"
    other.write_text(other.read_text(encoding="utf-8").replace("\n", "\n\n", 1), encoding="utf-8")

    assert one(examine_log, node)[0] == BAD


def test_a_clock_behind_the_newest_event_is_bad(node: OpenNode) -> None:
    assert one(examine_clock, node)[0] == GOOD
    behind = Clock(node.clock.now() - dt.timedelta(hours=1))

    assert one(examine_clock, replace(node, clock=behind))[0] == BAD


@pytest.mark.parametrize(
    ("days", "standing"), [(0, NOTE), (30, BAD), (-30, BAD)], ids=["soon", "over", "not-yet"]
)
def test_a_certificate_is_judged_by_its_days(
    node: OpenNode, tmp_path: Path, days: int, standing: str
) -> None:
    place, key = certificate(tmp_path / "tls")
    at = replace(node, clock=Clock(node.clock.now() + dt.timedelta(days=days)))

    assert one(examine_certificate, at, tls_certificate=place, tls_key=key)[0] == standing
    assert one(examine_certificate, at, tls_certificate=key, tls_key=key)[0] == BAD
    assert found(examine_certificate, at) == []


def test_too_few_open_files_are_noted(node: OpenNode, monkeypatch: pytest.MonkeyPatch) -> None:
    assert one(examine_limits, node, connections=10)[0] == GOOD
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))

    assert one(examine_limits, node)[0] == NOTE


def test_addresses_are_not_asked_for_where_the_service_never_ran(node: OpenNode) -> None:
    assert found(examine_addresses, node) == []


@contextmanager
def answering(status: int, path: str = "") -> Iterator[int]:
    """Answer every question with one status, at a Unix socket if its path is given; else give the port."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with (
        socketserver.UnixStreamServer(path, Answer)
        if path
        else socketserver.TCPServer(("127.0.0.1", 0), Answer)
    ) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield 0 if path else int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(("status", "standing"), [(200, GOOD), (503, NOTE)])
def test_a_service_that_runs_is_asked_how_it_is(node: OpenNode, status: int, standing: str) -> None:
    run = RunFolder(node.folder.path)
    lock = run.lock()
    with answering(status) as port:
        run.note_addresses([f"http://127.0.0.1:{port}"])
        assert one(examine_addresses, node)[0] == standing
    assert one(examine_addresses, node)[0] == BAD
    os.close(lock)


@pytest.mark.enable_socket
def test_a_service_is_asked_at_a_unix_socket_whatever_its_name(node: OpenNode) -> None:
    run = RunFolder(node.folder.path)
    lock = run.lock()
    with tempfile.TemporaryDirectory() as folder:  # short: the system has room for 107 bytes
        run.note_addresses([f"unix:{folder}/a b é"])
        assert one(examine_addresses, node)[0] == BAD
        with answering(200, f"{folder}/a b é"):
            assert one(examine_addresses, node)[0] == GOOD
    os.close(lock)


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_address_that_another_program_has_is_noted(node: OpenNode) -> None:
    os.close(RunFolder(node.folder.path).lock())
    with answering(200) as port:
        assert one(examine_addresses, node, listen=(f"127.0.0.1:{port}",))[0] == NOTE
    assert one(examine_addresses, node, listen=(f"127.0.0.1:{port}",))[0] == GOOD


def altered(node: OpenNode, *statements: str) -> list[str]:
    """Change the store past the program, and return what a deep look at the log then finds to be bad."""
    with closing(sqlite3.connect(node.folder.path / "store.sqlite")) as connection:
        for each in statements:
            connection.execute(each)
        connection.commit()
    return [each.message for each in examine_leaves(node) if each.standing == BAD]


@pytest.fixture
def logged(node: OpenNode) -> OpenNode:
    for _ in range(300):  # more than the leaves of one kept subtree
        with node.store.write(
            principal=node.principal, clock=node.clock, identifiers=node.identifiers
        ) as writer:
            writer.record("scan.progressed", {"files": 1})
    audit_checkpoint(node)
    return node


def test_a_sound_log_is_what_was_recorded_also_with_an_event_erased_by_law(
    logged: OpenNode,
) -> None:
    erase_event(logged, 5, "Exercise act, article 1")  # the event that says so is no leaf yet

    [result] = examine_leaves(logged)

    assert result.standing == GOOD
    assert [each for each in examine(logged.folder.path, deep=True) if each.standing == BAD] == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE event SET details = '{\"files\":2}' WHERE event_no = 7", "recorded: 6."),
        ("UPDATE event SET details = '{' WHERE event_no = 7", "recorded: 6."),
        ("UPDATE event SET at = at + 1 WHERE event_no = 7", "recorded: 6."),
        ("UPDATE log_leaf SET salt = NULL WHERE idx = 6", "by which law: 6."),
        ("DELETE FROM event WHERE event_no = 7", "missing: 6."),
        ("DELETE FROM log_leaf WHERE idx = 6", "missing: 6."),
        ("UPDATE log_leaf SET leaf_hash = zeroblob(32) WHERE idx = 6", "recorded: 6."),
        ("UPDATE log_head SET frontier = zeroblob(length(frontier))", "head"),
        ("UPDATE log_node SET hash = zeroblob(32)", "256 leaves from 0 on"),
    ],
)
def test_a_store_that_contradicts_its_log_is_found_by_a_deep_look(
    logged: OpenNode, statement: str, expected: str
) -> None:
    assert any(expected in each for each in altered(logged, statement))


@pytest.mark.parametrize("details", [{}, {"index": [6]}, {"index": "6"}])
@pytest.mark.parametrize("is_leaf", [False, True])
def test_an_event_that_says_nothing_whole_of_an_erasure_hides_none(
    logged: OpenNode, details: dict[str, Any], *, is_leaf: bool
) -> None:
    with logged.store.write(
        principal=logged.principal, clock=logged.clock, identifiers=logged.identifiers
    ) as writer:
        writer.record("audit.erased", details)
    if is_leaf:
        audit_checkpoint(logged)

    assert any(
        "by which law: 6." in each
        for each in altered(logged, "UPDATE log_leaf SET salt = NULL WHERE idx = 6")
    )


def test_many_altered_events_are_told_in_a_line(logged: OpenNode) -> None:
    [message] = altered(logged, "UPDATE event SET kind = 'exercise.altered' WHERE event_no > 100")

    assert "100, 101, " in message
    assert "more" in message


@pytest.mark.parametrize(
    "statement", ["DELETE FROM log_checkpoint", "UPDATE log_checkpoint SET size = size + 50"]
)
def test_a_checkpoint_that_is_gone_from_the_store_is_missed(
    logged: OpenNode, statement: str
) -> None:
    altered(logged, statement)

    assert one(examine_log, logged) == (
        BAD,
        "The newest checkpoint that was signed is not in the store as it was.",
    )
