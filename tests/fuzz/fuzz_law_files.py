"""Fuzz files of law data: whatever the bytes, there are facts, or mistakes with a line of the file.

Run: `python tests/fuzz/fuzz_law_files.py -max_total_time=60 -close_fd_mask=2` (libFuzzer's options).
"""

import contextlib
import sys
import tempfile
from datetime import date
from pathlib import Path

from rempart.law.errors import LawDataRefusedError, Mistake
from rempart.law.library import hash_facts, open_shelf
from rempart.law.reading import LawFile, read_facts
from rempart.law.shipped import read_gazetteer
from rempart.law.versions import DataVersion, read_versions

_VERSIONS = [DataVersion(name, date(2026, 11, 22), "Exercise", "") for name in ("1", "2")]
_HEAD = 'schema = "rempart.law-data/1"\nsubject = "FR"\n'
_FACT = """
[[fact]]
id = "FR.penalty.possession.1"
topic = "penalty.possession"
value = "up to 5 years"
source = "https://law.example"
as_of = { date = 2026-04-02, precision = "day", text = "2026-04-02" }
confidence = "high"
recorded = "1"
max_months = 60
"""
_LATER = _FACT.replace("possession.1", "possession.2").replace(
    'recorded = "1"',
    'recorded = "2"\nvalid_from = 2027-01-01\nsupersedes = "FR.penalty.possession.1"',
)
_RIGHT = _FACT.replace("possession.1", "possession.3").replace(
    'recorded = "1"', 'recorded = "2"\ncorrects = "FR.penalty.possession.1"'
)
_LONG = _FACT + 'detail = \'\'\'a\n[[fact]]\nid = "b"\n\'\'\'\nbasis = """c\n""""\n'
_DOTTED = "as_of.date = 2026-04-02\nas_of.precision = 'day'\nas_of.text = '''2026'''"
SEEDS = (
    _HEAD + _FACT,
    _HEAD + _FACT + _LATER + _RIGHT,
    _HEAD + _LONG,
    _HEAD
    + _FACT.replace(
        'as_of = { date = 2026-04-02, precision = "day", text = "2026-04-02" }', _DOTTED
    ),
    _HEAD + "fact = [\n  { id = 'x' },\n  5,\n]\n",
    _HEAD + _FACT + "[fact.as_of]\ndate = 2026-04-02T00:00:00Z\n[other]\n",
    _HEAD + _FACT + '"a\\u001b" = [[[[[[1]]]]]]\n',
    f"{_HEAD}[[version]]\nid = '1'\ndate = 2026-11-22\ntitle = 'Exercise'\nhash = ''\n",
    f"{_HEAD}iso = ['FR']\n[[jurisdiction]]\ncode = 'FR'\nname_en = 'France'\nname_fr = 'France'\n",
)


def fuzz_one(data: bytes) -> None:
    """Read these bytes as each kind of file of law data; let everything but our own refusal escape."""
    file = LawFile("exercise.toml", data)
    facts, mistakes = read_facts(file)
    _check_mistakes(mistakes, data)
    hash_facts(each.fact for each in facts)
    for each in facts:
        if each.fact.id.startswith(f"{each.fact.subject}.") is not True and not mistakes:
            raise AssertionError(each)
    with contextlib.suppress(LawDataRefusedError):
        shelf = open_shelf(
            [file], overlay=[], versions=_VERSIONS, own_law=[], subjects=["FR", "budapest"]
        )
        if mistakes or len(shelf.every_fact()) != len(facts):
            raise AssertionError(mistakes)
        for version in _VERSIONS:
            shelf.library(version.id)
    for read in (read_versions, read_gazetteer):
        try:
            read(file)
        except LawDataRefusedError as refused:
            _check_mistakes(refused.mistakes, data)


def _check_mistakes(mistakes: list[Mistake] | tuple[Mistake, ...], data: bytes) -> None:
    lines = data.count(b"\n") + 1
    for each in mistakes:
        if not 1 <= each.line <= lines or not str(each).isprintable() or not each.expected:
            raise AssertionError(each)


def main() -> None:
    """Fuzz until told to stop, starting from the seeds."""
    import atheris  # noqa: PLC0415 - only the fuzzer itself needs it

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS):
            Path(folder, str(number)).write_text(seed, encoding="utf-8")
        atheris.Setup([*sys.argv, folder], atheris.instrument_func(fuzz_one))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
