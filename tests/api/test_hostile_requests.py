"""Requests that mean no good, or are broken: each gets the one error shape, none gets through."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.conftest import KNOWN_PDQ, Asking, StartFunction

from rempart.api import bodies
from rempart.api.asgi import Message
from rempart.api.errors import BodyTooLargeError, CursorError
from rempart.api.paging import make_cursor, read_cursor

DEEP = b'{"queries":' + b"[" * 100_000
VALUE = KNOWN_PDQ.encode()


def one(fingerprint: bytes, more: bytes = b"") -> bytes:
    return b'{"queries":[{"fingerprints":[' + fingerprint + b"]" + more + b"}]}"


HOSTILE_BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"{}",
    b'{"queries":[]}',
    b'{"queries":null}',
    b'{"queries":[{}]}',
    b'{"queries":[{"fingerprints":[]}]}',
    b'{"queries":[null]}',
    one(b'{"kind":"pdq"}'),
    one(b'{"kind":"pdq","value":1}'),
    one(b'{"kind":1,"value":"' + VALUE + b'"}'),
    one(b'{"kind":"pdq","value":"zz"}'),
    one(b'{"kind":"pdq","value":"' + b"z" * 64 + b'"}'),
    one(b'{"kind":"pdq","value":"' + VALUE[:-2] + b'"}'),
    one(b'{"kind":"md5","value":"' + VALUE + b'"}'),
    one(b'{"kind":"PDQ","value":"' + VALUE + b'"}'),
    one(b'{"kind":"","value":"' + VALUE + b'"}'),
    one(b'{"kind":"\\u0000","value":"' + VALUE + b'"}'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'","quality":101}'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'","quality":-1}'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'","quality":1e400}'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'","quality":NaN}'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'","quality":' + b"9" * 5_000 + b"}"),
    one(b'{"kind":"pdq","value":"' + VALUE + b'","quality":"99"}'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'","quality":true}'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'","dialect":"other"}'),
    one(b'{"kind":"md5","value":"' + VALUE[:32] + b'","dialect":"exact"}'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'","other":1}'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'"},{"kind":"pdq","value":"' + VALUE + b'"}'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'"}', b',"reference":"\\ud800"'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'"}', b',"reference":"a\\u0000b"'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'"}', b',"reference":"a\\nb"'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'"}', b',"reference":"' + b"x" * 256 + b'"'),
    one(b'{"kind":"pdq","value":"' + VALUE + b'"}', b',"reference":1'),
    b'{"queries":[{"fingerprints":[{"kind":"pdq","value":"\xff\xfe"}]}]}',
    b'\xef\xbb\xbf{"queries":[]}',
    DEEP,
    b'{"context":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b',"queries":[]}',
]


def refused(answer: Any, status: int) -> dict[str, str]:
    """Return the error of an answer that has the one shape and tells nothing of what was sent."""
    assert answer.status_code == status, answer.text
    error: dict[str, str] = answer.json()["error"]
    assert list(answer.json()) == ["error"]
    assert list(error) == ["kind", "message", "hint", "reference"]
    assert error["reference"] == answer.headers["x-request-id"]
    assert KNOWN_PDQ[:16] not in answer.text
    assert "Traceback" not in answer.text
    return error


@pytest.mark.parametrize("body", HOSTILE_BODIES, ids=range(len(HOSTILE_BODIES)))
def test_broken_queries_are_refused(calm: Asking, body: bytes) -> None:
    answer = calm.post("/v1/match", content=body, headers={"content-type": "application/json"})

    refused(answer, 400)


def test_error_names_the_place_of_the_mistake(calm: Asking) -> None:
    good = {"fingerprints": [{"kind": "pdq", "value": KNOWN_PDQ}]}
    bad = {
        "fingerprints": [{"kind": "md5", "value": "00" * 16}, {"kind": "pdq", "value": "g" * 64}]
    }

    answer = calm.post("/v1/match", {"queries": [good, bad]})

    assert "queries[1].fingerprints[1].value" in refused(answer, 400)["message"]


def test_torn_messagepack_is_refused_at_every_byte(calm: Asking) -> None:
    whole = msgspec.msgpack.encode(
        {"queries": [{"fingerprints": [{"kind": "pdq", "value": KNOWN_PDQ}]}]}
    )
    headers = {"content-type": "application/msgpack"}

    for cut in range(len(whole)):
        refused(calm.post("/v1/match", content=whole[:cut], headers=headers), 400)
    refused(calm.post("/v1/match", content=whole + b"\x00", headers=headers), 400)


def test_one_query_too_many_is_refused_and_none_is_charged(start: StartFunction) -> None:
    ask = start(batch_queries=10)
    caller = ask.having("match", queries_per_day=20)

    refused(caller.match(*[KNOWN_PDQ] * 11), 413)
    assert caller.match(*[KNOWN_PDQ] * 10).status_code == 200
    assert caller.match(*[KNOWN_PDQ] * 10).status_code == 200
    refused(caller.match(KNOWN_PDQ), 429)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": ""}, 415),
        ({"content-type": "application/json; charset=utf-16"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-type": "application/json", "accept": "text/html"}, 406),
        ({"content-type": "application/json", "accept": "application/json;q=0"}, 406),
    ],
)
def test_forms_that_are_not_taken_are_refused(
    calm: Asking, headers: dict[str, str], status: int
) -> None:
    body = one(b'{"kind":"pdq","value":"' + VALUE + b'"}')

    refused(calm.post("/v1/match", content=body, headers=headers), status)


def test_too_large_body_is_refused_whether_or_not_it_says_so(start: StartFunction) -> None:
    ask = start(request_body_bytes=70_000)

    async def chunks() -> Any:
        for _ in range(8):
            yield b" " * 10_000

    declared = ask.post(
        "/v1/match", content=b" " * 80_000, headers={"content-type": "application/json"}
    )
    streamed = ask.post("/v1/match", content=chunks(), headers={"content-type": "application/json"})

    assert declared.headers["connection"] == "close"
    refused(declared, 413)
    refused(streamed, 413)


def test_unknown_addresses_and_methods_have_the_one_shape(calm: Asking) -> None:
    for path in ("/nothing", "/v1", "/v1/lists/a/b/c/d", "/v1/match/", "/%00", "/v1/../etc"):
        answer = calm.get(path)
        assert answer.status_code in {404, 405}, path
        refused(answer, answer.status_code)
    answer = calm("DELETE", "/v1/match")
    assert answer.headers["allow"] == "POST"
    refused(answer, 405)
    refused(calm("TRACE", "/v1/match"), 405)
    refused(calm("OPTIONS", "/v1/lists/list-a"), 405)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "limit=1&limit=2", "other=1", "limit", "a=%ff", "&"],
)
def test_parameters_are_understood_completely_or_refused(calm: Asking, query: str) -> None:
    refused(calm.get(f"/v1/lists?{query}"), 400)


def test_head_that_is_too_large_is_refused(start: StartFunction) -> None:
    ask = start(header_bytes=4096)

    refused(ask.get("/v1/lists", headers={"x-filler": "x" * 5_000}), 431)


def test_callers_identifier_comes_back_only_if_it_is_one(calm: Asking) -> None:
    good = calm.get("/health/live", headers={"x-request-id": "exercise-0001"})
    bad = calm.get("/health/live", headers={"x-request-id": "a b<script>"})

    assert good.headers["x-request-id"] == "exercise-0001"
    assert len(bad.headers["x-request-id"]) == 24


def test_answers_carry_secure_headers_and_no_origin_is_let_in(calm: Asking) -> None:
    for answer in (
        calm.get("/v1/lists", headers={"origin": "https://other.example"}),
        calm.get("/x"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_fault_inside_tells_nothing_outside(calm: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        inside = "/somewhere/inside"
        raise ValueError(inside)

    monkeypatch.setattr(type(calm.service.lists), "visible", fail)

    error = refused(calm.get("/v1/lists"), 500)

    assert "somewhere" not in json.dumps(error)
    assert error["kind"] == "internal"


def raw(
    asking: Asking, receive: Callable[[], Awaitable[dict[str, Any]]], **scope: Any
) -> list[dict[str, Any]]:
    """Ask without a client between, so that the body can misbehave."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [
        (b"authorization", f"Bearer {asking.key}".encode()),
        (b"content-type", b"application/json"),
        (b"transfer-encoding", b"chunked"),
    ]
    whole = {
        "type": "http",
        "method": "POST",
        "path": "/v1/match",
        "raw_path": b"/v1/match",
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "state": {},
        **scope,
    }
    asking.runner.run(asking.application(whole, receive, send))
    return sent


