"""The description: complete, made from what is served, and true of the answers."""

import re
from typing import Any

import msgspec
import pytest
from tests.api.conftest import KNOWN_PDQ, Asking

from rempart.api.history_shapes import MatchHistory, MatchPage
from rempart.api.key_shapes import KeyPage
from rempart.api.list_shapes import EntryPage, ListPage, ListView
from rempart.api.routes.audit import EventPage
from rempart.api.shapes import MatchAnswer, ScanAnswer


def described(calm: Asking) -> dict[str, Any]:
    document: dict[str, Any] = calm.with_key(None).get("/openapi.json").json()
    return document


def every_operation(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [each for inner in value.values() for each in references(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in references(inner)]
    return []


def test_every_address_and_method_is_described_with_all_that_it_can_answer(calm: Asking) -> None:
    document = described(calm)

    assert document["openapi"].startswith("3.1")
    served = {(each.path, each.method.lower()) for each in calm.application.operations}
    assert {(path, method) for path, method, _ in every_operation(document)} == served
    names = [operation["operationId"] for _, _, operation in every_operation(document)]
    assert len(names) == len(set(names))
    for path, method, operation in every_operation(document):
        statuses = set(operation["responses"])
        named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))
        assert {"400", "405", "431", "500", "503"} <= statuses
        assert ("401" in statuses) == ("security" not in operation)
        assert operation["summary"]
        assert operation["tags"][0] in {each["name"] for each in document["tags"]}
        if method in {"post", "put", "patch", "delete"} and path not in {"/v1/match", "/v1/scan"}:
            assert any(each["name"] == "Idempotency-Key" for each in operation["parameters"])
        if "requestBody" in operation:
            assert {"408", "413", "415"} <= statuses


def test_every_reference_leads_somewhere(calm: Asking) -> None:
    document = described(calm)

    for reference in set(references(document)):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_nothing_of_the_description_is_loaded_from_elsewhere(calm: Asking) -> None:
    text = calm.get("/openapi.json").text

    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v1/lists", ListPage),
        ("/v1/lists/list-a", ListView),
        ("/v1/lists/list-a/entries", EntryPage),
        ("/v1/matches", MatchPage),
        ("/v1/keys", KeyPage),
        ("/v1/audit", EventPage),
    ],
)
def test_answers_have_the_shapes_that_are_described(
    calm: Asking, path: str, shape: type[Any]
) -> None:
    calm.match(KNOWN_PDQ)

    msgspec.json.decode(calm.get(path).content, type=shape)


def headers_described(document: dict[str, Any], path: str, method: str, status: int) -> set[str]:
    answer = document["paths"][path][method]["responses"][str(status)]
    shared = answer.get("$ref", "").removeprefix("#/components/responses/")
    told = document["components"]["responses"][shared] if shared else answer
    return {name.lower() for name in told["headers"]}


def test_headers_that_tell_something_are_described(ask: Asking) -> None:
    document = described(ask)
    lists, one = "/v1/lists", "/v1/lists/{list}"
    made = ask.post(lists, {"name": "exercise-headers"}, headers={"idempotency-key": "exercise"})
    again = ask.post(lists, {"name": "exercise-headers"}, headers={"idempotency-key": "exercise"})
    shown = ask.get("/v1/lists/list-a")
    same = ask.get("/v1/lists/list-a", headers={"if-none-match": shown.headers["etag"]})
    changed = ask("PATCH", "/v1/lists/exercise-headers", json={"threshold_bits": 30})
    hurried = ask.having("match", requests_per_minute=1)
    hurried.match(KNOWN_PDQ)

    for path, method, answer, header in [
        (lists, "post", made, "etag"),
        (lists, "post", again, "idempotent-replay"),
        (one, "get", shown, "etag"),
        (one, "get", same, "etag"),
        (one, "patch", changed, "etag"),
        (lists, "get", ask.with_key(None).get(lists), "www-authenticate"),
        ("/v1/match", "post", ask.get("/v1/match"), "allow"),
        ("/v1/match", "post", hurried.match(KNOWN_PDQ), "retry-after"),
    ]:
        assert header in answer.headers, answer.text
        assert header in headers_described(document, path, method, answer.status_code)


def test_answers_of_matching_have_the_shapes_that_are_described(calm: Asking) -> None:
    answer = calm.match(KNOWN_PDQ)
    msgspec.json.decode(answer.content, type=MatchAnswer)
    found = answer.json()["results"][0]["matches"][0]["id"]
    msgspec.json.decode(calm.get(f"/v1/matches/{found}").content, type=MatchHistory)
    scanned = calm.post("/v1/scan", files=[("file", ("exercise", b"text"))])
    msgspec.json.decode(scanned.content, type=ScanAnswer)


def test_figures_are_told_without_naming_anybody(calm: Asking) -> None:
    calm.match(KNOWN_PDQ)
    figures = calm.get("/metrics")

    assert figures.headers["content-type"].startswith("text/plain")
    assert re.search(r'rempart_requests_total\{.*route="/v1/match",status="200"\} \d', figures.text)
    assert "rempart_queries_with_matches_total" in figures.text
    assert KNOWN_PDQ not in figures.text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", figures.text)
    assert calm.with_key(None).get("/metrics").status_code == 401


def test_service_says_what_it_waits_for(calm: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = calm.with_key(None)
    assert nobody.get("/health/ready").json() == {"status": "ready", "waits_for": []}

    monkeypatch.setattr(type(calm.service.live), "waits_for", "the search index")
    waiting = nobody.get("/health/ready")

    assert (waiting.status_code, waiting.json()["waits_for"]) == (503, ["the search index"])
    assert nobody.get("/health/live").json() == {"status": "alive"}
