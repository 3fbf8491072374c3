"""Programs that speak to HMA today, replayed: their requests in their order, and what they check of the answers.

Sources: roostorg/coop server/services/hmaService, matrix-org/policyserv content/hma.go,
fetlife/hasher_matcher_actioner_api lib and spec, matrix-org/hma-matrix config.py, julietshen/atproto-hma perchpics.
Interfaces only; the replays are our own.
"""

import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.hma.running import Client, Running
from tests.hma.test_media import photo, picture
from tests.media.sample_pictures import encode, photograph

__all__ = ["picture"]


@pytest.fixture
def client(reading: Running) -> Iterator[Client]:
    """Ask a service whose banks are emptied afterwards."""
    client = reading.client()
    yield client
    client.post("/dev/factory_reset")


@pytest.fixture(scope="module")
def edited() -> bytes:
    """Give the photograph, a little smaller and compressed harder."""
    return encode(photograph(180, 135), "image/jpeg", quality=60)


@pytest.fixture(scope="module")
def other() -> bytes:
    """Give another benign picture."""
    gradient = Image.radial_gradient("L").resize((200, 150)).rotate(20).convert("RGB")
    return encode(gradient, "image/png")


def _ok(answer: httpx.Response) -> Any:
    assert 200 <= answer.status_code < 300, answer.text
    return answer.json()