def test_body_that_stops_arriving_is_given_up(
    calm: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.01)

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    start, body = raw(calm, receive)

    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert json.loads(body["body"])["error"]["kind"] == "body-too-slow"


@pytest.mark.parametrize("size", [20, 200])
def test_a_body_that_is_here_is_read_without_a_clock_and_within_its_limit(size: int) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * size, "more_body": False}

    async def read() -> bytes:
        return await bodies.read_body(
            receive, declared=None, limit=100, seconds=0, take=seen.append, is_whole=lambda: True
        )

    seen: list[int] = []
    if size > 100:
        with pytest.raises(BodyTooLargeError):
            asyncio.run(read())
    else:
        assert len(asyncio.run(read())) == size
        assert seen == [0, size]


def test_body_that_drips_for_ever_is_given_up(start: StartFunction) -> None:
    ask = start(request_seconds=1)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b" ", "more_body": True}

    assert raw(ask, receive)[0]["status"] in {408, 413}


def test_caller_that_goes_away_is_not_answered(calm: Asking) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    assert raw(calm, receive) == []


@given(text=st.text(max_size=80))
@settings(max_examples=50)
def test_only_cursors_that_were_made_for_the_question_are_read(text: str) -> None:
    try:
        after = read_cursor(text, question="q")
    except CursorError:
        return
    assert make_cursor(after, question="q") == text


@given(body=st.binary(max_size=200))
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_body_at_all_makes_the_service_fail(calm: Asking, body: bytes) -> None:
    for form in ("application/json", "application/msgpack"):
        answer = calm.post("/v1/match", content=body, headers={"content-type": form})
        assert answer.status_code == 400


def test_parameters_are_refused_where_an_operation_has_none(calm: Asking) -> None:
    for operation in calm.application.operations:
        path = operation.path.replace("{index}", "0").replace("{list}", "list-a")
        if operation.query is not None or not path.startswith("/v1/"):
            continue
        answer = calm(operation.method, path, params={"dry_run": "true"})

        assert answer.status_code == 400, operation.path
        assert answer.json()["error"]["kind"] == "parameter"
        assert "none" in answer.json()["error"]["hint"]


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics", "/openapi.json"])
def test_those_who_watch_the_service_may_add_parameters(calm: Asking, path: str) -> None:
    assert calm.get(path, params={"probe": "1"}).status_code == 200
