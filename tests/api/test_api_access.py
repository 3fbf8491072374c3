"""Who is let in, who may what, and that a key for one list learns nothing of another."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from tests.api.conftest import KNOWN_PDQ, OTHER_PDQ, Asking, StartFunction

OPEN = {"/health/live", "/health/ready", "/openapi.json"}


def filled(path: str) -> str:
    for name in ("{list}", "{entry}", "{match}", "{key}"):
        path = path.replace(name, str(uuid4()))
    return path.replace("{index}", "0")


def test_nothing_but_health_and_description_is_answered_without_a_key(calm: Asking) -> None:
    nobody = calm.with_key(None)

    for operation in calm.application.operations:
        answer = nobody(operation.method, filled(operation.path))
        if operation.path in OPEN:
            assert answer.status_code == 200, operation.path
            continue
        assert answer.status_code == 401, operation.path
        assert answer.json()["error"]["kind"] == "unauthenticated"
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic cmVtcGFydA==", "Bearer rk_wrong", "bearer é"]
)
def test_what_is_no_key_is_answered_like_no_key(calm: Asking, header: str) -> None:
    answer = calm.with_key(None).get("/v1/lists", headers={"authorization": header.encode()})

    assert (answer.status_code, answer.json()["error"]["kind"]) == (401, "unauthenticated")


def test_revoked_and_expired_keys_open_nothing(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=0.5)
    expiring = ask.having("list-reader", expires_at=soon)
    made = ask.post("/v1/keys", {"roles": ["list-reader"]}).json()
    revoked = ask.with_key(made["key"])
    assert revoked.get("/v1/lists").status_code == 200

    assert ask("DELETE", f"/v1/keys/{made['id']}").status_code == 204
    known_keys = ask.service.gate._known_keys
    monkeypatch.setattr("rempart.node.service.known_keys.REMEMBERED_SECONDS", 0.0)
    monkeypatch.setattr(
        ask.service.gate, "_clock", type("Later", (), {"now": lambda _: soon + timedelta(days=1)})()
    )

    assert known_keys is ask.service.gate._known_keys
    assert revoked.get("/v1/lists").status_code == 401
    assert expiring.get("/v1/lists").status_code == 401


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("match", ["/v1/match"], ["/v1/lists", "/v1/matches", "/v1/keys", "/v1/audit"]),
        ("list-reader", ["/v1/lists"], ["/v1/matches", "/v1/keys", "/v1/audit"]),
        ("list-editor", ["/v1/lists"], ["/v1/keys", "/v1/audit"]),
        ("reviewer", ["/v1/matches"], ["/v1/keys", "/v1/audit"]),
        ("operator", ["/v1/keys", "/v1/lists", "/metrics"], ["/v1/matches", "/v1/audit"]),
        ("auditor", ["/v1/audit", "/v1/matches", "/metrics"], ["/v1/keys"]),
    ],
)
def test_roles_open_what_they_are_for(
    calm: Asking, role: str, may: list[str], may_not: list[str]
) -> None:
    caller = calm.having(role)

    def status(path: str) -> int:
        if path == "/v1/match":
            return caller.match(KNOWN_PDQ).status_code
        return caller.get(path).status_code

    assert {path: status(path) for path in may} == dict.fromkeys(may, 200)
    assert {path: status(path) for path in may_not} == dict.fromkeys(may_not, 403)


def test_key_for_one_list_cannot_tell_another_from_one_that_is_not_there(ask: Asking) -> None:
    a, b = ask.list_id("list-a"), ask.list_id("list-b")
    ask.match(OTHER_PDQ)
    hidden_match = ask.get("/v1/matches").json()["matches"][0]["match"]["id"]
    hidden_entry = ask.get("/v1/lists/list-b/entries").json()["entries"][0]["id"]
    scoped = ask.having("match", "list-reader", "list-editor", "reviewer", lists=(a,))

    def told(method: str, path: str, **given: object) -> tuple[int, str, str]:
        answer = scoped(method, path, **given)
        error = answer.json()["error"]
        return answer.status_code, error["kind"], error["message"].replace(path.split("/")[3], "_")

    draft = {"entries": [{"fingerprints": [{"kind": "md5", "value": "11" * 16}]}]}
    ways = [
        ("GET", "/v1/lists/{}"),
        ("GET", "/v1/lists/{}/entries"),
        ("GET", f"/v1/lists/{{}}/entries/{hidden_entry}"),
        ("GET", "/v1/lists/{}/counts"),
        ("GET", "/v1/lists/{}/export"),
        ("DELETE", f"/v1/lists/{{}}/entries/{hidden_entry}"),
    ]
    for method, way in ways:
        for hidden, absent in ((str(b), str(uuid4())), ("list-b", "list-x")):
            assert told(method, way.format(hidden)) == told(method, way.format(absent)), way
    put = "/v1/lists/{}/entries"
    assert told("POST", put.format(b), json=draft) == told("POST", put.format(uuid4()), json=draft)
    match = "/v1/matches/{}"
    assert told("GET", match.format(hidden_match)) == told("GET", match.format(uuid4()))
    own = ask.get("/v1/lists/list-a/entries").json()["entries"][0]["id"]
    crossed = scoped.get(f"/v1/lists/list-a/entries/{hidden_entry}")
    assert crossed.status_code == 404
    assert scoped.get(f"/v1/lists/list-a/entries/{own}").status_code == 200
    assert [each["name"] for each in scoped.get("/v1/lists").json()["lists"]] == ["list-a"]
    assert scoped.get("/v1/matches").json()["matches"] == []
    assert scoped.match(OTHER_PDQ).json()["results"][0]["matches"] == []


def test_budget_and_pace_are_obeyed_and_say_when_to_come_again(start: StartFunction) -> None:
    ask = start()
    poor = ask.having("match", queries_per_day=3)
    slow = ask.having("list-reader", requests_per_minute=2)

    spent = poor.match(KNOWN_PDQ, KNOWN_PDQ)
    over = poor.match(KNOWN_PDQ, KNOWN_PDQ)
    paced = [slow.get("/v1/lists") for _ in range(3)]

    assert spent.status_code == 200
    assert (over.status_code, over.json()["error"]["kind"]) == (429, "budget")
    assert int(over.headers["retry-after"]) >= 1
    assert [each.status_code for each in paced] == [200, 200, 429]
    assert paced[2].json()["error"]["kind"] == "pace"


def test_key_is_shown_once_even_when_its_making_is_replayed(ask: Asking) -> None:
    headers = {"idempotency-key": "make-one"}
    wanted = {"roles": ["match"], "label": "exercise"}

    first = ask.post("/v1/keys", wanted, headers=headers)
    again = ask.post("/v1/keys", wanted, headers=headers)

    assert first.status_code == again.status_code == 201
    assert first.json()["key"].startswith("rk_")
    assert again.json() == {**first.json(), "key": None}
    assert again.headers["idempotent-replay"] == "true"
    assert ask.with_key(first.json()["key"]).match(KNOWN_PDQ).status_code == 200
    shown = ask.get("/v1/keys").text + ask.get(f"/v1/keys/{first.json()['id']}").text
    assert first.json()["key"] not in shown


def test_rotated_key_keeps_its_rights_and_ends_the_old_one(ask: Asking) -> None:
    lists = [str(ask.list_id("list-a"))]
    old = ask.post("/v1/keys", {"roles": ["match"], "lists": lists}).json()

    new = ask.post(f"/v1/keys/{old['id']}/rotate", {"overlap_hours": 0})
    again = ask.post(f"/v1/keys/{old['id']}/rotate", {})

    assert new.status_code == 201
    assert (new.json()["lists"], new.json()["roles"]) == (lists, ["match"])
    assert again.status_code == 409
    assert ask.with_key(new.json()["key"]).match(KNOWN_PDQ).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        {"roles": []},
        {"roles": ["anonymous"]},
        {"roles": ["match"], "lists": []},
        {"roles": ["match"], "expires_at": "2020-01-01T00:00:00Z"},
        {"roles": ["match"], "expires_at": "2999-01-01T00:00:00"},
        {"roles": ["match"], "label": "a\nb"},
        {"roles": ["match"], "principal": "anonymous"},
    ],
)
def test_key_that_would_be_of_no_use_is_refused(calm: Asking, wanted: dict[str, object]) -> None:
    before = len(calm.get("/v1/keys").json()["keys"])

    assert calm.post("/v1/keys", wanted).status_code == 400
    assert len(calm.get("/v1/keys").json()["keys"]) == before


def test_key_for_a_list_that_does_not_exist_is_refused(calm: Asking) -> None:
    answer = calm.post("/v1/keys", {"roles": ["match"], "lists": [str(uuid4())]})

    assert answer.status_code == 404


def test_figures_need_no_key_where_the_operator_opened_them(start: StartFunction) -> None:
    ask = start(metrics_open=True)

    assert ask.with_key(None).get("/metrics").status_code == 200
