"""What is taken from a record of a scan for another tool: checked values and texts, and nothing that is not certain."""

import re
from typing import Final

from rempart.model.fingerprint import (
    DIGEST_BYTES,
    EXACT,
    MD5,
    PDQ,
    PDQ_BYTES,
    SHA1,
    SHA256,
    SHA512,
    Fingerprint,
)
from rempart.node.record_lines import LabelLine, MatchLine, ScanLine

EMPTY_MD5: Final = bytes.fromhex("d41d8cd98f00b204e9800998ecf8427e")
"""Every empty file has it: in a hash set it would match all of them."""

_LONGEST_REASON: Final = 2000
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)


def is_matched(line: ScanLine) -> bool:
    """Tell whether there is a match that nothing suppresses."""
    return any(match.suppressed_by is None for match in line.matches)


def is_matched_itself(line: ScanLine) -> bool:
    """Tell whether such a match is of the object, and not only of an address that stands in it."""
    return any(match.suppressed_by is None and match.url is None for match in line.matches)


def fingerprint_of(line: ScanLine, kind: str) -> Fingerprint | None:
    """Return an exact hash, or the PDQ in dialect `exact`, of the whole object; None where there is none.

    What is known of a torn object only is not its fingerprint, and a PDQ in another dialect is not for others.
    """
    length = PDQ_BYTES if kind == PDQ else DIGEST_BYTES[kind]
    for each in line.fingerprints:
        if each.kind != kind or (kind == PDQ and each.dialect != EXACT):
            continue
        if _HEX.fullmatch(each.value) and len(each.value) == 2 * length:
            value = bytes.fromhex(each.value)
            return Fingerprint(kind, value, EXACT if kind == PDQ else None) if any(value) else None
    return None


def digests_of(line: ScanLine) -> tuple[Fingerprint, ...]:
    """Return the exact hashes of an object; empty where it has no MD5, or that of the empty input."""
    found = tuple(
        each for kind in (MD5, SHA1, SHA256, SHA512) if (each := fingerprint_of(line, kind))
    )
    if not found or found[0].kind != MD5 or found[0].value == EMPTY_MD5:
        return ()
    return found


def explained(match: MatchLine, *, shows_url: bool) -> str:
    """Say in a line why a match is one, as the report of a scan does.

    Args:
        match: the match.
        shows_url: whether a URL that stood in the object may be told.
    """
    if match.video is not None:
        shares = f"{match.video.query_percent:.0f} % / {match.video.list_percent:.0f} %"
        why = f"{match.kind}, frames {shares}"
    elif match.kind == PDQ:
        why = f"{match.kind}, {match.distance} of {match.threshold} bits"
    else:
        why = f"same {match.kind}" + (
            f" {match.url.url}" if match.url is not None and shows_url else ""
        )
    parts = [f"{match.list} of {match.owner}", why, f"entry {match.entry}"]
    if match.labels:
        parts.append("labels " + ", ".join(map(label_text, match.labels)))
    if match.from_partial:
        parts.append("from a torn file")
    if match.suppressed_by is not None:
        parts.append(f"suppressed by {match.suppressed_by}")
    return plain("; ".join(parts))[:_LONGEST_REASON]


def label_text(label: LabelLine) -> str:
    """Return a label for people: scheme, version and region before the class."""
    said = [each for each in (label.scheme, label.scheme_version, label.region) if each]
    return f"{' '.join(said)}: {label.value}"


def plain(text: str) -> str:
    """Return a text in which no character acts on a terminal or a spreadsheet, and which is UTF-8."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)
