"""Exchanges: the sample that every client knows, and one whose credentials are kept but which is not fetched."""

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from tests.hma.conftest import MakeRunning
from tests.hma.running import Client, Running

from rempart.node import OpenNode
from rempart.node.hma import fetch_exchanges
from rempart.node.hma.sample import sample_signals
from rempart.node.keys import node_secrets

TOKEN = "12345789|000000000000"  # noqa: S105 - the form of one, with zeros
FIRST = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"


def create(client: Client, bank: str = "SAMPLE", api: str = "sample", **api_json: object) -> None:
    answer = client.post("/c/exchanges", json={"bank": bank, "api": api, "api_json": api_json})
    assert (answer.status_code, answer.json()) == (201, {"message": "Created successfully"})


def test_the_sample_exchange_fills_its_bank_and_says_so(running: Running, client: Client) -> None:
    create(client)
    assert client.get("/c/exchanges").json() == ["SAMPLE"]
    assert client.get("/c/bank/SAMPLE").status_code == 200
    assert client.get("/c/exchange/SAMPLE/status").json() == {
        "checkpoint_ts": None,
        "running_fetch_start_ts": None,
        "last_fetch_complete_ts": None,
        "last_fetch_succeeded": None,
        "up_to_date": False,
        "fetched_items": 0,
    }
    answer = client.post("/dev/run_fetch")
    assert answer.status_code == 302
    status = client.get("/c/exchange/SAMPLE/status").json()
    assert (status["last_fetch_succeeded"], status["up_to_date"]) == (True, True)
    assert status["fetched_items"] == 18
    assert status["running_fetch_start_ts"] is None
    assert abs(status["last_fetch_complete_ts"] - time.time()) < 60
    running.settle()
    for each in sample_signals():
        name = "pdq" if each.dialect else "video_md5"
        raw = client.get("/m/raw_lookup", params={"signal": each.text, "signal_type": name})
        assert raw.json()["matches"]
        assert "SAMPLE" in client.lookup(each.text, name)
    content = client.get("/c/bank/SAMPLE/content/1").json()
    assert content["metadata"]["collab"] == {"SAMPLE": [""]}


def test_fetching_again_changes_nothing_and_brings_back_what_was_taken_out(
    running: Running, client: Client
) -> None:
    create(client)
    assert fetch_exchanges(running.node) == 1
    assert fetch_exchanges(running.node) == 0  # not due yet
    client.delete("/c/bank/SAMPLE/content/1")
    assert fetch_exchanges(running.node, force=True) == 1
    assert client.get("/c/bank/SAMPLE/content/1").status_code == 200
    assert running.node.store.list_counts(running.node.store.lists()[0].id).by_kind == {
        ("pdq", "exact"): 16,
        ("md5", None): 2,
    }


@dataclass
class _Clock:
    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.moment


def test_what_is_due_is_fetched_once_a_day_and_only_while_it_is_enabled(
    running: Running, client: Client
) -> None:
    create(client)
    clock = _Clock()
    node = running.node
    later = OpenNode(
        node.folder, node.store, node.settings, clock, node.identifiers, node.principal
    )
    assert fetch_exchanges(later) == 1
    clock.moment += timedelta(hours=23)
    assert fetch_exchanges(later) == 0
    clock.moment += timedelta(hours=2)
    off = client.put("/c/exchange/SAMPLE", json={"enabled": False})
    assert (off.status_code, off.json()["enabled"], off.json()["name"]) == (200, False, "SAMPLE")
    assert fetch_exchanges(later) == 0
    assert client.put("/c/exchange/SAMPLE", json={"enabled": True}).json()["enabled"] is True
    assert fetch_exchanges(later) == 1


