"""Credentials of one exchange: kept sealed, before those of its kind, shown to nobody, and gone with the exchange."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from tests.hma.conftest import MakeRunning
from tests.hma.running import Client, Running, opened

from rempart.model.banks import Exchange
from rempart.node import back_up, restore_node, withdraw_list
from rempart.node.hma import HmaService, NotThereError
from rempart.node.keys import node_secrets
from rempart.node.sealing_rotation import rotate_sealing

OWN: Final = "12345789|exercise-own-token"
LATER: Final = "12345789|exercise-later-token"
SHARED: Final = "12345789|exercise-shared-token"
API: Final = "fb_threatexchange"
NONE: Final = {"supports_auth": True, "has_credentials": False, "source": None}
BY_EXCHANGE: Final = {"supports_auth": True, "has_credentials": True, "source": "exchange"}
BY_API: Final = {"supports_auth": True, "has_credentials": True, "source": "api"}


def of(token: object) -> dict[str, object]:
    return {"credential_json": {"api_token": token}}


def create(
    client: Client, bank: str = "PARTNER", given: Mapping[str, object] | None = None
) -> None:
    body = {"bank": bank, "api": API, "api_json": {"privacy_group": 7}, **(given or {})}
    answer = client.post("/c/exchanges", json=body)
    assert (answer.status_code, answer.json()) == (201, {"message": "Created successfully"})


def credentials_of(bank: str = "PARTNER") -> str:
    return f"/c/exchange/{bank}/credentials"


def exchange(running: Running, bank: str = "PARTNER") -> Exchange:
    found = running.node.store.exchanges.by_name(bank)
    assert found is not None
    return found


def kept(running: Running) -> dict[str, bytes | None]:
    """Return the credentials that a node keeps, opened, by the name of their secret."""
    secrets = node_secrets(running.node)
    names = [each for each in running.node.store.secrets.all() if each.startswith("hma-exchange")]
    return {name: secrets.get(name) for name in names}


def stored_bytes(running: Running) -> bytes:
    """Return every byte of a node's folder, its log of writes included."""
    files = [each for each in running.folder.path.rglob("*") if each.is_file()]
    assert any(each.name.endswith(".db") or "store" in each.name for each in files)
    return b"".join(each.read_bytes() for each in files)


def details(running: Running, kind: str) -> list[Any]:
    return [dict(each.details) for each in running.node.store.events() if each.kind == kind]


def test_credentials_beside_a_new_exchange_are_its_own(running: Running, client: Client) -> None:
    create(client, given=of(OWN))
    assert client.get("/c/exchange/PARTNER").json()["credential_status"] == BY_EXCHANGE
    assert client.get(credentials_of()).json() == BY_EXCHANGE
    name = f"hma-exchange:{exchange(running).list_id}"
    assert kept(running) == {name: b'{"api_token": "12345789|exercise-own-token"}'}
    # Neither the kind nor another exchange of it has them.
    shared = client.get(f"/c/exchanges/api/{API}").json()
    assert shared["has_set_authentification"] is False
    create(client, "OTHER")
    assert client.get(credentials_of("OTHER")).json() == NONE


def test_credentials_of_one_exchange_are_set_replaced_and_taken_away(
    running: Running, client: Client
) -> None:
    create(client)
    list_id = str(exchange(running).list_id)
    events = len(running.node.store.events())
    for given, status in ((of(OWN), BY_EXCHANGE), (of(LATER), BY_EXCHANGE)):
        answer = client.post(credentials_of(), json=given)
        assert (answer.status_code, answer.json()) == (200, status)
    assert list(kept(running).values()) == [b'{"api_token": "12345789|exercise-later-token"}']
    nothing: tuple[object, ...] = (None, {})
    for empty in nothing:
        client.post(credentials_of(), json=of(OWN))
        for _ in range(2):  # the second time there is nothing to take away, and no event
            answer = client.post(credentials_of(), json={"credential_json": empty})
            assert (answer.status_code, answer.json()) == (200, NONE)
        assert kept(running) == {}
    assert len(running.node.store.events()) == events + 6
    said = details(running, "exchange.credentials-changed")
    assert [each["set"] for each in said] == [True, True, True, False, True, False]
    assert all((each["api"], each["list"]) == (API, list_id) for each in said)


def test_its_own_credentials_go_before_those_of_its_kind(client: Client) -> None:
    create(client)
    client.post(f"/c/exchanges/api/{API}", json=of(SHARED))
    assert client.get(credentials_of()).json() == BY_API
    client.post(credentials_of(), json=of(OWN))
    assert client.get(credentials_of()).json() == BY_EXCHANGE
    client.post(f"/c/exchanges/api/{API}", json={"credential_json": {}})
    assert client.get(credentials_of()).json() == BY_EXCHANGE
    client.post(f"/c/exchanges/api/{API}", json=of(SHARED))
    client.post(credentials_of(), json={"credential_json": None})
    assert client.get("/c/exchange/PARTNER").json()["credential_status"] == BY_API


