"""Large bodies of JSON and MessagePack: limited by what becomes of them, and given back when they are answered."""

import json
from collections.abc import AsyncIterator

import msgspec
import pytest
from tests.api.conftest import KNOWN_PDQ, Asking

from rempart.api import call

TINY = {"fingerprints": [{"kind": "a", "value": "b"}]}
JSON = {"content-type": "application/json"}
MSGPACK = {"content-type": "application/msgpack"}


def large_match(count: int = 3_000) -> bytes:
    query = {"fingerprints": [{"kind": "pdq", "value": KNOWN_PDQ}]}
    body = json.dumps({"queries": [query] * count}).encode()
    assert len(body) > call._UNCOUNTED_BYTES
    return body


def kind_of(answer: object) -> str:
    assert isinstance(answer, dict)
    return str(answer["error"]["kind"])


def test_large_body_takes_memory_that_is_given_back(ask: Asking) -> None:
    memory = ask.service.upload_memory
    body = large_match()
    memory.take(memory.most - len(body))
    answer = ask.post("/v1/match", content=body, headers=JSON)
    assert (answer.status_code, kind_of(answer.json())) == (503, "busy")
    assert answer.headers["retry-after"] == "1"
    assert ask.match(KNOWN_PDQ).status_code == 200  # a small one needs none
    memory.give_back(memory.most - len(body))
    assert memory.used == 0
    assert ask.post("/v1/match", content=body, headers=JSON).status_code == 200
    assert memory.used == 0


def test_body_without_a_length_takes_memory_while_it_arrives(ask: Asking) -> None:
    memory = ask.service.upload_memory
    body = large_match()
    memory.take(memory.most - len(body))

    async def parts() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 65_536):
            yield body[at : at + 65_536]

    assert ask.post("/v1/match", content=parts(), headers=JSON).status_code == 503
    memory.give_back(memory.most - len(body))
    assert ask.post("/v1/match", content=parts(), headers=JSON).status_code == 200
    assert memory.used == 0


def test_many_records_take_more_memory_than_few_of_the_same_length(ask: Asking) -> None:
    memory = ask.service.upload_memory
    tiny = json.dumps({"queries": [TINY] * 9_000}).encode()
    long = {"fingerprints": [{"kind": "exercise", "value": "a" * 100_000}]}
    few = json.dumps({"queries": [long] * (len(tiny) // 100_000)}).encode()
    kept = memory.most - 3 * len(tiny)
    memory.take(kept)
    assert ask.post("/v1/match", content=tiny, headers=JSON).status_code == 503
    assert ask.post("/v1/match", content=few, headers=JSON).status_code == 200
    memory.give_back(kept)
    assert memory.used == 0


def test_body_that_needs_more_memory_than_there_is_takes_all_of_it(start: object) -> None:
    assert callable(start)
    ask = start(request_body_bytes=1 << 20)
    queries = {"queries": [{"fingerprints": [{"kind": "pdq", "value": "0f" * 32}]}] * 5_000}
    content = msgspec.msgpack.encode(queries)
    assert len(content) * call._MSGPACK_GROWTH > ask.service.upload_memory.most
    assert ask.post("/v1/match", content=content, headers=MSGPACK).status_code == 200
    assert ask.service.upload_memory.used == 0


def test_memory_is_given_back_where_the_body_is_refused(ask: Asking) -> None:
    for headers in (JSON, MSGPACK):
        answer = ask.post("/v1/match", content=b"[" * 400_000, headers=headers)
        assert answer.status_code == 400
        assert ask.service.upload_memory.used == 0


def test_far_too_many_queries_are_refused_before_any_is_made(
    start: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(start)
    ask = start(batch_queries=10)
    made: list[object] = []
    monkeypatch.setattr("rempart.api.routes.matching.decode_body", lambda *_: made.append(1))
    content = json.dumps({"queries": [TINY] * 20_000}).encode()
    answer = ask.post("/v1/match", content=content, headers=JSON)
    assert (answer.status_code, kind_of(answer.json())) == (413, "body-too-large")
    assert made == []


def test_body_of_a_batch_is_limited_by_its_queries(start: object) -> None:
    assert callable(start)
    ask = start(batch_queries=300)
    for headers, limit in ((JSON, 300 * 4096), (MSGPACK, call.SMALL_BODY_BYTES)):
        answer = ask.post("/v1/match", content=b" " * (limit + 1), headers=headers)
        assert (answer.status_code, kind_of(answer.json())) == (413, "body-too-large")


def test_whole_batch_of_either_form_is_answered(ask: Asking) -> None:
    query = {"fingerprints": [{"kind": "pdq", "value": "0f" * 32}], "reference": "upload" * 20}
    asked = {"queries": [query] * 10_000}
    for headers, content in (
        (JSON, json.dumps(asked).encode()),
        (MSGPACK, msgspec.msgpack.encode(asked)),
    ):
        assert ask.post("/v1/match", content=content, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/keys"),
        ("POST", "/v1/lists"),
        ("PATCH", "/v1/lists/list-a"),
        ("POST", "/c/banks/"),
        ("POST", "/m/compare"),
    ],
)
def test_body_of_a_small_operation_is_small(calm: Asking, method: str, path: str) -> None:
    path = path.rstrip("/")
    content = b'{"name":"' + b"a" * call.SMALL_BODY_BYTES + b'"}'
    assert calm(method, path, content=content, headers=JSON).status_code == 413