def test_an_exchange_that_this_node_cannot_read_fails_honestly(
    running: Running, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    create(client, "PARTNER", "fb_threatexchange", privacy_group=1012)
    with caplog.at_level(logging.WARNING):
        client.post("/dev/run_fetch")
    status = client.get("/c/exchange/PARTNER/status").json()
    assert (status["last_fetch_succeeded"], status["up_to_date"]) == (False, False)
    (told,) = [each for each in caplog.records if each.getMessage() == "exchange-not-fetched"]
    assert vars(told)["details"] == {"reason": "kind-cannot-be-fetched-here"}
    shown = client.get("/c/exchange/PARTNER").json()
    assert shown["privacy_group"] == 1012
    assert (shown["name"], shown["api"], shown["enabled"]) == ("PARTNER", "fb_threatexchange", True)
    del running


def test_credentials_are_kept_sealed_and_never_shown(running: Running, client: Client) -> None:
    api = "/c/exchanges/api/fb_threatexchange"
    without = {"supports_authentification": True, "has_set_authentification": False}
    assert client.get("/c/exchanges/apis").json() == ["sample", "fb_threatexchange"]
    assert client.get("/c/exchanges/api/sample").json() == {
        "supports_authentification": False,
        "has_set_authentification": False,
    }
    assert client.get(api).json() == without
    answer = client.post(api, json={"credential_json": {"api_token": TOKEN}})
    assert answer.json() == {**without, "has_set_authentification": True}
    assert client.get(api).json() == answer.json()
    name = "hma-exchange-api:fb_threatexchange"
    sealed = running.node.store.secrets.get(name)
    assert sealed is not None
    assert TOKEN.encode() not in sealed
    opened = node_secrets(running.node).get(name)
    assert opened == b'{"api_token": "12345789|000000000000"}'
    assert TOKEN not in str([each.details for each in running.node.store.events()])
    create(client, "PARTNER", "fb_threatexchange", privacy_group=1)
    shown = client.get("/c/exchange/PARTNER")
    assert TOKEN not in shown.text
    assert shown.json()["credential_status"]["has_credentials"] is True
    assert client.post(api, json={"credential_json": {}}).json() == without
    assert running.node.store.secrets.get(name) is None


def test_mistaken_credentials_are_refused_without_an_echo(guest: Client) -> None:
    secret = "exercise-secret"  # noqa: S105 - no secret, a marker
    api = "/c/exchanges/api/fb_threatexchange"
    bad: list[object] = [
        {"api_token": secret, "more": secret}, {secret: secret}, {"api_token": [secret]}, {"api_token": 5},
        {"api_token": secret + "\0"}, {"api_token": secret * 1000}, secret, [secret], {"other": secret},
    ]  # fmt: skip
    for given in bad:
        answer = guest.post(api, json={"credential_json": given})
        assert answer.status_code == 400
        assert secret not in answer.text
    assert guest.get(api).json()["has_set_authentification"] is False
    refused = guest.post("/c/exchanges/api/sample", json={"credential_json": {"api_token": secret}})
    assert refused.status_code == 400
    assert guest.post(api, json=[1]).status_code == 400
    assert guest.post("/c/exchanges/api/ncmec", json={"credential_json": {}}).status_code == 400
    assert guest.get("/c/exchanges/api/ncmec").status_code == 400


def test_schemas_say_which_fields_there_are(guest: Client) -> None:
    sample = guest.get("/c/exchanges/api/sample/schema").json()
    assert sample == {"config_schema": {"fields": []}, "credentials_schema": None}
    schema = guest.get("/c/exchanges/api/fb_threatexchange/schema").json()
    (group,) = schema["config_schema"]["fields"]
    assert (group["name"], group["type"], group["required"]) == ("privacy_group", "number", True)
    assert set(group) == {"name", "type", "required", "default", "help", "choices"}
    (token,) = schema["credentials_schema"]["fields"]
    assert (token["name"], token["type"]) == ("api_token", "string")
    assert guest.get("/c/exchanges/api/ncmec/schema").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"api": "sample"}, 400), ({"bank": 5, "api": "sample"}, 400), ({"bank": "SAMPLE"}, 400),
        ({"bank": "lower", "api": "sample"}, 400), ({"bank": "1ST", "api": "sample"}, 400),
        ({"bank": "SAMPLE", "api": "ncmec"}, 400), ({"bank": "SAMPLE", "api": ["sample"]}, 400),
        ({"bank": "SAMPLE", "api": "sample", "api_json": []}, 400),
        ({"bank": "SAMPLE", "api": "sample", "api_json": {"more": 1}}, 400),
        ({"bank": "SAMPLE", "api": "sample", "api_json": {"enabled": "yes"}}, 400),
        ({"bank": "SAMPLE", "api": "fb_threatexchange"}, 400),
        ({"bank": "SAMPLE", "api": "fb_threatexchange", "api_json": {"privacy_group": "x"}}, 400),
        ({"bank": "SAMPLE", "api": "fb_threatexchange", "api_json": {"privacy_group": True}}, 400),
        ({"bank": "SAMPLE", "api": "sample", "credential_json": {"a": "b"}}, 400),
        ([], 400),
    ],
)  # fmt: skip
def test_mistaken_exchanges_are_refused_and_leave_nothing(
    guest: Client, body: object, status: int
) -> None:
    answer = guest.post("/c/exchanges", json=body)
    assert (answer.status_code, list(answer.json())) == (status, ["message"])
    assert guest.get("/c/exchanges").json() == []
    assert guest.get("/c/banks").json() == []


