"""The tree against the published vectors, a naive twin, and everything that can be altered in a proof."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.log.memory_log import MemoryLog, Salts

from rempart.log import (
    Frontier,
    LeafUnknownError,
    LogDamagedError,
    ProofError,
    StoredTree,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from rempart.model.log import EMPTY_HEAD, LogHead, NewLeaf

# The reference leaves, roots and proofs of certificate-transparency (Apache-2.0), cpp/merkletree/merkle_tree_test.cc;
# the same stand in transparency-dev/merkle, testonly/constants.go.
_LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
_A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
_B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
_C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
_D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
_E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
_F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
_INCLUSION = [
    (0, 1, []),
    (0, 8, [_A, _B, _C]),
    (5, 8, [_D, _E, _ROOTS[4]]),
    (2, 3, [_ROOTS[2]]),
    (1, 5, [_ROOTS[1], _B, _D]),
]
_CONSISTENCY = [
    (1, 1, []),
    (1, 8, [_A, _B, _C]),
    (6, 8, [_F, _E, _ROOTS[4]]),
    (2, 5, [_B, _D]),
]


def _stored(leaf_hashes: list[bytes]) -> StoredTree:
    store = MemoryLog()
    frontier = Frontier(EMPTY_HEAD)
    nodes = frontier.extend(leaf_hashes)
    salts = Salts()
    store.append(
        "exercise",
        origin="exercise",
        expected_size=0,
        leaves=[NewLeaf(each, salts(16)) for each in leaf_hashes],
        frontier=frontier.head.frontier,
        nodes=nodes,
    )
    return StoredTree(store, "exercise")


def _some(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def _naive(hashes: list[bytes]) -> bytes:
    """Return the root as RFC 6962, section 2.1, words it."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    left, right = _naive(hashes[:middle]), _naive(hashes[middle:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def _naive_path(index: int, hashes: list[bytes]) -> list[bytes]:
    """Return the inclusion proof as RFC 6962, section 2.1.1, words it."""
    if len(hashes) == 1:
        return []
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    if index < middle:
        return [*_naive_path(index, hashes[:middle]), _naive(hashes[middle:])]
    return [*_naive_path(index - middle, hashes[middle:]), _naive(hashes[:middle])]


def _naive_consistency(old: int, hashes: list[bytes], *, is_whole: bool = True) -> list[bytes]:
    """Return the consistency proof as RFC 6962, section 2.1.2, words it."""
    if old == len(hashes):
        return [] if is_whole else [_naive(hashes)]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    if old <= middle:
        rest = _naive_consistency(old, hashes[:middle], is_whole=is_whole)
        return [*rest, _naive(hashes[middle:])]
    rest = _naive_consistency(old - middle, hashes[middle:], is_whole=False)
    return [*rest, _naive(hashes[:middle])]


def _flipped(value: bytes, bit: int) -> bytes:
    place = bit % (8 * len(value))
    return bytes(
        each ^ (1 << place % 8) if number == place // 8 else each
        for number, each in enumerate(value)
    )


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert tree_root(map(leaf_hash, _LEAVES[:size])).hex() == _ROOTS[size]


@pytest.mark.parametrize(("index", "size", "expected"), _INCLUSION)
def test_inclusion_proofs_are_the_published_ones(
    index: int, size: int, expected: list[str]
) -> None:
    hashes = [leaf_hash(each) for each in _LEAVES]
    proof = _stored(hashes).inclusion_proof(index, size)
    assert [each.hex() for each in proof] == expected
    verify_inclusion(hashes[index], index, size, proof, bytes.fromhex(_ROOTS[size]))


