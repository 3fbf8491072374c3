"""Videos of a list are read in every form of the field, kept in one, and written back as they are kept."""

import csv
import io
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.lists import ExportEntry, write_list
from rempart.model.fingerprint import VPDQ
from rempart.model.identifiers import EntryId
from rempart.model.video import LARGEST_FRAMES, VideoFrame, frames_text, parse_frames

ONE, OTHER = "0f" * 32, "a5" * 32
CANONICAL = f'["{ONE},100,0.000","{OTHER},49,1.500"]'

frames = st.lists(
    st.builds(
        VideoFrame,
        st.binary(min_size=32, max_size=32).filter(any),
        st.integers(0, 100),
        st.integers(0, 10**9),
    ),
    min_size=1,
    max_size=5,
).map(lambda found: tuple(sorted(found, key=lambda frame: frame.milliseconds)))


def row(value: str, kind: str = "vpdq") -> str:
    """Return our own CSV with one value."""
    text = io.StringIO()
    csv.writer(text).writerow([kind, value, "1"])
    return "type,value,category\n" + text.getvalue()


@pytest.mark.parametrize("name", ["vpdq", "vPDQ", "VPDQ", "v-pdq"])
@pytest.mark.parametrize(
    "written",
    [
        CANONICAL,
        json.dumps([f"{OTHER.upper()},49,1.5", f"{ONE},100,0"]),
        json.dumps(
            {
                "0": {"quality": 100, "hash": ONE, "timestamp": 0},
                "30": {"quality": 49, "hash": OTHER, "timestamp": 1.5},
            }
        ),
        f"0,100,{ONE},0.00\n30,49,{OTHER},1.50\n",
    ],
    ids=["list", "list out of order", "object", "lines"],
)
def test_every_form_of_the_field_is_kept_in_one(read: Any, written: str, name: str) -> None:
    result = read(row(written, name))

    assert result.codes == []
    [draft] = result.drafts
    assert [(each.kind, each.text) for each in draft.fingerprints] == [(VPDQ, CANONICAL)]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("[]", "bad-value"),
        ("nothing of the kind", "bad-value"),
        ('["abc,100,0.0"]', "bad-value"),
        (f'["{ONE},101,0.0"]', "bad-value"),
        (f'["{ONE},100,-1.0"]', "bad-value"),
        (f'["{ONE},100,1e9"]', "bad-value"),
        ("[" * 60_000, "bad-value"),
        ('{"0":{"quality":100,"hash":"","timestamp":0}}', "bad-value"),
        (f'["{"0" * 64},80,0.0"]', "all-zero"),
        pytest.param(
            "[" + ",".join([f'"{ONE},1,0.0"'] * (LARGEST_FRAMES + 1)) + "]",
            "bad-value",
            marks=pytest.mark.long,
        ),
        pytest.param("x" * 8 * 1024 * 1024, "field-too-long", marks=pytest.mark.long),
    ],
    ids=[
        "no frames",
        "words",
        "short",
        "quality",
        "time before",
        "time as power",
        "deep",
        "no hash",
        "blank frame",
        "too many",
        "too long",
    ],
)
def test_what_is_no_video_is_refused_and_the_rest_goes_on(
    read: Any, written: str, code: str
) -> None:
    padded = written + " x" if code == "field-too-long" else written
    result = read(row(padded) + f"pdq,{ONE},2\n")

    assert [each for _, each in result.codes] == [code]
    assert len(result.drafts) == 1


def test_times_are_read_as_python_threatexchange_writes_them(read: Any) -> None:
    seconds = [0.0, 0.04, 0.00001, 59.999, 99.0, 100.0, 125.0, 3601.0, 86_399.0]
    written = [f"{format(at + 1, '064x')},90,{time:.3}" for at, time in enumerate(seconds)]
    assert written[5].endswith(",1e+02")

    [draft] = read(row(json.dumps(written))).drafts

    read_back = [each.milliseconds for each in parse_frames(draft.fingerprints[0].text)]
    assert read_back == [0, 0, 40, 60_000, 99_000, 100_000, 125_000, 3_600_000, 86_400_000]


def test_a_blank_frame_of_low_quality_is_kept(read: Any) -> None:
    [draft] = read(row(f'["{"0" * 64},0,0.0","{ONE},90,1.0"]')).drafts

    assert len(parse_frames(draft.fingerprints[0].text)) == 2


@pytest.mark.long
def test_a_day_of_frames_is_read(read: Any) -> None:
    day = frames_text(
        VideoFrame(at.to_bytes(32, "big"), 49, at * 1000) for at in range(1, LARGEST_FRAMES + 1)
    )

    [draft] = read(row(day)).drafts

    assert draft.fingerprints[0].text == day


def test_no_other_cell_may_be_that_long(read: Any) -> None:
    long = "x" * 131_073
    result = read(f'type,value,comment\nvpdq,"{CANONICAL.replace(chr(34), chr(34) * 2)}",{long}\n')

    assert result.codes == [(1, "field-too-long")]


@given(found=frames)
@settings(max_examples=20)
def test_a_list_that_was_written_reads_the_same(read: Any, found: tuple[VideoFrame, ...]) -> None:
    [draft] = read(row(frames_text(found))).drafts
    sink = io.BytesIO()
    entry = ExportEntry(
        entry_id=EntryId(UUID(int=1)),
        fingerprints=draft.fingerprints,
        labels=draft.labels,
        source_id=None,
        raw=None,
    )
    write_list([entry], sink, format="csv", list_name="exercise")

    [again] = read(sink.getvalue().decode()).drafts

    assert again.fingerprints == draft.fingerprints
    assert parse_frames(again.fingerprints[0].text) == found
