"""Whatever is sent to HMA's routes, the service refuses it and never fails."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.hma.running import Client
from tests.hma.test_banks import A

_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "\0", "\ud800", "A" * 300, A, A.upper(), "0" * 32, "pdq", "EXERCISE_A", "1e999", "nan", "\u0663", "%00"]
    ),
)  # fmt: skip
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), _TEXTS
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3)
)
_KEYS = st.sampled_from(
    ["name", "enabled", "enabled_ratio", "bank", "api", "api_json", "credential_json", "pdq", "video_md5", "note",
     "metadata", "disable_until_ts", "privacy_group"]
)  # fmt: skip
_BODIES = st.one_of(_VALUES, st.dictionaries(_KEYS, _VALUES, max_size=4))
_ROUTES = st.sampled_from(
    [("POST", "/c/banks"), ("PUT", "/c/bank/EXERCISE_A"), ("POST", "/c/bank/EXERCISE_A/signal"),
     ("PUT", "/c/bank/EXERCISE_A/content/1"), ("POST", "/c/bank/EXERCISE_A/content"), ("POST", "/c/exchanges"),
     ("POST", "/c/exchanges/api/fb_threatexchange"), ("PUT", "/c/exchange/EXERCISE_A"), ("POST", "/m/compare"),
     ("POST", "/c/exchange/PARTNER/credentials"), ("PUT", "/c/signal_type/pdq")]
)  # fmt: skip
_ASKED = st.sampled_from(
    ["/m/lookup", "/m/raw_lookup", "/h/hash", "/c/bank/EXERCISE_A/content/1", "/m/index/status",
     "/c/signal_type/index"]
)  # fmt: skip
_PARAMETERS = st.dictionaries(
    st.sampled_from(
        ["signal", "signal_type", "banks", "seed", "bypass_coinflip", "include_distance", "url", "types",
         "content_type"]
    ),
    _TEXTS.filter(lambda text: "\ud800" not in text),
    max_size=5,
)  # fmt: skip
_MODEST = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def target(guest: Client) -> Client:
    """Ask a service with one bank, one content and one exchange."""
    guest.post("/c/banks", json={"name": "EXERCISE_A"})
    guest.post("/c/bank/EXERCISE_A/signal", json={"pdq": A})
    partner = {"bank": "PARTNER", "api": "fb_threatexchange", "api_json": {"privacy_group": 7}}
    guest.post("/c/exchanges", json=partner)
    return guest


@_MODEST
@given(route=_ROUTES, body=_BODIES)
def test_no_body_brings_a_route_to_fail(
    target: Client, route: tuple[str, str], body: object
) -> None:
    content = json.dumps(body).encode()
    answer = target.request(*route, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code < 500, (route, body)
    _has_a_shape(answer.status_code, answer.json())


@_MODEST
@given(path=_ASKED, parameters=_PARAMETERS)
def test_no_parameters_bring_a_route_to_fail(
    target: Client, path: str, parameters: dict[str, str]
) -> None:
    answer = target.get(path, params=parameters)
    assert answer.status_code < 500, (path, parameters)
    _has_a_shape(answer.status_code, answer.json())


@pytest.mark.parametrize(
    "path",
    [
        "/c/bank/%00", "/c/bank/%2e%2e", "/c/bank/a%2Fb", "/c/bank/%ff", "/c/exchange/%00", "/c/exchange/%ed%a0%80",
        "/c/exchanges/api/%00", "/m/lookup?" + "&".join(f"a{n}=1" for n in range(100)),
        "/m/lookup?signal=%ff&signal_type=pdq", "/c/bank/EXERCISE_A/content/" + "9" * 18, "/hma/%00/c/banks",
        "/hma/%2F/c/banks", "/hma/" + "k" * 5000 + "/c/banks",
    ],
)  # fmt: skip
def test_no_address_brings_a_route_to_fail(target: Client, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = target.request(method, path, json={})
        assert answer.status_code < 500, (method, path)


@pytest.mark.parametrize(
    "body", [b"", b"[" * 100_000, b'{"a":' * 50_000, b"\xff", b'{"name":"\\ud800"}']
)
def test_no_torn_or_deep_json_brings_a_route_to_fail(target: Client, body: bytes) -> None:
    for path in ("/c/banks", "/c/exchanges", "/m/compare", "/c/bank/EXERCISE_A/signal"):
        answer = target.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}, (path, body[:20])


def _has_a_shape(status: int, body: Any) -> None:
    if status == 422:
        assert {"type", "loc", "msg"} <= set(body[0])
    elif status >= 400:
        assert list(body) == ["message"]


@pytest.mark.parametrize("method", ["TRACE", "PATCH", "OPTIONS", "BREW"])
def test_a_method_that_hma_has_not_is_refused_in_the_shape_of_v1(
    target: Client, method: str
) -> None:
    for path in ("/", "/status", "/c/banks", "/m/lookup"):
        answer = target.request(method, path)
        assert answer.status_code == 405, (method, path)
        assert "GET" in answer.headers["allow"]
        assert set(answer.json()) == {"error"}
    plain = target.request("PUT", "/m/lookup")
    assert (plain.status_code, list(plain.json())) == (405, ["message"])
