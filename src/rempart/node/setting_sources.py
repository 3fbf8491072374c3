"""Where settings come from, and the mistakes in them, all told at once."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from rempart.node.errors import SettingsError
from rempart.node.setting_kinds import Kind, StoreUrl

SETTINGS_FILE: Final = "node.toml"
VARIABLE_PREFIX: Final = "REMPART_"
COMMAND_LINE: Final = "the command line"

_LIMIT_BYTES: Final = 64 * 1024
_LONGEST_SHOWN: Final = 60
_NEAR: Final = 0.75
_NO_SETTINGS: Final = frozenset({"node", "language", "kernel", "pure"})
"""Variables of Rempart that are no settings: `REMPART_NODE` and its like."""
_CORRECT_FILE: Final = "Correct it, or move it away to use the defaults."
_CORRECT_VALUES: Final = "Correct the values, or take them away to use the defaults."


class Found(NamedTuple):
    """A value of one setting and where it was found."""

    name: str
    value: object
    origin: str
    is_text: bool


def chosen_values(
    folder: Path,
    environment: Mapping[str, str],
    options: Mapping[str, object],
    *,
    known: Mapping[str, Kind],
) -> dict[str, object]:
    """Return the settings that are chosen somewhere: options win over the environment, that over the file.

    Raises:
        SettingsError: the file cannot be read, or some are unknown or wrong. A value that another one overrides is
            checked too: it would be in force as soon as the other is gone.
    """
    chosen: dict[str, object] = {}
    mistakes: list[str] = []
    for found in [
        *_of_file(folder / SETTINGS_FILE),
        *_of_environment(environment, known),
        *(Found(name, value, COMMAND_LINE, is_text=False) for name, value in options.items()),
    ]:
        if (kind := known.get(found.name)) is None:
            mistakes.append(_unknown(found, known))
            continue
        try:
            chosen[found.name] = _read(kind, found, folder)
        except ValueError:
            mistakes.append(_wrong(found, kind))
    if mistakes:
        raise settings_error(mistakes)
    return chosen


def settings_error(mistakes: list[str]) -> SettingsError:
    """Return one error that tells every mistake, each on a line of its own if there are several."""
    if len(mistakes) == 1:
        return SettingsError(mistakes[0], hint=_CORRECT_VALUES)
    lines = "\n".join(f"  {mistake}" for mistake in mistakes)
    return SettingsError(f"{len(mistakes)} settings are wrong:\n{lines}", hint=_CORRECT_VALUES)


def _of_file(path: Path) -> list[Found]:
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT_BYTES + 1)
        # A file that is cut short would lose settings without a word.
        table = tomllib.loads(content.decode()) if len(content) <= _LIMIT_BYTES else None
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        message = f"{path} cannot be read as TOML: {error}."
        raise SettingsError(message, hint=_CORRECT_FILE) from error
    if table is None:
        message = f"{path} has more than {_LIMIT_BYTES} bytes."
        raise SettingsError(message, hint=_CORRECT_FILE)
    return [Found(name, value, str(path), is_text=False) for name, value in table.items()]


def _of_environment(environment: Mapping[str, str], known: Mapping[str, Kind]) -> list[Found]:
    """Take the variables that name a setting, or nearly do: one with a slip in it must not be lost without a word.

    An empty variable counts as absent, as for `REMPART_NODE`.
    """
    found = []
    for variable, text in sorted(environment.items()):
        name = variable.removeprefix(VARIABLE_PREFIX).lower()
        if not text or name in _NO_SETTINGS or not variable.startswith(VARIABLE_PREFIX):
            continue
        if name in known or _nearest(name, known):
            found.append(Found(name, text, f"the variable {variable}", is_text=True))
    return found


def _read(kind: Kind, found: Found, folder: Path) -> object:
    if found.is_text and isinstance(found.value, str):
        return kind.from_text(found.value)
    return kind.from_file(found.value, folder)


def _unknown(found: Found, known: Mapping[str, Kind]) -> str:
    nearest = _nearest(found.name.lower(), known)
    advice = f"the nearest is {nearest!r}" if nearest else f"the settings are: {', '.join(known)}"
    return f"{_shown(found.name)} in {found.origin} is no setting; {advice}."


def _wrong(found: Found, kind: Kind) -> str:
    # A URL of a store may hold a password.
    value = "a text that is not shown" if isinstance(kind, StoreUrl) else _shown(found.value)
    return f"{found.name} in {found.origin}: found {value}, expected {kind.expected}."


def _nearest(name: str, known: Mapping[str, Kind]) -> str:
    near = difflib.get_close_matches(name[:_LONGEST_SHOWN], known, n=1, cutoff=_NEAR)
    return near[0] if near else ""


def _shown(value: object) -> str:
    # TOML allows tables in tables: the text is cut, whatever it is.
    text = ascii(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
