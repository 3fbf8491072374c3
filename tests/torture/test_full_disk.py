"""A disk that takes no more, a store that takes no writes: refused in the one shape, nothing half done, then back."""

import contextlib
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests.postgres_server import PostgresServer
from tests.torture.conftest import ActorsFunction, StartFunction
from tests.torture.load import LIST, Actor, Known
from tests.torture.running import RunningService
from tests.torture.verdict import all_promises_are_kept

from rempart.client import Fingerprint, Query, Retries, UnavailableError

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.timeout(600),
]
MISS = [Query([Fingerprint("md5", "0" * 32)])]


@contextlib.contextmanager
def nothing_can_be_written(service: RunningService) -> Iterator[None]:
    """Let every write to a file fail in every process of a service, as on a full disk."""
    assert service.process is not None
    # The supervisor first: what it starts from then on has its limit too.
    family = [psutil.Process(service.process.pid)]
    family[0].rlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    while others := [each for each in service.children() if each not in family]:
        for each in others:
            each.rlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        family += others
    yield
    for each in family:
        each.rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextlib.contextmanager
def only_reading(server: PostgresServer, database: str) -> Iterator[None]:
    """Let the database refuse every write."""
    set_to = f'ALTER DATABASE "{database}" SET default_transaction_read_only = '
    end_sessions = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rempart'"
    )
    server.run(set_to + "on")
    server.run(end_sessions)
    yield
    server.run(set_to + "off")
    server.run(end_sessions)


def refuses_writes_and_goes_on_reading(service: RunningService, actor: Actor) -> None:
    """Ask without patience for writes of each kind and for look-ups, while nothing can be written."""
    # Withdrawing again what is withdrawn already is no write.
    entry, known = next(each for each in actor.entries.items() if not each[1].is_withdrawn)
    [match] = list(actor.hits)[:1]
    new = Known("never", "md5", "7" * 32).said("exercise-0")
    with service.client(actor.key, retries=Retries(tries=1)) as hasty:
        writes: dict[str, Callable[[], object]] = {
            "put": lambda: hasty.put_entries(LIST, [new], idempotency_key="full-1"),
            "change": lambda: hasty.change_entry(LIST, entry, known.said("exercise-x")),
            "withdraw": lambda: hasty.withdraw_entry(LIST, entry),
            "suspend": lambda: hasty.suspend_entry(LIST, entry),
            "dispose": lambda: hasty.dispose_match(match, "true", "exercise"),
            "add list": lambda: hasty.add_list("never"),
            "create key": lambda: hasty.create_key(roles=["match"]),
        }
        for name, write in writes.items():
            with pytest.raises(UnavailableError) as refused:
                pytest.fail(f"{name} was answered {write()}")
            assert refused.value.status == 503
            assert refused.value.kind in {"store-unavailable", "store-locked"}
        for _ in range(20):
            assert hasty.match(MISS).results[0].matches == []
        assert [each.id for each in hasty.show_entries(LIST).entries]
        assert hasty.show_entry(LIST, entry).labels[0].value == known.label


def prepared(actor: Actor) -> None:
    """Write, match and dispose a little."""
    for _ in range(8):
        actor.put()
    while len(actor.hits) <= 20:
        actor.match()
    actor.change()
    actor.withdraw()


def hit_is_not_answered_without_a_record(service: RunningService, actor: Actor) -> None:
    """A match is answered only if it can be put on record somewhere."""
    known = next(each for each in actor.entries.values() if not each.is_withdrawn)
    query = [Query([Fingerprint(known.kind, known.value)])]
    with service.client(actor.key, retries=Retries(tries=1)) as hasty:
        try:
            answer = hasty.match(query)
        except UnavailableError:
            pass  # its status is 503
        else:
            actor.hits |= {each.id: each.entry for each in answer.results[0].matches}


def test_full_disk_refuses_writes_and_serves_what_needs_none(
    start: StartFunction, actors_of: ActorsFunction, tmp_path: Path
) -> None:
    service = start(log_format="json")
    actors = actors_of(service, 1)
    prepared(actors[0])
    before = {each.pid for each in service.children()}

    with nothing_can_be_written(service):
        refuses_writes_and_goes_on_reading(service, actors[0])
        hit_is_not_answered_without_a_record(service, actors[0])

    assert {each.pid for each in service.children()} == before
    for _ in range(5):
        actors[0].put()
        actors[0].change()
    all_promises_are_kept(service, actors, tmp_path, least=10)


def test_database_that_only_reads_refuses_writes_and_serves_what_needs_none(
    start: StartFunction,
    actors_of: ActorsFunction,
    postgres_server: PostgresServer,
    tmp_path: Path,
) -> None:
    with postgres_server.database() as name:
        service = start(store=postgres_server.url(name))
        actors = actors_of(service, 1)
        prepared(actors[0])

        with only_reading(postgres_server, name):
            refuses_writes_and_goes_on_reading(service, actors[0])
            hit_is_not_answered_without_a_record(service, actors[0])

        for _ in range(5):
            actors[0].put()
            actors[0].change()
        all_promises_are_kept(service, actors, tmp_path, least=10)


def test_figures_of_workers_lie_in_memory_and_are_taken_away_after_a_kill(
    start: StartFunction,
) -> None:
    service = start(workers=1)
    figures = service.node / "run" / "metrics"
    first = figures.readlink()
    # Into the hole of a mapped file nobody can write when the disk of the node is full: the worker would be ended.
    assert first.is_relative_to("/dev")
    assert list(first.glob("*.db"))

    service.kill()
    service.start()
    second = figures.readlink()
    service.restart_itself()

    assert not first.exists()
    assert figures.readlink() == second
    assert service.stop() == 143
    assert not second.exists()
    assert not figures.is_symlink()
