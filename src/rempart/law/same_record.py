"""Two JSON values compared exactly, but for the wording of texts, which depends on the reader's language."""

from typing import Any, Final, TypeAlias

Json: TypeAlias = Any  # a JSON value: nested without end

_MESSAGE: Final = frozenset({"code", "params", "text"})
_LONGEST_KEY: Final = 60


def difference(said: Json, ours: Json, place: str = "") -> str | None:
    """Return where a value is not ours, such as `duties[0].within`; None where it is the same.

    Kinds count: true is not 1. A text for people has to be there, but its wording is free.

    Args:
        said: what anybody wrote.
        ours: what it should be; how deep it is nested bounds the work.
        place: where both stand.
    """
    if type(said) is not type(ours):
        return place
    if isinstance(ours, dict):
        return _difference_of_objects(said, ours, place)
    if isinstance(ours, list):
        found = (
            difference(one, other, f"{place}[{number}]")
            for number, (one, other) in enumerate(zip(said, ours, strict=False))
        )
        first = next((each for each in found if each is not None), None)
        return place if first is None and len(said) != len(ours) else first
    return None if said == ours else place


def _difference_of_objects(said: dict[str, Json], ours: dict[str, Json], place: str) -> str | None:
    is_message = ours.keys() == _MESSAGE
    for name, value in ours.items():
        inside = _inside(place, name)
        if name not in said:
            return inside
        if is_message and name == "text" and isinstance(said[name], str):
            continue
        found = difference(said[name], value, inside)
        if found is not None:
            return found
    return next((_inside(place, name) for name in said if name not in ours), None)


def _inside(place: str, name: str) -> str:
    shown = name[:_LONGEST_KEY]
    return f"{place}.{shown}" if place else shown
