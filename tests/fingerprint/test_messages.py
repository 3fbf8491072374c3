"""Messages between node and worker: a worker that lies is caught as far as its lie is impossible."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rempart.fingerprint import WorkMessageError, pdq, work
from rempart.fingerprint._software import SOFTWARE
from rempart.fingerprint.digests import digests_of
from rempart.fingerprint.messages import VideoFacts
from rempart.model.fingerprint import Fingerprint
from rempart.model.scan import Outcome, Problem, ProblemKind
from rempart.model.video import VideoSummary

DIGESTS = digests_of([b"exercise"])
VARIANTS = tuple(bytes([each]) * 32 for each in range(8))
EXACT = pdq.PDQHash(VARIANTS[0], 90, "exact").fingerprint()
CPP512 = pdq.PDQHash(bytes(32), 91, "cpp512").fingerprint()
SCREEN = pdq.PDQHash(VARIANTS[0], 90, "screen").fingerprint()
TRUNCATED = Problem(ProblemKind.TRUNCATED, "It ends early.", "Get it again.")
QUERY = work.PictureQuery("exact", 90, VARIANTS)

WHOLE = work.WorkResult(
    size=8,
    media_type="image/png",
    outcome=Outcome.OK,
    problem=None,
    fingerprints=(EXACT, CPP512, *DIGESTS),
    query=QUERY,
)
SCREENED = work.WorkResult(
    size=8,
    media_type="image/jpeg",
    outcome=Outcome.OK,
    problem=None,
    fingerprints=(SCREEN, *DIGESTS),
    query=work.PictureQuery("screen", 90, VARIANTS),
)
TORN = work.WorkResult(
    size=8,
    media_type="image/jpeg",
    outcome=Outcome.PARTIAL,
    problem=TRUNCATED,
    fingerprints=DIGESTS,
    partial_fingerprints=(EXACT, CPP512),
    partial_query=QUERY,
)
EMPTY = work.WorkResult(
    size=0,
    media_type=None,
    outcome=Outcome.UNREADABLE,
    problem=Problem(ProblemKind.EMPTY, "The file is empty.", "Get it again."),
)
UNKNOWN = work.WorkResult(
    size=8, media_type=None, outcome=Outcome.OK, problem=None, fingerprints=DIGESTS
)


@pytest.mark.parametrize("result", [WHOLE, SCREENED, TORN, EMPTY, UNKNOWN])
def test_result_survives_the_way(result: work.WorkResult) -> None:
    assert work.decode_result(work.encode_result(result)) == result


@pytest.mark.parametrize(
    "request_",
    [
        work.WorkRequest(depth="screen", max_file_bytes=1, max_pixels=1),
        work.WorkRequest(depth="exact", max_file_bytes=2**40, max_pixels=10**8),
        work.WorkRequest(
            depth="confirm", max_file_bytes=1, max_pixels=1, expected_sha256=bytes(32)
        ),
    ],
)
def test_request_survives_the_way(request_: work.WorkRequest) -> None:
    assert work.decode_request(work.encode_request(request_)) == request_


@pytest.mark.parametrize(
    "fields",
    [
        {"depth": "deep"},
        {"max_pixels": 0},
        {"max_file_bytes": -1},
        {"max_file_bytes": 2**63},
        {"expected_sha256": bytes(32)},
        {"depth": "confirm"},
        {"depth": "confirm", "expected_sha256": bytes(31)},
        {"unknown": 1},
    ],
)
def test_impossible_request_is_refused(fields: dict[str, object]) -> None:
    good: dict[str, object] = {"depth": "exact", "max_file_bytes": 9, "max_pixels": 9}
    work.decode_request(msgspec.msgpack.encode(good))
    with pytest.raises(WorkMessageError):
        work.decode_request(msgspec.msgpack.encode(good | fields))


def _with_text(text: str) -> work.WorkResult:
    return msgspec.structs.replace(TORN, problem=replace(TRUNCATED, message=text))


def _without(result: work.WorkResult, *dropped: Fingerprint) -> tuple[Fingerprint, ...]:
    return tuple(each for each in result.fingerprints if each not in dropped)


def _lasting(milliseconds: int) -> VideoFacts:
    return VideoFacts(VideoSummary(milliseconds, 1, 1, is_screened=True, frames=0))


LIES: dict[str, Callable[[], work.WorkResult]] = {
    "ok with a problem": lambda: msgspec.structs.replace(WHOLE, problem=TRUNCATED),
    "not ok without a reason": lambda: msgspec.structs.replace(UNKNOWN, outcome=Outcome.PARTIAL),
    "ok without digests": lambda: msgspec.structs.replace(
        WHOLE, fingerprints=_without(WHOLE, *DIGESTS)
    ),
    "a digest left out": lambda: msgspec.structs.replace(
        WHOLE, fingerprints=_without(WHOLE, DIGESTS[1])
    ),
    "digests in disorder": lambda: msgspec.structs.replace(UNKNOWN, fingerprints=DIGESTS[::-1]),
    "a digest twice": lambda: msgspec.structs.replace(UNKNOWN, fingerprints=(*DIGESTS, DIGESTS[0])),
    "digests first": lambda: msgspec.structs.replace(WHOLE, fingerprints=(*DIGESTS, EXACT, CPP512)),
    "digests of an empty file": lambda: msgspec.structs.replace(EMPTY, fingerprints=DIGESTS),
    "a foreign kind": lambda: msgspec.structs.replace(
        UNKNOWN, fingerprints=(*DIGESTS, Fingerprint("photodna", bytes(144), software=SOFTWARE))
    ),
    "foreign software": lambda: msgspec.structs.replace(
        UNKNOWN, fingerprints=tuple(replace(each, software="other/1") for each in DIGESTS)
    ),
    "no software": lambda: msgspec.structs.replace(
        UNKNOWN, fingerprints=tuple(replace(each, software=None) for each in DIGESTS)
    ),
    "exact without cpp512": lambda: msgspec.structs.replace(
        WHOLE, fingerprints=_without(WHOLE, CPP512)
    ),
    "screen beside exact": lambda: msgspec.structs.replace(
        WHOLE, fingerprints=(SCREEN, *WHOLE.fingerprints)
    ),
    "a picture without a query": lambda: msgspec.structs.replace(WHOLE, query=None),
    "a query without a picture": lambda: msgspec.structs.replace(UNKNOWN, query=QUERY),
    "a query of another picture": lambda: msgspec.structs.replace(
        WHOLE, query=work.PictureQuery("exact", 90, VARIANTS[::-1])
    ),
    "a query of another quality": lambda: msgspec.structs.replace(
        WHOLE, query=work.PictureQuery("exact", 20, VARIANTS)
    ),
    "a query of another dialect": lambda: msgspec.structs.replace(
        SCREENED, query=work.PictureQuery("exact", 90, VARIANTS)
    ),
    "seven variants": lambda: msgspec.structs.replace(
        WHOLE, query=work.PictureQuery("exact", 90, VARIANTS[:7])
    ),
    "a short variant": lambda: msgspec.structs.replace(
        WHOLE, query=work.PictureQuery("exact", 90, (*VARIANTS[:7], b"short"))
    ),
    "torn and ok": lambda: msgspec.structs.replace(TORN, outcome=Outcome.OK, problem=None),
    "torn and whole": lambda: msgspec.structs.replace(
        TORN, fingerprints=WHOLE.fingerprints, query=QUERY
    ),
    "a false checksum and ok": lambda: msgspec.structs.replace(WHOLE, is_false=True),
    "a torn screen": lambda: msgspec.structs.replace(
        TORN,
        partial_fingerprints=(SCREEN,),
        partial_query=work.PictureQuery("screen", 90, VARIANTS),
    ),
    "a negative size": lambda: msgspec.structs.replace(UNKNOWN, size=-1),
    "a duration that no record holds": lambda: msgspec.structs.replace(
        UNKNOWN, video=_lasting(10**15 + 1)
    ),
    "a media type with a line": lambda: msgspec.structs.replace(UNKNOWN, media_type="image/png\n"),
    "a message with an escape": lambda: _with_text("\x1b[2J"),
    "a message without end": lambda: _with_text("a" * 1001),
}


@pytest.mark.parametrize("lie", LIES)
def test_lie_of_a_worker_is_refused(lie: str) -> None:
    message = work.encode_result(LIES[lie]())
    with pytest.raises(WorkMessageError):
        work.decode_result(message)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value", b"short"),
        ("quality", 101),
        ("quality", -1),
        ("dialect", "md5"),
        ("dialect", None),
        ("kind", "PDQ"),
    ],
)
def test_impossible_fingerprint_is_refused(field: str, value: object) -> None:
    document: dict[str, Any] = msgspec.msgpack.decode(work.encode_result(WHOLE))
    document["fingerprints"][0][field] = value
    with pytest.raises(WorkMessageError):
        work.decode_result(msgspec.msgpack.encode(document))


@given(message=st.binary(max_size=300))
@example(message=b"")
@settings(max_examples=50, deadline=None)
def test_bytes_that_are_no_message_are_refused(message: bytes) -> None:
    with pytest.raises(WorkMessageError):
        work.decode_result(message)
    with pytest.raises(WorkMessageError):
        work.decode_request(message)


@given(at=st.integers(0, 2000), bit=st.integers(0, 7))
@settings(max_examples=50, deadline=None)
def test_flipped_bit_is_refused_or_yields_a_possible_result(at: int, bit: int) -> None:
    message = bytearray(work.encode_result(WHOLE))
    message[at % len(message)] ^= 1 << bit
    try:
        result = work.decode_result(bytes(message))
    except WorkMessageError:
        return
    assert work.decode_result(work.encode_result(result)) == result


def test_error_never_repeats_the_content() -> None:
    document: dict[str, Any] = msgspec.msgpack.decode(work.encode_result(UNKNOWN))
    document["media_type"] = "secret name"
    with pytest.raises(WorkMessageError) as raised:
        work.decode_result(msgspec.msgpack.encode(document))
    assert "secret" not in str(raised.value)
