"""Write a Project VIC / VICS 2.0 hash set."""

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Any, BinaryIO, Final

import msgspec

from rempart.lists.errors import ListUsageError
from rempart.lists.export_entry import ExportEntry, kept_fields
from rempart.lists.icse_reader import SERIES
from rempart.lists.labelling import written_labels
from rempart.lists.vics_record import OWN_ID, OWN_LABELS
from rempart.model.fingerprint import (
    DIGEST_BYTES,
    MD5,
    PDQ,
    PHOTODNA,
    SHA1,
    SHA256,
    SHA512,
    Fingerprint,
)
from rempart.model.labels import UNMAPPED, Label

DEFAULT_REGION: Final = "Default"
"""What a context says that names no region."""

_REGION: Final = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
_CONTEXT: Final = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#{}"
_WHOLE_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_FIELDS: Final = {MD5: "MD5", SHA1: "SHA1", PHOTODNA: "PhotoDNA"}
_NAMES: Final = {**_FIELDS, SHA256: "SHA256", SHA512: "SHA512", PDQ: "PDQ"}
_NOT_PASSED_ON: Final = frozenset(
    {
        *("MediaID", "Category", "MD5", "SHA1", "PhotoDNA", "AlternativeHashes"),
        *(OWN_ID, OWN_LABELS),
        # They say where a file lay on somebody's machine.
        *("MediaFiles", "RelativeFilePath", "Media"),
        # An investigation's own word.
        SERIES,
    }
)

_encode = msgspec.json.Encoder(decimal_format="number").encode


def write_vics(entries: Iterable[ExportEntry], sink: BinaryIO, *, region: str | None) -> int:
    """Write a hash set as one JSON document, one record a line, and return the number of entries written.

    Every record of this format must have an MD5: an entry without one is left out and not counted.

    Args:
        entries: what to write, in this order.
        sink: open for writing bytes; not closed.
        region: the region whose category numbers these are; absent: `Default`.

    Raises:
        ListUsageError: the region has no form in a context.
    """
    actual = DEFAULT_REGION if region is None else region
    head = msgspec.json.encode({"@odata.context": context(actual, "Media"), "value": []})
    sink.write(head[:-2])
    count = 0
    for entry in entries:
        if not any(fingerprint.kind == MD5 for fingerprint in entry.fingerprints):
            continue
        count += 1
        record = _record(entry, number=count, region=actual)
        sink.write((b",\n" if count > 1 else b"\n") + _encode(record))
    sink.write(b"\n]}\n")
    return count


def context(region: str, what: str) -> str:
    """Return the context of a VICS 2.0 document.

    Args:
        region: whose category numbers it holds.
        what: `Media` for a hash set, `Cases` for cases.

    Raises:
        ListUsageError: the region has no form in a context.
    """
    if _REGION.fullmatch(region) is None:
        msg = "The region of a VICS document consists of letters, digits, hyphens and underscores."
        raise ListUsageError(msg, hint="Give a region such as UK or US, or none.")
    return _CONTEXT.format(region, what)


def hash_fields(fingerprints: tuple[Fingerprint, ...]) -> dict[str, Any]:
    """Return the fields of a media record that hold fingerprints."""
    fields: dict[str, Any] = {}
    others = []
    for fingerprint in fingerprints:
        name = _FIELDS.get(fingerprint.kind)
        if name is None or name in fields:
            others.append(_alternative(fingerprint))
        else:
            fields[name] = _text(fingerprint)
    if others:
        fields["AlternativeHashes"] = others
    return fields


def _record(entry: ExportEntry, *, number: int, region: str) -> dict[str, Any]:
    record: dict[str, Any] = {"MediaID": number}
    category = _category(entry.labels, region)
    if category is not None:
        record["Category"] = category
    record.update(hash_fields(entry.fingerprints))
    if entry.source_id is not None:
        record[OWN_ID] = entry.source_id
    if not _says_all(entry.labels, region, category):
        record[OWN_LABELS] = written_labels(entry.labels)
    kept = kept_fields(entry.raw)
    return record | {key: value for key, value in kept.items() if key not in _NOT_PASSED_ON}


def _category(labels: tuple[Label, ...], region: str) -> int | None:
    """Return the number to write: only where it means the same in the document's region."""
    stated = (region, None) if region == DEFAULT_REGION else (region,)
    numbers = [
        label.value
        for label in labels
        if label.scheme == UNMAPPED
        and label.region in stated
        and _WHOLE_NUMBER.fullmatch(label.value)
    ]
    return int(numbers[0]) if len(numbers) == 1 else None


def _says_all(labels: tuple[Label, ...], region: str, category: int | None) -> bool:
    if category is None:
        return not labels
    return labels == (
        Label(scheme=UNMAPPED, scheme_version=None, region=region, value=str(category)),
    )


def _alternative(fingerprint: Fingerprint) -> dict[str, Any]:
    kind = fingerprint.kind
    name = _NAMES.get(kind, kind)
    written: dict[str, Any] = {"HashName": name, "HashValue": _text(fingerprint)}
    if kind != PDQ:
        return written
    further = {
        "Dialect": fingerprint.dialect,
        "Quality": fingerprint.quality,
        "Software": fingerprint.software,
    }
    return written | {key: value for key, value in further.items() if value is not None}


def _text(fingerprint: Fingerprint) -> str:
    """Return a value as distributed sets write it: base64 for PhotoDNA, upper-case digits for digests."""
    if fingerprint.kind == PHOTODNA:
        return b64encode(fingerprint.value).decode()
    return fingerprint.text.upper() if fingerprint.kind in DIGEST_BYTES else fingerprint.text
