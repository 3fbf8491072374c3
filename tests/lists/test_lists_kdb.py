"""Hash sets of Autopsy and The Sleuth Kit, as they write them."""

from pathlib import Path
from typing import Any

import pytest
from tests.lists.foreign_lists import (
    KDB_SCHEMA,
    MD5_A,
    OLD_KDB_SCHEMA,
    SHA1_A,
    SHA256_A,
    database,
    kdb,
)

from rempart.lists import LabelMap, read_list
from rempart.model.labels import Label
from rempart.model.lists import BadRecord, EntryDraft

MD5_B = "92eb5ffee6ae2fec3ad71c777531578f"


def read_file(path: Path, **options: Any) -> tuple[list[EntryDraft], list[BadRecord]]:
    bad: list[BadRecord] = []
    options.setdefault("format", "auto")
    with path.open("rb") as stream:
        return list(read_list(stream, **options, on_bad=bad.append)), bad


def values(draft: EntryDraft) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in draft.fingerprints]


@pytest.mark.parametrize("name", ["auto", "kdb"])
def test_hashes_are_raw_bytes(tmp_path: Path, name: str) -> None:
    digests = [bytes.fromhex(each) for each in (MD5_A, SHA1_A, SHA256_A)]
    path = database(
        tmp_path / "set.kdb",
        KDB_SCHEMA,
        ("insert into hashes (md5, sha1, sha2_256) values (?, ?, ?)", [digests]),
        ("insert into file_names values (?, 1)", [("bridge.jpg",)]),
    )
    before = path.read_bytes(), sorted(tmp_path.iterdir())
    (draft,), bad = read_file(path, format=name)
    assert not bad
    assert values(draft) == [("md5", MD5_A), ("sha1", SHA1_A), ("sha256", SHA256_A)]
    assert (draft.raw, draft.labels, draft.source_id) == (None, (), None)
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == before


def test_comments_are_kept_and_a_map_makes_labels_of_them(tmp_path: Path) -> None:
    said = [("zeta", 2), ("Class 1", 1), ("demo bridges", 1), ("of nobody", 9)]
    path = kdb(tmp_path / "set.kdb", [MD5_A, MD5_B], said)
    first, second = read_file(path)[0]
    assert first.raw == '{"comments":["Class 1","demo bridges"]}'
    assert second.raw == '{"comment":"zeta"}'
    labels = LabelMap.parse('scheme = "exercise"\n[map]\n"Class 1" = "exercise-A"\n')
    first, second = read_file(path, labels=labels)[0]
    assert first.labels == (Label("exercise", None, None, "exercise-A"),)
    assert first.raw == '{"comments":["Class 1","demo bridges"]}'
    assert second.labels == ()


def test_the_older_form_is_read(tmp_path: Path) -> None:
    path = database(
        tmp_path / "old.kdb",
        OLD_KDB_SCHEMA,
        ("insert into hashset_properties values (?, ?)", [("name", "demo")]),
        ("insert into hashset_hashes values (?, ?, 0)", [(bytes.fromhex(MD5_A), None)]),
        ("insert into hashset_hashes values (?, ?, 0)", [(MD5_B.upper(), bytes.fromhex(SHA1_A))]),
    )
    drafts, bad = read_file(path)
    assert not bad
    assert [values(each) for each in drafts] == [
        [("md5", MD5_A)],
        [("md5", MD5_B), ("sha1", SHA1_A)],
    ]


def test_bad_rows_cost_themselves(tmp_path: Path) -> None:
    path = database(
        tmp_path / "set.kdb",
        KDB_SCHEMA,
        (
            "insert into hashes (md5) values (?)",
            [(None,), (7,), (b"short",), (bytes(16),), ("zz" * 16,), (bytes.fromhex(MD5_A),)],
        ),
        ("insert into comments values (?, ?)", [(f"note {number:05}", 6) for number in range(999)]),
        ("insert into hashes (md5) values (?)", [(bytes.fromhex(MD5_B),)]),
        ("insert into comments values (?, ?)", [("x" * 131_073, 7)]),
    )
    drafts, bad = read_file(path)
    assert [values(each) for each in drafts] == [[("md5", MD5_A)]]
    assert [(each.number, each.code) for each in bad] == [
        (1, "no-fingerprint"),
        (2, "wrong-type"),
        (3, "bad-value"),
        (4, "all-zero"),
        (5, "bad-value"),
        (7, "field-too-long"),
    ]


def test_labels_of_rempart_in_a_wrong_form_are_a_bad_record(tmp_path: Path) -> None:
    path = kdb(tmp_path / "set.kdb", [MD5_A], [("rempart labels [{}]", 1)])
    drafts, bad = read_file(path)
    assert not drafts
    assert [each.code for each in bad] == ["bad-labels"]
