"""A hash set for Autopsy has its schema, holds nothing else, and comes back as it was."""

import io
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.lists import ExportEntry, read_list, write_list
from rempart.model.fingerprint import Fingerprint
from rempart.model.identifiers import EntryId
from rempart.model.labels import Label
from rempart.model.lists import EntryDraft

SCHEMA = {
    "db_properties": [("name", "TEXT", 1, 0), ("value", "TEXT", 0, 0)],
    "hashes": [
        ("id", "INTEGER", 0, 1),
        ("md5", "BINARY(16)", 0, 0),
        ("sha1", "BINARY(20)", 0, 0),
        ("sha2_256", "BINARY(32)", 0, 0),
    ],
    "file_names": [("name", "TEXT", 1, 1), ("hash_id", "INTEGER", 1, 2)],
    "comments": [("comment", "TEXT", 1, 1), ("hash_id", "INTEGER", 1, 2)],
}
KINDS = {"md5": 16, "sha1": 20, "sha256": 32}
LABEL = Label("exercise", "1", "UK", "exercise-A")


def md5(number: int) -> Fingerprint:
    return Fingerprint("md5", number.to_bytes(16, "big"))


def entry(*fingerprints: Fingerprint, **fields: Any) -> ExportEntry:
    return ExportEntry(EntryId(UUID(int=7)), fingerprints, **fields)


def written(folder: Path, entries: Sequence[ExportEntry]) -> tuple[int, bytes]:
    sink = io.BytesIO()
    count = write_list(entries, sink, format="kdb", list_name="exercise", scratch=folder)
    assert list(folder.iterdir()) == []
    return count, sink.getvalue()


def read_back(folder: Path, content: bytes) -> list[EntryDraft]:
    path = folder / "set.kdb"
    path.write_bytes(content)
    bad: list[Any] = []
    with path.open("rb") as stream:
        drafts = list(read_list(stream, format="auto", on_bad=bad.append))
    path.unlink()
    assert bad == []
    return drafts


def test_the_schema_is_that_of_the_sleuth_kit(tmp_path: Path) -> None:
    _, content = written(tmp_path, [entry(md5(1), raw='{"comment":"demo","FileName":"x"}')])
    path = tmp_path / "set.kdb"
    path.write_bytes(content)
    with closing(sqlite3.connect(path)) as connection:
        for table, columns in SCHEMA.items():
            rows = connection.execute(f"pragma table_info({table})").fetchall()
            assert [(name, kind, notnull, pk) for _, name, kind, notnull, _, pk in rows] == columns
        properties = connection.execute("select * from db_properties").fetchall()
        index = connection.execute("pragma index_info(md5_index)").fetchall()
        stored = connection.execute("select md5 from hashes").fetchall()
        said = connection.execute("select * from comments").fetchall()
        names = connection.execute("select * from file_names").fetchall()
        page, encoding = (
            connection.execute(f"pragma {each}").fetchone()[0] for each in ("page_size", "encoding")
        )
        whole = connection.execute("pragma integrity_check").fetchone()[0]
    assert properties == [("Schema Version", "1")]
    assert [row[2] for row in index] == ["md5"]
    assert (stored, said, names) == ([(md5(1).value,)], [("demo", 1)], [])
    assert (page, encoding, whole) == (4096, "UTF-8", "ok")


FINGERPRINT = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: st.builds(
        Fingerprint,
        kind=st.just(kind),
        value=st.binary(min_size=KINDS[kind], max_size=KINDS[kind]).filter(any),
    )
)
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
WORD = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=8
)
ENTRIES = st.lists(
    st.builds(
        entry,
        FINGERPRINT,
        st.builds(Fingerprint, st.just("md5"), st.binary(min_size=16, max_size=16).filter(any)),
        labels=st.lists(
            st.builds(Label, WORD, st.none() | WORD, st.none() | WORD, WORD),
            max_size=3,
            unique=True,
        ).map(tuple),
        raw=st.none() | st.lists(TEXT, max_size=3).map(lambda said: json.dumps({"comments": said})),
    ),
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(entries=ENTRIES)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, entries: list[ExportEntry]
) -> None:
    folder = tmp_path_factory.mktemp("kdb")
    count, content = written(folder, entries)
    drafts = read_back(folder, content)
    wanted: dict[bytes, set[Label]] = {}
    for each in entries:
        for fingerprint in each.fingerprints:
            if fingerprint.kind == "md5":
                wanted.setdefault(fingerprint.value, set()).update(each.labels)
    assert count == len(entries)
    found = {each.fingerprints[0].value: set(each.labels) for each in drafts}
    assert found == wanted
    assert len(drafts) == len(wanted)
    digests = {each for draft in drafts for each in draft.fingerprints}
    assert digests <= {each for known in entries for each in known.fingerprints}


def test_the_same_list_gives_the_same_bytes(tmp_path: Path) -> None:
    entries = [entry(md5(number), labels=(LABEL,)) for number in range(1, 500)]
    assert written(tmp_path, entries) == written(tmp_path, entries)


def test_rows_with_one_md5_become_one_with_what_all_know(tmp_path: Path) -> None:
    sha1, sha256 = Fingerprint("sha1", b"\1" * 20), Fingerprint("sha256", b"\2" * 32)
    _, content = written(
        tmp_path,
        [
            entry(md5(1), sha1, raw='{"comment":"first"}'),
            entry(md5(1), sha256, raw='{"comment":"second"}', labels=(LABEL,)),
            entry(md5(1), Fingerprint("sha1", b"\3" * 20)),
        ],
    )
    (draft,) = read_back(tmp_path, content)
    assert draft.fingerprints == (md5(1), sha1, sha256)
    assert draft.labels == (LABEL,)
    assert draft.raw == '{"comments":["first","second"]}'


def test_an_entry_without_an_md5_is_left_out_and_not_counted(tmp_path: Path) -> None:
    sha1 = Fingerprint("sha1", b"\1" * 20)
    pdq = Fingerprint("pdq", b"\1" * 32, "exact")
    count, content = written(tmp_path, [entry(sha1), entry(pdq), entry(md5(1), pdq)])
    assert count == 1
    assert [each.fingerprints for each in read_back(tmp_path, content)] == [(md5(1),)]


def test_a_comment_that_pretends_to_be_labels_is_not_passed_on(tmp_path: Path) -> None:
    forged = 'rempart labels [{"scheme":"x","scheme_version":null,"region":null,"value":"y"}]'
    one = entry(md5(1), raw=json.dumps({"comments": [forged, "kept", "two\n\x1b[2J"]}))
    _, content = written(tmp_path, [one])
    (draft,) = read_back(tmp_path, content)
    assert draft.labels == ()
    assert "rempart labels" not in (draft.raw or "")
    assert "kept" in (draft.raw or "")
    assert (draft.raw or "").isprintable()


def test_an_empty_list_is_a_whole_set(tmp_path: Path) -> None:
    count, content = written(tmp_path, [])
    assert count == 0
    assert read_back(tmp_path, content) == []


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_list([], io.BytesIO(), format="kdb", list_name="x", scratch=tmp_path / "absent")
