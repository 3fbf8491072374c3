"""The page's own texts, numbers and times, in English and French.

The texts stand in `locale/LANGUAGE/texts.toml`; both languages have the same ones, which a test proves.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypeAlias

from rempart.report.markup import visible

Language: TypeAlias = Literal["en", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr")

_STEP: Final = 1000
_UNITS: Final = {"en": ("B", "kB", "MB", "GB", "TB"), "fr": ("o", "ko", "Mo", "Go", "To")}
_SINGULAR_BELOW: Final = {"en": 1.5, "fr": 2}
_MINUTE: Final = 60
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Texts:
    """Writes texts in one language."""

    language: Language

    def text(self, code: str, **fields: object) -> str:
        """Return a text with its fields.

        Raises:
            KeyError: there is no such text, or a field is missing.
        """
        return _texts(self.language)[code].format_map(fields)

    def text_as_written(self, code: str) -> str:
        """Return a text with its fields still in braces, for the page's script."""
        return _texts(self.language)[code]

    def count(self, code: str, number: int) -> str:
        """Return a text that counts: it has a form for one and a form for many."""
        form = "one" if abs(number) < _SINGULAR_BELOW[self.language] and number else "many"
        if self.language == "fr" and number == 0:
            form = "one"
        return self.text(f"{code}.{form}", n=self.number(number))

    def named(self, kind: str, code: str) -> str:
        """Return the name of a code; a code without a name may be anything, and is made visible."""
        return _texts(self.language).get(f"{kind}.{code}") or visible(code)

    def has(self, code: str) -> bool:
        """Tell whether there is such a text."""
        return code in _texts(self.language)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with its thousands apart."""
        written = f"{value:,.{digits}f}"
        if self.language == "en":
            return written
        return written.replace(",", "\u202f").replace(".", ",")

    def percent(self, value: float) -> str:
        """Return a share of 0 to 100, with a decimal where it is not whole."""
        digits = 0 if round(value, 1) == round(value) else 1
        return self.number(value, digits) + ("%" if self.language == "en" else "\u202f%")

    def size(self, size_bytes: float) -> str:
        """Return a number of bytes for people."""
        unit, *larger = _UNITS[self.language]
        for each in larger:
            if size_bytes < _STEP:
                break
            size_bytes /= _STEP
            unit = each
        is_plain = unit == _UNITS[self.language][0]
        return f"{self.number(size_bytes, 0 if is_plain else 1)}\u00a0{unit}"

    def duration(self, seconds: float) -> str:
        """Return a length of time as hours, minutes and seconds."""
        if seconds < _MINUTE:
            return f"{self.number(seconds, 1)}\u00a0s"
        whole = round(seconds)
        hours, minutes = divmod(whole // _MINUTE, _MINUTE)
        if hours:
            return f"{hours}\u00a0h {minutes:02}\u00a0min"
        return f"{minutes}\u00a0min {whole % _MINUTE:02}\u00a0s"

    def position(self, seconds: float) -> str:
        """Return a place in a video as minutes and seconds, and hours where there are any."""
        whole = int(seconds)
        hours, rest = divmod(whole, _HOUR)
        return (
            f"{hours}:{rest // _MINUTE:02}:{rest % _MINUTE:02}"
            if hours
            else f"{rest // _MINUTE}:{rest % _MINUTE:02}"
        )

    def moment(self, value: datetime) -> str:
        """Return a time in UTC, to the second."""
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def all_texts(language: Language) -> Mapping[str, str]:
    """Return every text of a language by its code."""
    return dict(_texts(language))


@cache
def _texts(language: Language) -> dict[str, str]:
    source = files("rempart.report") / "locale" / language / "texts.toml"
    return dict(_flat("", tomllib.loads(source.read_text(encoding="utf-8"))))


def _flat(prefix: str, table: Mapping[str, object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _flat(f"{prefix}{key}.", value)
        else:
            found.append((f"{prefix}{key}", str(value)))
    return found
