"""A foreign database is hostile input: torn, lying, endless, in use, or asking for more than to be read."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lists.foreign_lists import KDB_SCHEMA, MD5_A, database, kdb, nsrl_full

from rempart.lists import (
    FormatUndecidedError,
    ListFormatError,
    ListLimitError,
    ListRefusedError,
    ListTornError,
    read_list,
)
from rempart.model.errors import RefusedError, UsageError
from rempart.model.lists import EntryDraft, ListPurpose

DIGESTS = [f"{number:032x}" for number in range(1, 301)]


def read_file(path: Path, **options: Any) -> list[EntryDraft]:
    options = {"format": "auto", "purpose": ListPurpose.KNOWN_HARMLESS, **options}
    with path.open("rb") as stream:
        return list(read_list(stream, **options, on_bad=lambda _: None))


def test_every_torn_database_is_refused(tmp_path: Path) -> None:
    whole = kdb(tmp_path / "set.kdb", DIGESTS).read_bytes()
    torn = tmp_path / "torn.kdb"
    for length in (17, 99, 100, 4095, 4096, len(whole) // 2, len(whole) - 4096, len(whole) - 1):
        torn.write_bytes(whole[:length])
        with pytest.raises(ListTornError):
            read_file(torn, format="kdb")


@pytest.mark.parametrize("place", [16, 17, 20, 28, 52, 56, 100, 103, 105])
def test_a_lying_header_is_refused_or_changes_nothing(tmp_path: Path, place: int) -> None:
    path = kdb(tmp_path / "set.kdb", DIGESTS)
    honest = read_file(path)
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    drafts = None
    with suppress(ListRefusedError):
        drafts = read_file(path)
    assert drafts in (None, honest)


def test_a_damaged_page_refuses_the_whole_list(tmp_path: Path) -> None:
    path = kdb(tmp_path / "set.kdb", DIGESTS)
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute(
            "select rootpage from sqlite_master where name = 'hashes'"
        ).fetchone()
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4096 : (root - 1) * 4096 + 100] = b"\xff" * 100
    path.write_bytes(content)
    with pytest.raises(ListFormatError, match="damaged"):
        read_file(path)


@pytest.mark.parametrize(
    "view",
    [
        "select hex(randomblob(16)) as md5",
        "select load_extension('x') as md5",
        "select name as md5 from pragma_table_info('PKG')",
        "select value as md5 from json_each('[1]')",
        "select sql as md5 from sqlite_master",
        "with recursive r(md5) as (select 1 union all select md5 + 1 from r) select md5 from r",
    ],
)
def test_a_view_that_wants_more_than_tables_is_refused(tmp_path: Path, view: str) -> None:
    path = database(
        tmp_path / "x.db", f"create table PKG (package_id, name); create view FILE as {view};"
    )
    with pytest.raises(ListRefusedError):
        read_file(path)
    with pytest.raises(ListRefusedError):
        read_file(path, format="nsrl")


def test_a_view_that_never_ends_is_stopped(tmp_path: Path) -> None:
    path = database(
        tmp_path / "x.db",
        "create table t (n); create table PKG (package_id, name);"
        "create view FILE as select a.n as md5 from t a, t b, t c, t d, t e where a.n + b.n + c.n + d.n + e.n < 0;",
        ("insert into t values (?)", [(number,) for number in range(300)]),
    )
    with pytest.raises(ListLimitError, match="more work"):
        read_file(path)


def test_a_schema_that_never_ends_is_refused_before_it_fills_memory(tmp_path: Path) -> None:
    tables = "".join(f"create table t{number} (n);" for number in range(1500))
    path = database(tmp_path / "x.db", f"begin; {tables} commit;")
    with pytest.raises(ListRefusedError):
        read_file(path)


@pytest.mark.parametrize("module", ["fts5(md5)", "rtree(md5, b, c)"])
def test_a_virtual_table_is_refused(tmp_path: Path, module: str) -> None:
    schema = KDB_SCHEMA.replace("create index md5_index on hashes (md5);", "")
    with suppress(sqlite3.OperationalError):  # a system whose SQLite lacks the module
        path = database(tmp_path / "x.kdb", schema + f"create virtual table v using {module};")
        with pytest.raises(ListFormatError, match="virtual"):
            read_file(path)


def test_triggers_and_odd_names_do_nothing(tmp_path: Path) -> None:
    path = database(
        tmp_path / "x.kdb",
        KDB_SCHEMA + 'create table "a""b; drop table hashes" (n);'
        "create trigger t after insert on hashes begin select randomblob(9); end;",
        ("insert into hashes (md5) values (?)", [(bytes.fromhex(MD5_A),)]),
    )
    assert len(read_file(path)) == 1


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_a_journal_beside_it_is_neither_read_nor_written(tmp_path: Path, ending: str) -> None:
    path = kdb(tmp_path / "set.kdb", [MD5_A])
    journal = tmp_path / f"set.kdb{ending}"
    journal.write_bytes(b"x" * 512)
    with pytest.raises(ListRefusedError, match="in use"):
        read_file(path)
    assert journal.read_bytes() == b"x" * 512
    journal.write_bytes(b"")
    assert len(read_file(path)) == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["set.kdb", f"set.kdb{ending}"]


def test_a_database_in_wal_mode_that_was_closed_is_read(tmp_path: Path) -> None:
    path = kdb(tmp_path / "set.kdb", [MD5_A])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode=wal")
    assert len(read_file(path)) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["set.kdb"]


def test_a_database_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = kdb(tmp_path / "set.kdb", DIGESTS)
    with path.open("rb") as stream:
        drafts = read_list(stream, format="kdb", on_bad=print)
        next(drafts)
        os.utime(path, ns=(1, 1))
        with pytest.raises(ListRefusedError, match="changed"):
            list(drafts)


def test_another_file_under_the_same_name_is_not_read_instead(tmp_path: Path) -> None:
    path = kdb(tmp_path / "set.kdb", [MD5_A])
    with path.open("rb") as stream:
        kdb(tmp_path / "other.kdb", DIGESTS).rename(path)
        with pytest.raises(ListRefusedError):
            list(read_list(stream, format="kdb", on_bad=print))


def test_a_link_and_a_name_with_odd_characters_are_read(tmp_path: Path) -> None:
    path = kdb(tmp_path / "a?mode=rwc&x#%20 é.kdb", [MD5_A])
    (tmp_path / "link").symlink_to(path)
    assert len(read_file(path)) == len(read_file(tmp_path / "link")) == 1


def test_an_empty_database_is_undecided(tmp_path: Path) -> None:
    path = database(tmp_path / "x.db", "create table t (n)")
    with pytest.raises(FormatUndecidedError, match="database"):
        read_file(path)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_only_refusals_escape_from_damaged_databases(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    is_kdb = data.draw(st.booleans())
    rows = [(f"{n:064x}", f"{n:040x}", f"{n:032x}") for n in range(1, 40)]
    path = kdb(folder / "x", DIGESTS[:40]) if is_kdb else nsrl_full(folder / "x", rows)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with suppress(RefusedError, UsageError):
        read_file(path)
