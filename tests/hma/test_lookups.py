"""Look-ups by signal: shapes, filters, shares, and what is put on record."""

import pytest
from tests.hma.running import Client, Running
from tests.hma.test_banks import MD5, A, B, make_bank

from rempart.lists import draft_digest, entry_key
from rempart.model.fingerprint import EXACT, PDQ, Fingerprint
from rempart.model.handling import Handling, Subject
from rempart.model.lists import EntryDraft, ListPurpose
from rempart.store import MergeItem

NEAR = "f" * 31 + "7" + "0" * 32
"""One bit from A."""


def test_distance_is_a_text_and_hits_stand_by_bank(guest: Client) -> None:
    make_bank(guest)
    make_bank(guest, "EXERCISE_B")
    first, second = (
        guest.add_signal("EXERCISE_A", pdq=A),
        guest.add_signal("EXERCISE_A", pdq=NEAR),
    )
    third = guest.add_signal("EXERCISE_B", pdq=A)
    assert guest.lookup(A) == {
        "EXERCISE_A": [
            {"bank_content_id": first, "distance": "0"},
            {"bank_content_id": second, "distance": "1"},
        ],
        "EXERCISE_B": [{"bank_content_id": third, "distance": "0"}],
    }
    assert guest.lookup(A, banks="EXERCISE_B,NO_SUCH").keys() == {"EXERCISE_B"}
    assert guest.lookup(A, banks="NO_SUCH") == {}
    assert guest.lookup(B) == {}


def test_video_md5_is_looked_up_among_md5_digests(guest: Client) -> None:
    make_bank(guest)
    number = guest.add_signal("EXERCISE_A", video_md5=MD5)
    found = guest.lookup(MD5.upper(), "video_md5")
    assert found == {"EXERCISE_A": [{"bank_content_id": number, "distance": "0"}]}
    assert guest.lookup("f" * 32, "video_md5") == {}


def test_raw_look_up_gives_numbers_and_with_distance_objects(client: Client) -> None:
    make_bank(client)
    number = client.add_signal("EXERCISE_A", pdq=A)
    asked = {"signal": NEAR, "signal_type": "pdq"}
    assert client.get("/m/raw_lookup", params=asked).json() == {"matches": [number]}
    for word in ("true", "True", "1"):
        answer = client.get("/m/raw_lookup", params={**asked, "include_distance": word})
        assert answer.json() == {"matches": [{"bank_content_id": number, "distance": "1"}]}
    limited = client.get("/m/raw_lookup", params={**asked, "banks": "EXERCISE_B"})
    assert limited.json() == {"matches": []}
    client.delete(f"/c/bank/EXERCISE_A/content/{number}")
    client._running.settle()
    assert client.get("/m/raw_lookup", params=asked).json() == {"matches": []}


def test_a_share_is_a_choice_that_the_seed_or_the_value_makes_for_ever(guest: Client) -> None:
    make_bank(guest, enabled_ratio=0.5)
    guest.add_signal("EXERCISE_A", pdq=A)
    by_seed = {seed: bool(guest.lookup(A, seed=str(seed))) for seed in range(24)}
    assert {True, False} == set(by_seed.values())
    assert all(bool(guest.lookup(A, seed=str(seed))) is found for seed, found in by_seed.items())
    assert len({bool(guest.lookup(A)) for _ in range(10)}) == 1
    assert all(guest.lookup(A, seed=str(seed), bypass_coinflip="true") for seed in by_seed)


def test_the_share_of_a_bank_is_the_share_of_seeds_that_it_answers(guest: Client) -> None:
    make_bank(guest, enabled_ratio=0.25)
    make_bank(guest, "EXERCISE_B", enabled_ratio=0.75)
    guest.add_signal("EXERCISE_A", pdq=A)
    guest.add_signal("EXERCISE_B", pdq=A)
    found = [guest.lookup(A, seed=f"content-{number}") for number in range(80)]
    assert 8 < sum("EXERCISE_A" in each for each in found) < 36
    assert 44 < sum("EXERCISE_B" in each for each in found) < 74
    assert all("EXERCISE_B" in each for each in found if "EXERCISE_A" in each)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/m/lookup", 400), ("/m/lookup?signal=00", 400), ("/m/lookup?signal_type=pdq", 400),
        (f"/m/lookup?signal={A}&signal_type=tmk", 400), ("/m/lookup?signal=00&signal_type=pdq", 400),
        (f"/m/lookup?signal={A[1:]}&signal_type=pdq", 400), ("/m/lookup?signal=&signal_type=pdq", 400),
        (f"/m/lookup?signal={A}&signal_type=pdq&bypass_coinflip=perhaps", 422),
        ("/m/raw_lookup", 422), (f"/m/raw_lookup?signal={A}", 422), ("/m/raw_lookup?signal=x&signal_type=pdq", 400),
        ("/m/index/status?signal_type=tmk", 400), ("/c/signal_type/index?signal_type=tmk", 400),
        ("/m/nothing", 404), ("/c/nothing", 404), ("/m/compare", 405), ("/c/bank/", 404),
    ],
)  # fmt: skip
def test_refusals_have_the_statuses_that_clients_tell_apart(
    guest: Client, path: str, status: int
) -> None:
    answer = guest.get(path)
    assert answer.status_code == status
    assert isinstance(answer.json(), list if status == 422 else dict)
    if status != 422:
        assert list(answer.json()) == ["message"]


