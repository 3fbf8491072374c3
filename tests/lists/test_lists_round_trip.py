"""What is exported and imported again keeps its keys, fingerprints and labels."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.lists import (
    ExportEntry,
    LabelMap,
    ListUsageError,
    draft_digest,
    entry_key,
    write_list,
)
from rempart.model.fingerprint import FIXED_BYTES, PDQ_DIALECTS, Fingerprint
from rempart.model.identifiers import EntryId
from rempart.model.labels import Label
from rempart.model.lists import EntryDraft
from rempart.model.video import VideoFrame, frames_text

# What a reader can give: printable, without surrounding blanks.
TEXT = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]) | st.just(" "),
    min_size=1,
    max_size=12,
).filter(lambda text: text.isprintable() and text == text.strip(" "))
RISKY = st.sampled_from(["=1+1", "'=1", "''@x", "-5", "+", "'", '"', ",", "#x", "x'=", "0", "007"])
WORD = RISKY | TEXT


def fixed(kind: str) -> st.SearchStrategy[Fingerprint]:
    length = FIXED_BYTES[kind]
    values = st.binary(min_size=length, max_size=length).filter(any)
    return values.map(lambda value: Fingerprint(kind, value))


PDQ = st.builds(
    Fingerprint,
    kind=st.just("pdq"),
    value=st.binary(min_size=32, max_size=32).filter(any),
    dialect=st.sampled_from(PDQ_DIALECTS),
    quality=st.none() | st.integers(0, 100),
    software=st.none() | WORD,
)
OPAQUE = st.builds(
    lambda kind, text: Fingerprint(kind, text.encode()),
    st.sampled_from(["tmk", "saferhash", "text", "other.hash_2"]),
    WORD,
)
FRAME = st.builds(
    VideoFrame,
    value=st.binary(min_size=32, max_size=32),
    quality=st.integers(0, 100),
    milliseconds=st.integers(0, 10**6),
)
VIDEO = st.lists(FRAME, min_size=1, max_size=3).map(
    lambda frames: Fingerprint(
        "vpdq", frames_text(sorted(frames, key=lambda frame: frame.milliseconds)).encode()
    )
)
FINGERPRINT = st.one_of(
    *(fixed(kind) for kind in ("md5", "sha1", "sha256", "sha512", "url-sha256", "photodna")),
    PDQ,
    VIDEO,
    OPAQUE,
)
LABEL = st.builds(
    Label,
    scheme=st.just("unmapped") | WORD,
    scheme_version=st.none() | WORD,
    region=st.none() | st.sampled_from(["UK", "Default", "FR"]) | WORD,
    value=st.sampled_from(["0", "1", "5"]) | WORD,
)
KEPT = st.dictionaries(
    st.sampled_from(["comment", "Comments", "source", "first_seen", "Series", "MD5", "Category"]),
    WORD | st.integers() | st.text(),
)
ENTRIES = st.lists(
    st.builds(
        ExportEntry,
        entry_id=st.uuids(version=4).map(EntryId),
        fingerprints=st.lists(FINGERPRINT, min_size=1, max_size=5, unique=True).map(tuple),
        source_id=st.none() | WORD,
        labels=st.lists(LABEL, max_size=3, unique=True).map(tuple),
        raw=st.none() | KEPT.map(lambda kept: json.dumps(kept, ensure_ascii=True)),
    ),
    max_size=6,
    unique_by=lambda entry: entry.entry_id,
)


def as_draft(entry: ExportEntry) -> EntryDraft:
    return EntryDraft(1, entry.fingerprints, entry.source_id, entry.labels)


def identities(drafts: Sequence[EntryDraft]) -> list[tuple[bytes, bytes]]:
    return [
        (entry_key(each), draft_digest(replace(each, raw=None, subject=None))) for each in drafts
    ]


def written(entries: Sequence[ExportEntry], **options: Any) -> tuple[int, bytes]:
    sink = io.BytesIO()
    return write_list(entries, sink, list_name="exercise", **options), sink.getvalue()


@settings(max_examples=50, deadline=None)
@given(entries=ENTRIES)
def test_csv(read: Any, entries: list[ExportEntry]) -> None:
    count, content = written(entries, format="csv", source="desk", list_version="7")
    result = read(content)
    assert result.bad == []
    assert count == len(entries)
    assert identities(result.drafts) == identities([as_draft(each) for each in entries])


@pytest.mark.long
@pytest.mark.timeout(600)
@settings(max_examples=300, deadline=None)
@given(entries=ENTRIES)
def test_csv_longer(read: Any, entries: list[ExportEntry]) -> None:
    result = read(written(entries, format="csv")[1])
    assert identities(result.drafts) == identities([as_draft(each) for each in entries])


def md5s(entry: ExportEntry) -> list[bytes]:
    return [each.value for each in entry.fingerprints if each.kind == "md5"]


@settings(max_examples=50, deadline=None)
@given(entries=ENTRIES, region=st.none() | st.sampled_from(["UK", "US"]))
def test_vics(read: Any, entries: list[ExportEntry], region: str | None) -> None:
    count, content = written(entries, format="vics", region=region)
    result = read(content)
    firsts: dict[bytes, ExportEntry] = {}
    for entry in entries:
        if md5s(entry):
            firsts.setdefault(md5s(entry)[0], entry)
    assert {each.code for each in result.bad} <= {"duplicate-md5"}
    assert count == len(result.drafts) + len(result.bad)
    assert identities(result.drafts) == identities([as_draft(each) for each in firsts.values()])


@settings(max_examples=50, deadline=None)
@given(entries=ENTRIES)
def test_plain_keeps_every_exact_hash_and_nothing_else(
    read: Any, entries: list[ExportEntry]
) -> None:
    count, content = written(entries, format="plain")
    digests = [
        [each for each in entry.fingerprints if each.kind in {"md5", "sha1", "sha256", "sha512"}]
        for entry in entries
    ]
    result = read(content, format="plain")
    assert [draft.fingerprints for draft in result.drafts] == [
        (each,) for found in digests for each in found
    ]
    assert count == sum(1 for found in digests if found)


ENTRY = ExportEntry(
    EntryId(UUID(int=7)),
    (Fingerprint("md5", b"\1" * 16),),
    None,
    (Label("unmapped", None, None, "5"),),
)


def test_a_formula_never_leaves_unquoted() -> None:
    entry = replace(
        ENTRY,
        source_id="=cmd",
        labels=(Label("unmapped", None, "@UK", "-1"),),
        fingerprints=(Fingerprint("url", b"+x"),),
        raw=json.dumps({"comment": "\t=1+1", "source": "@s", "first_seen": "-1"}),
    )
    _, content = written([entry], format="csv", list_version="=9")
    for cell in content.decode().splitlines()[1].split(","):
        assert not cell.startswith(("=", "+", "-", "@", "\t"))


def test_the_category_as_received_stays_beside_its_meaning(read: Any) -> None:
    labels = LabelMap.parse('scheme = "exercise"\n[map]\n1 = "exercise-A"\n')
    text = f"type,value,category\nmd5,{'01' * 16},1\n"
    (draft,) = read(text, labels=labels).drafts
    entry = replace(ENTRY, labels=draft.labels, raw=draft.raw)
    _, content = written([entry], format="csv")
    assert content.decode().splitlines()[1].split(",")[2] == "1"
    assert read(content, labels=labels).drafts[0].labels == draft.labels


def test_a_number_is_written_as_category_only_where_it_means_the_same() -> None:
    def category(stated: str | None, **options: Any) -> object:
        entry = replace(ENTRY, labels=(Label("unmapped", None, stated, "5"),))
        _, content = written([entry], format="vics", **options)
        return json.loads(content)["value"][0].get("Category")

    assert category("UK", region="UK") == 5
    assert category("UK", region="US") is None
    assert category(None, region="US") is None
    assert category("UK") is None
    assert category(None) == 5


def test_where_a_file_lay_is_not_passed_on_and_unknown_fields_are() -> None:
    raw = '{"MediaFiles":[{"FilePath":"p"}],"RelativeFilePath":"q","Series":"s","N":1.50,"MD5":"x"}'
    _, content = written([replace(ENTRY, raw=raw)], format="vics")
    (record,) = json.loads(content)["value"]
    assert (record["Series"], record["N"], record["MD5"]) == ("s", 1.5, "01" * 16)
    assert not {"MediaFiles", "RelativeFilePath"} & set(record)


@pytest.mark.parametrize("raw", ["", "[]", "{", "[" * 5000, '"x"', "\x00"])
def test_a_kept_record_that_is_no_object_harms_nothing(raw: str) -> None:
    for name in ("csv", "vics", "plain"):
        assert written([replace(ENTRY, raw=raw)], format=name)[0] == 1


@pytest.mark.parametrize(
    "options",
    [{"format": "xml"}, {"format": "auto"}, {"format": "vics", "region": "U/K"}],
)
def test_a_wrong_call_writes_nothing(options: dict[str, Any]) -> None:
    sink = io.BytesIO()
    with pytest.raises(ListUsageError):
        write_list([ENTRY], sink, list_name="exercise", **options)
    with pytest.raises(ListUsageError):
        write_list([ENTRY], sink, list_name="No Name", format="csv")
    assert sink.getvalue() == b""


def test_a_list_longer_than_the_buffer_is_written_whole(read: Any) -> None:
    entries = [
        replace(
            ENTRY,
            entry_id=EntryId(UUID(int=number)),
            fingerprints=(Fingerprint("md5", number.to_bytes(16, "big")),),
        )
        for number in range(1, 2502)
    ]
    for name in ("csv", "vics", "plain"):
        count, content = written(entries, format=name)
        drafts = read(content).drafts
        assert count == len(drafts) == 2501
        assert [each.fingerprints for each in drafts] == [each.fingerprints for each in entries]


def test_an_empty_list_is_written_whole(read: Any) -> None:
    for name in ("csv", "vics"):
        count, content = written([], format=name)
        assert count == 0
        assert read(content, format=name) == ([], [])
