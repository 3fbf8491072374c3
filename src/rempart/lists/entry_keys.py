"""What makes an entry the same entry in the next version of a list, and whether it changed."""

from hashlib import sha256
from typing import Final

from rempart.model.fingerprint import DIGEST_BYTES, PDQ, PDQ_DIALECTS, URL_SHA256, Fingerprint
from rempart.model.labels import Label
from rempart.model.lists import EntryDraft

LONGEST_PLAIN: Final = 160
"""Identifiers and opaque values with more bytes stand in a key as their SHA-256."""

_RANK: Final[dict[tuple[str, str | None], int]] = {
    which: rank
    for rank, which in enumerate(
        [*((kind, None) for kind in DIGEST_BYTES), *((PDQ, each) for each in PDQ_DIALECTS)]
    )
}
_OPAQUE_RANK: Final = len(_RANK)
# A URL in clear text names its entry as before its hash stood beside it, so that a list read again stays the same.
_RANK[URL_SHA256, None] = _OPAQUE_RANK + 1
_PREFIX: Final = {
    (kind, dialect): f"{kind}:".encode() if dialect is None else f"{kind}:{dialect}:".encode()
    for kind, dialect in _RANK
}
_DRAFT_TAG: Final = b"rempart.draft/1\n"
_MOST_REMEMBERED: Final = 4096
_label_bytes: dict[tuple[Label, ...], bytes] = {}


def entry_key(draft: EntryDraft) -> bytes:
    """Return what identifies an entry within its source, as a prefix and at most about 200 bytes.

    The source's global identifier; else the strongest digest (SHA-512, SHA-256, SHA-1, MD5); else a PDQ
    with its dialect, exact before cpp512 before screen; else the first opaque value; else the hash of a URL. Of
    several values of one kind the smallest counts, so that their order in the source makes no difference.
    """
    source_id = draft.source_id
    if source_id is not None:
        return _bounded(b"id", source_id.encode())
    fingerprints = draft.fingerprints
    best = fingerprints[0] if len(fingerprints) == 1 else _strongest(fingerprints)
    prefix = _PREFIX.get((best.kind, best.dialect))
    if prefix is not None:
        return prefix + best.value
    return _bounded(b"opaque:" + best.kind.encode(), best.value)


def draft_digest(draft: EntryDraft) -> bytes:
    """Return 32 bytes that differ when fingerprints, labels, subject or raw record of a draft differ.

    The order of the fingerprints and of the labels makes no difference, nor does the identifier of the
    source, the number of the record or the software that computed a value.
    """
    fingerprints = draft.fingerprints
    if len(fingerprints) == 1:
        parts = [_DRAFT_TAG, _written(fingerprints[0])]
    else:
        parts = [_DRAFT_TAG, *sorted(map(_written, fingerprints))]
    labels = draft.labels
    if labels:
        parts.append(_label_bytes.get(labels) or _remembered(labels))
    if draft.subject is not None:
        parts.append(b"\ns:" + draft.subject.value.encode())
    if draft.raw is not None:
        parts.append(b"\nr:" + draft.raw.encode())
    return sha256(b"".join(parts)).digest()


def _strongest(fingerprints: tuple[Fingerprint, ...]) -> Fingerprint:
    best = fingerprints[0]
    best_rank = _RANK.get((best.kind, best.dialect), _OPAQUE_RANK)
    for each in fingerprints[1:]:
        rank = _RANK.get((each.kind, each.dialect), _OPAQUE_RANK)
        is_smaller = rank == best_rank != _OPAQUE_RANK and each.value < best.value
        if rank < best_rank or is_smaller:
            best, best_rank = each, rank
    return best


def _bounded(prefix: bytes, value: bytes) -> bytes:
    if len(value) > LONGEST_PLAIN:
        return prefix + b"-sha256:" + sha256(value).digest()
    return prefix + b":" + value


def _written(fingerprint: Fingerprint) -> bytes:
    """Return a fingerprint as bytes that no other one has.

    The values of a known kind have one length; that of an opaque value stands before it.
    """
    prefix = _PREFIX.get((fingerprint.kind, fingerprint.dialect))
    value = fingerprint.value
    if prefix is None:
        kind = fingerprint.kind.encode()
        return b"\no:%b:%b:%d:%b" % (kind, _number(fingerprint.quality), len(value), value)
    if fingerprint.quality is None:
        return b"\nf:" + prefix + value
    return b"\nq:%b:%b%b" % (_number(fingerprint.quality), prefix, value)


def _number(quality: int | None) -> bytes:
    return b"" if quality is None else b"%d" % quality


def _remembered(labels: tuple[Label, ...]) -> bytes:
    """Return labels as bytes; the few combinations of a list are made once."""
    written = b"".join(sorted(_label(each) for each in labels))
    if len(_label_bytes) >= _MOST_REMEMBERED:
        _label_bytes.clear()
    _label_bytes[labels] = written
    return written


def _label(label: Label) -> bytes:
    texts = (label.scheme, label.scheme_version, label.region, label.value)
    return b"\nl:" + b"".join(
        b"-" if text is None else b"%d:%b" % (len(text.encode()), text.encode()) for text in texts
    )
