"""Lists and entries over HTTP: what is shown, changed, refused, and takes effect in matching."""

from typing import Any

import pytest
from tests.api.conftest import KNOWN_PDQ, LIST_A, OWNER, Asking

NEW_PDQ = "96" * 32
ENTRY = {
    "fingerprints": [{"kind": "pdq", "value": NEW_PDQ, "quality": 90}],
    "labels": [{"scheme": "exercise", "value": "exercise-C"}],
}


def entries_of(ask: Asking, name: str = "list-a", **query: Any) -> list[dict[str, Any]]:
    answer = ask.get(f"/v1/lists/{name}/entries", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["entries"])


def put(ask: Asking, *entries: dict[str, Any], name: str = "list-a", **more: Any) -> Any:
    answer = ask.post(f"/v1/lists/{name}/entries", {"entries": list(entries), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["records"]


def test_lists_are_shown_by_id_and_by_name(calm: Asking) -> None:
    shown = calm.get("/v1/lists").json()
    by_name = {each["name"]: each for each in shown["lists"]}

    assert sorted(by_name) == ["list-a", "list-b"]
    assert shown["next_cursor"] is None
    assert calm.get("/v1/lists/list-a").json() == by_name["list-a"]
    assert calm.get(f"/v1/lists/{by_name['list-b']['id']}").json() == by_name["list-b"]
    counts = calm.get("/v1/lists/list-a/counts").json()
    assert counts == {"entries": {"published": 2}, "fingerprints": {"md5": 1, "pdq exact": 1}}


def test_new_list_is_made_once_and_matches_what_is_put_into_it(ask: Asking) -> None:
    made = ask.post("/v1/lists", {"name": "list-c", "owner": "Exercise Police"})
    again = ask.post("/v1/lists", {"name": "list-c", "owner": "Exercise Police"})
    (kept,) = put(ask, ENTRY, name="list-c")
    ask.catch_up()

    assert (made.status_code, again.status_code) == (201, 409)
    assert made.json()["threshold_bits"] == 31
    assert made.json()["subject"] == "child"
    (match,) = ask.match(NEW_PDQ).json()["results"][0]["matches"]
    assert (match["list"], match["owner"]) == ("list-c", "Exercise Police")
    assert match["entry"] == kept["entry"]


@pytest.mark.parametrize(
    "draft",
    [
        {"name": "Upper"},
        {"name": ""},
        {"name": "list-c", "owner": " blanks "},
        {"name": "list-c", "owner": "line\nbreak"},
        {"name": "list-c", "threshold_bits": 65},
        {"name": "list-c", "threshold_bits": True},
        {"name": "list-c", "threshold_bits": "31"},
        {"name": "list-c", "subject": "harmless"},
        {"name": "list-c", "purpose": "known-harmless", "subject": "child"},
        {"name": "list-c", "other": 1},
        {},
        [],
    ],
)
def test_impossible_list_is_refused_and_nothing_is_made(calm: Asking, draft: object) -> None:
    answer = calm.post("/v1/lists", draft)

    assert answer.status_code == 400
    assert len(calm.get("/v1/lists").json()["lists"]) == 2


def test_change_of_a_list_obeys_if_match_and_takes_effect(ask: Asking) -> None:
    shown = ask.get("/v1/lists/list-a")
    etag = shown.headers["etag"]

    changed = ask(
        "PATCH", "/v1/lists/list-a", json={"threshold_bits": 0}, headers={"if-match": etag}
    )
    stale = ask("PATCH", "/v1/lists/list-a", json={"threshold_bits": 5}, headers={"if-match": etag})
    ask.catch_up()

    assert (changed.status_code, stale.status_code) == (200, 412)
    assert changed.json() == {**shown.json(), "threshold_bits": 0}
    assert ask.match("a4" + KNOWN_PDQ[2:]).json()["results"][0]["matches"] == []
    assert ask.get("/v1/lists/list-a", headers={"if-none-match": etag}).status_code == 200
    newer = {"if-none-match": changed.headers["etag"]}
    assert ask.get("/v1/lists/list-a", headers=newer).status_code == 304


def test_withdrawn_list_is_shown_only_when_asked_for_and_matches_no_more(ask: Asking) -> None:
    gone = ask("DELETE", "/v1/lists/list-a")
    ask.catch_up()

    assert (gone.status_code, gone.content) == (204, b"")
    assert [each["name"] for each in ask.get("/v1/lists").json()["lists"]] == ["list-b"]
    every = ask.get("/v1/lists", params={"withdrawn": "true"}).json()["lists"]
    assert len(every) == 2
    assert ask.match(KNOWN_PDQ).json()["results"][0]["matches"] == []
    assert ask.post("/v1/lists/list-a/entries", {"entries": [ENTRY]}).status_code == 409


def test_entries_are_shown_with_all_that_is_said_of_them(calm: Asking) -> None:
    first, second = entries_of(calm)

    assert first["fingerprints"] == [{"kind": "pdq", "value": KNOWN_PDQ, "dialect": "exact"}]
    assert first["labels"][0]["value"] == "exercise-A"
    assert [each["source"] for each in first["claims"]] == [OWNER]
    # A whole number would tell how many entries other lists took in between.
    assert not any(isinstance(value, int) for name, value in first.items() if name != "version")
    assert first["id"] != second["id"]
    assert calm.get(f"/v1/lists/list-a/entries/{first['id']}").json() == first


def test_entries_are_found_by_fingerprint_kind_and_standing(calm: Asking) -> None:
    first, second = entries_of(calm)

    assert entries_of(calm, kind="md5") == [second]
    assert entries_of(calm, kind="pdq", value=KNOWN_PDQ.upper()) == [first]
    assert entries_of(calm, standing="suspended") == []
    assert calm.get("/v1/lists/list-a/entries?value=00").status_code == 400
    assert calm.get("/v1/lists/list-a/entries?kind=pdq&value=00").status_code == 400


def test_record_that_is_refused_keeps_no_other_out(ask: Asking) -> None:
    bad = {"fingerprints": [{"kind": "md5", "value": "00" * 16}]}
    worse = {"fingerprints": [{"kind": "sha256", "value": "exercise"}]}
    known = {"fingerprints": [{"kind": "pdq", "value": KNOWN_PDQ}]}

    records = put(ask, bad, ENTRY, worse, known, ENTRY)

    results = [(each["number"], each["result"]) for each in records]
    assert results == [(1, "refused"), (2, "kept"), (3, "refused"), (4, "kept"), (5, "kept")]
    assert [each.get("code") for each in records][0:3:2] == ["all-zero", "bad-value"]
    assert [each.get("outcome") for each in records][1::2] == ["added", "changed"]
    assert records[4]["outcome"] == "duplicate"
    assert len(entries_of(ask)) == 3


def test_change_of_an_entry_keeps_its_identity(ask: Asking) -> None:
    first, _ = entries_of(ask)
    path = f"/v1/lists/list-a/entries/{first['id']}"
    etag = ask.get(path).headers["etag"]
    relabelled = {
        "fingerprints": [{"kind": "pdq", "value": KNOWN_PDQ}],
        "labels": [{"scheme": "exercise", "value": "exercise-D"}],
    }

    other = ask("PUT", path, json=ENTRY)
    changed = ask("PUT", path, json=relabelled, headers={"if-match": etag})
    stale = ask("PUT", path, json=relabelled, headers={"if-match": etag})

    assert (other.status_code, other.json()["error"]["kind"]) == (409, "entry-identity")
    assert changed.json()["outcome"] == "changed"
    assert stale.status_code == 412
    assert ask.get(path).json()["labels"][0]["value"] == "exercise-D"
    assert len(entries_of(ask)) == 2


def test_entry_is_suspended_resumed_and_withdrawn(ask: Asking) -> None:
    first, _ = entries_of(ask)
    path = f"/v1/lists/list-a/entries/{first['id']}"

    def is_matched() -> bool:
        ask.catch_up()
        return bool(ask.match(KNOWN_PDQ).json()["results"][0]["matches"])

    assert ask.post(f"{path}/suspend", {"until": "2999-01-01T00:00:00Z"}).status_code == 204
    assert not is_matched()
    assert ask.get(path).json()["suspension"]["until"].startswith("2999-01-01")
    assert ask.post(f"{path}/resume").status_code == 204
    assert is_matched()
    assert ask("DELETE", path).status_code == 204
    assert not is_matched()
    assert ask.get(path).json()["standing"] == "withdrawn"
    past = ask.post(f"{path}/suspend", {"until": "2020-01-01T00:00:00Z"})
    assert past.status_code == 400


@pytest.mark.parametrize("format_name", ["csv", "plain", "vics"])
def test_export_is_the_list_in_the_format_and_an_event(ask: Asking, format_name: str) -> None:
    answer = ask.get("/v1/lists/list-a/export", params={"format": format_name})

    assert answer.status_code == 200
    assert (KNOWN_PDQ in answer.text) == (format_name == "csv")
    shown = ask.get("/v1/lists/list-a").json()
    counts = ask.get("/v1/lists/list-a/counts").json()
    assert ask.events("list.exported") == [
        {
            "list": shown["id"],
            "generation": shown["generation"],
            "format": format_name,
            "entries": sum(counts["entries"].values()),
        }
    ]
    assert ask("HEAD", "/v1/lists/list-a/export").content == b""


def test_pages_neither_repeat_nor_skip_an_entry_while_others_are_written(ask: Asking) -> None:
    drafts = [
        {"fingerprints": [{"kind": "md5", "value": f"{number:032x}"}]} for number in range(1, 31)
    ]
    put(ask, *drafts)
    before = {each["id"] for each in entries_of(ask, limit=1000)}
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 7, **({"cursor": cursor} if cursor else {})}
        page = ask.get("/v1/lists/list-a/entries", params=query).json()
        seen += [each["id"] for each in page["entries"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        number = 100 + len(seen)
        put(ask, {"fingerprints": [{"kind": "md5", "value": f"{number:032x}"}]})
        ask("DELETE", f"/v1/lists/list-a/entries/{seen[-1]}")

    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def test_forged_or_borrowed_cursor_is_refused(calm: Asking) -> None:
    cursor = calm.get("/v1/lists/list-a/entries?limit=1").json()["next_cursor"]

    for borrowed in (f"/v1/lists/list-b/entries?cursor={cursor}", f"/v1/matches?cursor={cursor}"):
        assert calm.get(borrowed).json()["error"]["kind"] == "cursor"
    for forged in ("AAAA", cursor[:-1], cursor + "A", "%00", "=" * 10, "é"):
        answer = calm.get("/v1/lists/list-a/entries", params={"cursor": forged})
        assert (answer.status_code, answer.json()["error"]["kind"]) == (400, "cursor"), forged


def test_import_of_the_same_list_and_the_service_agree(calm: Asking) -> None:
    exported = calm.get("/v1/lists/list-a/export").text

    assert LIST_A.splitlines()[1].split(",")[1] in exported


def test_what_changes_nothing_leaves_no_event(ask: Asking) -> None:
    first, _ = entries_of(ask)
    path = f"/v1/lists/list-a/entries/{first['id']}"
    generation = ask.get("/v1/lists/list-a").json()["generation"]

    assert ask("DELETE", path, params={"source": "nobody"}).status_code == 204
    assert ask.post(f"{path}/resume").status_code == 204
    assert ask.events("entry.withdrawn") == ask.events("entry.resumed") == []
    assert ask.get("/v1/lists/list-a").json()["generation"] == generation

    for _ in range(2):
        assert ask.post(f"{path}/suspend", {}).status_code == 204
    for _ in range(2):
        assert ask("DELETE", path).status_code == 204
    assert len(ask.events("entry.suspended")) == len(ask.events("entry.withdrawn")) == 1


def test_who_puts_a_suspended_entry_again_is_told_that_it_is_not_matched(ask: Asking) -> None:
    (kept,) = put(ask, ENTRY)
    path = f"/v1/lists/list-a/entries/{kept['entry']}"
    ask.post(f"{path}/suspend", {})
    ask("DELETE", path)

    (again,) = put(ask, ENTRY)
    ask.catch_up()

    assert (kept["standing"], again["standing"]) == ("published", "suspended")
    assert again["outcome"] == "returned"
    assert ask.match(NEW_PDQ).json()["results"][0]["matches"] == []


def test_entry_of_another_list_is_neither_suspended_nor_resumed(calm: Asking) -> None:
    first, _ = entries_of(calm)
    for act in ("suspend", "resume"):
        answer = calm.post(f"/v1/lists/list-b/entries/{first['id']}/{act}", {})
        assert (answer.status_code, calm.events(f"entry.{act}ed")) == (404, [])
