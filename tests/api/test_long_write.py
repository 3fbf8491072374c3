"""A long write holds the store: who reads or looks up is answered, who writes is told to come again."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from tests.api.conftest import KNOWN_PDQ, OTHER_PDQ, Asking

from rempart.node import open_node
from rempart.node.service import service, threads

UNKNOWN_PDQ = "0f" * 32
READERS, WRITERS = 40, 10


@contextmanager
def long_write(ask: Asking) -> Iterator[None]:
    """Hold the store from another connection, as an import of another process does."""
    with (
        open_node(ask.service.node.folder) as node,
        node.store.write(
            principal=node.principal, clock=node.clock, identifiers=node.identifiers
        ) as writer,
    ):
        writer.record("exercise.held", {})
        yield


def matching(value: str) -> dict[str, object]:
    return {"queries": [{"fingerprints": [{"kind": "pdq", "value": value}]}]}


def history(ask: Asking, count: int) -> list[asyncio.Task[httpx.Response]]:
    """Ask for the history; each look writes an event."""
    return [asyncio.create_task(ask._ask("GET", "/v1/matches?limit=1")) for _ in range(count)]


def additions(ask: Asking, count: int) -> list[asyncio.Task[httpx.Response]]:
    path = f"/v1/lists/{ask.list_id('list-a')}/entries"
    bodies = [
        {"entries": [{"fingerprints": [{"kind": "md5", "value": f"{at:032x}"}]}]}
        for at in range(count)
    ]
    return [asyncio.create_task(ask._ask("POST", path, json=body)) for body in bodies]


async def waiting_writes(ask: Asking, count: int) -> None:
    """Wait until so many writes are under way or wait for their turn."""
    while ask.service.threads._writers._present < count:  # noqa: ASYNC110 - threads tell no event
        await asyncio.sleep(0)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WRITE_SECONDS", 60.0)
    monkeypatch.setattr(service, "WRITE_SECONDS", 60.0)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WRITE_SECONDS", 0.2)
    monkeypatch.setattr(service, "WRITE_SECONDS", 0.2)


@pytest.mark.usefixtures("patient")
def test_reads_and_look_ups_are_answered_while_writes_wait_behind_a_long_one(
    request: pytest.FixtureRequest,
) -> None:
    ask: Asking = request.getfixturevalue("ask")  # opened with the patience above
    scoped = ask.having("match", lists=(ask.list_id("list-b"),))
    metered = ask.having("match", queries_per_day=100_000)
    anew = ask.having("match")

    async def scene() -> None:
        with long_write(ask):
            writes = [*history(ask, READERS), *additions(ask, WRITERS)]
            await waiting_writes(ask, READERS + WRITERS)
            for asking, value, count in (
                (ask, UNKNOWN_PDQ, 0),
                (scoped, UNKNOWN_PDQ, 0),
                (scoped, KNOWN_PDQ, 0),
                (scoped, OTHER_PDQ, 1),
                (ask, KNOWN_PDQ, 1),
                (metered, UNKNOWN_PDQ, 0),
                (anew, KNOWN_PDQ, 1),
            ):
                answer = await asking._ask("POST", "/v1/match", json=matching(value))
                assert answer.status_code == 200
                assert len(answer.json()["results"][0]["matches"]) == count
            for path in (
                "/v1/lists",
                "/health/ready",
                f"/v1/lists/{ask.list_id('list-a')}/entries",
                "/c/banks",
                f"/m/raw_lookup?signal_type=pdq&signal={UNKNOWN_PDQ}",
            ):
                assert (await ask._ask("GET", path)).status_code == 200
            assert not any(each.done() for each in writes)
        answers = await asyncio.gather(*writes)
        assert {each.status_code for each in answers} == {200}

    ask.runner.run(scene())
    assert len(ask.events("matches.read")) == READERS


@pytest.mark.usefixtures("hasty")
def test_writes_behind_a_long_one_are_told_when_to_come_again(
    request: pytest.FixtureRequest,
) -> None:
    ask: Asking = request.getfixturevalue("ask")

    async def scene() -> list[httpx.Response]:
        with long_write(ask):
            bank = ask._ask("POST", "/c/banks", json={"name": "EXERCISE_BANK"})
            writes = [*history(ask, READERS), *additions(ask, WRITERS), bank]
            return await asyncio.gather(*writes)

    for answer in ask.runner.run(scene()):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["error"]["kind"] in {"busy", "store-locked"}
    assert ask.events("matches.read") == []
    assert ask.get("/v1/matches").status_code == 200
    assert ask.runner.run(_one(ask)).status_code == 200


def test_one_write_too_many_is_refused_at_once(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    request.getfixturevalue("patient")
    monkeypatch.setattr(threads, "MOST_WAITING", 5)
    ask: Asking = request.getfixturevalue("ask")

    async def scene() -> None:
        with long_write(ask):
            waiting = history(ask, 5)
            await waiting_writes(ask, 5)
            refused = await ask._ask("GET", "/v1/matches")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert refused.json()["error"]["kind"] == "busy"
            assert not any(each.done() for each in waiting)
        assert {each.status_code for each in await asyncio.gather(*waiting)} == {200}

    ask.runner.run(scene())
    assert ask.get("/v1/matches").status_code == 200


async def _one(ask: Asking) -> httpx.Response:
    (adding,) = additions(ask, 1)
    return await adding
