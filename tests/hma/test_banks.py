"""Banks and their contents, as HMA's own tests and clients use them."""

import time
from typing import Any

import pytest
from tests.hma.conftest import MakeRunning
from tests.hma.running import Client, Running

from rempart.model.handling import Handling, Subject
from rempart.model.lists import ListPurpose

A = "f" * 32 + "0" * 32
B = "0" * 32 + "f" * 32
MD5 = "0123456789abcdef" * 2


def make_bank(client: Client, name: str = "EXERCISE_A", **given: object) -> None:
    answer = client.post("/c/banks", json={"name": name, **given})
    assert answer.status_code == 201, answer.text


def test_a_bank_lives_and_ends_as_clients_expect(client: Client) -> None:
    assert client.get("/c/banks").json() == []
    made = client.post("/c/banks", json={"name": "EXERCISE_A", "enabled_ratio": "0.5"})
    assert made.status_code == 201
    assert made.json() == {"name": "EXERCISE_A", "matching_enabled_ratio": 0.5}
    assert client.get("/c/bank/EXERCISE_A").json() == made.json()
    assert client.get("/c/banks").json() == [made.json()]
    renamed = client.put("/c/bank/EXERCISE_A", json={"name": "EXERCISE_B"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "EXERCISE_B")
    assert client.get("/c/bank/EXERCISE_A").status_code == 404
    for _ in range(2):
        gone = client.delete("/c/bank/EXERCISE_B")
        assert (gone.status_code, gone.json()) == (200, {"message": "Done"})
    assert client.get("/c/bank/EXERCISE_B").status_code == 404
    assert client.get("/c/banks").json() == []


def test_refusals_of_banks_have_the_statuses_that_clients_tell_apart(guest: Client) -> None:
    make_bank(guest)
    make_bank(guest, "EXERCISE_B")
    again = guest.post("/c/banks", json={"name": "EXERCISE_A"})
    assert again.status_code == 403
    assert "already exists" in again.json()["message"]
    taken = guest.put("/c/bank/EXERCISE_A", json={"name": "EXERCISE_B"})
    assert taken.status_code == 403
    assert "already exists" in taken.json()["message"]
    for name in ("01_BANK", "my_bank", "", "A B", "A" * 256):
        for answer in (
            guest.post("/c/banks", json={"name": name}),
            guest.put("/c/bank/EXERCISE_A", json={"name": name}),
        ):
            assert answer.status_code == 400
            assert "message" in answer.json()
    for ratio in (7, -0.1, "1.5"):
        refused = guest.post("/c/banks", json={"name": "OTHER", "enabled_ratio": ratio})
        assert refused.status_code == 400
        assert guest.put("/c/bank/EXERCISE_A", json={"enabled_ratio": ratio}).status_code == 400
    absent = guest.put("/c/bank/NO_SUCH", json={"enabled": True})
    assert (absent.status_code, list(absent.json())) == (404, ["message"])
    assert len(guest.get("/c/banks").json()) == 2


@pytest.mark.parametrize(
    "given",
    [
        {"json": {}},
        {"json": {"name": 5}},
        {"json": {"name": None}},
        {"json": ["EXERCISE_A"]},
        {"json": {"name": "EXERCISE_A", "enabled_ratio": "much"}},
        {"json": {"name": "EXERCISE_A", "enabled_ratio": "nan"}},
        {"json": {"name": "EXERCISE_A", "enabled": "perhaps"}},
        {"content": b"name=EXERCISE_A"},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {},
    ],
)
def test_missing_or_mistyped_fields_are_an_array_with_422(
    guest: Client, given: dict[str, Any]
) -> None:
    answer = guest.post("/c/banks", **given)
    assert answer.status_code == 422
    (problem,) = answer.json()
    assert problem["loc"] in (["name"], ["enabled_ratio"], ["enabled"])
    assert {"type", "loc", "msg"} <= set(problem)


@pytest.mark.parametrize(
    ("given", "ratio"),
    [
        ({"enabled": False}, 0.0), ({"enabled": "false"}, 0.0), ({"enabled": "true"}, 1.0), ({}, 1.0),
        ({"enabled": False, "enabled_ratio": 0.25}, 0.25), ({"enabled_ratio": "1"}, 1.0), ({"enabled_ratio": 0}, 0.0),
    ],
)  # fmt: skip
def test_enabled_and_ratio_mean_what_they_say(
    guest: Client, given: dict[str, Any], ratio: float
) -> None:
    make_bank(guest, **given)
    answer = guest.get("/c/bank/EXERCISE_A")
    assert answer.json()["matching_enabled_ratio"] == ratio
    assert (
        f'"matching_enabled_ratio":{ratio:.1f}'[:-1] in answer.text
    )  # a guest's type is float, never int


def test_a_disabled_bank_matches_nothing_until_it_is_enabled(
    running: Running, client: Client
) -> None:
    make_bank(client)
    number = client.add_signal("EXERCISE_A", pdq=A)
    assert client.lookup(A) == {"EXERCISE_A": [{"bank_content_id": number, "distance": "0"}]}
    off = client.put("/c/bank/EXERCISE_A", json={"enabled": False})
    assert off.json()["matching_enabled_ratio"] == 0
    running.settle()
    assert client.lookup(A) == {}
    assert client.lookup(A, bypass_coinflip="true") == {}
    client.put("/c/bank/EXERCISE_A", json={"enabled_ratio": 1.0})
    running.settle()
    assert client.lookup(A)["EXERCISE_A"][0]["bank_content_id"] == number


@pytest.mark.parametrize("off", [{"enabled": False}, {"enabled_ratio": 0}])
def test_a_disabled_bank_that_v1_lets_be_matched_again_answers_here_too(
    running: Running, client: Client, off: dict[str, Any]
) -> None:
    make_bank(client)
    number = client.add_signal("EXERCISE_A", pdq=A)
    client.put("/c/bank/EXERCISE_A", json=off)
    for standing, ratio in [("published", 1.0), ("disputed", 0.0), ("confirmed", 1.0)]:
        changed = client.request("PATCH", "/v1/lists/exercise-a", json={"standing": standing})
        assert changed.status_code == 200
        running.settle()

        bank = client.get("/c/bank/EXERCISE_A").json()
        assert (standing, bank["matching_enabled_ratio"]) == (standing, ratio)
        asked = {"signal": A, "signal_type": "pdq"}
        raw = client.get("/m/raw_lookup", params=asked).json()
        assert raw == {"matches": [number] if ratio else []}
        assert list(client.lookup(A)) == (["EXERCISE_A"] if ratio else [])


def test_one_single_signal_matches_at_once(client: Client) -> None:
    make_bank(client)
    assert client.add_signal("EXERCISE_A", pdq=A) == 1
    assert client.lookup(A) == {"EXERCISE_A": [{"bank_content_id": 1, "distance": "0"}]}


def test_numbers_count_from_one_and_the_same_signal_keeps_its_number(client: Client) -> None:
    make_bank(client)
    make_bank(client, "EXERCISE_B")
    assert client.add_signal("EXERCISE_A", pdq=A) == 1
    assert client.add_signal("EXERCISE_A", pdq=B) == 2
    assert client.add_signal("EXERCISE_A", pdq=A.upper()) == 1
    assert client.add_signal("EXERCISE_B", pdq=A) == 3
    assert client.delete("/c/bank/EXERCISE_A/content/1").json() == {"deleted": 1}
    assert client.add_signal("EXERCISE_A", pdq=A) == 1
    assert {hit["bank_content_id"] for hits in client.lookup(A).values() for hit in hits} == {1, 3}


def test_a_bank_made_again_under_its_name_begins_empty(running: Running, client: Client) -> None:
    make_bank(client)
    client.add_signal("EXERCISE_A", pdq=A)
    client.delete("/c/bank/EXERCISE_A")
    running.settle()
    assert client.lookup(A) == {}
    make_bank(client)
    running.settle()
    assert client.lookup(A) == {}
    assert client.get("/c/bank/EXERCISE_A/content/1").status_code == 404


def test_a_content_is_shown_as_clients_read_it(client: Client) -> None:
    make_bank(client)
    number = client.add_signal("EXERCISE_A", pdq=A, video_md5=MD5, note="seen twice")
    shown = client.get(f"/c/bank/EXERCISE_A/content/{number}")
    assert shown.json() == {
        "id": number,
        "disable_until_ts": 1,
        "original_media_uri": None,
        "bank": {"name": "EXERCISE_A", "matching_enabled_ratio": 1.0},
        "note": "seen twice",
    }
    with_signals = client.get(f"/c/bank/EXERCISE_A/content/{number}?include_signals=true")
    assert with_signals.json()["signals"] == {"pdq": A, "video_md5": MD5}


def test_a_content_is_reached_through_its_own_bank_only(client: Client) -> None:
    make_bank(client)
    make_bank(client, "EXERCISE_B")
    number = client.add_signal("EXERCISE_A", pdq=A)
    other = f"/c/bank/EXERCISE_B/content/{number}"
    assert client.get(other).status_code == 404
    assert client.put(other, json={"disable_until_ts": 0}).status_code == 404
    assert client.delete(other).json() == {"deleted": 0}
    assert "EXERCISE_A" in client.lookup(A)
    for path in ("999", "0", "1" * 30):
        assert client.get(f"/c/bank/EXERCISE_A/content/{path}").status_code == 404
        assert client.delete(f"/c/bank/EXERCISE_A/content/{path}").json() == {"deleted": 0}
    for path in (str(2**63), "1" * 30, "1" * 79):
        answer = client.get(f"/c/bank/EXERCISE_A/content/{path}")
        assert answer.json() == {"message": f"content '{path}' not found"}
    endless = "0" * 90 + str(number)
    assert client.get(f"/c/bank/EXERCISE_A/content/{endless}").json()["id"] == number
    assert client.get(f"/c/bank/EXERCISE_A/content/{number}{'0' * 5000}").status_code == 404
    for path in ("x", "-1", "1.0", "%31%0a"):
        answer = client.get(f"/c/bank/EXERCISE_A/content/{path}")
        assert (answer.status_code, list(answer.json())) == (404, ["message"])
    assert client.delete("/c/bank/NO_SUCH/content/1").status_code == 404


def test_a_content_is_disabled_enabled_and_disabled_until(running: Running, client: Client) -> None:
    make_bank(client)
    number = client.add_signal("EXERCISE_A", pdq=A)
    path = f"/c/bank/EXERCISE_A/content/{number}"
    tomorrow = int(time.time()) + 86_400
    yesterday = tomorrow - 2 * 86_400
    for moment, matches in (
        (0, False),
        (1, True),
        (tomorrow, False),
        (yesterday, True),
        (str(0), False),
    ):
        answer = client.put(path, json={"disable_until_ts": moment})
        assert answer.status_code == 200
        assert answer.json()["disable_until_ts"] == int(moment)
        assert set(answer.json()) == {
            "id", "disable_until_ts", "original_media_uri", "bank", "collab_metadata", "user_metadata", "note",
        }  # fmt: skip
        running.settle()
        assert bool(client.lookup(A)) is matches
        raw = client.get("/m/raw_lookup", params={"signal": A, "signal_type": "pdq"})
        assert bool(raw.json()["matches"]) is matches
    refused: list[object] = [-1, 9_999_999_999, "soon", None, 1.5, [1], "²", True, False]
    for each in refused:
        assert client.put(path, json={"disable_until_ts": each}).status_code == 400
    assert client.put(path, json={"note": "x" * 256}).status_code == 400
    noted = client.put(path, json={"note": "looked at"})
    assert (noted.json()["note"], noted.json()["disable_until_ts"]) == ("looked at", 0)
    assert client.put(path, json={"note": ""}).json()["note"] is None


def test_a_content_that_was_deleted_begins_anew_when_it_is_added_again(
    running: Running, client: Client
) -> None:
    make_bank(client)
    number = client.add_signal("EXERCISE_A", pdq=A, note="old", metadata={"a": 1})
    path = f"/c/bank/EXERCISE_A/content/{number}"
    client.put(path, json={"disable_until_ts": 0})
    assert client.add_signal("EXERCISE_A", pdq=A) == number
    assert (
        client.lookup(A) == {}
    )  # what a person disabled is not enabled by a program that adds it again
    client.delete(path)
    assert client.add_signal("EXERCISE_A", pdq=A) == number
    assert client.lookup(A)
    shown = client.get(path).json()
    assert shown["disable_until_ts"] == 1
    assert not {"note", "metadata"} & set(shown)
    del running


def test_what_is_suspended_elsewhere_is_shown_as_disabled_and_can_be_enabled_here(
    running: Running, client: Client
) -> None:
    make_bank(client)
    number = client.add_signal("EXERCISE_A", pdq=A)
    path, node = f"/c/bank/EXERCISE_A/content/{number}", running.node
    entry = node.store.entry_pages.by_alias(number)
    assert entry is not None
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.entries.suspend(entry.entry.id)
        writer.record("entry.suspended", {})
    assert client.get(path).json()["disable_until_ts"] == 0
    assert client.put(path, json={"disable_until_ts": 1}).json()["disable_until_ts"] == 1
    running.settle()
    assert client.lookup(A)
    client.put(path, json={"disable_until_ts": 0})
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.entries.resume(entry.entry.id)
        writer.record("entry.resumed", {})
    assert client.get(path).json()["disable_until_ts"] == 1


def test_a_withdrawn_harmless_list_does_not_become_a_bank_of_its_name(running: Running) -> None:
    node = running.node
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        made = writer.add_list(
            "benign",
            node.store.node.organisation.name,
            purpose=ListPurpose.KNOWN_HARMLESS,
            subject=Subject.HARMLESS,
            threshold_bits=31,
            handling=Handling(),
        )
        writer.withdraw_list(made.id)
        writer.record("list.withdrawn", {})
    make_bank(running.client(), "BENIGN")
    (present,) = node.store.lists()
    assert present.id != made.id
    assert present.name.startswith("benign-")


def test_refusals_of_signals_have_the_statuses_that_clients_tell_apart(client: Client) -> None:
    make_bank(client)
    path = "/c/bank/EXERCISE_A/signal"
    for body in (
        {},
        {"note": "alone"},
        {"tmk": "x"},
        {"pdq": "x"},
        {"pdq": None},
        {"pdq": [A]},
        {"video_md5": A},
    ):
        answer = client.post(path, json=body)
        assert (answer.status_code, list(answer.json())) == (400, ["message"])
    assert "No such signal type" in client.post(path, json={"tmk": "x"}).json()["message"]
    assert client.post(path, json=[A]).status_code == 400
    assert (
        client.post(path, content=b"{", headers={"Content-Type": "application/json"}).status_code
        == 400
    )
    assert client.post(path, content=b"pdq=1").status_code == 415
    assert client.post("/c/bank/NO_SUCH/signal", json={"pdq": A}).status_code == 404
    assert client.post(path, json={"pdq": A, "note": "x" * 256}).status_code == 400
    assert client.post(path, json={"pdq": A, "note": 5}).status_code == 400
    assert client.get("/m/index/status").json()["pdq"] == {
        "present": False,
        "built_to": -1,
        "size": 0,
    }


def test_lists_made_elsewhere_are_banks_under_their_names_in_upper_case(run: MakeRunning) -> None:
    running = run()
    node = running.node
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        for name, purpose, subject in (
            ("2024-partner", ListPurpose.KNOWN, Subject.CHILD),
            ("benign", ListPurpose.KNOWN_HARMLESS, Subject.HARMLESS),
        ):
            writer.add_list(
                name,
                node.store.node.organisation.name,
                purpose=purpose,
                subject=subject,
                threshold_bits=31,
                handling=Handling(),
            )
        writer.record("list.created", {})
    client = running.client()
    assert [each["name"] for each in client.get("/c/banks").json()] == ["_2024_PARTNER"]
    assert client.add_signal("_2024_PARTNER", pdq=A) == 1
    assert client.put("/c/bank/_2024_PARTNER", json={"name": "PARTNER"}).status_code == 200
    assert list(client.lookup(A)) == ["PARTNER"]
    assert [each.name for each in node.store.lists() if each.purpose is ListPurpose.KNOWN] == [
        "2024-partner"
    ]


def test_every_change_leaves_one_event_of_the_caller(running: Running, client: Client) -> None:
    before = len(running.node.store.events())
    make_bank(client)
    client.add_signal("EXERCISE_A", pdq=A)
    client.put("/c/bank/EXERCISE_A/content/1", json={"disable_until_ts": 0})
    client.delete("/c/bank/EXERCISE_A/content/1")
    client.put("/c/bank/EXERCISE_A", json={"enabled": False})
    client.delete("/c/bank/EXERCISE_A")
    events = running.node.store.events()[before:]
    kinds = [each.kind for each in events]
    assert kinds == [
        "list.created", "entry.added", "entry.changed", "entry.withdrawn", "list.changed", "list.withdrawn",
    ]  # fmt: skip
    assert {each.principal_id for each in events} != {running.node.principal.id}
    assert len({each.principal_id for each in events}) == 1
    assert A not in str([each.details for each in events])
