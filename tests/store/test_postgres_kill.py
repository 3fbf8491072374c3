"""Writers and servers that are killed: what was accepted is there, once, and nothing is there by halves."""

import signal
import threading
from collections.abc import Iterator

import pytest
from tests.postgres_server import PostgresServer
from tests.store.material import (
    START,
    Laboratory,
    OrderedIdentifiers,
    exercise_node,
    item,
    local_principal,
)
from tests.store.test_store_kill import BATCH, FIRST, run_child

from rempart.store import Store, StoreUnavailableError

WAIT_SECONDS = 60


@pytest.fixture
def durable_server() -> Iterator[PostgresServer]:
    """Start a server that waits for its disk, as one in use does."""
    with PostgresServer(is_durable=True) as server:
        yield server


@pytest.fixture
def durable(durable_server: PostgresServer) -> Iterator[Laboratory]:
    url = durable_server.url()
    identifiers = OrderedIdentifiers()
    node = exercise_node(identifiers)
    principal = local_principal(node, identifiers)
    with Store.create(
        url, node=node, principal=principal, at=START, identifiers=identifiers
    ) as store:
        yield Laboratory(store, url)


class Writing:
    """Writes numbered events until the server refuses, noting what was accepted."""

    def __init__(self, laboratory: Laboratory, first: int) -> None:
        self.accepted = first
        self._laboratory = laboratory
        self._moved = threading.Condition()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                with self._laboratory.write() as writer:
                    writer.record("exercise.done", {"number": self.accepted})
            except StoreUnavailableError:
                return
            with self._moved:
                self.accepted += 1
                self._moved.notify_all()

    def wait_for(self, accepted: int) -> None:
        with self._moved:
            assert self._moved.wait_for(lambda: self.accepted >= accepted, WAIT_SECONDS)

    def end(self) -> int:
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()
        return self.accepted


def check_kills(server: PostgresServer, laboratory: Laboratory, points: list[int]) -> None:
    known = 0
    for point in points:
        writing = Writing(laboratory, known)
        writing.wait_for(known + point)
        server.kill()
        accepted = writing.end()
        server.start()
        events = laboratory.store.events(limit=100_000)
        numbers = [event.details["number"] for event in events if event.kind == "exercise.done"]
        known = len(numbers)
        assert numbers == list(range(known)), "each once, in order"
        assert accepted <= known <= accepted + 1, "what was in flight may be there"
        assert laboratory.store.check(deep=True) == []


def test_killed_server_keeps_what_it_accepted(
    durable_server: PostgresServer, durable: Laboratory
) -> None:
    check_kills(durable_server, durable, [1, 17])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_server_killed_many_times_keeps_what_it_accepted(
    durable_server: PostgresServer, durable: Laboratory
) -> None:
    check_kills(durable_server, durable, [1 + 13 * n % 97 for n in range(25)])


def test_server_killed_within_an_import_keeps_nothing_of_it(
    durable_server: PostgresServer, durable: Laboratory
) -> None:
    made = durable.add_list()
    durable.merge(made.id, [item(n) for n in range(100)])
    before = durable.state()

    def import_and_lose_the_server() -> None:
        with durable.write() as writer:
            merge = writer.begin_merge(made.id, "partner")
            merge.put([item(n) for n in range(50, 300)])
            durable_server.kill()
            durable_server.start()
            merge.withdraw_absent()
            writer.record("list.imported", {})

    with pytest.raises(StoreUnavailableError):
        import_and_lose_the_server()
    assert durable.state() == before
    assert durable.store.check(deep=True) == []


@pytest.mark.parametrize(
    "step",
    [
        "put-4",
        "recorded",
        *[pytest.param(each, marks=pytest.mark.long) for each in ("begun", "put-1", "withdrawn")],
    ],
)
def test_killed_import_leaves_the_old_state(postgres_store_url: str, step: str) -> None:
    with Store.open(postgres_store_url) as store:
        laboratory = Laboratory(store, postgres_store_url)
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(n, raw="first" * 20) for n in range(FIRST)], batch=BATCH)
        before = laboratory.state()
        assert run_child(postgres_store_url, "step", step) == -signal.SIGKILL
        assert laboratory.state() == before
        assert store.check(deep=True) == []
        laboratory.add_list("after")