class _Coop:
    """What coop's service does; its base URL ends with a slash, so every path has two."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(self, name: str, ratio: float) -> None:
        _ok(self._client.post("//c/banks", json={"name": name, "enabled_ratio": f"{ratio:g}"}))

    def exists(self, name: str) -> bool:
        answer = self._client.get(f"//c/bank/{name}")
        assert answer.status_code in {200, 404}  # on 404 coop deletes its own copy
        return answer.status_code == 200

    def add(self, name: str, content: bytes, **fields: str) -> dict[str, Any]:
        added = _ok(self._client.post(f"//c/bank/{name}/content", **photo(content), data=fields))
        assert type(added["id"]) is int
        assert all(isinstance(each, str) for each in added["signals"].values())
        return dict(added)

    def matched(self, banks: list[str], signal: str) -> list[str]:
        asked = {"signal_type": "pdq", "signal": signal}
        found = _ok(self._client.get("//m/lookup", params=asked))
        return [bank for bank in banks if found.get(bank)]

    def exchange_of(self, name: str) -> dict[str, Any] | None:
        answer = self._client.get(f"//c/exchange/{name}")
        if answer.status_code == 404:
            return None
        body = _ok(answer)
        api = _ok(self._client.get(f"//c/exchanges/api/{body['api']}"))
        status = _ok(self._client.get(f"//c/exchange/{name}/status"))
        return {
            "api": body["api"],
            "enabled": bool(body["enabled"]),
            "has_auth": api["has_set_authentification"],
            "is_fetching": status["running_fetch_start_ts"] is not None,
            "last": status["last_fetch_complete_ts"],
            **{
                name: status[name]
                for name in ("last_fetch_succeeded", "up_to_date", "fetched_items")
            },
        }


def test_coop_keeps_banks_with_content_and_checks_pictures(
    reading: Running, client: Client, picture: bytes, other: bytes
) -> None:
    coop, name = _Coop(client), "COOP_ORG1_EXERCISE_A"
    coop.create(name, 1)
    assert coop.exists(name)
    added = coop.add(
        name,
        picture,
        content_id="item-7",
        content_uri="https://media.example/7",
        metadata=json.dumps({"queue": "exercise", "labels": ["a", "b"]}),
        note="first note",
    )
    reading.settle()
    assert coop.matched([name, "COOP_ORG1_OTHER"], added["signals"]["pdq"]) == [name]
    away = _ok(client.post("//h/hash", **photo(other)))["pdq"]
    assert coop.matched([name], away) == []
    _ok(client.put(f"//c/bank/{name}", json={"enabled_ratio": 0}))
    reading.settle()
    assert coop.matched([name], added["signals"]["pdq"]) == []
    # A new name is a new bank, then the old one is deleted.
    coop.create("COOP_ORG1_EXERCISE_B", 0.5)
    _ok(client.delete(f"//c/bank/{name}"))
    assert not coop.exists(name)
    assert coop.exists("COOP_ORG1_EXERCISE_B")
    again = client.post("//c/banks", json={"name": "COOP_ORG1_EXERCISE_B", "enabled_ratio": "1"})
    assert not again.is_success


def test_coop_configures_exchanges_and_shows_how_they_fare(client: Client) -> None:
    coop, name = _Coop(client), "COOP_ORG1_PARTNER"
    names = _ok(client.get("//c/exchanges/apis"))
    assert "fb_threatexchange" in names
    for each in names:
        info = _ok(client.get(f"//c/exchanges/api/{each}"))
        assert {"supports_authentification", "has_set_authentification"} <= set(info)
        schema = _ok(client.get(f"//c/exchanges/api/{each}/schema"))
        assert isinstance(schema["config_schema"]["fields"], list)
    credentials = {"credential_json": {"api_token": "12345789|000000000000"}}
    _ok(client.post("//c/exchanges/api/fb_threatexchange", json=credentials))
    body = {"bank": name, "api": "fb_threatexchange", "api_json": {"privacy_group": 7}}
    _ok(client.post("//c/exchanges", json=body))
    _ok(client.put(f"//c/bank/{name}", json={"enabled_ratio": 0.5}))
    assert coop.exists(name)
    before = coop.exchange_of(name)
    assert before is not None
    assert (before["api"], before["enabled"], before["has_auth"]) == (
        "fb_threatexchange",
        True,
        True,
    )
    assert (before["last"], before["is_fetching"]) == (None, False)
    client.post("/dev/run_fetch")
    after = coop.exchange_of(name)
    assert after is not None
    assert (after["last_fetch_succeeded"], after["up_to_date"]) == (False, False)
    assert after["last"] * 1000 > 1_700_000_000_000
    coop.create("COOP_ORG1_PLAIN", 1)
    assert coop.exchange_of("COOP_ORG1_PLAIN") is None


def test_newer_coop_sends_credentials_beside_each_exchange(client: Client) -> None:
    name, api = "COOP_ORG1_PARTNER", "fb_threatexchange"
    credentials = {"credential_json": {"api_token": "12345789|000000000000"}}

    def status_of(answer: Any) -> tuple[bool, bool]:
        has = answer["has_credentials"] is True
        return has, has and answer["source"] == "exchange"

    assert client.get(f"//c/bank/{name}").status_code == 404  # the name is free
    schema = _ok(client.get(f"//c/exchanges/api/{api}/schema"))["credentials_schema"]
    assert [each["name"] for each in schema["fields"] if each["required"]] == ["api_token"]
    body = {"bank": name, "api": api, "api_json": {"privacy_group": 7}}
    made = client.post("//c/exchanges", json={**body, **credentials})
    assert made.status_code == 201
    _ok(client.put(f"//c/bank/{name}", json={"enabled_ratio": 0.5}))
    shown = _ok(client.get(f"//c/exchange/{name}"))
    assert (shown["api"], shown["enabled"]) == (api, True)
    assert status_of(shown["credential_status"]) == (True, True)
    # Later a person gives others; coop asks first which exchange it is.
    assert status_of(_ok(client.post(f"//c/exchange/{name}/credentials", json=credentials))) == (
        True,
        True,
    )
    for path, missing in (
        ("//c/exchange/COOP_ORG1_NONE/credentials", 404),
        (f"//c/exchange/{name}/credentials", 400),
    ):
        wrong = {"credential_json": {"api_token": 5}}
        assert client.post(path, json=wrong).status_code == missing
    again = client.post("//c/exchanges", json={**body, **credentials})
    assert 400 < again.status_code < 500  # below 500 coop takes nothing back by name
    # It deletes through the exchange, also what is gone already.
    for _ in range(2):
        _ok(client.delete(f"//c/exchange/{name}"))
    assert client.get(f"//c/bank/{name}").status_code == 404
    assert client.get(f"//c/exchange/{name}").status_code == 404


def test_policyserv_hashes_media_and_takes_every_key_of_the_answer_as_a_bank(
    reading: Running, client: Client, picture: bytes, other: bytes
) -> None:
    _ok(client.post("/c/banks", json={"name": "EXERCISE_A"}))
    _ok(client.post("/c/bank/EXERCISE_A/content", **photo(picture)))
    reading.settle()
    platform = reading.client(("match",))

    def scan(field: str, content: bytes) -> list[str]:
        # Go's CreateFormFile names the file x and its type application/octet-stream.
        part = {field: ("x", content, "application/octet-stream")}
        hashed = platform.post("/h/hash", files=part)
        assert hashed.status_code == 200
        banks: list[str] = []
        for kind, signal in hashed.json().items():
            assert isinstance(signal, str)
            found = platform.get(f"/m/lookup?signal_type={kind}&signal={signal}").json()
            assert isinstance(found, dict)
            banks += found
        return banks

    assert scan("photo", picture) == ["EXERCISE_A"]
    assert scan("photo", other) == []
    assert scan("video", b"no film that anybody knows") == []
    # What an enabled bank is called decides: neither an error nor a flat picture may name one.
    flat = encode(Image.new("RGB", (128, 128)), "image/png")
    assert set(scan("photo", flat)) <= {"message"}


class _Gem:
    """What FetLife's gem does and expects."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def handle(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            is_json = answer.headers["content-type"] == "application/json"
            return answer.json() if is_json else answer.text
        if answer.status_code == 400:
            return ("invalid", answer.json()["message"])
        if answer.status_code == 401:
            return ("authentication", None)
        if answer.status_code == 403:
            message = answer.json().get("message")
            return ("exists" if "already exists" in message else "permission", message)
        if answer.status_code == 404:
            return ("not found", None)
        if answer.status_code == 503 and answer.text == "INDEX-STALE":
            return answer.text
        pytest.fail(f"the gem raises on {answer.status_code}")

    def bank(self, given: Any) -> dict[str, Any]:
        assert isinstance(given["name"], str)
        assert type(given["matching_enabled_ratio"]) is float
        assert 0 <= given["matching_enabled_ratio"] <= 1
        return dict(given)

    def matches(self, found: Any) -> list[tuple[str, str, int, int]]:
        return [
            (kind, bank, self.whole(each["bank_content_id"]), int(each["distance"]))
            for kind, banks in found.items()
            for bank, hits in banks.items()
            for each in hits
        ]

    def whole(self, value: Any) -> int:
        assert type(value) is int
        return value


