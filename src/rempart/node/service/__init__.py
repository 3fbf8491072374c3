"""The match service of one worker, one module for each use."""

from rempart.access import Action
from rempart.law.language import Language
from rempart.node.reading import Reading
from rempart.node.service.caller import Caller
from rempart.node.service.errors import QueryRefusedError
from rempart.node.service.matching import Found
from rempart.node.service.memory import UploadMemory
from rempart.node.service.queries import (
    Batch,
    GivenFingerprint,
    GivenQuery,
    Unsearched,
    as_reference,
)
from rempart.node.service.scanning import ScannedUpload
from rempart.node.service.service import Service

__all__ = [
    "Action",
    "Batch",
    "Caller",
    "Found",
    "GivenFingerprint",
    "GivenQuery",
    "Language",
    "QueryRefusedError",
    "Reading",
    "ScannedUpload",
    "Service",
    "Unsearched",
    "UploadMemory",
    "as_reference",
]
