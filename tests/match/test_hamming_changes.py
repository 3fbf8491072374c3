"""Entries come and go: rules for ids, merging, and that a refused change changes nothing."""

from pathlib import Path

import numpy as np
import pytest
from tests.match.hamming_oracle import as_rows, brute_force, uniform

from rempart.match import DuplicateIdError, HammingIndex, UnknownIdError, _tail
from rempart.model.errors import RefusedError

RNG = np.random.default_rng(1)
HASHES = uniform(RNG, 300)
IDS = np.arange(300, dtype=np.int64) * 5 - 700


def built(kernel: str, count: int = 100) -> HammingIndex:
    return HammingIndex.build(HASHES[:count], IDS[:count], kernel=kernel)


def holds(index: HammingIndex, positions: list[int]) -> bool:
    """Whether the index finds exactly these entries, each by its own hash."""
    _, found, _ = index.query_many(HASHES, 0)
    return sorted(found.tolist()) == sorted(IDS[positions].tolist()) and len(index) == len(found)


def test_added_entries_are_found_and_removed_ones_are_not(kernel: str) -> None:
    index = built(kernel)
    index.add(HASHES[100:160], IDS[100:160])
    assert holds(index, list(range(160)))
    index.remove(IDS[90:110])
    assert holds(index, [*range(90), *range(110, 160)])
    index.add(HASHES[90:92], IDS[90:92])
    index.add(HASHES[100:101], IDS[100:101])
    assert holds(index, [*range(92), 100, *range(110, 160)])


def test_an_id_may_return_with_another_hash(kernel: str) -> None:
    index = built(kernel, 2)
    index.remove(IDS[:1])
    index.add(HASHES[7:8], IDS[:1])
    assert index.query(HASHES[7].tobytes(), 0) == [(IDS[0], 0)]
    assert index.query(HASHES[0].tobytes(), 0) == []


@pytest.mark.usefixtures("layout")
def test_a_full_tail_is_merged(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tail, "TAIL_LIMIT", 32)
    monkeypatch.setattr("rempart.match.hamming.TAIL_LIMIT", 32)
    index = built(kernel)
    for start in range(100, 300, 10):
        index.add(HASHES[start : start + 10], IDS[start : start + 10])
        index.remove(IDS[start - 50 : start - 45])
        kept = [i for i in range(start + 10) if not (i >= 50 and i % 10 < 5 and i < start - 45)]
        assert holds(index, kept)
    assert index._tail.used <= 32


@pytest.mark.usefixtures("layout")
def test_removing_nearly_everything_gives_the_memory_back(kernel: str) -> None:
    rng = np.random.default_rng(2)
    hashes, ids = uniform(rng, 20_000), np.arange(20_000, dtype=np.int64)
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    index.remove(ids[:19_990])
    assert len(index) == len(index._frozen.ids) == 10
    assert as_rows(index.query_many(hashes[-20:], 31)) == brute_force(
        hashes[19_990:], ids[19_990:], hashes[-20:], 31
    )


def test_an_emptied_index_finds_nothing_and_can_be_filled(kernel: str) -> None:
    index = built(kernel)
    index.remove(IDS[:100])
    assert holds(index, [])
    index.add(HASHES[:3], IDS[:3])
    assert holds(index, [0, 1, 2])


def test_identical_hashes_are_stored_once_and_all_their_ids_come_back(kernel: str) -> None:
    hashes = np.repeat(HASHES[:3], 4, axis=0)
    index = HammingIndex.build(hashes, IDS[:12], kernel=kernel)
    assert index._frozen.groups == 3
    assert [i for i, _ in index.query(HASHES[1].tobytes())] == IDS[4:8].tolist()
    index.remove(IDS[5:6])
    index.add(HASHES[1:2], IDS[20:21])
    assert [i for i, _ in index.query(HASHES[1].tobytes())] == IDS[[4, 6, 7, 20]].tolist()


@pytest.mark.parametrize("identifier", [3, 100, 150, 250])
def test_adding_a_present_id_is_refused_and_changes_nothing(kernel: str, identifier: int) -> None:
    index = built(kernel)
    index.add(HASHES[100:200], IDS[100:200])
    new = IDS[[298, identifier, 299]] if identifier < 200 else IDS[[298, 299, 298]]
    with pytest.raises(DuplicateIdError) as caught:
        index.add(HASHES[[298, 0, 299]], new)
    assert isinstance(caught.value, RefusedError | ValueError)
    assert holds(index, list(range(200)))


@pytest.mark.parametrize("absent", [[250], [0, 250], [150, 150], [0, 0], [50], [160]])
def test_removing_an_absent_id_is_refused_and_changes_nothing(
    kernel: str, absent: list[int]
) -> None:
    index = built(kernel)
    index.add(HASHES[100:200], IDS[100:200])
    index.remove(IDS[[50, 160]])
    with pytest.raises(UnknownIdError) as caught:
        index.remove(IDS[absent])
    assert isinstance(caught.value, KeyError)
    assert str(caught.value).startswith("Id ")
    assert holds(index, [i for i in range(200) if i not in {50, 160}])


def test_wrong_shapes_and_types_are_refused_and_change_nothing(kernel: str) -> None:
    index = built(kernel)
    with pytest.raises(TypeError):
        index.add(HASHES[100:101].astype(np.int64), IDS[100:101])
    with pytest.raises(TypeError):
        index.add(HASHES[100:101], IDS[100:101].astype(np.int32))
    with pytest.raises(TypeError):
        index.remove([1])  # type: ignore[arg-type]  # the point
    with pytest.raises(ValueError, match="bytes"):
        index.add(HASHES[100:101, :31], IDS[100:101])
    with pytest.raises(ValueError, match="ids"):
        index.add(HASHES[100:102], IDS[100:101])
    with pytest.raises(ValueError, match="axes"):
        index.remove(IDS[:2].reshape(1, 2))
    assert holds(index, list(range(100)))


def test_building_with_one_id_twice_is_refused() -> None:
    with pytest.raises(DuplicateIdError):
        HammingIndex.build(HASHES[:3], np.array([1, 2, 1]))


def test_arrays_of_the_caller_may_change_afterwards(kernel: str) -> None:
    hashes, ids = HASHES[:50].copy(), IDS[:50].copy()
    index = HammingIndex.build(hashes, ids, kernel=kernel)
    index.add(HASHES[50:51].copy(), IDS[50:51].copy())
    hashes[:] = 0
    ids[:] = 0
    assert holds(index, list(range(51)))


@pytest.mark.usefixtures("layout")
def test_saved_changes_are_there_after_opening(kernel: str, tmp_path: Path) -> None:
    index = built(kernel)
    index.add(HASHES[100:120], IDS[100:120])
    index.remove(IDS[[0, 110]])
    index.save(tmp_path / "index")
    kept = [i for i in range(1, 120) if i != 110]
    assert holds(index, kept)
    opened = HammingIndex.open(tmp_path / "index", kernel=kernel)
    assert holds(opened, kept)
    opened.remove(IDS[1:2])
    opened.add(HASHES[0:1], IDS[0:1])
    assert holds(opened, [0, *kept[1:]])
    assert holds(HammingIndex.open(tmp_path / "index", kernel=kernel), kept)


def test_an_open_index_outlives_the_replacement_of_its_file(tmp_path: Path) -> None:
    built("numpy").save(tmp_path / "index")
    opened = HammingIndex.open(tmp_path / "index")
    HammingIndex.build(HASHES[:1], IDS[:1]).save(tmp_path / "index")
    assert holds(opened, list(range(100)))
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
