"""A match that is found while a long write holds the store: answered at once, and on record all the same."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.api.conftest import KNOWN_MD5, KNOWN_PDQ, Asking

from rempart.node.service import history
from rempart.node.service.journal import HistoryJournal, take_in_journals
from rempart.store import StoreLockedError


@contextmanager
def long_write(ask: Asking) -> Iterator[None]:
    """Hold the store as an import does."""
    node = ask.service.node
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        yield
        writer.record("exercise.held", {})


def journals(ask: Asking) -> list[Path]:
    return sorted(ask.service.node.folder.history_journals.glob("*.journal"))


def matched_ids(answer: object) -> list[str]:
    assert isinstance(answer, dict)
    return [each["id"] for result in answer["results"] for each in result["matches"]]


def history_ids(ask: Asking) -> list[str]:
    return [each["match"]["id"] for each in ask.get("/v1/matches").json()["matches"]]


@pytest.fixture
def journalled(ask: Asking) -> list[str]:
    """Match twice while the store is held, and once the service let go of its journal; return the matches."""
    with long_write(ask):
        found = matched_ids(ask.match(KNOWN_PDQ).json()) + matched_ids(ask.match(KNOWN_PDQ).json())
    assert len(found) == 2
    (path,) = journals(ask)
    assert path.stat().st_mode & 0o777 == 0o600
    ask.service._history._journal.release()
    return found


def test_match_is_answered_while_a_long_write_holds_the_store_and_recorded_afterwards(
    ask: Asking, journalled: list[str]
) -> None:
    assert history_ids(ask) == []
    assert take_in_journals(ask.service.node) == 2
    assert sorted(history_ids(ask)) == sorted(journalled)
    assert journals(ask) == []
    (event,) = ask.events("matches.recorded")
    assert (event["lookups"], event["answered_from"]) == (2, "journal")


def test_journal_that_is_taken_in_once_more_adds_nothing(
    ask: Asking, journalled: list[str]
) -> None:
    (path,) = journals(ask)
    content = path.read_bytes()
    take_in_journals(ask.service.node)
    path.write_bytes(content)  # as if the machine had stopped before the file was removed
    assert take_in_journals(ask.service.node) == 0
    assert len(history_ids(ask)) == len(journalled)


def test_torn_end_of_a_journal_is_left_out_and_the_rest_is_kept(
    ask: Asking, journalled: list[str]
) -> None:
    (path,) = journals(ask)
    path.write_bytes(path.read_bytes()[:-9])
    assert take_in_journals(ask.service.node) == 1
    assert history_ids(ask) == journalled[:1]
    assert journals(ask) == []


def test_altered_line_is_kept_aside_and_the_rest_is_taken_in(
    ask: Asking, journalled: list[str]
) -> None:
    (path,) = journals(ask)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0].replace(b'"distance":0', b'"distance":9') + lines[1])
    assert take_in_journals(ask.service.node) == 1
    assert history_ids(ask) == journalled[1:]
    assert path.with_suffix(".damaged").exists()
    assert journals(ask) == []


def test_journal_that_is_being_written_is_left_alone(ask: Asking) -> None:
    with long_write(ask):
        assert ask.match(KNOWN_MD5, kind="md5").status_code == 200
    assert take_in_journals(ask.service.node) == 0
    assert len(journals(ask)) == 1


def test_journal_of_a_service_that_matches_no_more_is_left_to_the_keeper(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_IDLE_SECONDS", 0.0)
    with long_write(ask):
        found = matched_ids(ask.match(KNOWN_PDQ).json())

    while not take_in_journals(ask.service.node):
        assert ask.service._history._thread.is_alive()
    assert history_ids(ask) == found


def test_matches_are_not_told_where_neither_store_nor_disk_takes_them(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fdatasync", _full)
    with long_write(ask):
        answer = ask.match(KNOWN_PDQ)

    assert answer.status_code == 503
    assert answer.json()["error"]["kind"] == "history-unwritable"


def test_journal_stays_while_the_store_is_held(ask: Asking, journalled: list[str]) -> None:
    node = ask.service.node
    with long_write(ask), pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(node.store), "write", _held)
        with pytest.raises(StoreLockedError):
            take_in_journals(node)
    assert len(journals(ask)) == 1
    assert take_in_journals(node) == len(journalled)


def test_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = HistoryJournal(tmp_path / "history")
    journal.append([])
    (path,) = (tmp_path / "history").iterdir()
    before = path.read_bytes()
    monkeypatch.setattr("os.fdatasync", _full)
    with pytest.raises(OSError, match="No space"):
        journal.append([])
    assert path.read_bytes() == before


def _held(*_: object, **__: object) -> None:
    message = "Another process is writing to the store."
    raise StoreLockedError(message, hint="Wait.")


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")
