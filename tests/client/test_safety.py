"""What the client refuses before anything is sent."""

import ssl
from datetime import datetime

import pytest

from rempart.client import AsyncClient, CallError, Client, NewKey
from rempart.client.match_calls import File


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize(
    "address",
    [
        "http://rempart.example",
        "http://10.0.0.1:8765",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "ftp://localhost",
        "localhost:8765",
        "",
        "https://",
        "https://name:password@localhost",
        "https://localhost?x=1",
        "https://local host:99999999",
    ],
)
def test_unsafe_or_impossible_address_is_refused(make: type[Client], address: str) -> None:
    with pytest.raises(CallError) as caught:
        make(address, "rk_exercise")

    assert "rk_exercise" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://rempart.example",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "http://localhost/rempart/",
    ],
)
def test_protected_address_is_taken(address: str) -> None:
    Client(address, "rk_exercise").close()
    Client("http://rempart.example", allow_plain_http=True).close()


@pytest.mark.parametrize("key", ["", "rk exercise", "rk_é", "rk_x\r\nHost: other", "rk_\x00"])
def test_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(CallError) as caught:
        Client("https://localhost", key)

    assert not key or key not in str(caught.value)


def test_context_that_checks_no_certificate_is_refused() -> None:
    blind = ssl.create_default_context()
    blind.check_hostname = False
    nameless = ssl.create_default_context()
    nameless.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE

    for context in (blind, nameless):
        with pytest.raises(CallError):
            Client("https://localhost", tls_context=context)
    Client("https://localhost", tls_context=ssl.create_default_context()).close()


def test_nothing_shows_a_key_or_a_file() -> None:
    made = NewKey("id", "label", "principal", ["match"], None, None, "rk_secret")

    assert "rk_secret" not in f"{made!r} {made}"
    assert "rk_secret" not in repr(Client("https://localhost", "rk_secret"))
    assert b"content".decode() not in repr(File(b"content"))


@pytest.mark.parametrize("token", ["", "x" * 201, "tab\there", "é"])
def test_idempotency_key_and_etag_have_a_form(token: str) -> None:
    client = Client("https://localhost")

    with pytest.raises(CallError):
        client.add_list("list-c", idempotency_key=token)
    if len(token) < 200:
        with pytest.raises(CallError):
            client.show_list_if_changed("list-c", token)
        with pytest.raises(CallError):
            client.withdraw_list("list-c", if_match=token)


def test_moment_without_a_zone_and_strange_language_are_refused() -> None:
    client = Client("https://localhost")

    with pytest.raises(CallError):
        client.show_matches(since=datetime(2026, 1, 1))  # noqa: DTZ001 - which is what is refused
    with pytest.raises(CallError):
        client.scan([b"x"], language="fr\r\nx: y")
