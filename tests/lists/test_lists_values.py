"""Drafts and fingerprints that skip their constructors' checks are as valid as those that do not."""

import io
from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.lists import BAD_RECORD_CODES, BadCode, ListUsageError, read_list
from rempart.lists.seen_digests import SeenDigests
from rempart.lists.values import kind_of
from rempart.model.fingerprint import Fingerprint
from rempart.model.lists import EntryDraft

LINES = {
    "md5": "0CC175B9C0F1B6A831C399E269772661",
    "sha1": "Q33WON37LGZP2TZSHJCW26J5CSQKDCAA",
    "pdq": "F8" * 32,
    "photodna": "AQ" + "A" * 190,
    "url": "https://example.org/é",
}


@pytest.mark.parametrize("kind", sorted(LINES))
def test_what_readers_make_equals_what_constructors_make(read: Any, kind: str) -> None:
    (draft,) = read(f"type,value,category,id\n{kind},{LINES[kind]},1,a\n").drafts
    ordinary = EntryDraft(
        number=draft.number,
        fingerprints=tuple(
            Fingerprint(each.kind, each.value, each.dialect, each.quality, each.software)
            for each in draft.fingerprints
        ),
        source_id=draft.source_id,
        labels=draft.labels,
        raw=draft.raw,
        subject=draft.subject,
    )
    assert draft == ordinary
    assert hash(draft) == hash(ordinary)
    assert astuple(draft) == astuple(ordinary)
    assert repr(draft) == repr(ordinary)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SHA-256", "sha256"),
        ("sha_256", "sha256"),
        (" Sha 1 ", "sha1"),
        ("Photo-DNA", "photodna"),
        ("PhotoDNA", "photodna"),
        ("PDQ", "pdq"),
        ("TMK+PDQF", None),
        ("tmk_pdqf", "tmk_pdqf"),
        ("My Hash", "my-hash"),
        ("", None),
        ("x" * 33, None),
        ("\u017fha1", None),
    ],
)
def test_names_of_kinds(read: Any, name: str, kind: str | None) -> None:
    if kind is None:
        assert read(f'type,value\n"{name}",x\n').codes == [(1, "unknown-kind")]
    else:
        assert kind_of(name) == kind


def test_every_code_is_explained() -> None:
    assert set(BAD_RECORD_CODES) == {each.value for each in BadCode}


@settings(max_examples=50, deadline=None)
@given(
    digests=st.lists(
        st.binary(min_size=1, max_size=2).map(lambda some: (some * 16)[:16])
        | st.binary(min_size=16, max_size=16),
        max_size=200,
    )
)
def test_seen_digests_agree_with_a_set(digests: list[bytes]) -> None:
    compact = SeenDigests(16)
    seen: set[bytes] = set()
    for digest in digests:
        assert compact.add(digest) is (digest not in seen)
        seen.add(digest)


def test_digests_made_to_begin_alike_do_not_fill_one_bucket() -> None:
    compact = SeenDigests(16)
    assert all(compact.add(number.to_bytes(16, "big")) for number in range(10_000))
    fullest = max(len(bucket) for bucket in compact._buckets if bucket is not None)
    assert fullest < 16 * 100


@pytest.mark.parametrize(
    "options",
    [
        {"format": "xml"},
        {"format": "vics", "plain_64_is_pdq": True},
        {"format": "csv", "plain_64_is_pdq": True},
    ],
)
def test_a_wrong_call_is_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ListUsageError):
        read_list(io.BytesIO(), on_bad=print, **options)
