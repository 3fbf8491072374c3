"""What can go wrong with policies.

RempartError
└── DamagedError
    └── PolicyError    a policy cannot be read, or speaks of what the schema does not have: mend the file
"""

from typing import ClassVar

from rempart.model.errors import DamagedError


class PolicyError(DamagedError):
    """A policy of access cannot be read, does not fit the schema, or names a single list or caller."""

    code: ClassVar[str] = "access-policy"