def test_the_gem_keeps_banks_and_tells_refusals_apart(
    reading: Running, client: Client, picture: bytes
) -> None:
    gem = _Gem(client)
    assert gem.handle(client.get("/status")) in {"I-AM-ALIVE", "INDEX-STALE"}
    body = {"name": "TEST_BANK", "enabled": "true", "matching_enabled_ratio": 1.0}
    assert gem.bank(gem.handle(client.post("/c/banks", json=body)))["name"] == "TEST_BANK"
    assert gem.handle(client.post("/c/banks", json=body))[0] == "exists"
    bad = {**body, "name": "bad_name"}
    assert gem.handle(client.post("/c/banks", json=bad))[0] == "invalid"
    assert gem.bank(gem.handle(client.get("/c/bank/TEST_BANK")))["name"] == "TEST_BANK"
    assert gem.handle(client.get("/c/bank/NON_EXISTENT_BANK"))[0] == "not found"
    metadata = {
        "content_id": "test-1",
        "content_uri": "https://media.example/1",
        "json": {"priority": "high"},
    }
    added = gem.handle(
        client.post(
            "/c/bank/TEST_BANK/content", **photo(picture), data={"metadata": json.dumps(metadata)}
        )
    )
    assert gem.whole(added["id"])
    assert added["signals"]["pdq"]
    missing = client.post("/c/bank/NON_EXISTENT_BANK/content", **photo(picture))
    assert gem.handle(missing)[0] == "not found"
    assert gem.handle(Client(reading, "wrong").get("/c/banks"))[0] == "authentication"
    assert gem.handle(reading.client(("match",)).get("/c/banks"))[0] == "permission"


