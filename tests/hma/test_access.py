"""Who may use HMA's routes: by key, by a token in the address, or without any on an exercise node."""

import logging
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hma.conftest import MakeRunning
from tests.hma.running import ADDRESS, Client, Running
from tests.hma.test_banks import A, B, make_bank

from rempart.api.hma.paths import hma_path, redact
from rempart.model.errors import UsageError
from rempart.node.key_requests import KeyRequest
from rempart.node.keys import create_key
from rempart.node.settings import Settings, read_settings

# One request for each route, with what a caller must have been given.
ROUTES: tuple[tuple[str, str, str], ...] = (
    ("GET", "/h/hash?url=http://media.example/", "match"), ("POST", "/h/hash", "match"),
    ("GET", f"/m/lookup?signal={A}&signal_type=pdq", "match"), ("POST", "/m/lookup", "match"),
    ("GET", f"/m/raw_lookup?signal={A}&signal_type=pdq", "match"), ("POST", "/m/compare", "match"),
    ("GET", "/m/index/status", "match"),
    ("GET", "/c/banks", "list-reader"), ("GET", "/c/bank/EXERCISE_A", "list-reader"),
    ("GET", "/c/bank/EXERCISE_A/content/1", "list-reader"), ("GET", "/c/signal_type", "list-reader"),
    ("GET", "/c/signal_type/index", "list-reader"), ("GET", "/c/content_type", "list-reader"),
    ("POST", "/c/banks", "list-editor"), ("PUT", "/c/bank/EXERCISE_A", "list-editor"),
    ("POST", "/c/bank/EXERCISE_A/content", "list-editor"), ("POST", "/c/bank/EXERCISE_A/signal", "list-editor"),
    ("PUT", "/c/bank/EXERCISE_A/content/1", "list-editor"), ("DELETE", "/c/bank/EXERCISE_A/content/9", "list-editor"),
    ("GET", "/c/exchanges/apis", "operator"), ("GET", "/c/exchanges/api/sample", "operator"),
    ("POST", "/c/exchanges/api/sample", "operator"), ("GET", "/c/exchanges/api/sample/schema", "operator"),
    ("GET", "/c/exchanges", "operator"), ("POST", "/c/exchanges", "operator"), ("GET", "/c/exchange/X", "operator"),
    ("PUT", "/c/exchange/X", "operator"), ("DELETE", "/c/exchange/X", "operator"),
    ("GET", "/c/exchange/X/status", "operator"), ("GET", "/c/exchange/X/credentials", "operator"),
    ("POST", "/c/exchange/X/credentials", "operator"),
    ("PUT", "/c/signal_type/pdq", "operator"), ("POST", "/dev/run_fetch", "operator"),
    ("POST", "/dev/setup_sample_example", "operator"), ("POST", "/dev/factory_reset", "operator"),
    ("DELETE", "/c/bank/EXERCISE_A", "list-editor"),
)  # fmt: skip


def test_each_route_asks_for_a_key_and_for_a_role_that_allows_it(running: Running) -> None:
    make_bank(running.client())
    running.client().add_signal("EXERCISE_A", pdq=A)
    anonymous, wrong = running.anonymous(), Client(running, "rk_" + "0" * 29)
    only = {
        role: running.client((role,))
        for role in ("match", "list-reader", "list-editor", "operator", "auditor")
    }
    for at, (method, path, role) in enumerate(ROUTES):
        # Not the wrong key each time: an address that shows many such keys is asked to wait.
        for nobody in (anonymous, wrong) if at % 3 == 0 else (anonymous,):
            refused = nobody.request(method, path)
            assert (refused.status_code, list(refused.json())) == (401, ["message"]), path
            assert refused.headers["www-authenticate"].startswith("Bearer")
        forbidden = only["auditor" if path.startswith("/c/b") is False else "match"].request(
            method, path
        )
        if not path.startswith(("/c/signal", "/c/content")):
            assert (forbidden.status_code, list(forbidden.json())) == (403, ["message"]), path
            assert "already exists" not in forbidden.text
        allowed = only[role].request(method, path)
        assert allowed.status_code not in {401, 403, 429, 500}, path


