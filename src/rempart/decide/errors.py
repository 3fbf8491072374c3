"""What can go wrong with a decision.

RefusedError
└── ContextRefusedError    the description of a case holds mistakes; the first ones are named
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from rempart.model.errors import RefusedError

_MOST_SHOWN: Final = 20


class ContextRefusedError(RefusedError):
    """The description of a case holds mistakes.

    Attributes:
        mistakes: what is wrong and what was expected, each with its key.
    """

    code: ClassVar[str] = "context-refused"

    def __init__(self, name: str, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        listed = "\n  ".join(self.mistakes[:_MOST_SHOWN])
        if len(self.mistakes) > _MOST_SHOWN:
            listed += f"\n  and {len(self.mistakes) - _MOST_SHOWN:,} more"
        super().__init__(
            f"{name} does not describe a case:\n  {listed}",
            hint="Correct every key named; nothing was scanned.",
        )
