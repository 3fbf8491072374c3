"""What can go wrong with the law data.

UsageError
├── UnknownVersionError      no such data version
└── UnknownJurisdictionError the code is none of ISO 3166
RefusedError
└── LawDataRefusedError      files of law data hold mistakes; every one is named
DamagedError
├── LawDataDamagedError      the shipped data are not what they were released as
└── DerivationError          a derivation does not lead to its answer
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rempart.model.errors import DamagedError, RefusedError, UsageError


class UnknownVersionError(UsageError):
    """The named data version does not exist."""

    code: ClassVar[str] = "unknown-law-version"


class UnknownJurisdictionError(UsageError):
    """The code of a jurisdiction is not assigned."""

    code: ClassVar[str] = "unknown-jurisdiction"


class DerivationError(DamagedError):
    """A derivation does not lead to the answer that it stands under."""

    code: ClassVar[str] = "derivation-broken"


class LawDataDamagedError(DamagedError):
    """A released data version is no longer what it was."""

    code: ClassVar[str] = "law-data-damaged"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake in a file of law data.

    Attributes:
        line: counted from 1.
        expected: what should stand there.
    """

    file: str
    line: int
    message: str
    expected: str

    @classmethod
    def at(cls, file: str, line: int, message: str, expected: str) -> "Mistake":
        """Return a mistake that may quote its file: shortened, and with nothing in it that a terminal would obey."""
        return cls(_shown(file), line, _shown(message), _shown(expected))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} Expected: {self.expected}."


def _shown(text: str) -> str:
    cut = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in cut)


_LONGEST_TEXT = 1_000
_SHOWN = 50


class LawDataRefusedError(RefusedError):
    """Files of law data hold mistakes.

    Attributes:
        mistakes: all of them, by file and line.
    """

    code: ClassVar[str] = "law-data-refused"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        shown = "\n  ".join(str(each) for each in self.mistakes[:_SHOWN])
        more = len(self.mistakes) - _SHOWN
        rest = f"\n  and {more} more" if more > 0 else ""
        super().__init__(
            f"The law data hold {len(self.mistakes)} mistake(s):\n  {shown}{rest}",
            hint="Correct every line named; no fact of these files was used.",
        )