def test_state_and_site_map_are_open_to_everybody(running: Running) -> None:
    anonymous = running.anonymous()
    for path in ("/status", "/status/live"):
        answer = anonymous.get(path)
        assert (answer.status_code, answer.text) == (200, "I-AM-ALIVE")
        assert anonymous.request("HEAD", path).text == ""
    home = anonymous.get("/")
    assert (home.status_code, home.headers["location"]) == (302, "/status")
    routes = anonymous.get("/site-map").json()
    assert {"/m/lookup", "/c/bank/<bank>/content/<content>", "/dev/factory_reset"} <= set(routes)
    assert anonymous.post("/status").status_code == 405


def test_state_tells_an_index_that_is_missing_or_old(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = type(running.service.live)
    monkeypatch.setattr(live, "staleness_seconds", property(lambda _: 66.0))
    stale = running.anonymous().get("/status")
    assert (stale.status_code, stale.text) == (503, "INDEX-STALE")
    monkeypatch.setattr(live, "ready", property(lambda _: False))
    missing = running.anonymous().get("/status")
    assert (missing.status_code, missing.text) == (503, "INDEX-NOT-LOADED")
    assert running.anonymous().get("/status/live").status_code == 200


def test_a_token_in_the_address_is_a_key_and_is_never_logged(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    token = running.key()
    client = running.anonymous(f"/hma/{token}")
    with caplog.at_level(logging.DEBUG):
        make_bank(client)
        assert client.get("/c/bank/EXERCISE_A").status_code == 200
        assert client.get("//c//banks").status_code == 200
        for path in ("/c/nothing", "/v1/match", "/health/ready", "/x", "", "/hma/x/c/banks"):
            answer = client.get(path)
            assert answer.status_code in {302, 404}
            assert token not in answer.text
            assert token not in str(answer.headers)
    ours = [each for each in caplog.records if not each.name.startswith(("httpx", "httpcore"))]
    assert token not in "".join(f"{each.getMessage()} {each.__dict__}" for each in ours)
    assert running.anonymous("/hma/rk_wrong").get("/c/banks").status_code == 401
    assert running.anonymous("/hma/rk_wrong").get("/status").status_code == 200
    assert running.anonymous("/hma").get("/c/banks").status_code == 404


@settings(max_examples=40)
@given(
    st.text(st.characters(exclude_characters="/", codec="utf-8"), min_size=1, max_size=40),
    st.sampled_from(["/c/banks", "/x", "/status", ""]),
)
def test_no_token_stays_in_the_scope(token: str, path: str) -> None:
    scope = {"path": f"/hma/{token}{path}", "raw_path": b"secret", "query_string": b""}
    found = hma_path(str(scope["path"]))
    assert found is not None
    assert found.token == token
    redact(scope, found)
    assert str(scope["path"]).startswith("/hma/-/")
    assert scope["raw_path"] == str(scope["path"]).encode()
    assert token not in repr(found) or token in "HmaPath(path='/hma')" + path


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("//c/banks", "/c/banks"), ("/c//bank///A", "/c/bank/A"), ("///status", "/status"), ("//", "/"),
        ("/status/live", "/status/live"), ("/v1//match", None), ("//v1/match", None), ("/health/live", None),
        ("/metrics", None), ("/statuses", None), ("/c", None), ("/cc/banks", None),
        ("/openapi.json", None), ("/hmac/x", None),
    ],
)  # fmt: skip
def test_doubled_slashes_count_for_these_routes_only(path: str, meant: str | None) -> None:
    found = hma_path(path)
    assert (found.path if found else None) == meant


def test_doubled_slashes_work_as_in_hma(running: Running) -> None:
    client = running.client()
    assert client.post("//c/banks", json={"name": "EXERCISE_A"}).status_code == 201
    assert client.get("//c/bank/EXERCISE_A").status_code == 200
    assert running.anonymous().get("//status").text == "I-AM-ALIVE"


