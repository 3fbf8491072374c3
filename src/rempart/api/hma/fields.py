"""Values of requests, read as HMA's clients may write them: a number as text, a truth in one of several words."""

import math
from collections.abc import Mapping
from typing import Final

from rempart.node.hma import BadRequestError, FieldProblem, MissingFieldsError

_TRUE: Final = frozenset({"true", "1", "yes", "on", "t", "y"})
_FALSE: Final = frozenset({"false", "0", "no", "off", "f", "n"})
_LONGEST_NUMBER: Final = 40


def required_text(given: Mapping[str, object], *names: str) -> tuple[str, ...]:
    """Return texts that must be there.

    Raises:
        MissingFieldsError: some are not, or are no texts; all of them are told.
    """
    problems = []
    for name in names:
        value = given.get(name)
        if name not in given:
            problems.append(FieldProblem(name, "missing", "Field required"))
        elif not isinstance(value, str):
            problems.append(FieldProblem(name, "string_type", "Input should be a valid string"))
    if problems:
        raise MissingFieldsError(problems)
    return tuple(str(given[name]) for name in names)


def optional_text(given: Mapping[str, object], name: str) -> str | None:
    """Return a text that may be absent.

    Raises:
        MissingFieldsError: it is there and no text.
    """
    if given.get(name) is None:
        return None
    return required_text(given, name)[0]


def truth(given: Mapping[str, object], name: str) -> bool | None:
    """Return a truth value, or None where it is absent.

    Raises:
        MissingFieldsError: it is none.
    """
    value = given.get(name)
    if value is None:
        return None
    word = str(value).lower() if isinstance(value, (str, int)) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    problem = FieldProblem(name, "bool_parsing", "Input should be a valid boolean")
    raise MissingFieldsError([problem])


def ratio(given: Mapping[str, object], name: str) -> float | None:
    """Return a share between 0 and 1, or None where it is absent; a numeric text is as good as a number.

    Raises:
        MissingFieldsError: it is no number.
        BadRequestError: it lies outside 0 to 1.
    """
    value = given.get(name)
    if value is None:
        return None
    number = _number(value)
    if number is None:
        problem = FieldProblem(name, "float_parsing", "Input should be a valid number")
        raise MissingFieldsError([problem])
    if not 0 <= number <= 1:
        msg = f"Field `{name}` must lie between 0 and 1"
        raise BadRequestError(msg)
    return number


def _number(value: object) -> float | None:
    if not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value if not isinstance(value, str) else value[:_LONGEST_NUMBER])
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
