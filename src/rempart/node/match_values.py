"""Match fingerprints that somebody has already, without any file."""

import binascii
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from rempart.match import Findings, PictureQuery, Query, VideoQuery, single_query
from rempart.model.fingerprint import CPP512, EQUAL_BYTES, EXACT, PDQ, VPDQ, Fingerprint
from rempart.model.records import HASH_SCHEMA
from rempart.model.video import LONGEST_FRAMES_TEXT, VideoFrame, frames_text, parse_frames
from rempart.node.errors import SettingsError
from rempart.node.index_upkeep import ready_index
from rempart.node.matching import matcher_for
from rempart.node.node import OpenNode

FROM_STREAM: Final = "-"
_OF_A_FILE: Final = f"{VPDQ}:@"
_LONGEST_LINE_BYTES: Final = 2 * LONGEST_FRAMES_TEXT


def look_up_values(
    node: OpenNode,
    values: Iterable[str],
    stream: BinaryIO,
    *,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[str, Findings]]:
    """Yield what each value matches.

    Args:
        node: against whose lists.
        values: `KIND:HEX`, `vpdq:@FILE`, or `-` for `rempart.hash/1` records from the stream.
        stream: read where a value is `-`.
        report: told, in a sentence, of work on the index.

    Raises:
        SettingsError: a value or a record has not the written form.
    """
    typed = [(value, None if value == FROM_STREAM else _typed(value)) for value in values]
    matcher = matcher_for(node, ready_index(node.folder, node.store, report=report))
    for value, known in typed:
        for name, query in _records(stream) if known is None else [(value, known)]:
            yield name, matcher.match_many([query])[0]


def _typed(text: str) -> Query:
    if text.startswith(_OF_A_FILE):
        return Query(digests=(), video=VideoQuery(_frames_of_file(text)))
    kind, _, digits = text.partition(":")
    if kind not in EQUAL_BYTES and kind != PDQ:
        raise _refused(
            text,
            "the kind before the colon is none of pdq, sha512, sha256, sha1, md5, url-sha256; a video is given as "
            "vpdq:@FILE",
        )
    return single_query(_fingerprint(text, kind, digits, EXACT if kind == PDQ else None, None))


def _fingerprint(
    name: str, kind: str, digits: str, dialect: str | None, quality: int | None
) -> Fingerprint:
    try:
        return Fingerprint(kind, binascii.unhexlify(digits), dialect=dialect, quality=quality)
    except ValueError as error:
        raise _refused(name, f"not a {kind} in hexadecimal") from error


def _frames_of_file(text: str) -> tuple[VideoFrame, ...]:
    try:
        with Path(text.removeprefix(_OF_A_FILE)).open("rb") as file:
            content = file.read(LONGEST_FRAMES_TEXT + 1)
    except OSError as error:
        raise _refused(text, f"the file cannot be read ({error.strerror})") from error
    return _frames(text, content.decode("utf-8", "replace"))


def _frames(name: str, text: str) -> tuple[VideoFrame, ...]:
    if len(text) > LONGEST_FRAMES_TEXT:
        raise _refused(name, f"the frames of a video have at most {LONGEST_FRAMES_TEXT} characters")
    try:
        return parse_frames(text)
    except ValueError as error:
        raise _refused(name, "these are not the frames of a video") from error


def _records(stream: BinaryIO) -> Iterator[tuple[str, Query]]:
    number = 0
    while line := stream.readline(_LONGEST_LINE_BYTES):
        number += 1
        if line.strip():
            yield _from_record(line, f"line {number}")


def _from_record(line: bytes, place: str) -> tuple[str, Query]:
    """Read a record that `rempart hash --json` wrote, perhaps on another machine: check every field."""
    try:
        record = json.loads(line)
        if record["schema"] != HASH_SCHEMA:
            raise _refused(place, f"the schema is not {HASH_SCHEMA}")
        whole = _fingerprints(place, record["fingerprints"])
        partial = _fingerprints(place, record.get("partial_fingerprints", []))
        name = str(record["path"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _refused(place, f"it is no {HASH_SCHEMA} record") from error
    digests = tuple(each for each in whole if each.kind in EQUAL_BYTES)
    return name, Query(
        digests=digests,
        picture=_picture(whole),
        partial=_picture(partial),
        video=_video(whole, is_partial=False) or _video(partial, is_partial=True),
    )


def _fingerprints(place: str, fields: Any) -> list[Fingerprint]:  # JSON; what is missing raises
    videos = [
        Fingerprint(VPDQ, frames_text(_frames(place, each["value"])).encode())
        for each in fields
        if each["kind"] == VPDQ
    ]
    return videos + [
        _fingerprint(place, each["kind"], each["value"], each.get("dialect"), each.get("quality"))
        for each in fields
        if each["kind"] == PDQ or each["kind"] in EQUAL_BYTES
    ]


def _video(fingerprints: list[Fingerprint], *, is_partial: bool) -> VideoQuery | None:
    texts = [each.text for each in fingerprints if each.kind == VPDQ]
    return VideoQuery(parse_frames(texts[0]), is_partial=is_partial) if texts else None


def _picture(fingerprints: list[Fingerprint]) -> PictureQuery | None:
    """Return the PDQ side of a record's fingerprints; a record holds no turned variants."""
    pictures = {each.dialect: each for each in fingerprints if each.kind == PDQ}
    exact, cpp512 = pictures.get(EXACT), pictures.get(CPP512)
    main = exact or cpp512
    if main is None:
        return None
    return PictureQuery(
        variants=(main.value,),
        quality=main.quality,
        cpp512=cpp512.value if cpp512 is not None else None,
        cpp512_quality=cpp512.quality if cpp512 is not None else None,
    )


def _refused(place: str, reason: str) -> SettingsError:
    message = f"{place[:80]} cannot be matched: {reason}."
    return SettingsError(
        message, hint="Give KIND:HEX, or - for the records of `rempart hash --json`."
    )