def test_callers_without_a_key_are_let_in_where_an_exercise_node_s_operator_says_so(
    run: MakeRunning,
) -> None:
    running = run(hma_anonymous=[ADDRESS])
    anonymous = running.anonymous()
    make_bank(anonymous)
    anonymous.add_signal("EXERCISE_A", pdq=A)
    assert anonymous.lookup(A)
    assert anonymous.post("/dev/factory_reset").status_code == 302
    for path in ("/v1/lists", "/v1/keys", "/v1/audit", "/v1/matches"):
        assert anonymous.get(path).status_code in {401, 404}
    assert Client(running, "rk_wrong").get("/c/banks").status_code == 401
    elsewhere = run(hma_anonymous=["127.0.0.1:9999"])
    assert elsewhere.anonymous().get("/c/banks").status_code == 401


def test_who_has_no_key_is_let_in_at_an_address_that_is_named_and_at_no_other(
    run: MakeRunning,
) -> None:
    places = [
        ADDRESS, "127.0.0.1:8766", "10.0.0.1:8765", "0.0.0.0:8765", "[::]:8765", "[::1]:8765", "localhost:8765",
        "127.0.0.2:8765", "node.example:8765", "unix:/run/a", "unix:/run/b", "127.0.0.1:0",
    ]  # fmt: skip
    for named in ([ADDRESS], ["localhost:8765", "unix:/run/a"], ["0.0.0.0:8765"], ["127.0.0.1:0"]):
        running = run(hma_anonymous=named)
        let_in = {each for each in places if running.ask_at(each, "/c/banks").status_code == 200}
        assert let_in == set(named)
        assert running.ask_at(None, "/c/banks").status_code == 401


# A live node

_FORGED: tuple[Mapping[str, str], ...] = (
    {}, {"X-Exercise": "true"}, {"X-Original-URL": "/dev/factory_reset"}, {"X-Rewrite-URL": "/dev/factory_reset"},
    {"X-HTTP-Method-Override": "POST"}, {"Host": "exercise"}, {"Forwarded": "for=127.0.0.1"},
)  # fmt: skip


