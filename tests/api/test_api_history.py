"""The history of matches, what persons say of it, and the audit log that has every look."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.api.conftest import KNOWN_PDQ, OTHER_PDQ, Asking


def history(ask: Asking, **query: Any) -> list[dict[str, Any]]:
    answer = ask.get("/v1/matches", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["matches"])


def test_history_shows_what_matching_answered_newest_first(ask: Asking) -> None:
    queries = [
        {"fingerprints": [{"kind": "pdq", "value": value}], "reference": reference}
        for value, reference in ((KNOWN_PDQ, "one"), (OTHER_PDQ, "two"))
    ]
    results = ask.post("/v1/match", {"queries": queries}).json()["results"]

    shown = history(ask)

    answered = [match for result in results for match in result["matches"]]
    assert [each["match"] for each in shown] == answered[::-1]
    assert [each["reference"] for each in shown] == ["two", "one"]
    assert [each["disposition"] for each in shown] == [None, None]


def test_every_look_is_an_event_with_filter_and_count_and_no_content(ask: Asking) -> None:
    ask.post(
        "/v1/match",
        {"queries": [{"fingerprints": [{"kind": "pdq", "value": KNOWN_PDQ}], "reference": "name"}]},
    )
    (found,) = history(ask, list="list-a", since="2020-01-01T00:00:00Z", disposition="none")
    ask.get(f"/v1/matches/{found['match']['id']}")

    page, single = ask.events("matches.read")

    assert page["count"] == 1
    assert page["filters"]["list"] == str(ask.list_id("list-a"))
    assert page["filters"]["disposition"] == "none"
    assert single == {"match": found["match"]["id"], "count": 1}
    assert "name" not in json.dumps(page)


def test_history_is_filtered_and_paged(ask: Asking) -> None:
    ask.match(KNOWN_PDQ, OTHER_PDQ, KNOWN_PDQ)
    first = ask.get("/v1/matches?limit=2").json()
    second = ask.get("/v1/matches", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert len(first["matches"]) == 2
    assert len(second["matches"]) == 1
    assert second["next_cursor"] is None
    assert len(history(ask, list="list-b")) == 1
    assert history(ask, until="2020-01-01T00:00:00Z") == []
    principal = first["matches"][0]["principal"]
    assert len(history(ask, principal=principal)) == 3
    assert history(ask, disposition="true") == []
    assert ask.get("/v1/matches?list=list-x").status_code == 404
    for bad in ("since=yesterday", "since=2020-01-01", "limit=0", "limit=1001", "principal=x"):
        assert ask.get(f"/v1/matches?{bad}").status_code == 400, bad


def test_disposition_holds_and_earlier_ones_stay_on_record(ask: Asking) -> None:
    found = ask.match(KNOWN_PDQ).json()["results"][0]["matches"][0]["id"]
    path = f"/v1/matches/{found}/disposition"

    first = ask.post(path, {"value": "unclear", "reason": "A second opinion was asked for."})
    second = ask.post(path, {"value": "false", "reason": "Two analysts\nsee another picture."})

    assert (first.json()["version"], second.json()["version"]) == (1, 2)
    shown = ask.get(f"/v1/matches/{found}").json()
    assert [each["value"] for each in shown["dispositions"]] == ["unclear", "false"]
    assert shown["match"]["disposition"]["value"] == "false"
    assert [each["match"]["id"] for each in history(ask, disposition="false")] == [found]
    assert [each["value"] for each in ask.events("match.disposed")] == ["unclear", "false"]
    for bad in (
        {"value": "maybe", "reason": "x"},
        {"value": "true"},
        {"value": "true", "reason": ""},
    ):
        assert ask.post(path, bad).status_code == 400


def test_same_write_again_is_answered_and_not_done_again(ask: Asking) -> None:
    found = ask.match(KNOWN_PDQ).json()["results"][0]["matches"][0]["id"]
    path = f"/v1/matches/{found}/disposition"
    headers = {"idempotency-key": "once"}
    said = {"value": "true", "reason": "Seen by two."}

    first = ask.post(path, said, headers=headers)
    again = ask.post(path, said, headers=headers)
    other = ask.post(path, {"value": "false", "reason": "No."}, headers=headers)
    stranger = ask.having("reviewer").post(path, said, headers=headers)

    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert again.json() == first.json()
    assert other.status_code == 409
    assert stranger.json()["version"] == 2
    assert len(ask.events("match.disposed")) == 2


@pytest.mark.parametrize("token", ["", "x" * 201, "tab\there", "é"])
def test_idempotency_key_has_a_form(calm: Asking, token: str) -> None:
    answer = calm.post("/v1/lists", {"name": "list-c"}, headers={"idempotency-key": token.encode()})

    assert (answer.status_code, answer.json()["error"]["kind"]) == (400, "parameter")


def test_audit_log_is_read_and_checked_with_nothing_but_public_keys(
    ask: Asking, tmp_path: Path
) -> None:
    ask.match(KNOWN_PDQ)
    history(ask)

    exported = ask.get("/v1/audit/export")
    (tmp_path / "log").write_bytes(exported.content)
    keys = ask.get("/v1/audit/keys").text.splitlines()
    checked = subprocess.run(
        [
            sys.executable,
            "-c",
            "from rempart.cli import main; main()",
            "audit",
            "verify",
            str(tmp_path / "log"),
        ]
        + [part for key in keys for part in ("--key", key)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert exported.headers["content-type"] == "application/x-ndjson"
    assert checked.returncode == 0, checked.stderr
    kinds = [each["kind"] for each in ask.get("/v1/audit?limit=1000").json()["events"]]
    assert "matches.read" in kinds
    assert "audit.exported" in kinds
    note = ask.get("/v1/audit/checkpoint").text
    assert note.splitlines()[0].startswith("rempart/")
    assert ask.get("/v1/audit/proofs/0").text.startswith("c2sp.org/tlog-proof")
    for absent in ("1000000", "-1", "x", "9" * 40):
        assert ask.get(f"/v1/audit/proofs/{absent}").status_code == 404, absent


def test_audit_log_is_paged_by_index(ask: Asking) -> None:
    first = ask.get("/v1/audit?limit=2").json()
    rest = ask.get("/v1/audit", params={"limit": 1000, "after": first["next_after"]}).json()

    indexes = [each["index"] for each in first["events"] + rest["events"]]
    assert indexes == list(range(len(indexes)))
    imported = ask.get("/v1/audit?kind=list.imported").json()["events"]
    assert [each["kind"] for each in imported] == ["list.imported"] * 2


def test_identifiers_do_not_tell_how_many_matches_were_made_between(ask: Asking) -> None:
    for _ in range(10):
        ask.match(KNOWN_PDQ, OTHER_PDQ, KNOWN_PDQ)

    shown = history(ask)

    made = sorted(
        {UUID(text).int for each in shown for text in (each["match"]["id"], each["lookup"])}
    )
    assert len(made) == 60
    # Who may see a part of them would learn from distances of a few steps that others lie between.
    assert min(after - before for before, after in pairwise(made)) > 1 << 40
