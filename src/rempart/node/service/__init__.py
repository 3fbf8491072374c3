"""The match service of one worker, one module for each use."""

from typing import TYPE_CHECKING

from rempart.access import Action
from rempart.model.language import Language
from rempart.model.late_names import late_names
from rempart.node.audit_pages import AuditEvent
from rempart.node.key_requests import KeyRequest
from rempart.node.keys import LONGEST_OVERLAP_HOURS, NewKey, ShownKey
from rempart.node.service.caller import Caller
from rempart.node.service.drafts import GivenEntry
from rempart.node.service.errors import BusyError, QueryRefusedError, RecordAbsentError
from rempart.node.service.lists import ListChange, ListDraft, WritesBytes
from rempart.node.service.matching import Found
from rempart.node.service.memory import UploadMemory
from rempart.node.service.queries import (
    MOST_FINGERPRINTS,
    Batch,
    GivenFingerprint,
    GivenQuery,
    Unsearched,
    as_reference,
)
from rempart.node.service.reviewing import HistoryFilter
from rempart.node.service.scanning import ScannedUpload
from rempart.node.service.service import Service
from rempart.node.service.writes import WriteRequest, Written

if TYPE_CHECKING:
    from rempart.node.reading import Reading

__all__ = [
    "LONGEST_OVERLAP_HOURS",
    "MOST_FINGERPRINTS",
    "Action",
    "AuditEvent",
    "Batch",
    "BusyError",
    "Caller",
    "Found",
    "GivenEntry",
    "GivenFingerprint",
    "GivenQuery",
    "HistoryFilter",
    "KeyRequest",
    "Language",
    "ListChange",
    "ListDraft",
    "NewKey",
    "QueryRefusedError",
    "Reading",
    "RecordAbsentError",
    "ScannedUpload",
    "Service",
    "ShownKey",
    "Unsearched",
    "UploadMemory",
    "WriteRequest",
    "WritesBytes",
    "Written",
    "as_reference",
]


if not TYPE_CHECKING:  # what reads files is loaded with the first worker that does
    __getattr__ = late_names(__name__, {"rempart.node.reading": "Reading"})
