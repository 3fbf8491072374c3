"""The file specifications of a PDF: which objects hold attached files (ISO 32000-1, sections 7.11.3 and 7.11.4)."""

import re
from dataclasses import dataclass, field
from typing import Final

LARGEST_NAMING: Final = 512
"""Bytes of a key and what it names: there is one stream for each system of files, and five systems."""

LARGEST_COUNT: Final = 1_000_000
"""Numbers that are kept."""

_NAMING: Final = re.compile(
    rb"""/(?:E|\#45)(?:F|\#46) (?:[\0\t\n\f\r\x20]|%[^\r\n]{0,100}+[\r\n])*+
    (?: <<(?P<files>[^>]{0,384})
    |   (?P<table>[0-9]{1,9}) [\0\t\n\f\r\x20]+[0-9]{1,5} [\0\t\n\f\r\x20]+R
    )""",
    re.VERBOSE,
)
_COMMENT: Final = re.compile(rb"%[^\r\n]*")
_NUMBER: Final = re.compile(rb"[\s\0]([0-9]{1,9})[\s\0]+[0-9]{1,5}[\s\0]+R")
"""What else stands beside the files and looks like one makes a member too many, at worst."""


@dataclass(slots=True)
class Attachments:
    """What was found so far.

    Attributes:
        files: numbers of the objects that hold files.
        tables: numbers of the objects that name such objects in turn.
    """

    files: set[int] = field(default_factory=set)
    tables: set[int] = field(default_factory=set)

    def add(self, text: bytes) -> None:
        """Take up what the file specifications in a text name."""
        for found in _NAMING.finditer(text):
            if len(self.files) + len(self.tables) > LARGEST_COUNT:
                break
            if found["table"] is None:
                said = _COMMENT.sub(b" ", found["files"])
                self.files.update(map(int, _NUMBER.findall(said)))
            else:
                self.tables.add(int(found["table"]))
