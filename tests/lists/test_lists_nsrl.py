"""The NSRL, as text and as a database: known software, which is never read as known material."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.lists.foreign_lists import (
    MD5_A,
    NSRL_NEW,
    NSRL_OLD,
    SHA1_A,
    SHA256_A,
    database,
    nsrl_full,
    nsrl_minimal,
)

from rempart.lists import KnownGoodOnlyError, ListFormatError, NeedsFileError, read_list
from rempart.model.lists import BadRecord, EntryDraft, ListPurpose

ROW_A = (SHA256_A.upper(), SHA1_A.upper(), MD5_A.upper())


def row(number: int) -> tuple[str, str, str]:
    return f"{number:064X}", f"{number:040X}", f"{number:032X}"


def values(draft: EntryDraft) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in draft.fingerprints]


def read_file(path: Path, **options: Any) -> tuple[list[EntryDraft], list[BadRecord]]:
    bad: list[BadRecord] = []
    options = {"format": "auto", "purpose": ListPurpose.KNOWN_HARMLESS, **options}
    with path.open("rb") as stream:
        return list(read_list(stream, **options, on_bad=bad.append)), bad


@pytest.mark.parametrize("name", ["auto", "nsrl"])
@pytest.mark.parametrize("text", [NSRL_OLD, NSRL_NEW])
def test_text_with_columns_in_either_order(read: Any, text: str, name: str) -> None:
    drafts, bad = read(text.encode("latin-1"), format=name, purpose=ListPurpose.KNOWN_HARMLESS)
    assert not bad
    assert [values(each) for each in drafts] == [[("sha1", SHA1_A), ("md5", MD5_A)]]
    assert (drafts[0].number, drafts[0].raw, drafts[0].labels) == (2, None, ())


def test_one_file_in_several_products_is_one_record(read: Any) -> None:
    header, line = NSRL_NEW.splitlines(keepends=True)
    other = line.replace(",1,1,", ",1,2,")
    drafts, bad = read(
        (header + line + other).encode("latin-1"), purpose=ListPurpose.KNOWN_HARMLESS
    )
    assert (len(drafts), bad) == (1, [])


def test_bad_lines_cost_themselves(read: Any) -> None:
    lines = f'"{SHA1_A}",short\n"","","","x",1,1,"",""\n"zz","","","x",1,1,"",""\n\n'
    empty = f'"{"0" * 40}","{MD5_A}","","x",1,1,"",""\n'
    content = (NSRL_NEW + lines + empty).encode("latin-1")
    drafts, bad = read(content, purpose=ListPurpose.KNOWN_HARMLESS)
    assert len(drafts) == 1
    assert [(each.number, each.code) for each in bad] == [
        (3, "wrong-cell-count"),
        (4, "no-fingerprint"),
        (5, "bad-value"),
        (7, "all-zero"),
    ]


@pytest.mark.parametrize("purpose", [None, ListPurpose.KNOWN])
def test_it_is_never_read_as_known_material(
    read: Any, tmp_path: Path, purpose: ListPurpose | None
) -> None:
    with pytest.raises(KnownGoodOnlyError) as caught:
        read(NSRL_NEW.encode("latin-1"), purpose=purpose)
    assert "--purpose known-harmless" in caught.value.hint
    path = nsrl_minimal(tmp_path / "rds.db", [ROW_A])
    for name in ("auto", "nsrl"):
        with pytest.raises(KnownGoodOnlyError):
            read_file(path, format=name, purpose=purpose)


@pytest.mark.parametrize("write", [nsrl_minimal, nsrl_full])
def test_database_with_file_as_a_table_or_a_view(tmp_path: Path, write: Any) -> None:
    path = write(tmp_path / "rds.db", [ROW_A, row(7)])
    before = path.read_bytes(), sorted(tmp_path.iterdir())
    drafts, bad = read_file(path)
    assert not bad
    first = [("sha256", SHA256_A), ("sha1", SHA1_A), ("md5", MD5_A)]
    assert sorted(map(values, drafts)) == sorted(
        [first, [("sha256", f"{7:064x}"), ("sha1", f"{7:040x}"), ("md5", f"{7:032x}")]]
    )
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == before


def test_database_whose_file_is_a_view_alone_and_without_sha256(tmp_path: Path) -> None:
    path = database(
        tmp_path / "rds.db",
        "create table T (h varchar, m varchar); create table PKG (package_id, name);"
        "create view FILE as select upper(h) as sha1, m as md5, '' as crc32 from T;",
        ("insert into T values (?, ?)", [(SHA1_A, MD5_A), (None, None), (1, MD5_A), (b"", "zz")]),
    )
    drafts, bad = read_file(path)
    assert [values(each) for each in drafts] == [[("sha1", SHA1_A), ("md5", MD5_A)]]
    assert [each.code for each in bad] == ["no-fingerprint", "bad-value", "bad-value"]


def test_rows_of_several_products_and_numbers_for_text(tmp_path: Path) -> None:
    path = database(
        tmp_path / "rds.db",
        "create table FILE (md5, package_id); create table PKG (package_id, name);",
        ("insert into FILE values (?, ?)", [(MD5_A, 1), (MD5_A, 2), (5, 3), (0.5, 4)]),
    )
    drafts, bad = read_file(path)
    assert [values(each) for each in drafts] == [[("md5", MD5_A)]]
    assert [(each.number, each.code) for each in bad] == [(3, "wrong-type"), (4, "wrong-type")]


def test_a_database_in_a_pipe_is_refused_with_what_to_do(tmp_path: Path) -> None:
    content = nsrl_minimal(tmp_path / "rds.db", [ROW_A]).read_bytes()
    for name in ("auto", "nsrl", "kdb"):
        with pytest.raises(NeedsFileError) as caught:
            list(
                read_list(
                    io.BytesIO(content),
                    format=name,
                    purpose=ListPurpose.KNOWN_HARMLESS,
                    on_bad=print,
                )
            )
        assert "file" in caught.value.hint


def test_another_database_is_refused(tmp_path: Path) -> None:
    path = database(tmp_path / "other.db", "create table t (md5)")
    for name in ("nsrl", "kdb"):
        with pytest.raises(ListFormatError):
            read_file(path, format=name)


MEASURE = r"""
import re, sys
from pathlib import Path
from rempart.lists import read_list
from rempart.model.lists import ListPurpose
count = 0
with open(sys.argv[1], "rb") as stream:
    for _ in read_list(stream, format="nsrl", purpose=ListPurpose.KNOWN_HARMLESS, on_bad=print):
        count += 1
status = Path("/proc/self/status").read_text()
print(count, int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024)
"""


@pytest.mark.long
@pytest.mark.timeout(600)
def test_300000_rows_in_64_megabytes(tmp_path: Path) -> None:
    path = nsrl_minimal(tmp_path / "rds.db", (row(number) for number in range(1, 300_001)))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
    )
    count, megabytes = map(int, done.stdout.split())
    assert count == 300_000
    assert megabytes < 64
