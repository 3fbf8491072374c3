"""POST /v1/match with URLs and with their hashes: explained, on record without the URL, refused where they are none."""

import json
from hashlib import sha256
from typing import Any

import pytest
from tests.api.conftest import Asking

from rempart.fingerprint.urls import canonical_url, expressions

ADDRESS = "http://www.blocked.example/page?a=1"


def query(*fingerprints: dict[str, Any]) -> dict[str, Any]:
    return {"queries": [{"fingerprints": list(fingerprints)}]}


def url(value: str) -> dict[str, Any]:
    return {"kind": "url", "value": value}


def listed(ask: Asking, *fingerprints: dict[str, Any]) -> None:
    entries = [{"fingerprints": [each]} for each in fingerprints]
    answer = ask.post("/v1/lists/list-a/entries", {"entries": entries})
    assert answer.status_code == 200, answer.text
    ask.catch_up()


def test_url_meets_a_listed_domain_and_its_record_names_no_url(ask: Asking) -> None:
    listed(ask, url("blocked.example"))

    (result,) = ask.post("/v1/match", query(url(ADDRESS))).json()["results"]

    (match,) = result["matches"]
    assert match["kind"] == "url-sha256"
    assert match["url"] == {
        "url": ADDRESS,
        "host": "suffix",
        "path": "root",
        "times": 1,
        "urls": 1,
    }
    kept = ask.get(f"/v1/matches/{match['id']}")
    assert kept.json()["match"]["match"]["kind"] == "url-sha256"
    assert ADDRESS not in kept.text


def test_url_that_is_not_to_be_told_is_asked_for_by_all_of_its_hashes(ask: Asking) -> None:
    listed(ask, {"kind": "url-sha256", "value": sha256(b"blocked.example/").hexdigest()})
    hashes = [
        {"kind": "url-sha256", "value": each.sha256.hex()}
        for each in expressions(canonical_url(ADDRESS))
    ]

    (result,) = ask.post("/v1/match", query(*hashes)).json()["results"]

    (match,) = result["matches"]
    assert (match["kind"], match["distance"]) == ("url-sha256", 0)
    assert "url" not in match
    assert "not_searched" not in result


def test_url_that_nobody_lists_meets_nothing(calm: Asking) -> None:
    (result,) = calm.post("/v1/match", query(url("http://other.example/"))).json()["results"]
    assert (result["matches"], result["conflicts"]) == ([], [])


@pytest.mark.parametrize(
    "wrong",
    [
        url("mailto:exercise@host.example"),
        url("/only/a/path"),
        {**url(ADDRESS), "dialect": "exact"},
        {"kind": "url-sha256", "value": "ab" * 31},
        {"kind": "url-sha256", "value": "xy" * 32},
    ],
)
def test_what_is_no_url_is_refused_without_repeating_it(
    calm: Asking, wrong: dict[str, Any]
) -> None:
    answer = calm.post("/v1/match", query(wrong))
    assert answer.status_code == 400
    assert wrong["value"] not in json.dumps(answer.json())


def test_entry_without_a_host_is_told_as_a_bad_record(calm: Asking) -> None:
    entries = {"entries": [{"fingerprints": [url("mailto:exercise@host.example")]}]}
    assert "bad-url" in calm.post("/v1/lists/list-a/entries", entries).text