@pytest.mark.parametrize(("old", "new", "expected"), _CONSISTENCY)
def test_consistency_proofs_are_the_published_ones(old: int, new: int, expected: list[str]) -> None:
    proof = _stored([leaf_hash(each) for each in _LEAVES]).consistency_proof(old, new)
    assert [each.hex() for each in proof] == expected
    verify_consistency(old, new, bytes.fromhex(_ROOTS[old]), bytes.fromhex(_ROOTS[new]), proof)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_tree_agrees_with_its_naive_twin_and_every_proof_holds(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 700) | st.sampled_from([255, 256, 257, 511, 512, 513]))
    old = data.draw(st.integers(0, size))
    index = data.draw(st.integers(0, size - 1))
    hashes = _some(size)
    tree = _stored(_some(data.draw(st.integers(size, size + 300))))

    inclusion = tree.inclusion_proof(index, size)
    consistency = tree.consistency_proof(old, size)

    assert tree.root(size) == tree_root(hashes) == _naive(hashes)
    assert list(inclusion) == _naive_path(index, hashes)
    assert list(consistency) == (_naive_consistency(old, hashes) if 0 < old < size else [])
    verify_inclusion(hashes[index], index, size, inclusion, tree.root(size))
    verify_consistency(old, size, tree.root(old), tree.root(size), consistency)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_altered_inclusion_proof_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    bit = data.draw(st.integers(0, 255))
    hashes = _some(size)
    tree = _stored(hashes)
    proof, root = list(tree.inclusion_proof(index, size)), tree.root(size)
    place = data.draw(st.integers(0, len(proof) - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index))
    altered = [*proof[:place], _flipped(proof[place], bit), *proof[place + 1 :]]
    for attempt in (
        (hashes[index], index, size, altered, root),
        (hashes[index], index, size, proof[:place] + proof[place + 1 :], root),
        (hashes[index], index, size, [*proof, root], root),
        (hashes[index], index, size, [*proof[:place], b"short", *proof[place + 1 :]], root),
        (_flipped(hashes[index], bit), index, size, proof, root),
        (hashes[index], other, size, proof, root),
        (hashes[index], index, size, proof, _flipped(root, bit)),
        (hashes[index], size, size, proof, root),
        (hashes[index], -1, size, proof, root),
    ):
        with pytest.raises(ProofError):
            verify_inclusion(*attempt)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_altered_consistency_proof_is_refused(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new - 1))
    bit = data.draw(st.integers(0, 255))
    tree = _stored(_some(new))
    before, after = tree.root(old), tree.root(new)
    proof = list(tree.consistency_proof(old, new))
    place = data.draw(st.integers(0, len(proof) - 1))
    altered = [*proof[:place], _flipped(proof[place], bit), *proof[place + 1 :]]
    for attempt in (
        (old, new, before, after, altered),
        (old, new, before, after, proof[:place] + proof[place + 1 :]),
        (old, new, before, after, [*proof, after]),
        (old, new, before, after, []),
        (old, new, _flipped(before, bit), after, proof),
        (old, new, before, _flipped(after, bit), proof),
        (new, old, after, before, proof),
        (new, new, before, after, []),
        (new, new, after, after, proof),
        (0, new, before, after, proof),
    ):
        with pytest.raises(ProofError):
            verify_consistency(*attempt)


def test_fork_of_equal_size_has_no_proof() -> None:
    ours, theirs = _some(20), [*_some(19), leaf_hash(b"exercise")]
    proof = _stored(ours).consistency_proof(12, 20)
    with pytest.raises(ProofError):
        verify_consistency(12, 20, tree_root(ours[:12]), tree_root(theirs), proof)


def test_leaf_cannot_pass_for_a_node() -> None:
    left, right = _some(2)
    assert leaf_hash(left + right) != tree_root([left, right])


@pytest.mark.parametrize("size", [0, 1, 5, 255, 256, 257, 1000])
def test_frontier_read_from_the_store_is_the_one_that_grew(size: int) -> None:
    hashes = _some(size)
    frontier = Frontier(EMPTY_HEAD)
    frontier.extend(hashes)
    assert _stored(_some(1100)).frontier(size) == frontier.head.frontier
    assert Frontier(frontier.head).root == tree_root(hashes)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (4, 4), (-1, 4)])
def test_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(LeafUnknownError):
        _stored(_some(4)).inclusion_proof(index, size)


def test_later_size_comes_second() -> None:
    with pytest.raises(LeafUnknownError):
        _stored(_some(4)).consistency_proof(3, 2)


@pytest.mark.parametrize("head", [LogHead(3, (b"\0" * 32,)), LogHead(1, (b"\0" * 31,))])
def test_head_with_wrong_hashes_is_damage(head: LogHead) -> None:
    with pytest.raises(LogDamagedError):
        Frontier(head)


def test_absent_hash_is_damage() -> None:
    store = MemoryLog()
    with pytest.raises(LogDamagedError):
        StoredTree(store, "exercise").root(300)
    with pytest.raises(LogDamagedError):
        StoredTree(store, "exercise").root(3)