def test_names_of_exchanges_and_banks_are_taken_once(guest: Client) -> None:
    create(guest)
    for body in ({"bank": "SAMPLE", "api": "sample"},):
        again = guest.post("/c/exchanges", json=body)
        assert again.status_code == 403
        assert "already exists" in again.json()["message"]
    guest.post("/c/banks", json={"name": "OTHER"})
    taken = guest.post("/c/exchanges", json={"bank": "OTHER", "api": "sample"})
    assert taken.status_code == 403
    assert guest.get("/c/exchanges").json() == ["SAMPLE"]


def test_an_exchange_and_its_bank_end_together(running: Running, client: Client) -> None:
    create(client)
    client.post("/dev/run_fetch")
    for _ in range(2):
        gone = client.delete("/c/exchange/SAMPLE")
        assert (gone.status_code, gone.json()) == (200, {"message": "Exchange deleted"})
    assert client.get("/c/exchange/SAMPLE").status_code == 404
    assert client.get("/c/exchange/SAMPLE/status").status_code == 404
    assert client.put("/c/exchange/SAMPLE", json={"enabled": True}).status_code == 404
    assert client.get("/c/banks").json() == []
    running.settle()
    assert client.lookup(FIRST) == {}
    create(client)
    client.delete("/c/bank/SAMPLE")
    assert client.get("/c/exchanges").json() == []
    assert fetch_exchanges(running.node, force=True) == 0


def test_a_list_withdrawn_elsewhere_takes_its_exchange_out_of_sight(
    running: Running, client: Client
) -> None:
    create(client)
    node = running.node
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.withdraw_list(node.store.lists()[0].id)
        writer.record("list.withdrawn", {})
    assert fetch_exchanges(node, force=True) == 0
    assert client.get("/c/exchanges").json() == []
    assert client.get("/c/exchange/SAMPLE").status_code == 404


def test_factory_reset_shows_an_empty_service_and_deletes_nothing_from_the_record(
    run: MakeRunning,
) -> None:
    running = run()
    client = running.client()
    client.post("/dev/setup_sample_example")
    assert client.get("/c/exchanges").json() == ["SAMPLE_SIGNALS"]
    client.post("/c/banks", json={"name": "EXERCISE_A"})
    client.post(
        "/c/exchanges/api/fb_threatexchange", json={"credential_json": {"api_token": TOKEN}}
    )
    events = len(running.node.store.events())
    assert client.post("/dev/factory_reset").status_code == 302
    assert client.get("/c/banks").json() == client.get("/c/exchanges").json() == []
    api = client.get("/c/exchanges/api/fb_threatexchange").json()
    assert api["has_set_authentification"] is False
    running.settle()
    assert client.lookup(FIRST) == {}
    after = running.node.store.events()
    assert len(after) == events + 1
    assert after[-1].kind == "node.reset"
    assert len(running.node.store.lists(include_withdrawn=True)) == 2
    client.post("/c/banks", json={"name": "EXERCISE_A"})
    assert client.add_signal("EXERCISE_A", pdq=FIRST) == 19
