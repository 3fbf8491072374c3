"""Texts about law in English and French: a message's code and what it speaks of become a sentence.

The texts stand in gettext catalogues in `locale/`, a message's under its code, a name's under its kind and code.
`make messages` compiles them; `make check` fails while a text is missing, left over or out of date.
"""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from struct import error as StructError  # noqa: N812 - a class with the name of a function
from typing import Final

from rempart.law.names import NAMED_BY, implied, topic_pattern
from rempart.law.shipped import gazetteer
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.language import Language
from rempart.model.law import Message

LOCALE_FOLDER: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "rempart-law"

_SUBJECTS: Final = ("conduct", "material", "instrument", "kind", "list-subject")
_SEVERAL: Final = 2
_UNREADABLE: Final = (OSError, UnicodeDecodeError, StructError, ValueError, KeyError)


@dataclass(frozen=True, slots=True)
class Translator:
    """Writes messages and names in one language. It never fails: what has no text is shown by its code."""

    language: Language

    def text(self, message: Message) -> str:
        """Return a message's text; without one that fits, its code and what it speaks of.

        What the message speaks of is put in as it is: braces in it mean nothing, and a character that is not
        printable is replaced, so that none can act on a terminal.
        """
        params = {**implied(message.params), **message.params}
        shown = {name: self._shown(name, value, params) for name, value in params.items()}
        text = _filled(self._written(message.code), shown)
        if text is not None:
            return text[:1].upper() + text[1:]
        code = _clean(message.code)
        spoken_of = "; ".join(f"{_clean(name)}: {shown[name]}" for name in message.params)
        return f"{code} ({spoken_of})" if spoken_of else code

    def name(self, kind: str, code: str) -> str:
        """Return the name of a code: of a conduct, an instrument, a place, a heading.

        Args:
            kind: a kind of names, such as `conduct` or `place`, or the name of a parameter of that kind.
            code: what is to be named; a code without a name is shown as it is.
        """
        known = NAMED_BY.get(kind, kind)
        match known:
            case "place":
                found = self._place(code) or self._looked_up("instrument", code)
            case "topic":
                found = self._topic(code)
            case "subject":
                found = ", ".join(self._subject(part) for part in code.split("/"))
            case "value":
                found = self._looked_up("value", code) or self._looked_up("material", code)
            case "heading":
                found = self._looked_up(known, code.replace("_", "-"))
            case "unit":
                found = self._unit(code, _SEVERAL)
            case _:
                found = self._looked_up(known, code)
        return found or _clean(code)

    def period(self, amount: int, unit: str) -> str:
        """Return a length of time, such as `1 year` or `90 jours`."""
        return f"{amount} {self._unit(unit, amount)}"

    def _written(self, code: str) -> str | None:
        found = _catalogue(self.language).gettext(code) if code else code
        return None if found == code else found

    def _looked_up(self, kind: str, code: str) -> str | None:
        found = _catalogue(self.language).pgettext(kind, code)
        return None if found == code else found

    def _topic(self, topic: str) -> str | None:
        pattern, parts = topic_pattern(topic)
        shown = {kind: self.name(kind, code) for kind, code in parts.items()}
        return _filled(self._looked_up("topic", pattern), shown)

    def _subject(self, code: str) -> str:
        """Return the name of what a question is about, whatever kind of name that is."""
        found = (self._looked_up(kind, code) for kind in _SUBJECTS)
        return next((each for each in found if each is not None), self._place(code) or _clean(code))

    def _unit(self, unit: str, amount: int) -> str:
        return _clean(_catalogue(self.language).npgettext("unit", unit, unit, amount))

    def _place(self, code: str) -> str | None:
        place = gazetteer().places.get(Jurisdiction(code))
        if place is None:
            return None
        name = place.name_fr if self.language is Language.FR else place.name_en
        return f"{name} ({code})"

    def _shown(self, name: str, value: object, params: Mapping[str, object]) -> str:
        """Return what stands in the text for a value: the name of a known code, else the value as it is."""
        kind = NAMED_BY.get(name)
        amount = params.get("amount")
        match value:
            case bool():
                return self.name("answer", "yes" if value else "no")
            case tuple():
                return ", ".join(self._shown(name, each, params) for each in value)
            case date():
                return value.isoformat()
            case str() if kind == "unit" and isinstance(amount, int):
                return self._unit(value, amount)
            case str() if kind is not None:
                return self.name(kind, value)
            case _:
                return _clean(str(value))


def _filled(template: str | None, fields: Mapping[str, str]) -> str | None:
    """Return a template with its fields, or None where they do not fit: a check of the catalogues finds that."""
    try:
        return None if template is None else template.format_map(fields)
    except (KeyError, ValueError, IndexError, AttributeError):
        return None


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    """Return a language's compiled texts; without a readable file none, and codes are shown instead of texts."""
    path = LOCALE_FOLDER / language.value / "LC_MESSAGES" / f"{DOMAIN}.mo"
    try:
        with path.open("rb") as file:
            return gettext.GNUTranslations(file)
    except _UNREADABLE:
        return gettext.NullTranslations()


def _clean(text: str) -> str:
    """Return a text of one line in which no character acts on a terminal."""
    return "".join(_harmless(character) for character in text)


def _harmless(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "\ufffd"
