"""The rules, one small function for each, named after their articles.

Importing this package registers every rule, so that a derivation can be computed again.
"""

from rempart.law.rules import (
    cooperation,
    criminality,
    extradition,
    gaps,
    joining,
    jurisdiction,
    labels,
    reading,
    reporting,
    surveys,
    treaties,
)

__all__ = [
    "cooperation",
    "criminality",
    "extradition",
    "gaps",
    "joining",
    "jurisdiction",
    "labels",
    "reading",
    "reporting",
    "surveys",
    "treaties",
]
