"""Law as dated, cited data, and questions over it; see README.md."""

from rempart.law.book import LawBook
from rempart.law.errors import (
    DerivationError,
    LawDataDamagedError,
    LawDataRefusedError,
    Mistake,
    UnknownJurisdictionError,
    UnknownVersionError,
)
from rempart.law.library import OVERLAY, LawLibrary, LawShelf
from rempart.law.questions.changes import changes
from rempart.law.questions.compare import all_deeds, compare
from rempart.law.questions.country import profile
from rempart.law.questions.crime import Deed, is_crime
from rempart.law.questions.dual import is_dual
from rempart.law.questions.gaps import MEASURED_INSTRUMENTS, measure_gaps
from rempart.law.questions.party import is_party
from rempart.law.shipped import Gazetteer, Place, gazetteer, instruments, open_law

__all__ = [
    "MEASURED_INSTRUMENTS",
    "OVERLAY",
    "Deed",
    "DerivationError",
    "Gazetteer",
    "LawBook",
    "LawDataDamagedError",
    "LawDataRefusedError",
    "LawLibrary",
    "LawShelf",
    "Mistake",
    "Place",
    "UnknownJurisdictionError",
    "UnknownVersionError",
    "all_deeds",
    "changes",
    "compare",
    "gazetteer",
    "instruments",
    "is_crime",
    "is_dual",
    "is_party",
    "measure_gaps",
    "open_law",
    "profile",
]