def test_the_gem_looks_up_signals_and_files(
    reading: Running, client: Client, picture: bytes, edited: bytes, other: bytes
) -> None:
    gem = _Gem(client)
    for name in ("BANK", "BANK_2"):
        gem.handle(client.post("/c/banks", json={"name": name, "enabled": "true"}))
    signal = gem.handle(client.post("/h/hash", **photo(picture)))["pdq"]
    number = gem.handle(client.post("/c/bank/BANK/content", **photo(picture)))["id"]
    reading.settle()
    raw = {"signal": signal, "signal_type": "pdq"}
    without = gem.handle(client.get("/m/raw_lookup", params={**raw, "include_distance": "false"}))
    assert [gem.whole(each) for each in without["matches"]] == [number]
    found = gem.handle(client.get("/m/raw_lookup", params={**raw, "include_distance": "true"}))
    assert [
        (gem.whole(each["bank_content_id"]), int(each["distance"])) for each in found["matches"]
    ] == [(number, 0)]
    by_signal = gem.handle(client.get("/m/lookup", params=raw))
    assert gem.matches({"pdq": by_signal}) == [("pdq", "BANK", number, 0)]
    assert gem.matches(gem.handle(client.post("/m/lookup", **photo(picture)))) == [
        ("pdq", "BANK", number, 0)
    ]
    ((kind, bank, near, distance),) = gem.matches(
        gem.handle(client.post("/m/lookup", **photo(edited)))
    )
    assert (kind, bank, near) == ("pdq", "BANK", number)
    assert 0 < distance <= 31
    assert gem.matches(gem.handle(client.post("/m/lookup", **photo(other)))) == []
    limited = gem.handle(client.get("/m/lookup", params={**raw, "banks": "NON_EXISTENT_BANK,BANK"}))
    assert list(limited) == ["BANK"]


def test_the_gem_configures_the_sample_exchange(client: Client) -> None:
    gem = _Gem(client)
    names = gem.handle(client.get("/c/exchanges/apis"))
    assert names[0] == "sample"
    config = gem.handle(client.get("/c/exchanges/api/sample"))
    assert config == {"supports_authentification": False, "has_set_authentification": False}
    assert gem.handle(client.get("/c/exchange/NONE"))[0] == "not found"
    created = client.post(
        "/c/exchanges", json={"api": "sample", "bank": "SAMPLE_A", "api_json": {}}
    )
    gem.handle(created)
    exchange = gem.handle(client.get("/c/exchange/SAMPLE_A"))
    assert (exchange["name"], exchange["api"], exchange["enabled"]) == ("SAMPLE_A", "sample", True)
    client.post("/dev/run_fetch")
    status = gem.handle(client.get("/c/exchange/SAMPLE_A/status"))
    assert (status["last_fetch_succeeded"], status["fetched_items"]) == (True, 18)


def test_hma_matrix_s_way_of_deploying_leaves_state_open_and_all_else_behind_a_bearer_key(
    reading: Running,
) -> None:
    nobody = reading.anonymous()
    for path in ("/status", "/status/live", "/site-map"):
        assert nobody.get(path).status_code == 200
    for path in ("/c/banks", "/m/lookup", "/h/hash", "/c/exchanges", "/m/index/status"):
        assert nobody.get(path).status_code == 401
    for header in ("Bearer", "Bearer ", "Basic x", "bearer wrong", "wrong"):
        answer = nobody.get("/c/banks", headers={"Authorization": header})
        assert answer.status_code == 401
    key = reading.key()
    assert nobody.get("/c/banks", headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_atproto_hma_builds_its_bank_by_hash_and_by_upload(
    reading: Running, client: Client, picture: bytes, other: bytes
) -> None:
    for _ in range(2):
        made = client.post("/c/banks", json={"name": "SAMPLE_IMAGES", "description": "benign"})
        assert made.is_success or "already exists" in made.text
    pdq = _ok(
        client.post("/h/hash", files={"photo": ("a.jpg", io.BytesIO(picture), "image/jpeg")})
    )["pdq"]
    metadata = {"source": "demo_images", "original_name": "a.jpg"}
    _ok(client.post("/c/bank/SAMPLE_IMAGES/signal", json={"pdq": pdq, "metadata": metadata}))
    upload = {"files": {"photo": ("b.png", other, "image/png")}, "data": {"content_type": "photo"}}
    _ok(client.post("/c/bank/SAMPLE_IMAGES/content", **upload))
    reading.settle()
    found = _ok(client.post("/m/lookup", **photo(picture), data={"threshold": "0.8"}))
    assert found["pdq"]["SAMPLE_IMAGES"]
    assert _ok(client.get("/c/bank/SAMPLE_IMAGES"))["name"] == "SAMPLE_IMAGES"
