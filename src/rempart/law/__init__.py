"""Law as dated, cited data, and questions over it; see README.md."""

from rempart.law.audit import audit, check_releases
from rempart.law.audit_report import AuditFinding, AuditReport, Coverage, Severity, audit_parts
from rempart.law.book import LawBook
from rempart.law.derivation import RULES, Case, rule
from rempart.law.errors import (
    DerivationError,
    LawDataDamagedError,
    LawDataRefusedError,
    Mistake,
    UnknownJurisdictionError,
    UnknownVersionError,
)
from rempart.law.library import LawLibrary, LawShelf
from rempart.law.questions.changes import changes
from rempart.law.questions.channel import find_channel
from rempart.law.questions.compare import all_deeds, compare
from rempart.law.questions.country import profile
from rempart.law.questions.crime import Deed, crime_record, crime_step, is_crime
from rempart.law.questions.dual import is_dual
from rempart.law.questions.duties import Organisation, duties_of
from rempart.law.questions.gaps import MEASURED_INSTRUMENTS, measure_gaps
from rempart.law.questions.jurisdiction import Roles, who_may_claim
from rempart.law.questions.labels import label_step, material_of
from rempart.law.questions.party import is_party
from rempart.law.records import Writer, answer_record, recompute
from rempart.law.shipped import Gazetteer, Place, gazetteer, instruments, open_law
from rempart.law.versions import OVERLAY

__all__ = [
    "MEASURED_INSTRUMENTS",
    "OVERLAY",
    "RULES",
    "AuditFinding",
    "AuditReport",
    "Case",
    "Coverage",
    "Deed",
    "DerivationError",
    "Gazetteer",
    "LawBook",
    "LawDataDamagedError",
    "LawDataRefusedError",
    "LawLibrary",
    "LawShelf",
    "Mistake",
    "Organisation",
    "Place",
    "Roles",
    "Severity",
    "UnknownJurisdictionError",
    "UnknownVersionError",
    "Writer",
    "all_deeds",
    "answer_record",
    "audit",
    "audit_parts",
    "changes",
    "check_releases",
    "compare",
    "crime_record",
    "crime_step",
    "duties_of",
    "find_channel",
    "gazetteer",
    "instruments",
    "is_crime",
    "is_dual",
    "is_party",
    "label_step",
    "material_of",
    "measure_gaps",
    "open_law",
    "profile",
    "recompute",
    "rule",
    "who_may_claim",
]
