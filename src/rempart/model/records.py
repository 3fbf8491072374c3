"""Records that leave the node: one JSON object a line, each naming its schema and version."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rempart.model.fingerprint import Fingerprint
from rempart.model.labels import Label
from rempart.model.match import Conflict, Match
from rempart.model.scan import FileFingerprints, Membership, ScanRecord
from rempart.model.urls import UrlEvidence
from rempart.model.video import VideoEvidence, VideoSummary

HASH_SCHEMA: Final = "rempart.hash/1"
SCAN_SCHEMA: Final = "rempart.scan/1"
MATCH_SCHEMA: Final = "rempart.match/1"


def to_line(record: dict[str, object]) -> bytes:
    """Write one record as a line of UTF-8 JSON, keys in their given order."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # A lone surrogate in a partner's text has no UTF-8; a backslash escape is what JSON writes for it.
    return text.encode(errors="backslashreplace") + b"\n"


def hash_record(file: FileFingerprints) -> dict[str, object]:
    """Return the `rempart.hash/1` record of one file."""
    return {"schema": HASH_SCHEMA, **_file_fields(file)}


def scan_record(
    record: ScanRecord, decisions: Sequence[Mapping[str, object]] | None = None
) -> dict[str, object]:
    """Return the `rempart.scan/1` record of one file.

    Args:
        record: the file with its matches.
        decisions: the records of the decisions on the matches; None where none were asked for.
    """
    fields: dict[str, object] = {
        "schema": SCAN_SCHEMA,
        **_file_fields(record.file),
        "matches": [match_fields(match) for match in record.matches],
        "conflicts": [conflict_fields(conflict) for conflict in record.conflicts],
    }
    return fields if decisions is None else {**fields, "decisions": list(decisions)}


def match_record(
    query: str, matches: Iterable[Match], conflicts: Iterable[Conflict]
) -> dict[str, object]:
    """Return the `rempart.match/1` record of one value that was looked up."""
    return {
        "schema": MATCH_SCHEMA,
        "query": query,
        "matches": [match_fields(match) for match in matches],
        "conflicts": [conflict_fields(conflict) for conflict in conflicts],
    }


def path_fields(path: bytes) -> dict[str, object]:
    """Return `path` for display, and `path_b64` when the bytes are not the display text's own."""
    return _name_fields("path", path)


def _name_fields(name: str, value: bytes) -> dict[str, object]:
    display = value.decode("utf-8", "replace")
    if display.encode() == value:
        return {name: display}
    return {name: display, f"{name}_b64": base64.b64encode(value).decode("ascii")}


def match_fields(match: Match) -> dict[str, object]:
    """Return the explanation of one match as JSON values."""
    fields = _match_fields(match)
    if match.video is not None:
        fields["video"] = _evidence_fields(match.video)
    if match.url is not None:
        fields["url"] = _url_fields(match.url)
    return fields


def _url_fields(evidence: UrlEvidence) -> dict[str, object]:
    return {
        "url": evidence.url,
        "host": evidence.host.value,
        "path": evidence.path.value,
        "times": evidence.times,
        "urls": evidence.urls,
    }


def _evidence_fields(evidence: VideoEvidence) -> dict[str, object]:
    return {
        "query_percent": round(evidence.query_percent, 3),
        "list_percent": round(evidence.list_percent, 3),
        "query_frames": evidence.query_frames,
        "list_frames": evidence.list_frames,
        "seconds": _seconds(evidence.milliseconds),
        "list_seconds": _seconds(evidence.list_milliseconds),
    }


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _match_fields(match: Match) -> dict[str, object]:
    return {
        "id": str(match.id),
        "list": match.list_name,
        "list_id": str(match.list_id),
        "list_generation": match.list_generation,
        "owner": match.owner,
        "entry": str(match.entry_id),
        "entry_version": match.entry_version,
        "subject": match.subject.value,
        "kind": match.kind,
        "distance": match.distance,
        "threshold": match.threshold,
        "dialect": match.dialect,
        "transform": match.transform,
        "quality": match.quality,
        "labels": [label_fields(label) for label in match.labels],
        "suppressed_by": match.suppressed_by,
        "from_partial": match.from_partial,
    }


def label_fields(label: Label) -> dict[str, object]:
    """Return one label as JSON values."""
    return {
        "scheme": label.scheme,
        "scheme_version": label.scheme_version,
        "region": label.region,
        "value": label.value,
    }


def fingerprint_fields(fingerprint: Fingerprint) -> dict[str, object]:
    """Return one fingerprint as JSON values; what is absent is left out."""
    fields: dict[str, object] = {"kind": fingerprint.kind}
    if fingerprint.dialect is not None:
        fields["dialect"] = fingerprint.dialect
    fields["value"] = fingerprint.text
    if fingerprint.quality is not None:
        fields["quality"] = fingerprint.quality
    if fingerprint.software is not None:
        fields["software"] = fingerprint.software
    return fields


def conflict_fields(conflict: Conflict) -> dict[str, object]:
    """Return one conflict between lists as JSON values."""
    return {
        "code": conflict.code,
        "known_list": conflict.known_list,
        "harmless_list": conflict.harmless_list,
    }


def _file_fields(file: FileFingerprints) -> dict[str, object]:
    fields = path_fields(file.path)
    if file.membership is not None:
        fields |= _membership_fields(file.membership)
    fields["size"] = file.size
    fields["media_type"] = file.media_type
    fields["outcome"] = file.outcome.value
    fields["error"] = (
        None
        if file.problem is None
        else {
            "kind": file.problem.kind.value,
            "message": file.problem.message,
            "hint": file.problem.hint,
        }
    )
    if file.video is not None:
        fields["video"] = _video_fields(file.video)
    if file.urls is not None:
        fields["urls"] = {"distinct": file.urls.distinct, "complete": file.urls.is_complete}
    fields["fingerprints"] = [fingerprint_fields(each) for each in file.fingerprints]
    if file.partial_fingerprints:
        fields["partial_fingerprints"] = [
            fingerprint_fields(each) for each in file.partial_fingerprints
        ]
    return fields


def _membership_fields(membership: Membership) -> dict[str, object]:
    return {
        **_name_fields("container", membership.container),
        **_name_fields("member", membership.member),
        "member_number": membership.number,
    }


def _video_fields(video: VideoSummary) -> dict[str, object]:
    return {
        "seconds": _seconds(video.milliseconds),
        "width": video.width,
        "height": video.height,
        "screened": video.is_screened,
        "frames": video.frames,
    }