def test_a_live_node_has_no_development_routes_whatever_is_set_or_sent(
    run: MakeRunning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMPART_HMA_ANONYMOUS", ADDRESS)
    monkeypatch.setenv("REMPART_FETCH_LOOPBACK", "true")
    monkeypatch.setenv("REMPART_IS_EXERCISE", "true")
    monkeypatch.setenv("REMPART_EXERCISE", "true")
    try:
        running = run(is_exercise=False, fetch_hosts=["127.0.0.1"])
    except UsageError:  # the settings themselves are refused, which is as good
        for name in ("HMA_ANONYMOUS", "FETCH_LOOPBACK", "IS_EXERCISE", "EXERCISE"):
            monkeypatch.delenv(f"REMPART_{name}", raising=False)
        running = run(is_exercise=False, fetch_hosts=["127.0.0.1"])
    client = running.client()
    make_bank(client)
    unknown = client.post("/no/such/route")
    for path in ("factory_reset", "run_fetch", "setup_sample_example", "seed_banks", "x"):
        for forged in _FORGED:
            for prefix in ("/dev/", "//dev//", f"/hma/{running.key()}/dev/"):
                answer = client.post(prefix + path, headers=forged)
                assert answer.status_code == unknown.status_code == 404
                assert answer.json().keys() == unknown.json().keys()
    assert running.anonymous().get("/c/banks").status_code == 401
    fetched = client.get("/h/hash", params={"url": "http://127.0.0.1:1/a.jpg"})
    assert (fetched.status_code, "not a public one" in fetched.text) == (400, True)
    assert "/dev/factory_reset" not in running.anonymous().get("/site-map").json()
    assert [each["name"] for each in client.get("/c/banks").json()] == ["EXERCISE_A"]


def test_no_setting_and_no_option_is_about_being_an_exercise_node(running: Running) -> None:
    assert not [
        name for name in Settings.__slots__ if "exercise" in name or "live" in name.split("_")
    ]
    for options in ({"is_exercise": True}, {"exercise": True}):
        with pytest.raises(UsageError):
            read_settings(running.folder.path, options=options)


def test_a_live_node_stays_one_after_a_restart_with_other_settings(run: MakeRunning) -> None:
    first = run(is_exercise=False)
    folder = first.folder.path
    (folder / "node.toml").write_text(f'hma_anonymous = ["{ADDRESS}"]\nfetch_loopback = true\n')
    with Running(folder) as again:
        assert again.client().post("/dev/factory_reset").status_code == 404
        assert again.anonymous().get("/c/banks").status_code == 401


# A key for some lists


def test_a_key_for_one_bank_learns_nothing_of_another(running: Running) -> None:
    every = running.client()
    make_bank(every)
    make_bank(every, "EXERCISE_B")
    first, second = every.add_signal("EXERCISE_A", pdq=A), every.add_signal("EXERCISE_B", pdq=B)
    own = next(each.id for each in running.node.store.lists() if each.name == "exercise-a")
    scoped = running.client(lists=(own,))
    assert [each["name"] for each in scoped.get("/c/banks").json()] == ["EXERCISE_A"]
    assert scoped.lookup(B) == {}
    assert scoped.lookup(B, banks="EXERCISE_B") == {}
    assert scoped.lookup(A)["EXERCISE_A"][0]["bank_content_id"] == first
    assert scoped.get("/m/raw_lookup", params={"signal": B, "signal_type": "pdq"}).json() == {
        "matches": []
    }
    assert scoped.get("/m/index/status").json()["pdq"]["size"] == 1
    assert scoped.get("/c/signal_type/index").json()["pdq"]["db_size"] == 1
    for method, path, body in (
        ("GET", "", None), ("PUT", "", {"enabled": False}), ("DELETE", "", None),
        ("GET", f"/content/{second}", None), ("PUT", f"/content/{second}", {"note": "x"}),
        ("DELETE", f"/content/{second}", None), ("POST", "/signal", {"pdq": A}), ("POST", "/content?url=http://x/", {}),
    ):  # fmt: skip
        there = scoped.request(method, f"/c/bank/EXERCISE_B{path}", json=body)
        nowhere = scoped.request(method, f"/c/bank/NO_SUCH{path}", json=body)
        assert there.status_code == nowhere.status_code
        assert there.text == nowhere.text.replace("NO_SUCH", "EXERCISE_B")
    through = scoped.get(f"/c/bank/EXERCISE_A/content/{second}")
    assert (through.status_code, scoped.get("/c/bank/EXERCISE_A/content/99").status_code) == (
        404,
        404,
    )
    taken = scoped.put("/c/bank/EXERCISE_A", json={"name": "EXERCISE_B"})
    free = scoped.put("/c/bank/EXERCISE_A", json={"name": "EXERCISE_C"})
    assert (taken.status_code, taken.text) == (free.status_code, free.text) == (403, free.text)
    for name in ("EXERCISE_B", "EXERCISE_C"):
        assert scoped.post("/c/banks", json={"name": name}).status_code == 403
    assert scoped.get("/c/exchanges").status_code == 403
    assert every.get("/c/bank/EXERCISE_B").json()["matching_enabled_ratio"] == 1.0
    assert every.get(f"/c/bank/EXERCISE_B/content/{second}").status_code == 200


def test_a_key_s_budget_counts_look_ups(running: Running) -> None:
    token = create_key(running.node, KeyRequest(roles=("match",), queries_per_day=3)).text
    client = Client(running, token)
    asked = {"signal": A, "signal_type": "pdq"}
    answers = [client.get("/m/lookup", params=asked) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert list(answers[3].json()) == ["message"]
    assert int(answers[3].headers["retry-after"]) >= 1
