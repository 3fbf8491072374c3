"""The index of all that is known is saved whole or not at all, and is checked before it is used."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rempart.match import IndexChanges, KnownIndex, SnapshotDamagedError
from rempart.model.fingerprint import EQUAL_BYTES, FIXED_BYTES, PDQ, VPDQ

KINDS = (PDQ, VPDQ, *EQUAL_BYTES)
WIDTH = {**FIXED_BYTES, VPDQ: FIXED_BYTES[PDQ]}
Numbers = NDArray[np.int64]
Values = NDArray[np.uint8]
Content = dict[str, dict[int, bytes]]
"""Kind, number and value of everything that an index should hold."""


def value_of(kind: str, seed: int) -> bytes:
    return np.random.default_rng([seed, len(kind)]).bytes(WIDTH[kind])


def arrays(kind: str, content: Mapping[int, bytes]) -> tuple[Numbers, Values]:
    joined = np.frombuffer(b"".join(content.values()), np.uint8)
    return np.array(list(content), np.int64), joined.reshape(len(content), WIDTH[kind])


def build(content: Content, change_number: int = 1) -> KnownIndex:
    def matchable(kind: str) -> Iterable[tuple[Numbers, Values]]:
        if content.get(kind):
            yield arrays(kind, content[kind])

    return KnownIndex.build(matchable, change_number=change_number)


def assert_holds(index: KnownIndex, content: Content) -> None:
    """Show that every value is found under its numbers, and nothing else."""
    assert index.counts() == {kind: len(content.get(kind, {})) for kind in KINDS}
    for kind in KINDS:
        present = content.get(kind, {})
        values = [*sorted(set(present.values())), value_of(kind, 999)]
        asked = np.frombuffer(b"".join(values), np.uint8).reshape(len(values), WIDTH[kind])
        if kind in {PDQ, VPDQ}:
            near = index.near if kind == PDQ else index.near_frames
            positions, numbers, distances = near(asked, radius=0)
            assert not distances.any()
        else:
            positions, numbers = index.equal(kind, asked)
        found = sorted(zip(positions.tolist(), numbers.tolist(), strict=True))
        assert found == sorted((values.index(value), number) for number, value in present.items())


@pytest.fixture
def content() -> Content:
    return {kind: {10 + seed: value_of(kind, seed) for seed in range(5)} for kind in KINDS}


class TestSaveAndOpen:
    def test_what_was_saved_is_found_again(self, tmp_path: Path, content: Content) -> None:
        build(content, change_number=42).save(tmp_path / "42")

        opened = KnownIndex.open(tmp_path / "42")

        assert opened.change_number == 42
        assert_holds(opened, content)

    def test_an_empty_index_is_one(self, tmp_path: Path) -> None:
        build({}, change_number=0).save(tmp_path / "0")

        assert_holds(KnownIndex.open(tmp_path / "0"), {})

    def test_saving_again_replaces_what_was_there(self, tmp_path: Path, content: Content) -> None:
        build({}).save(tmp_path / "1")
        build(content).save(tmp_path / "1")

        assert_holds(KnownIndex.open(tmp_path / "1"), content)

    def test_an_open_index_outlives_the_removal_of_its_folder(
        self, tmp_path: Path, content: Content
    ) -> None:
        build(content).save(tmp_path / "1")
        opened = KnownIndex.open(tmp_path / "1")
        subprocess.run(["rm", "-rf", str(tmp_path / "1")], check=True)

        assert_holds(opened, content)

    def test_what_an_interrupted_save_left_behind_does_not_matter(
        self, tmp_path: Path, content: Content
    ) -> None:
        (tmp_path / ".1.partial").mkdir()
        (tmp_path / ".1.partial" / "pdq.index").write_bytes(b"half")

        build(content).save(tmp_path / "1")

        assert [each.name for each in tmp_path.iterdir()] == ["1"]
        assert_holds(KnownIndex.open(tmp_path / "1"), content)


class TestApply:
    def test_changes_count_from_then_on_and_are_saved_with_the_rest(
        self, tmp_path: Path, content: Content
    ) -> None:
        index = build(content, change_number=1)
        added = {kind: {77: value_of(kind, 77)} for kind in KINDS}
        index.apply(
            IndexChanges(
                up_to=9,
                added={kind: arrays(kind, rows) for kind, rows in added.items()},
                removed={kind: np.array([10, 12], np.int64) for kind in KINDS},
            )
        )
        expected = {
            kind: {
                number: value
                for number, value in {**content[kind], **added[kind]}.items()
                if number not in {10, 12}
            }
            for kind in KINDS
        }

        assert index.change_number == 9
        assert_holds(index, expected)
        index.save(tmp_path / "9")
        assert_holds(KnownIndex.open(tmp_path / "9"), expected)

    def test_a_value_taken_out_and_put_in_under_another_number_is_found_there(self) -> None:
        value = value_of(PDQ, 1)
        index = build({PDQ: {1: value}})

        index.apply(
            IndexChanges(
                up_to=2,
                added={PDQ: arrays(PDQ, {2: value})},
                removed={PDQ: np.array([1], np.int64)},
            )
        )

        assert_holds(index, {PDQ: {2: value}})

    def test_an_opened_index_takes_changes_and_leaves_its_files_alone(
        self, tmp_path: Path, content: Content
    ) -> None:
        build(content).save(tmp_path / "1")
        files = {each.name: each.read_bytes() for each in (tmp_path / "1").iterdir()}
        opened = KnownIndex.open(tmp_path / "1")

        opened.apply(IndexChanges(up_to=2, removed={PDQ: np.array([10], np.int64)}))

        assert {each.name: each.read_bytes() for each in (tmp_path / "1").iterdir()} == files
        assert_holds(KnownIndex.open(tmp_path / "1"), content)

    @settings(deadline=None, max_examples=30)
    @given(st.lists(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 9)), max_size=6)))
    def test_any_row_of_changes_leaves_what_building_anew_would_give(
        self, steps: list[list[tuple[str, int]]]
    ) -> None:
        index = build({})
        present: Content = {kind: {} for kind in KINDS}
        last = 0
        for up_to, step in enumerate(steps, start=2):
            # A number, once removed, never comes back: so the store promises.
            gone = {(kind, seed) for kind, seed in step}
            removed = {
                kind: [
                    number
                    for number, value in rows.items()
                    if any(each == kind and value == value_of(kind, seed) for each, seed in gone)
                ]
                for kind, rows in present.items()
            }
            added: Content = {kind: {} for kind in KINDS}
            for kind, seed in step:
                last += 1
                added[kind][last] = value_of(kind, seed)
            index.apply(
                IndexChanges(
                    up_to=up_to,
                    added={kind: arrays(kind, rows) for kind, rows in added.items() if rows},
                    removed={
                        kind: np.array(rows, np.int64) for kind, rows in removed.items() if rows
                    },
                )
            )
            for kind, rows in present.items():
                for number in removed[kind]:
                    del rows[number]
                rows.update(added[kind])

        assert_holds(index, present)


class TestDamage:
    @pytest.fixture
    def saved(self, tmp_path: Path, content: Content) -> Path:
        build(content).save(tmp_path / "1")
        return tmp_path / "1"

    def test_a_missing_folder_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SnapshotDamagedError):
            KnownIndex.open(tmp_path / "1")

    @pytest.mark.parametrize(
        "name", ["manifest.json", "pdq.index", "sha512.map", "sha256.map", "sha1.map", "md5.map"]
    )
    @pytest.mark.parametrize("damage", ["absent", "empty", "cut", "flipped", "folder"])
    def test_a_damaged_part_is_told(self, saved: Path, name: str, damage: str) -> None:
        part = saved / name
        whole = part.read_bytes()
        if damage in {"absent", "folder"}:
            part.unlink()
        if damage == "folder":
            part.mkdir()
        if damage == "empty":
            part.write_bytes(b"")
        if damage == "cut":
            part.write_bytes(whole[:-1])
        if damage == "flipped":
            part.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])

        with pytest.raises(SnapshotDamagedError):
            KnownIndex.open(saved)

    @pytest.mark.parametrize(
        "manifest",
        [
            [],
            None,
            {},
            {"format": "rempart.index/3", "change_number": 1},
            {"format": "rempart.index/1"},
            {"format": "rempart.index/1", "change_number": -1},
            {"format": "rempart.index/1", "change_number": "1"},
            {"format": "rempart.index/1", "change_number": 1.0},
            {"format": "rempart.index/1", "change_number": True},
        ],
    )
    def test_a_manifest_that_says_something_else_is_told(
        self, saved: Path, manifest: object
    ) -> None:
        (saved / "manifest.json").write_text(json.dumps(manifest))

        with pytest.raises(SnapshotDamagedError):
            KnownIndex.open(saved)

    @pytest.mark.parametrize(
        "text",
        [b"[" * 100_000, b"\xff\xfe", b'{"a":' * 2000, b"1" * 10_000_000],
        ids=["deep-list", "no-text", "deep-object", "long-number"],
    )
    def test_a_hostile_manifest_is_told(self, saved: Path, text: bytes) -> None:
        (saved / "manifest.json").write_bytes(text)

        with pytest.raises(SnapshotDamagedError):
            KnownIndex.open(saved)

    @pytest.mark.parametrize(
        ("name", "other"),
        [("sha1.map", "md5.map"), ("md5.map", "sha256.map"), ("pdq.index", "md5.map")],
    )
    def test_a_part_that_holds_something_else_is_told(
        self, saved: Path, name: str, other: str
    ) -> None:
        (saved / name).write_bytes((saved / other).read_bytes())

        with pytest.raises(SnapshotDamagedError):
            KnownIndex.open(saved)


class TestKilledSave:
    SCRIPT = """
