"""POST /v1/match: what is found, in which order, and what is said of what was not searched."""

from pathlib import Path

import msgspec
import pytest
from tests.api.conftest import KNOWN_MD5, KNOWN_PDQ, OTHER_PDQ, Asking, StartFunction

UNKNOWN = "5a5a" * 16
NEAR = "a4" + KNOWN_PDQ[2:]


def test_known_picture_is_explained_as_in_a_scan(calm: Asking) -> None:
    answer = calm.match(NEAR)

    assert answer.status_code == 200
    body = answer.json()
    assert body["schema"] == "rempart.match/1"
    (match,) = body["results"][0]["matches"]
    assert match["list"] == "list-a"
    assert match["distance"] == 1
    assert match["threshold"] == 31
    assert match["transform"] == "original"
    assert match["labels"][0]["value"] == "exercise-A"
    assert "decisions" not in body["results"][0]


def test_results_stand_in_the_order_of_the_queries_with_their_references(calm: Asking) -> None:
    wanted = [(UNKNOWN, "no"), (OTHER_PDQ, "b"), (KNOWN_PDQ, "a"), (UNKNOWN, None)]
    queries = [
        {"fingerprints": [{"kind": "pdq", "value": value}], "reference": reference}
        for value, reference in wanted
    ]

    results = calm.post("/v1/match", {"queries": queries}).json()["results"]

    assert [each["reference"] for each in results] == ["no", "b", "a", None]
    found = [[match["list"] for match in each["matches"]] for each in results]
    assert found == [[], ["list-b"], ["list-a"], []]


def test_several_fingerprints_of_one_file_make_one_query(calm: Asking) -> None:
    query = {
        "fingerprints": [
            {"kind": "md5", "value": KNOWN_MD5.upper()},
            {"kind": "pdq", "value": OTHER_PDQ, "quality": 100},
        ]
    }

    (result,) = calm.post("/v1/match", {"queries": [query]}).json()["results"]

    assert {each["list"] for each in result["matches"]} == {"list-a", "list-b"}


def test_what_is_not_searched_is_said_with_the_reason(calm: Asking) -> None:
    query = {
        "fingerprints": [
            {"kind": "photodna", "value": "00" * 144},
            {"kind": "pdq", "value": KNOWN_PDQ, "dialect": "screen"},
            {"kind": "pdq", "value": KNOWN_PDQ, "quality": 49},
            {"kind": "tmk", "value": "anything"},
        ]
    }

    (result,) = calm.post("/v1/match", {"queries": [query]}).json()["results"]

    assert result["matches"] == []
    assert result["not_searched"] == [
        {"kind": "photodna", "why": "kind-not-matched", "dialect": None},
        {"kind": "pdq", "why": "dialect-not-matched", "dialect": "screen"},
        {"kind": "pdq", "why": "quality-too-low", "dialect": "exact"},
        {"kind": "tmk", "why": "kind-not-matched", "dialect": None},
    ]


@pytest.mark.parametrize("accept", [None, "application/msgpack", "application/json"])
@pytest.mark.parametrize("is_packed", [True, False])
def test_forms_of_request_and_answer_are_chosen_apart(
    calm: Asking, accept: str | None, *, is_packed: bool
) -> None:
    request = {"queries": [{"fingerprints": [{"kind": "pdq", "value": KNOWN_PDQ}]}]}
    headers = {"content-type": "application/msgpack" if is_packed else "application/json"}
    headers["accept"] = accept or "*/*"
    encode = msgspec.msgpack.encode if is_packed else msgspec.json.encode

    answer = calm.post("/v1/match", content=encode(request), headers=headers)

    is_packed_answer = accept == "application/msgpack" if accept else is_packed
    decode = msgspec.msgpack.decode if is_packed_answer else msgspec.json.decode
    assert decode(answer.content)["results"][0]["matches"][0]["list"] == "list-a"


def test_every_match_is_on_record_before_the_answer_and_a_miss_is_not(ask: Asking) -> None:
    ask.match(UNKNOWN)
    assert ask.events("matches.recorded") == []

    found = ask.match(KNOWN_PDQ).json()["results"][0]["matches"][0]

    page = ask.service.node.store.lookups.page(limit=10)
    assert [str(each.match.id) for each in page] == [found["id"]]
    (event,) = ask.events("matches.recorded")
    assert (event["lookups"], event["matches"]) == (1, 1)


def test_a_case_gets_decisions_in_the_preferred_language(calm: Asking) -> None:
    context = {"kind": "platform", "established": "FR", "conduct": "distribution"}

    english = calm.match(KNOWN_PDQ, UNKNOWN, context=context)
    french = calm.runner.run(
        calm._ask(
            "POST",
            "/v1/match",
            json={
                "context": context,
                "queries": [{"fingerprints": [{"kind": "pdq", "value": KNOWN_PDQ}]}],
            },
            headers={"accept-language": "fr-FR,fr;q=0.9"},
        )
    )

    hit, miss = english.json()["results"]
    assert hit["decisions"][0]["match"] == hit["matches"][0]["id"]
    assert hit["decisions"][0]["schema"] == "rempart.decision/1"
    assert miss["decisions"] == []
    assert french.json()["results"][0]["decisions"][0] != hit["decisions"][0]


def test_a_case_where_the_operator_s_facts_cannot_be_read_tells_the_caller_no_place(
    start: StartFunction, tmp_path: Path
) -> None:
    context = {"kind": "platform", "established": "FR", "conduct": "distribution"}
    asking = start(law_overlay=tmp_path / "nowhere")

    answer = asking.match(KNOWN_PDQ, context=context)

    assert answer.status_code == 503
    assert answer.json()["error"]["kind"] == "law-unreadable"
    assert "nowhere" not in answer.text
    assert asking.match(KNOWN_PDQ).status_code == 200


def test_every_mistake_of_a_case_is_told_at_once(calm: Asking) -> None:
    answer = calm.match(KNOWN_PDQ, context={"kind": "nobody", "established": "XX", "other": 1})

    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert all(word in message for word in ("kind", "established", "conduct", "other"))


def test_suppression_counts_only_lists_that_the_caller_may_see(calm: Asking) -> None:
    only_b = calm.having("match", lists=(calm.list_id("list-b"),))

    results = only_b.match(KNOWN_PDQ, OTHER_PDQ).json()["results"]

    assert [[each["list"] for each in result["matches"]] for result in results] == [[], ["list-b"]]
