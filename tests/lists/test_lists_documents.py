"""The reference says what the code does."""

import re
from pathlib import Path

import pytest

from rempart.lists import BAD_RECORD_CODES, READ_FORMATS, ColumnMap, LabelMap, limits
from rempart.lists.csv_plan import FURTHER_COLUMNS, OWN_COLUMNS

_ROOT = Path(__file__).parents[2]
REFERENCE = (_ROOT / "docs" / "reference" / "list-formats.md").read_text(encoding="utf-8")
GUIDE = (_ROOT / "docs" / "how-to" / "import-a-list.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return REFERENCE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_bad_record_code_is_in_the_reference_with_its_meaning() -> None:
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", section("Bad records"), re.MULTILINE))
    assert rows == dict(BAD_RECORD_CODES)


def test_every_format_has_a_section_in_the_reference() -> None:
    titles = re.findall(r"^## (.+)$", REFERENCE, re.MULTILINE)
    assert [
        name for name in READ_FORMATS if not any(f"`{name}`" in title for title in titles)
    ] == []


def test_the_examples_of_maps_are_right() -> None:
    (columns,) = re.findall(r"```toml\n(.*?)```", section("Column map"), re.DOTALL)
    parsed = ColumnMap.parse(columns)
    assert (parsed.id, parsed.keep, parsed.delimiter) == ("Image ID", ("Series name",), ";")
    (labels,) = re.findall(r"```toml\n(.*?)```", section("Label map"), re.DOTALL)
    assert LabelMap.parse(labels).meanings["1"] == "exercise-A"


def test_every_column_of_our_csv_is_in_the_reference() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", section("`csv`: our own table"), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == {*OWN_COLUMNS, *FURTHER_COLUMNS}


@pytest.mark.parametrize(
    "limit",
    [
        limits.MAX_LINE_CHARS,
        limits.MAX_RECORD_BYTES,
        limits.MAX_ROW_CHARS,
        limits.MAX_VIDEO_CHARS,
        limits.MAX_COLUMNS,
        limits.MAX_FIELD_CHARS,
        limits.MAX_DEPTH,
        limits.MAX_FINGERPRINTS,
        limits.MAX_LABELS,
        limits.MAX_ID_CHARS,
        limits.MAX_LABEL_CHARS,
    ],
)
def test_every_limit_is_in_the_reference(limit: int) -> None:
    assert f"| {limit:,} " in section("Limits")


def test_the_guide_names_codes_that_exist() -> None:
    for code in ("duplicate-md5", "wrong-cell-count", "bad-quoting"):
        assert code in GUIDE
        assert code in BAD_RECORD_CODES
