"""What column maps and label maps share: a small TOML file of known settings, read strictly."""

import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from rempart.lists.errors import ListUsageError
from rempart.lists.limits import MAX_LABEL_CHARS, MAX_MAP_CHARS


class MapSettings:
    """The settings of one map file; every complaint names the setting.

    Args:
        text: the content of the file.
        known: the names of its settings and tables.
        error: the class of the error to raise.
        option: the option that names the file, for messages.

    Raises:
        ListUsageError: (`error`) not TOML, or a setting has an unknown name.
    """

    def __init__(
        self, text: str, *, known: Collection[str], error: type[ListUsageError], option: str
    ) -> None:
        self._error = error
        self._option = option
        if len(text) > MAX_MAP_CHARS:
            raise self.complaint(what=f"the file has more than {MAX_MAP_CHARS} characters")
        try:
            # TOML knows values of many types; each reader below checks the type of its own.
            self._values: dict[str, Any] = tomllib.loads(text)
        except (ValueError, RecursionError) as cause:
            raise self.complaint(what=f"the file is not TOML: {_first_line(cause)}") from cause
        self.refuse_others(self._values, known=known, where="")

    def complaint(self, *, what: str) -> ListUsageError:
        """Return the error that says what is wrong with the file."""
        return self._error(
            f"Cannot use the file of {self._option}: {what}.",
            hint="Correct the file; docs/reference/list-formats.md lists the settings.",
        )

    def refuse_others(
        self, table: Mapping[str, Any], *, known: Collection[str], where: str
    ) -> None:
        """Raise unless every name in a table is known: a misspelt setting must not be ignored."""
        for name in table:
            if name not in known:
                raise self.complaint(what=f"unknown setting {where}{_shown(name)}")

    def text(self, name: str) -> str | None:
        """Return a short, not empty, printable text; None where the setting is absent."""
        value = self._values.get(name)
        return None if value is None else self.short_text(value, name)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise self.complaint(what=f"{name} must be true or false")
        return value

    def value(self, name: str) -> Any:
        """Return a setting as TOML gave it, for a reader that checks it itself; None where absent."""
        return self._values.get(name)

    def table(self, name: str) -> dict[str, Any]:
        """Return a table; empty where it is absent."""
        value = self._values.get(name, {})
        if not isinstance(value, dict):
            raise self.complaint(what=f"[{name}] must be a table")
        return value

    def short_text(self, value: Any, name: str) -> str:
        """Return a value of the file that must be a short, not empty, printable text."""
        if not isinstance(value, str) or not value.strip():
            raise self.complaint(what=f"{_shown(name)} must be a text that is not empty")
        if len(value) > MAX_LABEL_CHARS or not value.isprintable():
            raise self.complaint(
                what=f"{_shown(name)} is longer than 200 characters or not printable"
            )
        return value


def _first_line(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def _shown(name: str) -> str:
    return ascii(name[:60])[1:-1]
