"""Readers of exports that take their time: cut off, and never in the way of others."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.api.conftest import Asking

from rempart.api import answers, exports
from rempart.api.answers import StreamedAnswer, deliver
from rempart.node.service import BusyError

PART = b"x" * 65_536


class Clock:
    """Seconds that only reading takes."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


async def given(seconds: float, parts: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Deliver a stream to a reader that takes so long for each part; return how many it got."""
    clock, got, closed = Clock(), 0, []
    monkeypatch.setattr(answers, "time", clock)

    async def rest() -> AsyncIterator[bytes]:
        for _ in range(parts - 1):
            clock.now += 100.0  # making a part takes its time: not the reader's fault
            yield PART

    async def send(message: Any) -> None:
        nonlocal got
        if message["type"] == "http.response.body" and message["body"]:
            clock.now += seconds
            got += 1

    answer = StreamedAnswer(
        first=PART, rest=rest(), media_type=b"text/csv", close=lambda: closed.append(1)
    )
    try:
        await deliver(answer, send, without_body=False)
    except TimeoutError:
        assert got < parts
    assert closed == [1]
    return got


def test_reader_at_the_slowest_pace_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asyncio.run(given(0.5, 200, monkeypatch)) == 200


def test_reader_below_the_slowest_pace_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each part earns half a second and takes two and a half: 30 seconds behind after 15 parts.
    assert asyncio.run(given(2.5, 200, monkeypatch)) == 15


def test_reader_who_pauses_once_is_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asyncio.run(given(20.0, 2, monkeypatch)) == 2


def test_part_that_nobody_takes_ends_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_SLOW_READER_SECONDS", 0.01)

    async def rest() -> AsyncIterator[bytes]:
        yield PART

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    closed: list[int] = []
    answer = StreamedAnswer(
        first=PART, rest=rest(), media_type=b"text/csv", close=lambda: closed.append(1)
    )
    with pytest.raises(TimeoutError):
        asyncio.run(deliver(answer, send, without_body=False))
    assert closed == [1]


def test_one_caller_never_has_every_place() -> None:
    places = exports._Places()
    for _ in range(exports._MOST_OF_ONE_CALLER):
        places.take("one")
    with pytest.raises(BusyError):
        places.take("one")
    for _ in range(exports._MOST_EXPORTS - exports._MOST_OF_ONE_CALLER):
        places.take("other")
    with pytest.raises(BusyError):
        places.take("third")
    places.give_back("one")
    places.take("third")


def test_place_is_given_back_after_every_export(calm: Asking) -> None:
    for _ in range(2 * exports._MOST_EXPORTS):
        assert calm.get("/v1/lists/list-a/export?format=csv").status_code == 200
        end_of_exports()
    assert not exports._places._taken


def test_caller_who_has_its_places_is_refused_and_another_is_served(calm: Asking) -> None:
    name = calm.service.gate.authenticate(calm.key, address=None).pace_name
    for _ in range(exports._MOST_OF_ONE_CALLER):
        exports._places.take(name)
    try:
        answer = calm.get("/v1/lists/list-a/export?format=csv")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        other = calm.having("list-editor", "list-reader")
        assert other.get("/v1/lists/list-a/export?format=csv").status_code == 200
    finally:
        for _ in range(exports._MOST_OF_ONE_CALLER):
            exports._places.give_back(name)


def end_of_exports() -> None:
    """Wait until the threads have ended, too: the last of an answer is out a moment before."""
    for each in threading.enumerate():
        if each.name == "export":
            each.join()