import os, signal, sys
from pathlib import Path
import numpy as np
from rempart.match import KnownIndex
index = KnownIndex.build(lambda kind: [], change_number=1)
steps = int(sys.argv[2])
real = os.fsync
def dying(descriptor):
    global steps
    steps -= 1
    if steps < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(descriptor)
os.fsync = dying
index.save(Path(sys.argv[1]))
"""

    @pytest.mark.parametrize("steps", [0, 1, 4, 8])
    def test_a_killed_save_leaves_nothing_under_the_final_name(
        self, tmp_path: Path, steps: int, content: Content
    ) -> None:
        command = [sys.executable, "-c", self.SCRIPT, str(tmp_path / "1"), str(steps)]

        died = subprocess.run(command, check=False, timeout=60)

        assert died.returncode == -signal.SIGKILL
        assert not (tmp_path / "1").exists()
        build(content).save(tmp_path / "1")
        assert os.listdir(tmp_path) == ["1"]  # noqa: PTH208 - hidden names count too
        assert_holds(KnownIndex.open(tmp_path / "1"), content)

    def test_a_save_that_the_disk_refuses_leaves_nothing(
        self, tmp_path: Path, content: Content
    ) -> None:
        (tmp_path / "file").write_bytes(b"")

        with pytest.raises(OSError, match="file"):
            build(content).save(tmp_path / "file" / "1")

        assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208 - hidden names count too
