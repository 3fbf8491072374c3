"""What can go wrong with a decision.

RefusedError
└── ContextRefusedError    the description of a case holds mistakes; every one is named
"""

from collections.abc import Sequence
from typing import ClassVar

from rempart.model.errors import RefusedError


class ContextRefusedError(RefusedError):
    """The description of a case holds mistakes.

    Attributes:
        mistakes: what is wrong and what was expected, each with its key.
    """

    code: ClassVar[str] = "context-refused"

    def __init__(self, name: str, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        listed = "\n  ".join(self.mistakes)
        super().__init__(
            f"{name} does not describe a case:\n  {listed}",
            hint="Correct every key named; nothing was scanned.",
        )
