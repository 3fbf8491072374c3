"""A stamp spares a second check of the same files; it opens nothing that could make a search read outside them."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.match.hamming_oracle import uniform
from tests.match.snapshot_forgery import Sections, forge, read_sections

from rempart.match import HammingIndex, KnownIndex, SnapshotDamagedError
from rempart.match.stamps import has_stamp, remove_stamp, write_stamp
from rempart.model.fingerprint import FIXED_BYTES, PDQ_BYTES

HASHES = np.repeat(uniform(np.random.default_rng(1), 40), 2, axis=0)
QUERIES = uniform(np.random.default_rng(2), 20)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    def matchable(kind: str) -> list[tuple[np.ndarray, np.ndarray]]:
        values = np.resize(HASHES.reshape(-1), (80, FIXED_BYTES.get(kind, PDQ_BYTES)))
        return [(np.arange(80), np.ascontiguousarray(values))]

    KnownIndex.write(matchable, tmp_path / "index", change_number=1, has_cpp512_alone=False)
    return tmp_path / "index"


def test_what_was_written_and_checked_has_a_stamp(saved: Path) -> None:
    assert has_stamp(saved)
    remove_stamp(saved)
    remove_stamp(saved)
    assert not has_stamp(saved)
    KnownIndex.certify(saved)
    assert has_stamp(saved)


def test_a_stamped_index_is_not_read_whole(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sums: list[int] = []
    monkeypatch.setattr("rempart.match.snapshot._check_sum", lambda *_: sums.append(1))

    KnownIndex.open(saved, trusts_stamp=True)
    assert not sums
    KnownIndex.open(saved)
    assert sums


def _touch(path: Path) -> None:
    os.utime(path)


def _replace(path: Path) -> None:
    shutil.copy2(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0")


def _write_in_place(path: Path) -> None:
    times = path.stat()
    with path.open("r+b") as file:
        file.write(file.read(1))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("change", [_touch, _replace, _grow, _write_in_place, Path.unlink])
@pytest.mark.parametrize("name", ["manifest.json", "pdq.index", "md5.map"])
def test_whatever_was_touched_has_no_stamp(
    saved: Path, name: str, change: Callable[[Path], None]
) -> None:
    change(saved / name)
    assert not has_stamp(saved)


def test_a_copied_or_completed_folder_has_no_stamp(saved: Path) -> None:
    shutil.copytree(saved, saved.with_name("copy"))
    assert not has_stamp(saved.with_name("copy"))
    (saved / "more").write_bytes(b"")
    assert not has_stamp(saved)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "null", "[" * 100_000, '{"format": "rempart.checked/1"}', '{"files": {}}', "é"],
)
def test_a_stamp_that_is_none_is_none(saved: Path, text: str) -> None:
    (saved / "checked.json").write_text(text, encoding="utf-8")
    assert not has_stamp(saved)


def test_a_stamp_that_cannot_be_written_leaves_nothing(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_stamp(saved)
    before = sorted(saved.iterdir())

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_stamp(saved)
    assert sorted(saved.iterdir()) == before


def test_a_damaged_index_loses_its_stamp_when_it_is_checked(saved: Path) -> None:
    content = bytearray((saved / "md5.map").read_bytes())
    content[-9] ^= 1
    (saved / "md5.map").write_bytes(content)
    write_stamp(saved)  # as if the disk had altered it
    KnownIndex.open(saved, trusts_stamp=True)

    with pytest.raises(SnapshotDamagedError):
        KnownIndex.certify(saved)

    assert not has_stamp(saved)


def _outside(name: str, value: int) -> Callable[[Sections], None]:
    def attack(sections: Sections) -> None:
        sections[name][:] = value

    return attack


def _reversed(name: str) -> Callable[[Sections], None]:
    def attack(sections: Sections) -> None:
        sections[name] = np.ascontiguousarray(sections[name][::-1])

    return attack


ATTACKS = {
    "members far outside": _outside("members", 2**32 - 1),
    "members just outside": _outside("members", 80),
    "group starts far outside": _outside("group_starts", 2**32 - 1),
    "group starts just outside": _outside("group_starts", 81),
    "group starts that descend": _reversed("group_starts"),
    "ids that descend": _reversed("ids"),
}


@pytest.mark.usefixtures("layout")
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_forged_file_under_a_forged_stamp_never_leads_outside(
    tmp_path: Path, kernel: str, attack: Callable[[Sections], None]
) -> None:
    """With a stamp the starts and members are not looked through: each is checked where a search follows it."""
    path = tmp_path / "index"
    HammingIndex.build(HASHES, np.arange(80)).save(path)
    sections = read_sections(path)
    attack(sections)
    forge(path, "hamming", sections)

    index = HammingIndex.open(path, kernel=kernel, was_checked=True)

    for radius in (0, 31, 51, 64):
        _, found, _ = index.query_many(np.concatenate([HASHES, QUERIES]), radius)
        assert set(found.tolist()) <= set(range(80))


@pytest.mark.parametrize("value", [2**32 - 1, 81])
def test_offsets_are_looked_through_also_under_a_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: int
) -> None:
    monkeypatch.setattr("rempart.match._frozen.TABLES_FROM", 0)
    path = tmp_path / "index"
    HammingIndex.build(HASHES, np.arange(80)).save(path)
    sections = read_sections(path)
    sections["offsets"][:, 100] = value
    forge(path, "hamming", sections)
    with pytest.raises(SnapshotDamagedError):
        HammingIndex.open(path, was_checked=True)


def test_a_stamp_says_nothing_of_the_files_content(saved: Path) -> None:
    stamp = json.loads((saved / "checked.json").read_text())
    assert stamp["format"] == "rempart.checked/1"
    assert set(stamp["files"]) == {path.name for path in saved.iterdir()} - {"checked.json"}
    assert has_stamp(saved)
