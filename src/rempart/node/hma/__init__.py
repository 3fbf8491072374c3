"""What a client of Meta's hasher-matcher-actioner (HMA) finds behind its routes: banks, contents, exchanges, URLs."""

from rempart.model.banks import Exchange
from rempart.node.hma.banks import BankView
from rempart.node.hma.errors import (
    BadRequestError,
    FetchError,
    FieldProblem,
    HmaError,
    MissingFieldsError,
    NotThereError,
)
from rempart.node.hma.exchange_types import EXCHANGE_TYPES, ExchangeType, exchange_type
from rempart.node.hma.exchanges import fetch_exchanges, status_of
from rempart.node.hma.lookups import LookupAnswer, LookupRules
from rempart.node.hma.metadata import (
    ContentMetadata,
    metadata_of_any,
    metadata_of_body,
    metadata_of_form,
    note_of,
)
from rempart.node.hma.service import HmaService
from rempart.node.hma.signals import (
    CONTENT_TYPES,
    SIGNAL_TYPES,
    Signals,
    require_quality,
    signal_texts,
    signal_type,
    signal_types_for,
    signals_from_body,
    signals_of_media,
)

__all__ = [
    "CONTENT_TYPES",
    "EXCHANGE_TYPES",
    "SIGNAL_TYPES",
    "BadRequestError",
    "BankView",
    "ContentMetadata",
    "Exchange",
    "ExchangeType",
    "FetchError",
    "FieldProblem",
    "HmaError",
    "HmaService",
    "LookupAnswer",
    "LookupRules",
    "MissingFieldsError",
    "NotThereError",
    "Signals",
    "exchange_type",
    "fetch_exchanges",
    "metadata_of_any",
    "metadata_of_body",
    "metadata_of_form",
    "note_of",
    "require_quality",
    "signal_texts",
    "signal_type",
    "signal_types_for",
    "signals_from_body",
    "signals_of_media",
    "status_of",
]
