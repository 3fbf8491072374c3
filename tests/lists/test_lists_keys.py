"""The key of an entry, and the digest that tells whether it changed."""

from dataclasses import replace
from itertools import permutations

import pytest

from rempart.lists import draft_digest, entry_key
from rempart.model.fingerprint import Fingerprint
from rempart.model.handling import Subject
from rempart.model.labels import Label
from rempart.model.lists import EntryDraft

MD5 = Fingerprint("md5", b"\1" * 16)
SHA1 = Fingerprint("sha1", b"\2" * 20)
SHA256 = Fingerprint("sha256", b"\3" * 32)
SHA512 = Fingerprint("sha512", b"\4" * 64)
EXACT = Fingerprint("pdq", b"\5" * 32, "exact", 90)
CPP512 = Fingerprint("pdq", b"\6" * 32, "cpp512")
SCREEN = Fingerprint("pdq", b"\7" * 32, "screen")
PHOTODNA = Fingerprint("photodna", b"\x08" * 144)
URL = Fingerprint("url", b"https://example.org/")


def draft(*fingerprints: Fingerprint, source_id: str | None = None) -> EntryDraft:
    return EntryDraft(1, fingerprints, source_id)


def test_the_strongest_identity_is_the_key() -> None:
    order = [SHA512, SHA256, SHA1, MD5, EXACT, CPP512, SCREEN, URL]
    keys = [entry_key(draft(*reversed(order[start:]))) for start in range(len(order))]
    assert keys == [
        b"sha512:" + b"\4" * 64,
        b"sha256:" + b"\3" * 32,
        b"sha1:" + b"\2" * 20,
        b"md5:" + b"\1" * 16,
        b"pdq:exact:" + b"\5" * 32,
        b"pdq:cpp512:" + b"\6" * 32,
        b"pdq:screen:" + b"\7" * 32,
        b"opaque:url:https://example.org/",
    ]
    assert entry_key(draft(*order, source_id="a")) == b"id:a"


def test_the_order_of_fingerprints_changes_neither_key_nor_digest() -> None:
    other = Fingerprint("sha256", b"\0" * 31 + b"\1")
    orders = [draft(*order) for order in permutations([MD5, SHA256, other, EXACT])]
    assert {entry_key(each) for each in orders} == {b"sha256:" + other.value}
    assert len({draft_digest(each) for each in orders}) == 1


@pytest.mark.parametrize(
    ("one", "prefix"),
    [
        (draft(MD5, source_id="é" * 1000), b"id-sha256:"),
        (draft(Fingerprint("tmk", b"x" * 10_000)), b"opaque:tmk-sha256:"),
        (draft(PHOTODNA), b"opaque:photodna:"),
        (draft(Fingerprint("a" * 32, b"x" * 160)), b"opaque:" + b"a" * 32 + b":"),
    ],
)
def test_keys_are_bounded(one: EntryDraft, prefix: bytes) -> None:
    assert entry_key(one).startswith(prefix)
    assert len(entry_key(one)) <= 200


def test_a_foreign_kind_cannot_pretend_to_be_an_identifier() -> None:
    pretender = draft(Fingerprint("id", b"a"))
    assert entry_key(pretender) != entry_key(draft(MD5, source_id="a"))


def test_the_digest_tells_every_change() -> None:
    base = draft(MD5, EXACT)
    label = Label("unmapped", None, None, "1")
    changed = [
        base,
        draft(MD5),
        draft(EXACT),
        draft(MD5, replace(EXACT, quality=91)),
        draft(MD5, replace(EXACT, quality=None)),
        draft(MD5, replace(EXACT, dialect="screen")),
        draft(MD5, EXACT, URL),
        draft(MD5, EXACT, replace(URL, kind="uri")),
        replace(base, labels=(label,)),
        replace(base, labels=(replace(label, scheme_version="-"),)),
        replace(base, labels=(replace(label, region="1"),)),
        replace(base, labels=(replace(label, value="2"),)),
        replace(base, labels=(label, replace(label, value="2"))),
        replace(base, raw="{}"),
        replace(base, raw='{"a":1}'),
        replace(base, subject=Subject.CHILD),
        replace(base, subject=Subject.HARMLESS),
    ]
    assert len({draft_digest(each) for each in changed}) == len(changed)
    assert {len(draft_digest(each)) for each in changed} == {32}


def test_number_and_identifier_are_not_part_of_the_digest() -> None:
    base = draft(MD5)
    assert draft_digest(replace(base, number=9, source_id="x")) == draft_digest(base)


def test_parts_cannot_run_into_each_other() -> None:
    first = draft(Fingerprint("a", b"b\nf:md5:" + b"\1" * 16))
    second = draft(Fingerprint("a", b"b"), MD5)
    assert draft_digest(first) != draft_digest(second)


def test_the_digest_is_the_same_on_every_machine() -> None:
    assert (
        draft_digest(draft(MD5)).hex()
        == "53d558e2e2dcfa97e4887ffa9606c51b5d53b5464f5e70d84c78ec9e8b541ef2"
    )
