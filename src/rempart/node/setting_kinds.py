"""Kinds of settings: what a value must be, in the file and in the environment.

A kind takes a value of TOML, or a text of the environment, and gives the value that the program uses. It raises
`ValueError` for all else; what was expected is the kind's own `expected`, so that every mistake is told in one way.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Protocol

from rempart.node.addresses import ADDRESS_FORM, parse_address

_LONGEST_TEXT: Final = 4096
_MOST_ITEMS: Final = 256
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_FLAGS: Final = {"true": True, "false": False}
_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_VIDEO_RULE: Final = re.compile(r"(?:100|[1-9]?[0-9])/(?:100|[1-9]?[0-9])", re.ASCII)
# A relative path of a file would begin wherever a command or the service was started.
_STORE_URL: Final = re.compile(r"(?:postgresql(?:\+psycopg)?://|sqlite:////)[\x21-\x7e]+")


class Kind(Protocol):
    """What one setting may be."""

    @property
    def expected(self) -> str:
        """What a value must be, as a phrase that follows "expected"."""

    def from_file(self, value: object, folder: Path) -> object:
        """Return the value of a TOML value; a relative path begins at the folder."""

    def from_text(self, text: str) -> object:
        """Return the value of a text of the environment; it is not empty."""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number within limits, both included."""

    smallest: int
    largest: int

    @property
    def expected(self) -> str:
        """The limits."""
        return f"a whole number from {self.smallest} to {self.largest}"

    def from_file(self, value: object, folder: Path) -> object:
        """Return the number."""
        del folder
        # A bool is an int to isinstance.
        if type(value) is not int or not self.smallest <= value <= self.largest:
            raise ValueError(self.expected)
        return value

    def from_text(self, text: str) -> object:
        """Return the number that the digits say."""
        if not _WHOLE_NUMBER.fullmatch(text):
            raise ValueError(self.expected)
        return self.from_file(int(text), Path())


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    expected: ClassVar[str] = "`true` or `false`"

    def from_file(self, value: object, folder: Path) -> object:
        """Return the flag."""
        del folder
        if type(value) is not bool:
            raise ValueError(self.expected)
        return value

    def from_text(self, text: str) -> object:
        """Return the flag that the word says."""
        if text not in _FLAGS:
            raise ValueError(self.expected)
        return _FLAGS[text]


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def expected(self) -> str:
        """The words."""
        return "one of " + ", ".join(f'`"{word}"`' for word in self.words)

    def from_file(self, value: object, folder: Path) -> object:
        """Return the word."""
        del folder
        if value not in self.words:
            raise ValueError(self.expected)
        return value

    def from_text(self, text: str) -> object:
        """Return the word."""
        return self.from_file(text, Path())


@dataclass(frozen=True, slots=True)
class Place:
    """The path of a file or folder, or none."""

    what: str

    @property
    def expected(self) -> str:
        """What the path leads to."""
        return f'the path of a {self.what} in quotes, or `""` for none'

    def from_file(self, value: object, folder: Path) -> object:
        """Return the path; a relative one begins at the node's folder."""
        if not isinstance(value, str) or "\0" in value or len(value) > _LONGEST_TEXT:
            raise ValueError(self.expected)
        return folder / value if value else None

    def from_text(self, text: str) -> object:
        """Return the path; a relative one begins where the program was started."""
        return self.from_file(text, Path.cwd())


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """Where the store is: a URL of a database, or nothing for the node's own file. It may hold a password."""

    expected: ClassVar[str] = (
        '`"postgresql://…"`, `"sqlite:////…"` with the whole path, or `""` for the node\'s own file'
    )

    def from_file(self, value: object, folder: Path) -> object:
        """Return the URL as it stands."""
        del folder
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise ValueError(self.expected)
        if value and not _STORE_URL.fullmatch(value):
            raise ValueError(self.expected)
        return value

    def from_text(self, text: str) -> object:
        """Return the URL as it stands."""
        return self.from_file(text, Path())


@dataclass(frozen=True, slots=True)
class TextList:
    """A list of texts of one form; in the environment with commas between."""

    form: str
    read: Callable[[str], str]
    fewest: int = 0

    @property
    def expected(self) -> str:
        """The form of the texts."""
        none = "" if self.fewest else ", or `[]` for none"
        return f"a list of {self.form} in quotes{none}"

    def from_file(self, value: object, folder: Path) -> object:
        """Return the texts in their order, each once."""
        del folder
        if not isinstance(value, list) or not self.fewest <= len(value) <= _MOST_ITEMS:
            raise ValueError(self.expected)
        if not all(isinstance(text, str) for text in value):
            raise ValueError(self.expected)
        return tuple(dict.fromkeys(self.read(text) for text in value))

    def from_text(self, text: str) -> object:
        """Return the texts between the commas."""
        return self.from_file([item.strip() for item in text.split(",")], Path())


def _address(text: str) -> str:
    return str(parse_address(text))


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text)) if "/" in text else str(ipaddress.ip_address(text))


def _host_name(text: str) -> str:
    lower = text.lower()
    try:
        return str(ipaddress.ip_address(lower))
    except ValueError:
        if not _HOST_NAME.fullmatch(lower):
            raise
        return lower


def _video_rule(text: str) -> str:
    if not _VIDEO_RULE.fullmatch(text):
        raise ValueError(text)
    return text


ADDRESSES: Final = TextList(ADDRESS_FORM, _address)
LISTENING: Final = TextList(ADDRESS_FORM, _address, fewest=1)
NETWORKS: Final = TextList("IP addresses or networks (`10.0.0.0/8`)", _network)
HOST_NAMES: Final = TextList("names of hosts (`*.` before a name takes all below it)", _host_name)
VIDEO_RULES: Final = TextList(
    "rules `Q/C`, two whole numbers from 0 to 100,", _video_rule, fewest=1
)
