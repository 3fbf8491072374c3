"""Two machines behind one database: what one does counts at the other, and either may die."""

import random
import shutil
from pathlib import Path

import pytest
from tests.postgres_server import PostgresServer
from tests.torture.conftest import ActorsFunction, StartFunction
from tests.torture.load import LIST, Load
from tests.torture.running import RunningService, make_key, make_node, until
from tests.torture.verdict import all_promises_are_kept

from rempart.client import Fingerprint, NewEntry, Query, RecordKept, UnauthenticatedError
from rempart.node import NodeFolder, join_node, open_node

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.timeout(600),
]
VALUE = "1f" * 16
QUERY = [Query([Fingerprint("md5", VALUE)])]
SHARED_JOBS = ("log-sequence", "log-checkpoint", "resume-entries", "exchanges")
"""Those that are tried again within seconds."""
Machines = tuple[RunningService, RunningService]


@pytest.fixture
def machines(start: StartFunction, postgres_url: str, tmp_path: Path) -> Machines:
    """Start a node on one machine, and on another that joined it."""
    first = make_node(tmp_path / "first", store=postgres_url)
    make_key(first)  # makes the key file
    join_node(tmp_path / "second", store=postgres_url).close()
    shutil.copy(first / "keys" / "node.key", tmp_path / "second" / "keys" / "node.key")
    return start(first, workers=1), start(tmp_path / "second", workers=1)


def holders(folder: Path) -> dict[str, int]:
    """Return which process does which shared job."""
    with open_node(NodeFolder(folder)) as node:
        held = {job: node.store.leases.holder(job) for job in SHARED_JOBS}
    return {job: int(holder.split("/")[1]) for job, holder in held.items() if holder}


def test_writes_and_revocations_at_one_count_at_the_other(machines: Machines) -> None:
    one, other = machines
    revoked = make_key(one.node)
    with one.client(make_key(one.node).text) as here, other.client(revoked.text) as there:
        here.add_list(LIST)
        [kept] = here.put_entries(LIST, [NewEntry([Fingerprint("md5", VALUE)], "a")]).records
        assert isinstance(kept, RecordKept)
        until(lambda: there.match(QUERY).results[0].matches)
        there.withdraw_entry(LIST, kept.entry)
        until(lambda: not here.match(QUERY).results[0].matches)

        here.revoke_key(str(revoked.key.id))

        def is_shut_out() -> bool:
            try:
                there.match(QUERY)
            except UnauthenticatedError:
                return True
            return False

        until(is_shut_out)


def test_each_job_is_done_by_one_keeper_and_taken_over_from_one_that_leaves(
    machines: Machines,
) -> None:
    one, other = machines
    keepers = {one.keeper().pid, other.keeper().pid}
    until(lambda: len(holders(one.node)) == len(SHARED_JOBS))

    held = holders(one.node)
    assert set(held.values()) <= keepers
    leaving, staying = (one, other) if one.keeper().pid in held.values() else (other, one)
    assert leaving.stop() == 143

    until(lambda: holders(staying.node) == dict.fromkeys(SHARED_JOBS, staying.keeper().pid))


@pytest.mark.long
@pytest.mark.timeout(600)
def test_job_of_a_keeper_that_was_killed_is_taken_over_when_its_lease_ends(
    machines: Machines,
) -> None:
    one, other = machines
    until(lambda: "log-sequence" in holders(one.node))
    dying = next(
        each for each in machines if each.keeper().pid == holders(one.node)["log-sequence"]
    )
    staying = one if dying is other else other

    dying.kill()

    until(lambda: holders(staying.node).get("log-sequence") == staying.keeper().pid)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("rounds", [1, 4])
def test_machines_that_die_in_turn_under_load_lose_and_double_nothing(
    machines: Machines, actors_of: ActorsFunction, tmp_path: Path, rounds: int
) -> None:
    one, other = machines
    actors = [*actors_of(one, 2), *actors_of(other, 2)]
    dice = random.Random(rounds)

    with Load(actors) as load:
        load.goes_on()
        for dying in [one, other] * rounds:
            dying.kill()
            dying.start()
            load.goes_on(dice.randint(5, 15))

    for actor in actors:
        until(actor.matches_as_it_should)
    assert other.keeper().is_running()
    until(lambda: not list((other.node / "history").glob("*.journal")))
    for actor in actors[2:]:
        actor.client.close()
        actor.client = one.client(actor.key)
    assert other.stop() == 143
    all_promises_are_kept(one, actors, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_death_of_the_shared_database_harms_neither_machine(
    start: StartFunction,
    actors_of: ActorsFunction,
    tmp_path: Path,
    durable_server: PostgresServer,
) -> None:
    first = make_node(tmp_path / "first", store=durable_server.url())
    make_key(first)
    join_node(tmp_path / "second", store=durable_server.url()).close()
    shutil.copy(first / "keys" / "node.key", tmp_path / "second" / "keys" / "node.key")
    one, other = start(first), start(tmp_path / "second")
    actors = [*actors_of(one, 2), *actors_of(other, 2)]

    with Load(actors) as load:
        for _ in range(3):
            load.goes_on()
            durable_server.kill()
            durable_server.start()
        load.goes_on()
    assert [each.errors for each in actors if each.errors] == []
