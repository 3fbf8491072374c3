"""A snapshot is untrusted: torn, altered and forged files are refused, and never read out of bounds."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from tests.match.hamming_oracle import uniform
from tests.match.snapshot_forgery import (
    COUNT_AT,
    HEAD_BYTES,
    RECORD_BYTES,
    Sections,
    forge,
    read_sections,
    with_right_head_sum,
)

from rempart.match import HammingIndex, SnapshotDamagedError
from rempart.model.errors import DamagedError

RNG = np.random.default_rng(1)
HASHES = np.repeat(uniform(RNG, 40), 2, axis=0)[:70]
IDS = np.arange(70, dtype=np.int64)


@pytest.fixture
def path(tmp_path: Path, layout: str) -> Path:
    assert layout
    HammingIndex.build(HASHES, IDS).save(tmp_path / "index")
    return tmp_path / "index"


def refuses(path: Path, data: bytes | None = None) -> bool:
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(SnapshotDamagedError, match="Rebuild") as caught:
        HammingIndex.open(path)
    return isinstance(caught.value, DamagedError)


def test_every_flipped_byte_of_the_head_is_found(path: Path) -> None:
    data = path.read_bytes()
    count = struct.unpack_from("<I", data, COUNT_AT)[0]
    for at in range(HEAD_BYTES + RECORD_BYTES * count):
        with path.open("r+b") as file:  # nobody has it mapped, and the file is large
            file.seek(at)
            file.write(bytes([data[at] ^ (1 << (at % 8))]))
        assert refuses(path)
        with path.open("r+b") as file:
            file.seek(at)
            file.write(data[at : at + 1])
    assert len(HammingIndex.open(path)) == len(IDS)


def test_flipped_bytes_of_sections_and_gaps_are_found(path: Path) -> None:
    data = path.read_bytes()
    places = np.random.default_rng(2).integers(HEAD_BYTES, len(data), 60).tolist()
    for at in [*places, len(data) - 1]:
        altered = bytearray(data)
        altered[at] ^= 1 << (at % 8)
        assert refuses(path, bytes(altered))


def test_torn_and_longer_files_are_refused(path: Path) -> None:
    data = path.read_bytes()
    cuts = [0, 1, 7, 8, 47, 48, 111, 112, len(data) // 2, len(data) - 64, len(data) - 1]
    for cut in cuts:
        assert refuses(path, data[:cut])
    assert refuses(path, data + b"\0")
    assert refuses(path, data + data)
    assert refuses(path, bytes(len(data)))


@pytest.mark.parametrize(
    ("at", "layout_of_field", "value"),
    [
        (8, "<I", 2),  # version
        (8, "<I", 0),
        (12, "<I", 0x0403_0201),  # byte order
        (16, "<16s", b"digests"),  # kind
        (32, "<Q", 2**63),  # file size
        (COUNT_AT, "<I", 0),
        (HEAD_BYTES + 24, "<I", 0),  # axes of the first section
        (HEAD_BYTES + 24, "<I", 3),
        (HEAD_BYTES + 24, "<I", 2),
        (HEAD_BYTES + 16, "<8s", b"<i4"),  # its type
        (HEAD_BYTES + 16, "<8s", b"|O"),
        (HEAD_BYTES, "<16s", b"no such name"),
        (HEAD_BYTES, "<16s", b"members"),  # then twice there, and ids are missing
        (HEAD_BYTES + 32, "<Q", 2**64 - 1),  # rows
        (HEAD_BYTES + 32, "<Q", 2**61 + 70),  # rows whose size wraps round
        (HEAD_BYTES + 32, "<Q", 71),
        (HEAD_BYTES + 40, "<Q", 2),  # columns
        (HEAD_BYTES + 48, "<Q", 0),  # offset
        (HEAD_BYTES + 48, "<Q", 2**64 - 64),
        (HEAD_BYTES + 56, "<Q", 2**64 - 8),  # size
        (HEAD_BYTES + 56, "<Q", 0),
    ],
)
def test_crafted_heads_with_right_checksums_are_refused(
    path: Path, at: int, layout_of_field: str, value: object
) -> None:
    data = bytearray(path.read_bytes())
    struct.pack_into(layout_of_field, data, at, value)
    assert refuses(path, with_right_head_sum(data))


def test_a_head_with_countless_sections_is_refused(path: Path) -> None:
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, COUNT_AT, 2**32 - 1)
    assert refuses(path, bytes(data))


def _set(name: str, value: object) -> object:
    def attack(sections: Sections) -> None:
        if name not in sections:
            pytest.skip("this layout has no such section")
        assert callable(value)
        sections[name] = np.ascontiguousarray(value(sections[name].copy()))

    return attack


def _drop(*names: str) -> object:
    def attack(sections: Sections) -> None:
        for name in names:
            sections.pop(name, None)

    return attack


def _shifted(array: np.ndarray) -> np.ndarray:
    array[..., 100] += 1 << 20
    return array


REFUSED = {
    "ids that repeat": _set("ids", np.zeros_like),
    "ids that descend": _set("ids", lambda a: a[::-1]),
    "too few ids": _set("ids", lambda a: a[:-1]),
    "no hashes": _drop("columns", "rows"),
    "groups without members": _drop("members"),
    "members without groups": _drop("group_starts"),
    "fewer groups": _drop("group_starts", "members"),
    "members outside": _set("members", lambda a: a + np.uint32(1)),
    "too few members": _set("members", lambda a: a[:-1]),
    "no group start at all": _set("group_starts", lambda a: a[:0]),
    "group starts beyond the end": _set("group_starts", lambda a: a * np.uint32(2)),
    "group starts that descend": _set("group_starts", lambda a: a[::-1]),
    "offsets beyond the end": _set("offsets", _shifted),
    "offsets that start late": _set("offsets", lambda a: np.maximum(a, 1)),
    "offsets all zero": _set("offsets", np.zeros_like),
    "offsets of another width": _set("offsets", lambda a: a[:, :-1]),
    "offsets of fewer tables": _set("offsets", lambda a: a[:-1]),
    "rows of another width": _set("rows", lambda a: a[:, :3]),
    "fewer rows": _set("rows", lambda a: a[:-1]),
    "fewer table entries": _set("table_groups", lambda a: a[:, :-1]),
    "no room behind the sketches": _set("sketches", lambda a: a[:-1]),
    "no tables": lambda s: _drop("offsets")(s) if "rows" in s else _drop("columns")(s),  # type: ignore[operator]  # as above
    "columns too short": _set("columns", lambda a: a[:, :0]),
    "columns that are no multiple": _set("columns", lambda a: a[:, :-1]),
    "fewer columns": _set("columns", lambda a: a[:3]),
}


@pytest.mark.parametrize("attack", REFUSED.values(), ids=REFUSED.keys())
def test_forged_content_with_right_checksums_is_refused(path: Path, attack: object) -> None:
    sections = read_sections(path)
    assert callable(attack)
    attack(sections)
    forge(path, "hamming", sections)
    assert refuses(path)


@pytest.mark.parametrize("value", [40, 41, 2**31, 2**32 - 1])
def test_hostile_table_entries_are_never_followed(
    tmp_path: Path, kernel: str, monkeypatch: pytest.MonkeyPatch, value: int
) -> None:
    """Group numbers outside the file, in every bucket, with right checksums: opening works, searching finds nothing."""
    monkeypatch.setattr("rempart.match._frozen.TABLES_FROM", 0)
    monkeypatch.setattr("rempart.match._frozen.COLUMNS_BELOW", 0)
    HammingIndex.build(HASHES, IDS).save(tmp_path / "index")
    sections = read_sections(tmp_path / "index")
    sections["table_groups"][:] = value
    forge(tmp_path / "index", "hamming", sections)
    index = HammingIndex.open(tmp_path / "index", kernel=kernel)
    for radius in (0, 31, 51, 64):
        found = index.query_many(HASHES, radius)[1]
        assert kernel == "numpy" or len(found) == 0
        assert index.query(HASHES[0].tobytes(), radius) is not None


def test_tables_that_name_one_group_everywhere_stay_bounded(tmp_path: Path, kernel: str) -> None:
    rng = np.random.default_rng(3)
    hashes = uniform(rng, 20_000)
    index = HammingIndex.build(hashes, np.arange(20_000))
    index.save(tmp_path / "index")
    sections = read_sections(tmp_path / "index")
    del sections["columns"]
    sections["table_groups"][:] = 7
    sections["sketches"][:] = 0
    forge(tmp_path / "index", "hamming", sections)
    opened = HammingIndex.open(tmp_path / "index", kernel=kernel)
    for radius in (31, 64):
        found = opened.query(hashes[7].tobytes(), radius)
        assert len(found) <= 16 * 20_000


def test_things_that_are_no_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refuses(tmp_path / "pipe")
    assert refuses(tmp_path)
    with pytest.raises(FileNotFoundError):
        HammingIndex.open(tmp_path / "absent")