_MARK: Final = "exercise-secret"
_BAD: Final[tuple[object, ...]] = (
    {"api_token": _MARK, "more": _MARK}, {_MARK: _MARK}, {"api_token": [_MARK]}, {"api_token": 5}, {"api_token": None},
    {"api_token": ""}, {"api_token": _MARK + "\0"}, {"api_token": _MARK * 1000}, {"other": _MARK},
    _MARK, [_MARK], [], "", 0, False,
)  # fmt: skip


@pytest.mark.parametrize("given", _BAD)
def test_mistaken_credentials_are_refused_without_an_echo_and_nothing_is_kept(
    lasting: Running, guest: Client, given: object
) -> None:
    body = {"bank": "PARTNER", "api": API, "api_json": {"privacy_group": 7}}
    refused = guest.post("/c/exchanges", json={**body, "credential_json": given})
    assert (refused.status_code, list(refused.json())) == (400, ["message"])
    assert _MARK not in refused.text
    assert guest.get("/c/exchanges").json() == guest.get("/c/banks").json() == []
    create(guest, given=of(OWN))
    refused = guest.post(credentials_of(), json={"credential_json": given})
    assert (refused.status_code, list(refused.json())) == (400, ["message"])
    assert _MARK not in refused.text
    assert list(kept(lasting).values()) == [b'{"api_token": "12345789|exercise-own-token"}']


@pytest.mark.parametrize(
    "body", [{}, {"other": _MARK}, {**of(OWN), "other": _MARK}, [1], "x", None]
)
def test_nothing_but_credentials_is_taken(lasting: Running, guest: Client, body: object) -> None:
    create(guest)
    refused = guest.post(credentials_of(), json=body)
    assert (refused.status_code, list(refused.json())) == (400, ["message"])
    assert _MARK not in refused.text
    torn = guest.post(credentials_of(), content=b'{"credential_json": {"api_token": "')
    assert torn.status_code == 400
    assert kept(lasting) == {}


def test_an_exchange_that_needs_no_credentials_takes_none(lasting: Running, guest: Client) -> None:
    body = {"bank": "SAMPLE", "api": "sample"}
    assert guest.post("/c/exchanges", json={**body, **of(OWN)}).status_code == 400
    assert guest.post("/c/exchanges", json={**body, "credential_json": {}}).status_code == 201
    assert guest.post(credentials_of("SAMPLE"), json=of(OWN)).status_code == 400
    nothing = {"supports_auth": False, "has_credentials": False, "source": None}
    cleared = guest.post(credentials_of("SAMPLE"), json={"credential_json": None})
    assert cleared.json() == guest.get(credentials_of("SAMPLE")).json() == nothing
    assert kept(lasting) == {}


def test_an_exchange_that_is_not_there_takes_and_shows_nothing(
    lasting: Running, guest: Client
) -> None:
    guest.post("/c/banks", json={"name": "PLAIN"})  # a bank without an exchange
    for name in ("NOWHERE", "PLAIN", "%00"):
        assert guest.get(credentials_of(name)).status_code == 404
        answer = guest.post(credentials_of(name), json=of(OWN))
        assert (answer.status_code, list(answer.json())) == (404, ["message"])
    assert kept(lasting) == {}


