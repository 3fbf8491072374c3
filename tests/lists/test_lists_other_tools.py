"""The lists that other tools of an office write: CAID, ICSE, HashKeeper, EnCase, and several files as one list."""

import io
from typing import Any

import pytest
from tests.lists.foreign_lists import CAID, HKE, HSH, ICSE, MD5_A, NSRL_CAID, SHA1_A, encase

from rempart.lists import (
    BAD_RECORD_CODES,
    LabelMap,
    ListFormatError,
    ListRefusedError,
    ListTornError,
    RegionMismatchError,
    read_list,
)
from rempart.model.labels import Label
from rempart.model.lists import BadRecord, EntryDraft, ListPurpose

PHOTODNA = "ab" * 144
MD5_B = "92eb5ffee6ae2fec3ad71c777531578f"


def values(draft: EntryDraft) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in draft.fingerprints]


def read_all(*contents: str | bytes, **options: Any) -> tuple[list[EntryDraft], list[BadRecord]]:
    bad: list[BadRecord] = []
    streams = [io.BytesIO(each.encode() if isinstance(each, str) else each) for each in contents]
    options.setdefault("format", "auto")
    return list(read_list(*streams, **options, on_bad=bad.append)), bad


def test_caid_files_are_one_list_and_an_md5_counts_once() -> None:
    first, second = CAID.format(category=1, md5=MD5_A), CAID.format(category=2, md5=MD5_A)
    third = CAID.format(category=2, md5=MD5_B)
    drafts, bad = read_all(first, second, third, format="caid")
    assert [values(each) for each in drafts] == [[("md5", MD5_A)], [("md5", MD5_B)]]
    assert [each.labels for each in drafts] == [
        (Label("unmapped", None, "UK", "1"),),
        (Label("unmapped", None, "UK", "2"),),
    ]
    assert [(each.code, each.message) for each in bad] == [
        ("duplicate-md5", "file 2, record 1: an earlier record has the same MD5")
    ]


def test_the_nsrl_in_the_form_of_caid_has_sizes_as_text(read: Any) -> None:
    (draft,), bad = read(NSRL_CAID)
    assert not bad
    assert values(draft) == [("md5", MD5_A), ("sha1", SHA1_A)]
    assert '"MediaSize":"1"' in draft.raw


def test_what_is_wrong_in_one_of_several_files_names_the_file() -> None:
    whole = CAID.format(category=1, md5=MD5_A)
    with pytest.raises(ListTornError, match="File 2 of the list") as caught:
        read_all(whole, whole[:-2])
    assert caught.value.hint
    labels = LabelMap.parse('scheme = "exercise"\nregion = "US"\n[map]\n1 = "exercise-A"\n')
    with pytest.raises(RegionMismatchError, match="File 1 of the list"):
        read_all(whole, whole, labels=labels)


def test_icse_keeps_flags_and_series_beside_the_entry(read: Any) -> None:
    (draft,), bad = read(ICSE)
    assert not bad
    assert values(draft) == [("md5", MD5_A), ("sha1", SHA1_A)]
    assert draft.labels == (Label("unmapped", None, None, "Baseline: No"),)
    assert draft.source_id is None
    assert '"Series name":"demo-bridges"' in draft.raw
    assert '"Image ID":"1"' in draft.raw
    assert '"Victim identified":"No"' in draft.raw


def test_icse_photodna_is_hexadecimal_and_a_map_gives_baseline_a_meaning(read: Any) -> None:
    labels = LabelMap.parse('scheme = "exercise"\n[map]\n"Baseline: Yes" = "exercise-baseline"\n')
    rows = ICSE + f"{MD5_B};;{PHOTODNA};2;Yes;No;No;;1;No;Image;Yes\n;;;3;;;;;;;;\n;;\n"
    drafts, bad = read(rows, labels=labels, format="icse")
    assert values(drafts[1]) == [("md5", MD5_B), ("photodna", PHOTODNA)]
    assert drafts[1].labels == (Label("exercise", None, None, "exercise-baseline"),)
    assert [(each.number, each.code) for each in bad] == [
        (3, "no-fingerprint"),
        (4, "wrong-cell-count"),
    ]


def test_rows_of_one_icse_image_are_all_matched(read: Any) -> None:
    twice = ICSE + f"{MD5_B};;;1;No;No;No;;1;No;Image;No\n"
    assert len(read(twice).drafts) == 2


@pytest.mark.parametrize("files", [(HSH, HKE), (HKE, HSH)])
def test_hashkeeper_joins_records_and_sets_in_any_order(files: tuple[str, str]) -> None:
    drafts, bad = read_all(*(each.encode("latin-1") for each in files))
    assert not bad
    assert [values(each) for each in drafts] == [[("md5", MD5_A)]]
    assert drafts[0].raw == (
        '{"hashset_id":"7","name":"demo set","vendor":"Example Lab","package":"bridges","version":"1"}'
    )


def test_hashkeeper_with_a_mark_of_utf_8() -> None:
    drafts, _ = read_all(*(f"\ufeff{each}" for each in (HSH, HKE.replace("demo", "d\xe9mo"))))
    assert "d\xe9mo set" in (drafts[0].raw or "")


def test_hashkeeper_records_alone_keep_the_number_of_their_set() -> None:
    (draft,), _ = read_all(HSH.encode("latin-1"))
    assert draft.raw == '{"hashset_id":"7"}'


def test_hashkeeper_sets_alone_are_refused() -> None:
    with pytest.raises(ListFormatError, match="no hashes"):
        read_all(HKE)


def test_hashkeeper_reports_rows_without_a_digest() -> None:
    short = '2,7,"x"\n'
    empty = '3,7,"x","","",1,"","","","","",""\n'
    drafts, bad = read_all((HSH + short + empty).encode("latin-1"), format="hashkeeper")
    assert len(drafts) == 1
    assert [each.code for each in bad] == ["wrong-cell-count", "no-fingerprint"]


def test_encase_hash_set() -> None:
    drafts, bad = read_all(encase([MD5_A, "00" * 16, MD5_B]))
    assert [values(each) for each in drafts] == [[("md5", MD5_A)], [("md5", MD5_B)]]
    assert [each.number for each in drafts] == [1, 3]
    assert drafts[0].raw == '{"set":"demo set"}'
    assert [(each.number, each.code) for each in bad] == [(2, "all-zero")]


def test_encase_with_more_records_than_are_read_at_a_time() -> None:
    digests = [f"{number:032x}" for number in range(1, 3001)]
    drafts, bad = read_all(encase(digests))
    assert not bad
    assert [each.fingerprints[0].text for each in drafts] == digests


@pytest.mark.parametrize("length", [9, 1151, 1153, 1169])
def test_a_torn_encase_file_is_refused(length: int) -> None:
    with pytest.raises(ListTornError):
        read_all(encase([MD5_A])[:length])


@pytest.mark.parametrize("name", ["icse", "hashkeeper", "encase", "nsrl", "kdb"])
@pytest.mark.parametrize("content", ["", "x", f"{MD5_A}\n", '{"value":[]}'])
def test_another_content_than_the_stated_one_is_refused(name: str, content: str) -> None:
    with pytest.raises(ListRefusedError) as caught:
        read_all(content, format=name, purpose=ListPurpose.KNOWN_HARMLESS)
    assert caught.value.hint


def test_every_code_is_documented() -> None:
    _, bad = read_all(encase(["00" * 16, "d41d8cd98f00b204e9800998ecf8427e"]))
    assert {each.code for each in bad} <= set(BAD_RECORD_CODES)
