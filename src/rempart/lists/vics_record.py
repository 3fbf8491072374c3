"""One media record of a VICS document, understood."""

from decimal import Decimal
from typing import Any, Final

import msgspec

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.labelling import Labelling
from rempart.lists.limits import MAX_FINGERPRINTS
from rempart.lists.trusted import checked_draft
from rempart.lists.values import (
    digest,
    fingerprint,
    kind_of,
    parse_dialect,
    parse_id,
    parse_name,
    parse_quality,
)
from rempart.model.fingerprint import EXACT, MD5, PDQ, PHOTODNA, SHA1, Fingerprint
from rempart.model.labels import Label
from rempart.model.lists import EntryDraft

OWN_ID: Final = "RempartId"
"""Key under which Rempart writes the source's global identifier, which VICS has no place for."""

OWN_LABELS: Final = "RempartLabels"
"""Key under which Rempart writes labels that a category number cannot say."""

_PARSED: Final = frozenset(
    {"MediaID", "Category", "MD5", "SHA1", "PhotoDNA", "AlternativeHashes", OWN_ID, OWN_LABELS}
)
_NOT_KEPT: Final = ("MediaID",)
"""Unique in its file only: kept, a renumbered file would look like a changed one."""

_NAME_AND_VALUE: Final = 2
"""Fields of an alternative hash that says nothing but its name and value, as nearly all do."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


def read_record(
    number: int, record: dict[str, Any], *, region: str | None, labelling: Labelling
) -> EntryDraft:
    """Return what one media record says; what is not understood is kept as JSON text.

    Args:
        number: place of the record in the document, counted from 1.
        record: its fields as JSON gave them.
        region: the region that the document's context names.
        labelling: makes the labels.

    Raises:
        BadRecordError: a field that is read has a wrong type or form, or no fingerprint is there.
    """
    found = _fingerprints(record)
    if not found:
        raise BadRecordError(BadCode.NO_FINGERPRINT, "the record holds no fingerprint")
    labels = _labels(record, region, labelling)
    source_id = _text(record, OWN_ID).strip(" \t") if OWN_ID in record else ""
    raw = _raw(record, is_translated=labelling.translates(labels))
    return checked_draft(
        number, tuple(found), parse_id(source_id) if source_id else None, labels, raw
    )


def _fingerprints(record: dict[str, Any]) -> list[Fingerprint]:
    found = []
    # Every record passes here: fields are taken directly, and `digest` refuses what is no text.
    text = record.get("MD5", "")
    if text is not None and text != "":
        found.append(digest(MD5, text))
    text = record.get("SHA1", "")
    if text is not None and text != "":
        found.append(digest(SHA1, text))
    if "PhotoDNA" in record:
        text = _text(record, "PhotoDNA")
        if text:
            found.append(fingerprint(PHOTODNA, text))
    others = record.get("AlternativeHashes")
    if others is not None:
        _add_alternatives(found, others)
    return found


def _add_alternatives(found: list[Fingerprint], others: Any) -> None:
    if not isinstance(others, list):
        raise _wrong_type(key="AlternativeHashes")
    if len(found) + len(others) > MAX_FINGERPRINTS:
        raise BadRecordError(BadCode.TOO_MANY_FINGERPRINTS, "the record holds too many hashes")
    for other in others:
        if not isinstance(other, dict):
            raise _wrong_type(key="AlternativeHashes")
        text = _text(other, "HashValue")
        if text:
            one = _alternative(other, text)
            if one not in found:
                found.append(one)


def _alternative(other: dict[str, Any], text: str) -> Fingerprint:
    kind = kind_of(_text(other, "HashName"))
    if kind != PDQ or len(other) == _NAME_AND_VALUE:
        return fingerprint(kind, text)
    dialect = _text(other, "Dialect")
    software = _text(other, "Software")
    quality = other.get("Quality")
    return fingerprint(
        kind,
        text,
        dialect=parse_dialect(dialect) if dialect else EXACT,
        quality=None if quality is None else parse_quality(_scalar_text(quality, "Quality")),
        software=parse_name(software, BadCode.BAD_SOFTWARE) if software else None,
    )


def _labels(record: dict[str, Any], region: str | None, labelling: Labelling) -> tuple[Label, ...]:
    written = record.get(OWN_LABELS)
    if written is not None:
        return labelling.of_fields(written)
    category = record.get("Category")
    if category is None:
        return ()
    if type(category) is int:
        return labelling.of_category(str(category), region)
    return labelling.of_category(_scalar_text(category, "Category"), region)


def _raw(record: dict[str, Any], *, is_translated: bool) -> str | None:
    """Return the record without what means nothing outside its file; None if nothing is left to say."""
    if "odata." in "\n".join(record):
        for key in [key for key in record if "odata." in key]:
            del record[key]
    if not is_translated and record.keys() <= _PARSED:
        return None
    for key in _NOT_KEPT:
        record.pop(key, None)
    return _encode(record).decode()


def _text(record: dict[str, Any], key: str) -> str:
    """Return a text field; empty where it is absent or null."""
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong_type(key=key)
    return value


def _scalar_text(value: Any, key: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise _wrong_type(key=key)
    return str(value).strip(" \t")


def _wrong_type(*, key: str) -> BadRecordError:
    return BadRecordError(BadCode.WRONG_TYPE, f"{key} holds another JSON type than it may")
