"""What an examination finds: one thing that was looked at, and how it stands."""

from dataclasses import dataclass
from typing import Final

GOOD: Final = "good"
NOTE: Final = "note"
BAD: Final = "bad"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was looked at: `good`, `note` (works, but know this) or `bad` (damaged)."""

    check: str
    standing: str
    message: str
    hint: str = ""
