"""The exercise lists: as many rows as promised, one form, the same bytes from the same seed."""

import csv
import io
import re
import tomllib
from itertools import pairwise

import pytest

from rempart.node import demo
from rempart.node.demo.exercise_lists import CATEGORIES, COLUMNS

KNOWN = (
    demo.KnownPicture("first.png", pdq_hex="0f" * 32, quality=100, sha256_hex="ab" * 32),
    demo.KnownPicture("second, with a comma.png", pdq_hex="f0" * 32, quality=34),
    demo.KnownPicture("third.png", sha256_hex="cd" * 32),
)


def ignore(_done: int, _all: int) -> None:
    """Show no progress."""


def known_list(*, entries: int, seed: int = 5) -> bytes:
    sink = io.BytesIO()
    assert (
        demo.write_known_list(sink, KNOWN, entries=entries, seed=seed, progress=ignore) == entries
    )
    return sink.getvalue()


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("ascii"), newline="")))


def test_known_list_has_the_header_and_exactly_the_rows_asked_for() -> None:
    content = known_list(entries=70_000)  # more than one piece

    assert content.startswith(b"id,type,value,category,source,list_version,first_seen,comment\n")
    assert tuple(content.splitlines()[0].decode().split(",")) == COLUMNS
    assert len(rows_of(content)) == 70_000
    assert content.endswith(b"\n")
    assert b"\r" not in content


def test_every_row_has_one_form_and_an_id_of_its_own() -> None:
    rows = rows_of(known_list(entries=70_000))

    assert len({row["id"] for row in rows}) == 70_000
    assert {row["type"] for row in rows} == {"pdq", "sha256"}
    assert {row["category"] for row in rows} == set(CATEGORIES)
    assert all(re.fullmatch(r"[0-9a-f]{64}", row["value"], re.ASCII) for row in rows)
    assert not [row for row in rows if None in row or None in row.values()]


def test_synthetic_values_differ_and_are_uniform() -> None:
    rows = [
        row for row in rows_of(known_list(entries=20_005)) if row["id"].startswith("synthetic-")
    ]
    values = [row["value"] for row in rows]
    ones = sum(int(value, 16).bit_count() for value in values)

    assert len(set(values)) == len(values)
    assert ones / len(values) == pytest.approx(128, abs=1)


def test_pictures_come_first_with_a_row_for_each_fingerprint() -> None:
    rows = rows_of(known_list(entries=10))

    assert [(row["id"], row["type"], row["value"]) for row in rows[:4]] == [
        ("known-first.png-pdq", "pdq", "0f" * 32),
        ("known-first.png-sha256", "sha256", "ab" * 32),
        ("known-second, with a comma.png-pdq", "pdq", "f0" * 32),
        ("known-third.png-sha256", "sha256", "cd" * 32),
    ]
    assert rows[0]["comment"] == "benign picture first.png; PDQ quality 100"
    assert [row["id"] for row in rows[4:6]] == ["synthetic-000000001", "synthetic-000000002"]


def test_same_seed_gives_the_same_bytes_and_another_seed_other_values() -> None:
    assert known_list(entries=500, seed=1) == known_list(entries=500, seed=1)
    assert known_list(entries=500, seed=1) != known_list(entries=500, seed=2)


def test_list_of_the_pictures_alone_has_no_synthetic_row() -> None:
    assert len(rows_of(known_list(entries=4))) == 4


@pytest.mark.parametrize("entries", [-1, 0, 3, 10**9])
def test_impossible_number_of_entries_is_refused_before_anything_is_written(entries: int) -> None:
    sink = io.BytesIO()

    with pytest.raises(demo.ExerciseListError):
        demo.write_known_list(sink, KNOWN, entries=entries, seed=1, progress=ignore)

    assert sink.getvalue() == b""


def test_two_pictures_of_one_name_are_refused() -> None:
    with pytest.raises(demo.ExerciseListError, match="same name"):
        demo.write_harmless_list(io.BytesIO(), (KNOWN[0], KNOWN[0]))


def test_progress_grows_up_to_all_rows() -> None:
    calls: list[tuple[int, int]] = []

    demo.write_known_list(
        io.BytesIO(), KNOWN, entries=150_000, seed=1, progress=lambda *call: calls.append(call)
    )

    assert calls[-1] == (150_000, 150_000)
    assert len(calls) > 2
    assert all(before[0] < after[0] for before, after in pairwise(calls))


def test_harmless_list_holds_the_given_fingerprints_only() -> None:
    sink = io.BytesIO()

    count = demo.write_harmless_list(sink, KNOWN)

    rows = rows_of(sink.getvalue())
    assert count == len(rows) == 4
    assert {row["category"] for row in rows} == {"exercise-harmless"}
    assert {row["value"] for row in rows} == {"0f" * 32, "ab" * 32, "f0" * 32, "cd" * 32}
    assert not {row["id"] for row in rows} & {row["id"] for row in rows_of(known_list(entries=4))}


def test_label_map_names_its_scheme_and_leaves_one_category_unmapped() -> None:
    label_map = tomllib.loads(demo.LABEL_MAP_TEXT)

    assert set(label_map) == {"scheme", "scheme_version", "region", "map"}
    assert set(CATEGORIES) - set(label_map["map"]) == {"exercise-D"}
    assert all(raw.startswith("exercise-") for raw in label_map["map"])
