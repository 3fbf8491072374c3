"""The log tells what happened and nothing of whom or what: hostile values come out withheld."""

import json
import logging
import sys
import uuid
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.node.logs import (
    WITHHELD,
    client_network,
    configure_logs,
    line_of,
    log_event,
    log_failure,
    log_request,
)

TOKEN = "rk_" + "A1b2C3d4E5f6G7h8I9j0kL" + "_abcdef"
PDQ = "f0" * 32
MD5 = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers, root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers, root.level = before, level


def lines(capture: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capture.readouterr().err.splitlines()]


def test_a_request_is_one_line_with_its_fields(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", worker=2)
    principal = uuid.uuid4()

    log_request(
        request_id="0123456789ab",
        method="POST",
        route="/v1/lists/{list}/entries",
        status=200,
        seconds=0.00123456,
        principal=principal,
        client="192.0.2.77",
    )

    (line,) = lines(capfd)
    assert line.pop("time")
    assert line.pop("pid")
    assert line == {
        "level": "info",
        "event": "request",
        "worker": 2,
        "request_id": "0123456789ab",
        "method": "POST",
        "route": "/v1/lists/{list}/entries",
        "status": 200,
        "duration_ms": 1.235,
        "principal": str(principal),
    }


@pytest.mark.parametrize(
    ("status", "client", "told"),
    [
        (200, "192.0.2.77", None),
        (401, "192.0.2.77", "192.0.2.0/24"),
        (429, "2001:db8:1:2::3", "2001:db8:1::/48"),
        (403, "somebody", WITHHELD),
    ],
)
def test_a_client_s_address_is_told_as_its_network_and_only_of_who_was_turned_away(
    capfd: pytest.CaptureFixture[str], status: int, client: str, told: str | None
) -> None:
    configure_logs("json")

    log_request(
        request_id="0123456789ab", method="GET", route="/", status=status, seconds=0, client=client
    )

    assert lines(capfd)[0].get("client_network") == told


HOSTILE = [
    PDQ,
    MD5,
    TOKEN,
    f"/hma/{TOKEN}/h/lookup",
    f"/m/lookup?signal={PDQ}",
    f"/v1/{PDQ[:24]}",
    "GET\n{}",
    'x","event":"forged',
    "\x1b[31m",
    "name@example.org",
    "/home/Someone/picture.jpg",
    "reference of a person 42",
    "\ud800",
    "a" * 100_000,
    {"nested": PDQ},
    b"\xff\xfe",
    float("nan"),
    10**400,
]


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_hostile_value_comes_out_of_any_field(
    capfd: pytest.CaptureFixture[str], log_format: str
) -> None:
    from rempart.node.logs import _FIELDS  # noqa: PLC0415 - every field there is

    configure_logs(log_format)
    for value in HOSTILE:
        for name in [*_FIELDS, "message", "path", "text"]:
            if (name, value) != ("request_id", MD5):  # proxies make references like it
                details: dict[str, Any] = {name: value}  # Any: hostile on purpose
                log_event("attack", **details)

    told = capfd.readouterr().err
    assert len(told.splitlines()) == len(HOSTILE) * (len(_FIELDS) + 3) - 1
    assert all(len(line) < 400 for line in told.splitlines())
    for forbidden in (
        PDQ,
        MD5,
        TOKEN,
        PDQ[:24],
        "\x1b",
        "Someone",
        "example.org",
        "forged",
        "person",
    ):
        assert forbidden not in told


def test_an_error_is_told_by_its_class_and_place_and_never_by_its_text(
    capfd: pytest.CaptureFixture[str],
) -> None:
    configure_logs("json")
    try:
        int(PDQ)
    except ValueError as error:
        log_failure("handler-failed", error, request_id="0123456789ab")
        logging.getLogger("uvicorn.error").exception("Exception with %s", PDQ)

    ours, library = lines(capfd)
    assert ours["error"] == library["error"] == "ValueError"
    assert str(ours["place"]).startswith("test_logs.py:")
    assert library["event"] == "library"
    assert library["library"] == "uvicorn.error"
    assert PDQ not in str([ours, library])


def test_records_and_warnings_of_libraries_lose_their_text(
    capfd: pytest.CaptureFixture[str],
) -> None:
    configure_logs("json")

    logging.getLogger("uvicorn.access").error('%s - "GET /hma/%s HTTP/1.1"', "192.0.2.1", TOKEN)
    logging.getLogger("some.library").error("told: " + TOKEN)  # noqa: G003 - as libraries do
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning(UserWarning(TOKEN), UserWarning, "x.py", 1)
    logging.getLogger("sqlalchemy.engine").info("too much talk")

    told = lines(capfd)
    assert [line["library"] for line in told] == ["uvicorn.access", "some.library", "py.warnings"]
    assert TOKEN not in str(told)
    assert "192.0.2.1" not in str(told)


def test_an_event_whose_name_was_made_of_input_is_withheld(
    capfd: pytest.CaptureFixture[str],
) -> None:
    configure_logs("json")

    log_event(f"found {PDQ}")

    assert lines(capfd)[0]["event"] == WITHHELD


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_is_told_is_one_line_of_json(event: str, value: str) -> None:
    details = {"route": value, "method": value, "error": value, "place": value, "listen": value}
    record = logging.LogRecord("rempart.service", 20, "f", 1, event, (), None)
    record.details = details

    line = line_of(record)

    assert "\n" not in str(line)
    assert "\n" not in "".join(str(told) for told in line.values())


@given(st.ip_addresses())
def test_a_network_holds_the_address_and_does_not_name_it(address: object) -> None:
    network = client_network(address)

    assert network.endswith(("/24", "/48"))


def test_a_log_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    configure_logs("json")

    def refuse(_descriptor: int, _line: bytes) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("rempart.node.logs.os.write", refuse)

    log_event("started")


def test_text_is_written_on_a_terminal_only(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logs("auto")
    log_event("started", pid=1)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    configure_logs("auto")
    log_event("started", count=1)

    first, second = capfd.readouterr().err.splitlines()
    assert json.loads(first)["event"] == "started"
    assert second.endswith("count=1")
