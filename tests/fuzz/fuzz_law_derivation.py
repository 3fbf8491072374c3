"""Fuzz records of answers: whatever the JSON, computing one again gives an Answer or a DerivationError.

Run: `python tests/fuzz/fuzz_law_derivation.py -max_total_time=60` (libFuzzer's options). The first byte chooses: the
rest is JSON, or says what to change in the record of a real answer.
"""

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from rempart.law import (
    Deed,
    DerivationError,
    LawBook,
    Organisation,
    answer_record,
    duties_of,
    find_channel,
    gazetteer,
    is_crime,
    is_dual,
    is_party,
    measure_gaps,
    open_law,
    recompute,
    who_may_claim,
)
from rempart.law.questions.country import profile
from rempart.model.law import (
    Answer,
    Conduct,
    DutyBearer,
    Material,
    Message,
    Need,
    Role,
    Treaty,
)
from rempart.model.law_answers import LawAnswer

_ON = date(2026, 6, 1)
_EDIT_BYTES = 4
_MOST_EDITS = 5
_JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    10**30,
    1.5,
    "",
    "yes",
    "check",
    "F-1",
    "2024-02-30",
    "9999-12-31",
    "unknown",
    [],
    [0],
    ["yes", []],
    {},
    {"on": "x"},
    {"code": "a", "params": {}, "text": ""},
)


@cache
def records() -> tuple[str, ...]:
    """Return the records of one real answer of every kind, as JSON."""
    return tuple(
        json.dumps(answer_record(each, _no_words, is_brief=brief))
        for each in _answers()
        for brief in (False, True)
    )


def _no_words(_: Message) -> str:
    return ""


def _answers() -> Iterator[LawAnswer]:
    book = LawBook(open_law().library())
    france, japan, denmark = (gazetteer().check(code) for code in ("FR", "JP", "DK"))
    deed = Deed(Conduct.POSSESSION, Material.REAL_CHILD, _ON)
    roles = {Role.HOST: (japan,), Role.SUSPECT: (france,)}
    organisation = Organisation(DutyBearer.PLATFORM, france)
    yield is_crime(book, japan, deed)
    yield is_crime(book, denmark, Deed(Conduct.ACCESS, Material.SELF_MADE_CONSENSUAL, _ON, 16))
    yield is_dual(book, france, japan, deed)
    yield is_party(book, denmark, Treaty.BUDAPEST, _ON)
    yield find_channel(book, france, japan, deed, Need.PRESERVATION)
    yield find_channel(book, france, japan, deed, Need.EXTRADITION)
    yield who_may_claim(book, deed.conduct, roles, _ON, deed.material)
    yield duties_of(book, organisation, roles, deed.conduct, deed.material, _ON)
    yield measure_gaps(book, denmark, "lanzarote", _ON)
    yield profile(book, denmark, _ON)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:  # Any: JSON
    """Yield every place in a JSON value that can be changed: what holds it, and its key."""
    keys: Sequence[Any] = ()
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield value, key
        yield from _places(value[key])


def changed(data: bytes) -> Any:  # Any: JSON
    """Return the record of a real answer with changes: each four bytes name a place, what to do, and a value."""
    chosen = records()
    record = json.loads(chosen[data[0] % len(chosen)])
    last = min(len(data), _MOST_EDITS * _EDIT_BYTES + 1)
    for at in range(1, last - _EDIT_BYTES + 1, _EDIT_BYTES):
        high, low, action, number = data[at : at + _EDIT_BYTES]
        places = list(_places(record))
        if not places:
            break
        holder, key = places[(high << 8 | low) % len(places)]
        if action % 4 == 0:
            del holder[key]
        elif action % 4 == 1:
            other, name = places[number * len(places) // 256]
            holder[key] = json.loads(json.dumps(other[name]))
        else:
            holder[key] = _JUNK[number % len(_JUNK)]
    return record


def fuzz_one(data: bytes) -> None:
    """Compute the answer of a record again; let everything but DerivationError escape."""
    if len(data) <= 1:
        return
    record: Any = None  # JSON
    with contextlib.suppress(ValueError, RecursionError):
        record = changed(data[1:]) if data[0] % 4 else json.loads(data[1:])
    with contextlib.suppress(DerivationError):
        if not isinstance(recompute(record), Answer):
            raise AssertionError(record)  # noqa: TRY004 - a finding, no wrong argument


def write_seeds(folder: Path) -> None:
    """Write real records, and inputs that change them, for the fuzzer to start from."""
    for number, text in enumerate(records()):
        (folder / f"whole-{number}").write_bytes(b"\0" + text.encode())
        (folder / f"changed-{number}").write_bytes(bytes([1, number, 9, number, 3, number]))


def main() -> None:
    """Fuzz until told to stop, starting from the seeds."""
    import atheris  # noqa: PLC0415 - only the fuzzer itself needs it

    with tempfile.TemporaryDirectory() as folder:
        write_seeds(Path(folder))
        atheris.Setup([*sys.argv, folder], atheris.instrument_func(fuzz_one))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
