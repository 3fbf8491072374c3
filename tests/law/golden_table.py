"""The golden table: questions as command lines, and how a record differs from what was derived by hand."""

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

GOLDEN: Final = Path(__file__).parent / "golden"

Json = Any  # values as TOML and JSON have them

_STATE_OPTIONS: Final = ("--state", "--from", "--to", "--established")


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """One question with the answer that a person derived from the facts.

    Attributes:
        file: name of the file that holds it, without its ending.
        ask: the command line behind `rempart law`.
        expected: the other keys of its table, as the README of the folder explains them.
    """

    file: str
    ask: str
    expected: Mapping[str, Json]

    @property
    def words(self) -> list[str]:
        """The command line in words."""
        return shlex.split(self.ask)

    def values(self, option: str) -> list[str]:
        """Return every value that an option of the command line has."""
        words = self.words
        return [words[place + 1] for place, word in enumerate(words) if word == option]

    def states(self) -> set[str]:
        """Return every jurisdiction that the question names."""
        named = {value for option in _STATE_OPTIONS for value in self.values(option)}
        return named | {value.partition("=")[2] for value in self.values("--role")}


def golden_questions() -> list[GoldenQuestion]:
    """Return the whole table, file by file."""
    return [
        GoldenQuestion(path.stem, table["ask"], table)
        for path in sorted(GOLDEN.glob("*.toml"))
        for table in tomllib.loads(path.read_text(encoding="utf-8"))["question"]
    ]


def differences(expected: Mapping[str, Json], record: Mapping[str, Json]) -> list[str]:
    """Return every point in which a record is not what was derived; none where it is."""
    found = [*_answer(expected, record), *_cited(expected, record), *_penalty(expected, record)]
    for name in ("deadlines", "duties"):
        found += _listed(name, expected, record)
    for name, rows, key, value in _TABLES:
        got = {each[key]: each[value] for each in record.get(rows, [])}
        wanted = expected.get(name, {})
        found += [
            f"{name} {each}: {wanted[each]}, got {got.get(each)}"
            for each in wanted
            if got.get(each) != wanted[each]
        ]
    if "candidates" in expected:
        unexpected = {each["state"] for each in record["candidates"]} - {*expected["candidates"]}
        found += [f"candidate {each} was not derived" for each in sorted(unexpected)]
    return found


_TABLES: Final = (
    ("candidates", "candidates", "state", "answer"),
    ("refusal", "refusal_grounds", "ground", "answer"),
    ("obligations", "obligations", "article", "status"),
)
"""Tables of the golden answer: its key, the rows of the record, and what stands in a row."""


def _answer(expected: Mapping[str, Json], record: Mapping[str, Json]) -> Iterator[str]:
    if record["answer"] != expected["answer"]:
        yield f"answer {expected['answer']}, got {record['answer']} ({record['why']['code']})"
    if expected.get("asks") and not record["asks"]:
        yield "nothing is asked of a lawyer"


def _cited(expected: Mapping[str, Json], record: Mapping[str, Json]) -> Iterator[str]:
    steps = record["derivation"]
    cited = [each["article"] for each in steps]
    cited += [fact["basis"] or "" for each in steps for fact in each["facts"]]
    for article in expected["articles"]:
        if not any(article in each for each in cited):
            yield f"{article} is not cited"


def _penalty(expected: Mapping[str, Json], record: Mapping[str, Json]) -> Iterator[str]:
    if "penalty" not in expected:
        return
    penalty = record.get("penalty") or {}
    got = {f"{end}_months": _months(penalty.get(end)) for end in ("min", "max")}
    got["fine_only"] = penalty.get("fine_only")
    for name, wanted in expected["penalty"].items():
        if got[name] != wanted:
            yield f"penalty {name} {wanted}, got {got[name]}"


def _months(period: Mapping[str, Json] | None) -> int | None:
    if period is None:
        return None
    assert period["unit"] == "months"
    value: int = period["value"]
    return value


def _listed(name: str, expected: Mapping[str, Json], record: Mapping[str, Json]) -> Iterator[str]:
    rows = [{**(each.get("within") or {}), **each} for each in record.get(name, [])]
    for wanted in expected.get(name, []):
        if not any(_fits(wanted, row) for row in rows):
            yield f"{name}: {wanted} is missing"
    for unwanted in expected.get(f"no_{name}", []):
        if any(_fits(unwanted, row) for row in rows):
            yield f"{name}: {unwanted} must not be given"


def _fits(wanted: Mapping[str, Json], row: Mapping[str, Json]) -> bool:
    """Tell whether a row says what is wanted; an article may be named at greater length."""
    return all(
        value in str(row.get(name)) if name == "article" else row.get(name) == value
        for name, value in wanted.items()
    )
