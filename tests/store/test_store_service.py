"""Keys and budgets, answers to writes, secrets, leases: what a service keeps beside its lists."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from tests.store.material import START, Laboratory, Location, OrderedIdentifiers, StillClock

from rempart.model.identifiers import KeyId, ListId, PrincipalId
from rempart.model.service import ApiKey
from rempart.store import (
    IdempotencyConflictError,
    Store,
    StoreConstraintError,
    UnknownRecordError,
    WriteMisuseError,
)
from rempart.store import _service_tables as s

TODAY = date(2026, 1, 5)
SECRET = b"sealed-bytes-of-an-exercise"


def add_key(laboratory: Laboratory, digest: bytes = b"digest", label: str = "platform") -> ApiKey:
    with laboratory.write() as writer:
        key = writer.keys.add(
            principal_id=laboratory.principal.id, label=label, digest=digest, roles=("match",)
        )
        writer.record("key.added", {})
    return key


class TestKeys:
    def test_key_is_read_as_it_was_made(self, laboratory: Laboratory) -> None:
        lists = (laboratory.add_list("one").id, laboratory.add_list("two").id)
        with laboratory.write() as writer:
            key = writer.keys.add(
                principal_id=laboratory.principal.id,
                label="platform",
                digest=b"digest",
                roles=("match", "list-reader"),
                lists=lists,
                expires_at=START + timedelta(days=1),
                requests_per_minute=60,
                queries_per_day=2**40,
            )
            writer.record("key.added", {})
        assert key == ApiKey(
            id=key.id,
            principal=laboratory.principal,
            label="platform",
            digest=b"digest",
            roles=("match", "list-reader"),
            lists=frozenset(lists),
            created_at=START,
            expires_at=START + timedelta(days=1),
            requests_per_minute=60,
            queries_per_day=2**40,
        )
        everywhere = add_key(laboratory, b"other")
        keys = laboratory.store.keys
        assert everywhere.lists is None
        assert keys.by_digest(b"digest") == keys.get(key.id) == key
        assert keys.by_digest(b"nothing") is None
        assert keys.get(KeyId(OrderedIdentifiers(7).new())) is None
        assert keys.all() == (key, everywhere)
        assert "digest" not in repr(key)

    def test_key_for_no_list_is_not_a_key_for_all(self, laboratory: Laboratory) -> None:
        with laboratory.write() as writer:
            key = writer.keys.add(
                principal_id=laboratory.principal.id,
                label="none",
                digest=b"digest",
                roles=("match",),
                lists=(),
            )
            writer.record("key.added", {})
        assert key.lists == frozenset()
        assert laboratory.store.keys.all() == (key,)

    def test_revoked_key_stays_on_record(self, laboratory: Laboratory) -> None:
        key = add_key(laboratory)
        laboratory.clock.pass_days(1)
        for expected in (True, False):
            with laboratory.write() as writer:
                assert writer.keys.revoke(key.id) is expected
                writer.record("key.revoked", {})
        revoked = replace(key, revoked_at=START + timedelta(days=1))
        assert laboratory.store.keys.by_digest(b"digest") == revoked

    def test_replaced_key_ends_no_later_than_before(self, laboratory: Laboratory) -> None:
        old, new = add_key(laboratory, b"old"), add_key(laboratory, b"new")
        with laboratory.write() as writer:
            writer.keys.replace(old.id, new.id, ends_at=START + timedelta(hours=1))
            writer.record("key.replaced", {})
        kept = laboratory.store.keys.get(old.id)
        assert kept == replace(old, replaced_by=new.id, expires_at=START + timedelta(hours=1))
        for pair in ((old.id, new.id), (new.id, new.id)):
            with pytest.raises(WriteMisuseError), laboratory.write() as writer:
                writer.keys.replace(*pair)

    def test_replaced_key_ends_also_at_the_first_moment_that_can_be_kept(
        self, laboratory: Laboratory
    ) -> None:
        old, new = add_key(laboratory, b"old"), add_key(laboratory, b"new")
        first = datetime(1970, 1, 1, tzinfo=UTC)
        with laboratory.write() as writer:
            writer.keys.replace(old.id, new.id, ends_at=first)
            writer.record("key.replaced", {})
        kept = laboratory.store.keys.get(old.id)
        assert kept == replace(old, replaced_by=new.id, expires_at=first)

    def test_impossible_keys_are_refused(self, laboratory: Laboratory) -> None:
        strange = OrderedIdentifiers(7).new()
        add_key(laboratory)
        good: dict[str, Any] = {
            "principal_id": laboratory.principal.id,
            "label": "x",
            "digest": b"another",
            "roles": ("match",),
        }
        for error, wrong in (
            (UnknownRecordError, {"principal_id": PrincipalId(strange)}),
            (UnknownRecordError, {"lists": (ListId(strange),)}),
            (WriteMisuseError, {"roles": ()}),
            (StoreConstraintError, {"digest": b"digest"}),
            (StoreConstraintError, {"label": "\ud800"}),
            (StoreConstraintError, {"label": "x" * 256}),
        ):
            with pytest.raises(error), laboratory.write() as writer:
                writer.keys.add(**{**good, **wrong})
        for change in ("revoke", "replace"):
            arguments = [KeyId(strange)] * (2 if change == "replace" else 1)
            with pytest.raises(UnknownRecordError), laboratory.write() as writer:
                getattr(writer.keys, change)(*arguments)
        assert len(laboratory.store.keys.all()) == 1


class TestBudget:
    def test_queries_are_counted_all_or_none(self, laboratory: Laboratory) -> None:
        key, store = add_key(laboratory), laboratory.store
        assert store.charge(key.id, TODAY, 7, 10) == 3
        assert store.charge(key.id, TODAY, 4, 10) is None
        assert store.charge(key.id, TODAY, 3, 10) == 0
        assert store.charge(key.id, TODAY, 0, 10) == 0
        assert store.charge(key.id, TODAY, 1, 10) is None
        assert store.keys.used_today(key.id, TODAY) == 10
        tomorrow = TODAY + timedelta(days=1)
        assert store.charge(key.id, tomorrow, 11, 10) is None
        assert store.keys.used_today(key.id, tomorrow) == 0
        assert store.charge(key.id, tomorrow, 10, 10) == 0

    def test_counting_leaves_no_event(self, laboratory: Laboratory) -> None:
        key = add_key(laboratory)
        before = laboratory.store.events()
        laboratory.store.charge(key.id, TODAY, 1, 10)
        assert laboratory.store.events() == before

    def test_impossible_charges_are_refused(self, laboratory: Laboratory) -> None:
        key = add_key(laboratory)
        with pytest.raises(WriteMisuseError):
            laboratory.store.charge(key.id, TODAY, -1, 10)
        unknown = KeyId(OrderedIdentifiers(7).new())
        with pytest.raises(UnknownRecordError):
            laboratory.store.charge(unknown, TODAY, 1, 10)
        assert laboratory.store.keys.used_today(unknown, TODAY) == 0

    def test_many_at_once_never_exceed_the_budget(self, laboratory: Laboratory) -> None:
        key = add_key(laboratory)
        with ThreadPoolExecutor(4) as pool:
            left = list(
                pool.map(lambda _: laboratory.store.charge(key.id, TODAY, 3, 50), range(20))
            )
        assert sorted(each for each in left if each is not None) == list(range(2, 48, 3))
        assert laboratory.store.keys.used_today(key.id, TODAY) == 48

    def test_counts_of_past_days_are_purged(self, laboratory: Laboratory) -> None:
        key = add_key(laboratory)
        for days in range(3):
            laboratory.store.charge(key.id, TODAY + timedelta(days=days), 1, 10)
        with laboratory.write() as writer:
            assert writer.keys.purge_budgets(TODAY + timedelta(days=2)) == 2
            writer.record("budgets.purged", {})
        used = [
            laboratory.store.keys.used_today(key.id, TODAY + timedelta(days=days))
            for days in range(3)
        ]
        assert used == [0, 0, 1]


class TestAnswers:
    def keep(self, laboratory: Laboratory, token: str, digest: bytes = b"request") -> None:
        with laboratory.write() as writer:
            writer.idempotency.keep(
                laboratory.principal.id, token, request_digest=digest, status=201, answer=b"{}"
            )
            writer.record("exercise.done", {})

    def test_same_request_gets_the_same_answer(self, laboratory: Laboratory) -> None:
        self.keep(laboratory, "token")
        find = laboratory.store.idempotency.find
        found = find(laboratory.principal.id, "token", b"request")
        assert found is not None
        assert (found.status, found.answer, found.at) == (201, b"{}", START)
        with laboratory.write() as writer:
            assert writer.idempotency.find(laboratory.principal.id, "token", b"request") == found
            writer.record("exercise.done", {})
        assert find(laboratory.principal.id, "Token", b"request") is None

    def test_token_of_another_request_is_a_conflict(self, laboratory: Laboratory) -> None:
        self.keep(laboratory, "token")
        with pytest.raises(IdempotencyConflictError):
            laboratory.store.idempotency.find(laboratory.principal.id, "token", b"other")
        for digest in (b"request", b"other"):
            with pytest.raises(IdempotencyConflictError):
                self.keep(laboratory, "token", digest)

    def test_token_belongs_to_one_principal(self, laboratory: Laboratory) -> None:
        self.keep(laboratory, "token")
        stranger = PrincipalId(OrderedIdentifiers(7).new())
        assert laboratory.store.idempotency.find(stranger, "token", b"other") is None

    def test_answer_of_a_write_that_fails_is_not_kept(self, laboratory: Laboratory) -> None:
        with pytest.raises(WriteMisuseError), laboratory.write() as writer:
            writer.idempotency.keep(
                laboratory.principal.id, "token", request_digest=b"r", status=200, answer=b""
            )
        assert laboratory.store.idempotency.find(laboratory.principal.id, "token", b"r") is None

    def test_two_at_once_keep_one_answer(self, laboratory: Laboratory) -> None:
        def once(number: int) -> bool:
            try:
                self.keep(laboratory, "token", b"%d" % number)
            except IdempotencyConflictError:
                return False
            return True

        laboratory.identifiers = _ThreadedIdentifiers()
        with ThreadPoolExecutor(3) as pool:
            assert sorted(pool.map(once, range(6))) == [False] * 5 + [True]

    def test_old_answers_are_purged(self, laboratory: Laboratory) -> None:
        self.keep(laboratory, "old")
        laboratory.clock.pass_days(2)
        self.keep(laboratory, "new")
        with laboratory.write() as writer:
            assert writer.idempotency.purge(START + timedelta(days=1)) == 1
            writer.record("answers.purged", {})
        find = laboratory.store.idempotency.find
        assert find(laboratory.principal.id, "old", b"request") is None
        assert find(laboratory.principal.id, "new", b"request") is not None

    @pytest.mark.parametrize("token", ["\ud800", "\0", "x" * 256])
    def test_token_that_cannot_be_kept_is_refused(
        self, sqlite_laboratory: Laboratory, token: str
    ) -> None:
        with pytest.raises(StoreConstraintError):
            self.keep(sqlite_laboratory, token)
        with pytest.raises(StoreConstraintError):
            sqlite_laboratory.store.idempotency.find(
                sqlite_laboratory.principal.id, token, b"request"
            )


class _ThreadedIdentifiers(OrderedIdentifiers):
    """Identifiers for writes that run at once: a transaction draws its own only while it holds the lock."""

    def __init__(self) -> None:
        super().__init__(50_000)


class TestSecrets:
    def test_secret_is_kept_replaced_and_removed(self, laboratory: Laboratory) -> None:
        with laboratory.write() as writer:
            writer.secrets.put("b", b"1")
            writer.secrets.put("a", SECRET)
            writer.secrets.put("b", b"2")
            writer.record("secrets.kept", {})
        assert laboratory.store.secrets.all() == {"a": SECRET, "b": b"2"}
        assert laboratory.store.secrets.get("a") == SECRET
        with laboratory.write() as writer:
            writer.secrets.remove("a")
            writer.record("secret.removed", {})
        assert laboratory.store.secrets.get("a") is None
        with pytest.raises(UnknownRecordError), laboratory.write() as writer:
            writer.secrets.remove("a")
        with pytest.raises(StoreConstraintError), laboratory.write() as writer:
            writer.secrets.put("\ud800", b"1")

    @pytest.mark.parametrize("is_replaced", [True, False])
    def test_bytes_of_an_old_secret_are_in_no_file(
        self, sqlite_laboratory: Laboratory, *, is_replaced: bool
    ) -> None:
        laboratory = sqlite_laboratory
        with laboratory.write() as writer:
            writer.secrets.put("a", SECRET)
            writer.record("secrets.kept", {})
        path = Path(laboratory.place)
        files = list(path.parent.glob(path.name + "*"))
        assert any(SECRET in file.read_bytes() for file in files)
        with laboratory.write() as writer:
            if is_replaced:
                writer.secrets.put("a", b"new")
            else:
                writer.secrets.remove("a")
            writer.record("secrets.kept", {})
        assert not any(SECRET in file.read_bytes() for file in files)


class _AnyClock:
    """Tells whatever moment it is given."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class TestLeases:
    def test_one_holder_at_a_time(self, laboratory: Laboratory) -> None:
        leases, clock = laboratory.store.leases, StillClock()
        assert leases.take("compaction", "one", seconds=60, clock=clock)
        assert not leases.take("compaction", "two", seconds=60, clock=clock)
        assert leases.take("checkpoint", "two", seconds=60, clock=clock)
        assert leases.take("compaction", "one", seconds=60, clock=clock)
        assert leases.holder("compaction") == "one"
        assert not leases.release("compaction", "two")
        assert leases.release("compaction", "one")
        assert leases.holder("compaction") is None
        assert leases.take("compaction", "two", seconds=60, clock=clock)
        assert len(laboratory.store.events()) == 1

    def test_many_at_once_make_one_holder(self, laboratory: Laboratory) -> None:
        leases, clock = laboratory.store.leases, StillClock()

        def take(number: int) -> bool:
            return leases.take("job", f"process-{number}", seconds=60, clock=clock)

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(take, range(12))) == 1

    @pytest.mark.parametrize("jump", [timedelta(seconds=61), timedelta(days=-400)])
    def test_lease_of_a_dead_holder_ends_whatever_the_clock_does(
        self, laboratory: Laboratory, jump: timedelta
    ) -> None:
        leases, clock = laboratory.store.leases, _AnyClock()
        assert leases.take("job", "one", seconds=60, clock=clock)
        clock.moment += jump
        shift_until(laboratory.store, -jump)
        assert leases.take("job", "two", seconds=60, clock=clock)
        assert not leases.take("job", "one", seconds=60, clock=clock)

    @pytest.mark.parametrize("seconds", [50, -30])
    def test_lease_with_time_to_go_is_taken_from_nobody(
        self, laboratory: Laboratory, seconds: int
    ) -> None:
        leases, clock = laboratory.store.leases, _AnyClock()
        assert leases.take("job", "one", seconds=60, clock=clock)
        clock.moment += timedelta(seconds=seconds)
        shift_until(laboratory.store, -timedelta(seconds=seconds))
        assert not leases.take("job", "two", seconds=60, clock=clock)

    def test_machines_whose_clocks_differ_share_the_servers(self, postgres_store_url: str) -> None:
        with Store.open(postgres_store_url) as one, Store.open(postgres_store_url) as two:
            ahead = _AnyClock(datetime(2199, 1, 1, tzinfo=UTC))
            assert one.leases.take("job", "one", seconds=60, clock=_AnyClock())
            assert not two.leases.take("job", "two", seconds=60, clock=ahead)

    @pytest.mark.parametrize("seconds", [0, -1, 3_601])
    def test_lease_of_impossible_length_is_refused(
        self, sqlite_laboratory: Laboratory, seconds: int
    ) -> None:
        with pytest.raises(WriteMisuseError):
            sqlite_laboratory.store.leases.take("a", "b", seconds=seconds, clock=_AnyClock())

    def test_names_that_cannot_be_kept_are_refused(self, sqlite_laboratory: Laboratory) -> None:
        for name, holder in (("x" * 65, "a"), ("a", "\ud800")):
            with pytest.raises(StoreConstraintError):
                sqlite_laboratory.store.leases.take(name, holder, seconds=1, clock=_AnyClock())


def shift_until(store: Store, by: timedelta) -> None:
    """Move a lease's end on a server, whose clock a test cannot move; a file's clock is the test's own."""
    with store._counting() as connection:
        if connection.dialect.name == "postgresql":
            micros = by // timedelta(microseconds=1)
            connection.execute(update(s.lease).values(until=s.lease.c.until + micros))


def test_two_processes_wait_for_each_other(new_store: Callable[[], Location]) -> None:
    place = new_store()
    with Store.open(place) as one, Store.open(place) as two:
        first = Laboratory(one, place)
        key = add_key(first)

        def charge(store: Store) -> int | None:
            return store.charge(key.id, TODAY, 1, 1)

        with ThreadPoolExecutor(2) as pool:
            left = list(pool.map(charge, (one, two)))
        assert sorted(left, key=str) == [0, None]
