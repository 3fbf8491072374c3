"""Digests against published vectors and against themselves in other chunks."""

import hashlib
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.fingerprint import digests


def test_published_vectors() -> None:
    """FIPS 180-2 appendices A.1 and B.1, RFC 1321 section A.5: the message `abc`."""
    found = digests.digests_of([b"a", b"", b"bc"])
    assert [(each.kind, each.text) for each in found] == [
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("md5", "900150983cd24fb0d6963f7d28e17f72"),
        ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ]


def test_every_digest_names_this_software() -> None:
    for each in digests.digests_of([b"exercise"]):
        assert each.software is not None
        assert each.software.startswith("rempart/")


@given(data=st.binary(max_size=4000), cuts=st.lists(st.integers(0, 4000), max_size=6))
@settings(max_examples=50, deadline=None)
def test_chunks_do_not_matter(data: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(each, len(data)) for each in cuts), len(data)]
    chunks = [memoryview(data)[start:end] for start, end in itertools.pairwise(edges)]
    found = {each.kind: each.value for each in digests.digests_of(chunks)}
    assert found["sha256"] == hashlib.sha256(data).digest()
    assert found["md5"] == hashlib.md5(data, usedforsecurity=False).digest()
    assert found["sha1"] == hashlib.sha1(data, usedforsecurity=False).digest()


def test_digests_so_far_can_be_read_and_continued() -> None:
    run = digests.DigestPass()
    run.feed(b"exer")
    first = run.fingerprints()
    run.feed(b"cise")
    assert first == digests.digests_of([b"exer"])
    assert run.fingerprints() == digests.digests_of([b"exercise"])