def test_no_credential_stands_in_the_store_in_an_event_in_an_answer_or_in_the_log(
    running: Running, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        create(client, given=of(OWN))
        client.post(credentials_of(), json=of(LATER))
        client.post("/dev/run_fetch")
        texts = [
            client.get(path).text
            for path in ("/c/exchanges", "/c/exchange/PARTNER", credentials_of())
        ]
        texts.append(client.put("/c/exchange/PARTNER", json={"enabled": False}).text)
    texts += [str(vars(each)) for each in caplog.records if not each.name.startswith("http")]
    texts.append(str([each.details for each in running.node.store.events()]))
    assert len(kept(running)) == 1
    stored = stored_bytes(running)
    assert b"hma-exchange:" in stored  # it is the store that was read
    for secret in (OWN, LATER):
        assert secret.encode() not in stored
        assert all(secret not in each for each in texts)


# How credentials end


def _by_exchange(client: Client, _running: Running) -> None:
    assert client.delete("/c/exchange/PARTNER").status_code == 200


def _by_bank(client: Client, _running: Running) -> None:
    assert client.delete("/c/bank/PARTNER").status_code == 200


def _by_v1(client: Client, running: Running) -> None:
    listed = client.get(f"/v1/lists/{exchange(running).list_id}")
    gone = client.delete(
        f"/v1/lists/{exchange(running).list_id}", headers={"if-match": listed.headers["etag"]}
    )
    assert gone.status_code in {200, 204}, gone.text


def _by_command(_client: Client, running: Running) -> None:
    withdraw_list(running.node, "partner", None)


def _by_reset(client: Client, _running: Running) -> None:
    assert client.post("/dev/factory_reset").status_code == 302


@pytest.mark.parametrize("end", [_by_exchange, _by_bank, _by_v1, _by_command, _by_reset])
def test_credentials_end_with_their_exchange_and_no_later_one_inherits_them(
    running: Running, client: Client, end: Callable[[Client, Running], None]
) -> None:
    create(client, given=of(OWN))
    create(client, "OTHER", of(LATER))
    before = exchange(running).list_id
    sealed = running.node.store.secrets.get(f"hma-exchange:{before}")
    assert sealed is not None
    end(client, running)
    left = dict.fromkeys(kept(running), b'{"api_token": "12345789|exercise-later-token"}')
    assert kept(running) == left
    assert len(left) == (0 if end is _by_reset else 1)
    assert client.get(credentials_of()).status_code == 404
    assert client.post(credentials_of(), json=of(OWN)).status_code == 404
    create(client)  # of the same list, taken up again
    assert exchange(running).list_id == before
    assert client.get(credentials_of()).json() == NONE


def test_events_say_that_credentials_came_and_went_with_an_exchange(
    running: Running, client: Client
) -> None:
    for given in (of(OWN), {}):
        create(client, given=given)
        client.delete("/c/exchange/PARTNER")
        create(client, given=given)
        client.delete("/c/bank/PARTNER")
        create(client, given=given)
        withdraw_list(running.node, "partner", None)
    for kind, times in (("exchange.created", 3), ("exchange.removed", 1), ("list.withdrawn", 2)):
        said = [(each["api"], each["credentials"]) for each in details(running, kind)]
        assert said == [(API, True)] * times + [(API, False)] * times
    client.post("/c/banks", json={"name": "PLAIN"})
    client.delete("/c/bank/PLAIN")
    assert not {"api", "credentials"} & set(details(running, "list.withdrawn")[-1])


def test_credentials_for_an_exchange_that_ended_meanwhile_are_not_kept(
    running: Running, client: Client
) -> None:
    create(client)
    seen = exchange(running)
    principal = running.node.principal
    credentials = HmaService(running.service).credentials
    client.delete("/c/exchange/PARTNER")
    with pytest.raises(NotThereError):
        credentials.set_own(seen, {"api_token": OWN}, principal=principal)
    client.post("/c/exchanges", json={"bank": "PARTNER", "api": "sample"})
    with pytest.raises(NotThereError):  # one of its name, of another kind
        credentials.set_own(seen, {"api_token": OWN}, principal=principal)
    assert kept(running) == {}


def test_an_exchange_is_not_made_when_its_credentials_cannot_be_sealed(
    running: Running, client: Client
) -> None:
    create(client, "OTHER", of(LATER))
    key = running.folder.path / "keys" / "node.key"
    held = key.read_bytes()
    key.unlink()
    body = {"bank": "PARTNER", "api": API, "api_json": {"privacy_group": 7}, **of(OWN)}
    assert client.post("/c/exchanges", json=body).status_code >= 500
    assert client.get("/c/exchanges").json() == ["OTHER"]
    assert client.get("/c/bank/PARTNER").status_code == 404
    key.write_bytes(held)
    key.chmod(0o600)
    assert client.post("/c/exchanges", json=body).status_code == 201


# Rotation, backup, who may


def test_rotation_seals_credentials_of_an_exchange_anew(running: Running, client: Client) -> None:
    create(client, given=of(OWN))
    name = f"hma-exchange:{exchange(running).list_id}"
    before = running.node.store.secrets.get(name)
    rotate_sealing(running.node)
    after = running.node.store.secrets.get(name)
    assert after != before
    assert kept(running) == {name: b'{"api_token": "12345789|exercise-own-token"}'}
    client.post(credentials_of(), json=of(LATER))  # by the service that had the old key in memory
    rotate_sealing(running.node)
    assert kept(running) == {name: b'{"api_token": "12345789|exercise-later-token"}'}


def test_a_restored_node_has_the_credentials_of_its_exchanges(
    running: Running, client: Client, tmp_path: Path
) -> None:
    create(client, given=of(OWN))
    before = kept(running)
    backup = tmp_path / "one.backup"
    back_up(running.node, backup, with_keys=True, progress=lambda _done, _total: None)
    assert OWN.encode() not in backup.read_bytes()
    restore_node(backup, tmp_path / "restored", progress=lambda _done, _total: None)
    with opened(tmp_path / "restored") as node:
        secrets = node_secrets(node)
        assert {name: secrets.get(name) for name in before} == before


def test_only_an_operator_of_the_whole_node_sets_credentials(run: MakeRunning) -> None:
    running = run(is_exercise=False)
    create(running.client(), given=of(OWN))
    limited = running.client(lists=(exchange(running).list_id,))
    others = [
        running.client((role,)) for role in ("match", "list-reader", "list-editor", "auditor")
    ]
    for client in (limited, *others):
        assert client.get(credentials_of()).status_code == 403
        assert client.post(credentials_of(), json=of(LATER)).status_code == 403
    assert running.anonymous().post(credentials_of(), json=of(LATER)).status_code == 401
    assert list(kept(running).values()) == [b'{"api_token": "12345789|exercise-own-token"}']
