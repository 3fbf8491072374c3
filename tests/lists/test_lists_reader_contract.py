"""What every reader of lists does, whatever the format."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.lists.foreign_lists import (
    HSH,
    ICSE,
    NSRL_NEW,
    NSRL_OLD,
    OLD_KDB_SCHEMA,
    database,
    encase,
    kdb,
    nsrl_full,
    nsrl_minimal,
)

from rempart.lists import (
    BAD_RECORD_CODES,
    READ_FORMATS,
    ListFormatError,
    ListRefusedError,
    draft_digest,
    entry_key,
    read_list,
)
from rempart.model.fingerprint import Fingerprint
from rempart.model.lists import BadRecord, EntryDraft, ListPurpose

BAD = "00" * 16
"""A digest that every reader refuses: the record that holds it is bad in every format."""

Write = Callable[[Path, list[str]], object]


def text(path: Path, content: str) -> None:
    path.write_bytes(content.encode("latin-1"))


def table(sample: str, row: Callable[[str], str]) -> Write:
    header = sample.splitlines()[0]
    return lambda path, found: text(path, "\n".join([header, *map(row, found), ""]))


def vics(path: Path, found: list[str]) -> None:
    text(path, json.dumps({"value": [{"MD5": each, "Category": 1} for each in found]}))


def case(path: Path, found: list[str]) -> None:
    media = [{"MD5": each, "MediaFiles": []} for each in found]
    text(path, json.dumps({"@odata.context": "x", "value": [{"Media": media}]}))


def old_kdb(path: Path, found: list[str]) -> None:
    rows = [(bytes.fromhex(each),) for each in found]
    database(path, OLD_KDB_SCHEMA, ("insert into hashset_hashes (md5) values (?)", rows))


def digests_of_nsrl(found: list[str]) -> list[tuple[str, str, str]]:
    return [("", "", each) for each in found]


FORMATS: dict[str, tuple[str, Write]] = {
    "plain": ("plain", lambda path, found: text(path, "\n".join([*found, ""]))),
    "csv": ("csv", table("type,value", lambda each: f"md5,{each}")),
    "vics": ("vics", vics),
    "vics-case": ("vics", case),
    "caid": ("caid", vics),
    "nsrl-old": ("nsrl", table(NSRL_OLD, lambda each: f'"","x",1,1,"","","{each}","",""')),
    "nsrl-new": ("nsrl", table(NSRL_NEW, lambda each: f'"","{each}","","x",1,1,"",""')),
    "nsrl-minimal": ("nsrl", lambda path, found: nsrl_minimal(path, digests_of_nsrl(found))),
    "nsrl-full": ("nsrl", lambda path, found: nsrl_full(path, digests_of_nsrl(found))),
    "kdb": ("kdb", kdb),
    "kdb-old": ("kdb", old_kdb),
    "icse": ("icse", table(ICSE, lambda each: f"{each};;;1;No;No;No;;1;No;Image;No")),
    "hashkeeper": (
        "hashkeeper",
        table(HSH, lambda each: f'1,7,"x","","{each}",1,"","","","","",""'),
    ),
    "encase": ("encase", lambda path, found: path.write_bytes(encase(found))),
}
FOUND = [f"{number:032x}" for number in range(1, 40)]


def read(path: Path, name: str) -> tuple[list[EntryDraft], list[BadRecord]]:
    bad: list[BadRecord] = []
    with path.open("rb") as stream:
        options: dict[str, Any] = {"format": name, "purpose": ListPurpose.KNOWN_HARMLESS}
        drafts = list(read_list(stream, **options, on_bad=bad.append))
        assert not stream.closed
    return drafts, bad


def test_every_format_is_held_to_the_contract() -> None:
    # A list of URLs holds no digests of files: it has tests of its own.
    assert {name for name, _ in FORMATS.values()} == set(READ_FORMATS) - {"auto", "urls"}


@pytest.fixture(params=FORMATS, ids=str)
def which(request: pytest.FixtureRequest) -> tuple[str, Write]:
    return FORMATS[request.param]


def test_every_record_is_an_entry_whose_values_are_valid(
    which: tuple[str, Write], tmp_path: Path
) -> None:
    name, write = which
    write(tmp_path / "list", FOUND)

    drafts, bad = read(tmp_path / "list", name)

    assert bad == []
    assert sorted(each.fingerprints[0].text for each in drafts) == FOUND
    assert [each.number for each in drafts] == sorted({each.number for each in drafts})
    assert drafts[0].number >= 1
    for draft in drafts:
        for each in draft.fingerprints:
            assert Fingerprint(each.kind, each.value, each.dialect, each.quality) == each


def test_the_content_tells_the_format(which: tuple[str, Write], tmp_path: Path) -> None:
    name, write = which
    write(tmp_path / "list", FOUND)
    assert read(tmp_path / "list", "auto") == read(tmp_path / "list", name)


def test_the_same_file_gives_the_same_keys(which: tuple[str, Write], tmp_path: Path) -> None:
    name, write = which
    write(tmp_path / "one", FOUND)
    write(tmp_path / "two", FOUND)
    one, two = (
        [(entry_key(each), draft_digest(each)) for each in read(tmp_path / place, name)[0]]
        for place in ("one", "two")
    )
    assert one == two
    assert len({key for key, _ in one}) == len(FOUND)


def test_a_bad_record_costs_itself_and_its_content_is_not_told(
    which: tuple[str, Write], tmp_path: Path
) -> None:
    name, write = which
    write(tmp_path / "list", [*FOUND[:5], BAD, *FOUND[5:]])

    drafts, bad = read(tmp_path / "list", name)

    assert sorted(each.fingerprints[0].text for each in drafts) == FOUND
    assert [each.code for each in bad] == ["all-zero"]
    assert bad[0].code in BAD_RECORD_CODES
    assert str(bad[0].number) in bad[0].message or "line" in bad[0].message
    assert BAD[:8] not in bad[0].message


def test_a_file_that_is_cut_anywhere_is_refused_or_read_as_far_as_it_goes(
    which: tuple[str, Write], tmp_path: Path
) -> None:
    name, write = which
    write(tmp_path / "list", FOUND)
    whole = (tmp_path / "list").read_bytes()
    for length in sorted({0, 1, 7, 16, len(whole) // 3, len(whole) // 2, len(whole) - 3}):
        (tmp_path / "cut").write_bytes(whole[:length])
        drafts: list[EntryDraft] = []
        with suppress(ListRefusedError):
            drafts, _ = read(tmp_path / "cut", name)
        assert {each.fingerprints[0].text for each in drafts} <= set(FOUND)


def test_another_format_is_no_list_of_this_one(which: tuple[str, Write], tmp_path: Path) -> None:
    """Given under a wrong name, a file yields nothing: it is refused, or every record of it is bad."""
    name, write = which
    write(tmp_path / "list", FOUND)
    same = {"vics", "caid"}
    for other in set(READ_FORMATS) - {"auto", name} - (same if name in same else set()):
        try:
            drafts, _ = read(tmp_path / "list", other)
        except ListRefusedError:
            continue
        assert drafts == []
        assert other in {"plain", "urls"}


def test_an_empty_file_is_refused_where_the_format_has_a_form(
    which: tuple[str, Write], tmp_path: Path
) -> None:
    name, _ = which
    (tmp_path / "list").write_bytes(b"")
    if name == "plain":
        assert read(tmp_path / "list", name) == ([], [])
        return
    with pytest.raises(ListRefusedError):
        read(tmp_path / "list", name)


def test_what_is_no_list_at_all_is_refused(which: tuple[str, Write], tmp_path: Path) -> None:
    name, _ = which
    (tmp_path / "list").write_bytes(b"\x89PNG\r\n\x1a\nno list\n")
    if name == "plain":
        assert read(tmp_path / "list", name)[0] == []
        return
    with pytest.raises((ListFormatError, ListRefusedError)):
        read(tmp_path / "list", name)
