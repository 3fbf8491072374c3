"""DigestMap equals a dictionary from digest to ids, before and after changes, saving and opening."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.match.snapshot_forgery import Sections, forge, read_sections

from rempart.match import DigestMap, DuplicateIdError, SnapshotDamagedError, UnknownIdError
from rempart.match import digest_map as subject

RNG = np.random.default_rng(1)
VALUES = RNG.integers(0, 256, (60, 20), dtype=np.uint8)
IDS = np.arange(60, dtype=np.int64) * 3 - 90


def expected(model: dict[int, bytes], queries: np.ndarray) -> list[tuple[int, int]]:
    return [
        (number, identifier)
        for number, query in enumerate(queries)
        for identifier, value in sorted(model.items())
        if value == query.tobytes()
    ]


def found(index: DigestMap, queries: np.ndarray) -> list[tuple[int, int]]:
    numbers, ids = index.find_many(queries)
    return list(zip(numbers.tolist(), ids.tolist(), strict=True))


@pytest.mark.parametrize("length", [1, 16, 20, 32, 64])
def test_digests_are_found_among_near_misses(length: int) -> None:
    """Digests that end in zero bytes, or differ in the last byte only, are told apart."""
    values = np.zeros((6, length), np.uint8)
    values[1, -1], values[2, 0], values[3, 0], values[3, -1], values[4], values[5, -1] = (
        1,
        1,
        1,
        2,
        255,
        1,
    )
    ids = np.array([5, -1, 3, 2**63 - 1, -(2**63), 0])
    index = DigestMap.build(values, ids)
    model = dict(zip(ids.tolist(), (value.tobytes() for value in values), strict=True))
    queries = np.concatenate([values, values ^ np.uint8(4)])
    assert found(index, queries) == expected(model, queries)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_sequence_of_changes_equals_a_dictionary(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("map") / "map"
    pool = np.array([[0, 0], [0, 1], [1, 0], [255, 0], [7, 7]], np.uint8)
    model: dict[int, bytes] = {}
    index = DigestMap.build(pool[:0], IDS[:0])
    for _ in range(data.draw(st.integers(1, 12))):
        ids = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True))
        match data.draw(st.sampled_from(["add", "remove", "save"])):
            case "add":
                values = pool[[data.draw(st.integers(0, 4)) for _ in ids]]
                if set(ids) & set(model):
                    with pytest.raises(DuplicateIdError):
                        index.add(values, np.array(ids))
                else:
                    index.add(values, np.array(ids))
                    model |= dict(zip(ids, (value.tobytes() for value in values), strict=True))
            case "remove":
                if set(ids) <= set(model):
                    index.remove(np.array(ids))
                    model = {i: value for i, value in model.items() if i not in ids}
                else:
                    with pytest.raises(UnknownIdError):
                        index.remove(np.array(ids))
            case _:
                index.save(path)
                index = DigestMap.open(path)
        assert found(index, pool) == expected(model, pool)
        assert len(index) == len(model)


def test_many_changes_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MERGE_FROM", 8)
    index = DigestMap.build(VALUES[:10], IDS[:10])
    for start in range(10, 60, 5):
        index.add(VALUES[start : start + 5], IDS[start : start + 5])
    index.remove(IDS[:40])
    assert found(index, VALUES) == [(i, int(IDS[i])) for i in range(40, 60)]
    assert len(index._parts[0].ids) == 20


def test_one_digest_with_many_ids_returns_them_all() -> None:
    index = DigestMap.build(np.repeat(VALUES[:1], 60, axis=0), IDS[::-1].copy())
    assert found(index, VALUES[:2]) == [(0, int(i)) for i in IDS]


def test_wrong_input_is_refused_and_changes_nothing() -> None:
    index = DigestMap.build(VALUES[:10], IDS[:10])
    with pytest.raises(ValueError, match="bytes"):
        index.find_many(VALUES[:, :19])
    with pytest.raises(ValueError, match="bytes"):
        index.add(VALUES[10:11, :19], IDS[10:11])
    with pytest.raises(TypeError):
        index.add(VALUES[10:11].astype(np.int16), IDS[10:11])
    with pytest.raises(TypeError):
        index.remove(IDS[:1].astype(np.uint64))
    with pytest.raises(ValueError, match="64 bytes"):
        DigestMap.build(np.zeros((1, 65), np.uint8), IDS[:1])
    with pytest.raises(ValueError, match="64 bytes"):
        DigestMap.build(np.zeros((1, 0), np.uint8), IDS[:1])
    with pytest.raises(DuplicateIdError):
        DigestMap.build(VALUES[:2], np.array([1, 1]))
    assert found(index, VALUES) == [(i, int(IDS[i])) for i in range(10)]


def _unsorted_values(sections: Sections) -> None:
    sections["values"] = sections["values"][::-1].copy()


def _position_outside(sections: Sections) -> None:
    sections["id_order"] = sections["id_order"] + np.uint32(1)


def _position_twice(sections: Sections) -> None:
    sections["id_order"] = np.zeros_like(sections["id_order"])


def _one_id_less(sections: Sections) -> None:
    sections["ids"] = sections["ids"][:-1].copy()


def _no_width(sections: Sections) -> None:
    sections["values"] = sections["values"][:, :0].copy()


@pytest.mark.parametrize(
    "attack", [_unsorted_values, _position_outside, _position_twice, _one_id_less, _no_width]
)
def test_forged_maps_with_right_checksums_are_refused(attack: object, tmp_path: Path) -> None:
    path = tmp_path / "map"
    DigestMap.build(VALUES, IDS).save(path)
    sections = read_sections(path)
    assert callable(attack)
    attack(sections)
    forge(path, "digests", sections)
    with pytest.raises(SnapshotDamagedError, match="Rebuild"):
        DigestMap.open(path)


def test_a_snapshot_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    forge(tmp_path / "map", "hamming", {})
    with pytest.raises(SnapshotDamagedError, match="kind"):
        DigestMap.open(tmp_path / "map")


def test_a_large_batch_finds_what_each_query_finds_alone() -> None:
    """Large batches are asked in another order; the answers stand in the order of the queries."""
    values = np.repeat(VALUES[:9], 3, axis=0)
    index = DigestMap.build(values, IDS[:27])
    index.add(VALUES[:4], IDS[40:44])
    index.remove(IDS[[3, 40]])
    queries = VALUES[np.random.default_rng(5).integers(0, 20, 2000)]
    alone = [
        (number, identifier)
        for number, query in enumerate(queries)
        for _, identifier in found(index, query.reshape(1, -1))
    ]
    assert found(index, queries) == alone