def test_what_matched_is_on_record_when_the_answer_arrives_and_a_miss_is_not(
    running: Running, client: Client
) -> None:
    make_bank(client)
    make_bank(client, "EXERCISE_B")
    client.add_signal("EXERCISE_A", pdq=A)
    client.add_signal("EXERCISE_B", pdq=A)
    history = running.node.store.lookups
    client.lookup(B)
    client.lookup(A, banks="NO_SUCH")
    assert history.page(limit=10) == ()
    client.lookup(A, banks="EXERCISE_A")
    (kept,) = history.page(limit=10)
    assert (kept.match.list_name, kept.match.distance) == ("exercise-a", 0)
    client.get("/m/raw_lookup", params={"signal": A, "signal_type": "pdq"})
    assert len(history.page(limit=10)) == 3


def test_comparison_answers_pairs_of_both_types(guest: Client) -> None:
    first = "facd8bcb2a49bcebdec1985298d5fe84bcd006c187c598c720c3c087b3fdb318"
    second = "facd8bcb2a49bcebdec1985228d5ae84bcd006c187c598c720c2b087b3fdb318"
    answer = guest.post(
        "/m/compare", json={"pdq": [first, second.upper()], "video_md5": [MD5, MD5]}
    )
    assert answer.json() == {"pdq": [True, {"distance": 9}], "video_md5": [True, {"distance": 0}]}
    bad: list[object] = [
        ["x"], {"pdq": "x"}, {"pdq": []}, {"pdq": ["x", "x"]}, {"pdq": [A, A, A]}, {"tmk": [A, A]}, {"pdq": [A, None]},
    ]  # fmt: skip
    for body in bad:
        assert guest.post("/m/compare", json=body).status_code == 400
    assert guest.post("/m/compare", content=b"x").status_code == 415


def test_what_is_said_of_types_and_index(client: Client) -> None:
    assert client.get("/c/signal_type").json() == [
        {"name": "pdq", "enabled_ratio": 1.0},
        {"name": "video_md5", "enabled_ratio": 1.0},
    ]
    assert client.get("/c/content_type").json() == [
        {"name": "photo", "enabled": True},
        {"name": "video", "enabled": True},
    ]
    make_bank(client)
    client.add_signal("EXERCISE_A", pdq=A)
    index = client.get("/c/signal_type/index").json()
    assert set(index) == {"pdq", "video_md5"}
    assert index["pdq"]["db_size"] == index["pdq"]["index_size"] == 1
    assert index["pdq"]["index_out_of_date"] is False
    status = client.get("/m/index/status?signal_type=pdq").json()
    assert list(status) == ["pdq"]
    assert (status["pdq"]["present"], status["pdq"]["size"]) == (True, 1)
    assert status["pdq"]["built_to"] > 1_700_000_000
    assert client.put("/c/signal_type/pdq", json={"enabled_ratio": 1.0}).status_code == 200
    assert client.put("/c/signal_type/pdq", json={"enabled_ratio": 0.5}).status_code == 400
    assert client.put("/c/signal_type/tmk", json={"enabled_ratio": 1.0}).status_code == 404


def test_a_known_harmless_picture_that_is_nearer_hides_a_perceptual_match(running: Running) -> None:
    client, node = running.client(), running.node
    make_bank(client)
    client.add_signal("EXERCISE_A", pdq=NEAR)
    assert client.lookup(A)
    draft = EntryDraft(number=1, fingerprints=(Fingerprint(PDQ, bytes.fromhex(A), EXACT),))
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        benign = writer.add_list(
            "benign",
            "Exercise",
            purpose=ListPurpose.KNOWN_HARMLESS,
            subject=Subject.HARMLESS,
            threshold_bits=31,
            handling=Handling(),
        )
        item = MergeItem(number=1, key=entry_key(draft), digest=draft_digest(draft), draft=draft)
        writer.begin_merge(benign.id, "Exercise").put([item])
        writer.record("list.imported", {})
    running.settle()
    assert client.lookup(A) == {}
    assert client.lookup(NEAR)
