"""Reads `context.toml`: what the operator says of a case."""

import reprlib
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from rempart.decide.errors import ContextRefusedError
from rempart.law import gazetteer
from rempart.law.errors import UnknownJurisdictionError
from rempart.model.decision import CaseContext
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Conduct, DutyBearer, Role

_KEYS: Final = ("kind", "established", "roles", "conduct", "date")
_EXPECTED_KEYS: Final = f"Expected: one of {', '.join(_KEYS)}."
_MAX_BYTES: Final = 100_000
_MOST_KEYS: Final = 100
_MOST_CODES: Final = 1_000
_LONGEST_SHOWN: Final = 80
_SHORTENED: Final = reprlib.Repr()
_SHORTENED.maxstring = _SHORTENED.maxother = _LONGEST_SHOWN

_Choice = TypeVar("_Choice", bound=StrEnum)


def read_context(name: str, content: bytes, *, today: date) -> CaseContext:
    """Return the case that a file describes.

    Args:
        name: the file's name, for messages.
        content: TOML with `kind`, `established`, `conduct`, a table `roles` (role = code or codes), and `date`.
        today: the day for which law is asked where the file names none.

    Raises:
        ContextRefusedError: the file is no TOML, or keys are missing, unknown or wrong; the first are named.
    """
    return parse_context(name, _table(name, content), today=today)


def parse_context(
    name: str, table: Mapping[str, Any], *, today: date
) -> CaseContext:  # Any: parsed
    """Return the case that a table describes, as `read_context` takes it from a file.

    Raises:
        ContextRefusedError: keys are missing, unknown or wrong; the first are named, `mistakes` has all.
    """
    if len(table) > _MOST_KEYS:
        raise ContextRefusedError(name, [f"the whole: {len(table):,} keys. {_EXPECTED_KEYS}"])
    mistakes = [f"{_shown(key)}: not known. {_EXPECTED_KEYS}" for key in table.keys() - set(_KEYS)]
    kind = _choice(DutyBearer, "kind", table, mistakes)
    conduct = _choice(Conduct, "conduct", table, mistakes)
    established = _code("established", table.get("established"), mistakes)
    roles = _roles(table.get("roles", {}), mistakes)
    on = _day(table.get("date", today), mistakes)
    if mistakes or kind is None or conduct is None or established is None:
        raise ContextRefusedError(name, sorted(mistakes))
    return CaseContext(kind=kind, established=established, roles=roles, conduct=conduct, on=on)


def context_record(context: CaseContext) -> dict[str, object]:
    """Return a case as JSON values, which `parse_context` takes back."""
    return {
        "kind": context.kind.value,
        "established": context.established,
        "roles": {role.value: list(codes) for role, codes in context.roles.items()},
        "conduct": context.conduct.value,
        "date": context.on.isoformat(),
    }


def _table(name: str, content: bytes) -> dict[str, Any]:  # Any: just parsed
    if len(content) > _MAX_BYTES:
        raise ContextRefusedError(
            name, [f"the file: too large. Expected: at most {_MAX_BYTES:,} bytes."]
        )
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # not UTF-8, no TOML, a number of 4,300 digits
        raise ContextRefusedError(name, [f"the file: no TOML 1.0 ({error})."]) from error


def _choice(
    kinds: type[_Choice], key: str, table: Mapping[str, object], mistakes: list[str]
) -> _Choice | None:
    value = table.get(key)
    if isinstance(value, str) and value in {each.value for each in kinds}:
        return kinds(value)
    expected = ", ".join(each.value for each in kinds)
    found = "missing" if value is None else f"{_told(value)} is not known"
    mistakes.append(f"{key}: {found}. Expected: one of {expected}.")
    return None


def _shown(key: str) -> str:
    """Return a key of the file so that a terminal obeys nothing in it."""
    return key if key.isprintable() and len(key) <= _LONGEST_SHOWN else _told(key)


def _told(value: object) -> str:
    """Return a value for a message, shortened where it is long or deep: a caller of the service may send megabytes."""
    return _SHORTENED.repr(value)


def _code(key: str, value: object, mistakes: list[str]) -> Jurisdiction | None:
    try:
        return gazetteer().check(value if isinstance(value, str) else "")
    except UnknownJurisdictionError:
        found = "missing" if value is None else f"{_told(value)} is no jurisdiction"
        mistakes.append(f"{key}: {found}. Expected: an ISO 3166 code such as FR or GB-SCT.")
        return None


def _roles(value: object, mistakes: list[str]) -> dict[Role, tuple[Jurisdiction, ...]]:
    if not isinstance(value, dict):
        mistakes.append('roles: no table. Expected: [roles] with lines such as host = "DE".')
        return {}
    if len(value) > _MOST_KEYS:
        mistakes.append(f"roles: {len(value):,} keys. Expected: at most {_MOST_KEYS}.")
        return {}
    roles = {}
    for key, given in value.items():
        if key not in {each.value for each in Role}:
            expected = ", ".join(each.value for each in Role)
            mistakes.append(f"roles.{_shown(key)}: not known. Expected: one of {expected}.")
            continue
        codes = given if isinstance(given, list) else [given]
        if len(codes) > _MOST_CODES:
            mistakes.append(f"roles.{key}: too many codes. Expected: at most {_MOST_CODES}.")
            continue
        checked = [_code(f"roles.{key}", each, mistakes) for each in codes]
        roles[Role(key)] = tuple(dict.fromkeys(each for each in checked if each is not None))
    return roles


def _day(value: object, mistakes: list[str]) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        parsed = _parsed(date.fromisoformat, value)
        if parsed is not None and parsed.isoformat() == value:
            return parsed
    mistakes.append(f"date: {_told(value)} is no day. Expected: a day such as 2026-06-01.")
    return date.min


def _parsed(parse: Callable[[str], date], text: str) -> date | None:
    try:
        return parse(text)
    except ValueError:
        return None
