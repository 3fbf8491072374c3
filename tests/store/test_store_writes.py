"""Every write is one transaction with exactly one event, or nothing at all."""

from typing import cast

import pytest
from tests.store.material import START, Laboratory, OrderedIdentifiers, item

from rempart.model.errors import RempartError
from rempart.model.identifiers import EventId, PrincipalId
from rempart.model.principals import Principal, PrincipalKind
from rempart.store import UnknownRecordError, WriteMisuseError


class TestEventOfAWrite:
    def test_new_store_has_the_event_of_its_making(self, laboratory: Laboratory) -> None:
        (event,) = laboratory.store.events()
        assert event.kind == "node.created"
        assert event.principal_id == laboratory.principal.id
        assert event.at == START
        assert event.details == {
            "node_id": str(laboratory.store.node.id),
            "is_exercise": True,
        }

    def test_each_write_leaves_exactly_one_event(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1), item(2)])
        laboratory.merge(made.id, [item(1), item(2)])
        laboratory.withdraw(made.id)
        kinds = [event.kind for event in laboratory.store.events()]
        assert kinds[1:] == ["list.added", "list.imported", "list.imported", "list.withdrawn"]

    def test_event_of_an_import_says_what_it_did(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1), item(2), item(1)])
        details = laboratory.store.events()[-1].details
        assert details["lists"] == [
            {"list_id": str(made.id), "generation_before": 0, "generation_after": 1}
        ]
        assert details["change_number"] == 1
        (merge,) = merges(laboratory)
        assert (merge["added"], merge["duplicates"]) == (2, 1)

    def test_digest_of_changes_depends_on_the_changes_and_their_order(
        self, laboratory: Laboratory
    ) -> None:
        digests = []
        for name, order in (("one", (1, 2)), ("two", (1, 2)), ("three", (2, 1)), ("four", (1, 3))):
            made = laboratory.add_list(name)
            laboratory.merge(made.id, [item(number) for number in order])
            (merge,) = merges(laboratory)
            digests.append(merge["changes_sha256"])
        assert digests[0] == digests[1]
        assert len(set(digests)) == 3

    def test_write_without_event_changes_nothing(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        before = laboratory.state()
        with pytest.raises(WriteMisuseError), laboratory.write() as writer:
            writer.begin_merge(made.id, "partner").put([item(1)])
        assert laboratory.state() == before

    def test_second_event_of_a_write_is_refused(self, laboratory: Laboratory) -> None:
        before = laboratory.state()

        def record_twice() -> None:
            with laboratory.write() as writer:
                writer.record("exercise.one", {})
                writer.record("exercise.two", {})

        with pytest.raises(WriteMisuseError):
            record_twice()
        assert laboratory.state() == before

    def test_change_after_the_event_is_part_of_it(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        with laboratory.write() as writer:
            merge = writer.begin_merge(made.id, "partner")
            writer.record("list.imported", {})
            merge.put([item(1)])
        assert laboratory.store.events()[-1].details["change_number"] == 1

    def test_failure_within_a_write_changes_nothing(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        before = laboratory.state()

        def fail() -> None:
            with laboratory.write() as writer:
                writer.begin_merge(made.id, "partner").put([item(1)])
                writer.record("list.imported", {})
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()
        assert laboratory.state() == before

    def test_writer_is_dead_after_its_write(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        with laboratory.write() as writer:
            merge = writer.begin_merge(made.id, "partner")
            writer.record("exercise.done", {})
        before = laboratory.state()
        with pytest.raises(WriteMisuseError):
            merge.put([item(1)])
        with pytest.raises(WriteMisuseError):
            writer.withdraw_list(made.id)
        with pytest.raises(WriteMisuseError):
            writer.record("exercise.late", {})
        assert laboratory.state() == before

    def test_unknown_principal_may_not_write(self, laboratory: Laboratory) -> None:
        stranger = Principal(
            PrincipalId(OrderedIdentifiers(9).new()),
            "elsewhere",
            "stranger",
            laboratory.principal.organisation_id,
            PrincipalKind.PERSON,
        )
        with (
            pytest.raises(UnknownRecordError),
            laboratory.store.write(
                principal=stranger, clock=laboratory.clock, identifiers=laboratory.identifiers
            ) as writer,
        ):
            writer.record("exercise.done", {})
        assert len(laboratory.store.events()) == 1

    def test_added_principal_signs_its_own_writes(self, laboratory: Laboratory) -> None:
        with laboratory.write() as writer:
            added = writer.add_principal(
                issuer="directory", subject="colleague", kind=PrincipalKind.PERSON
            )
            writer.record("principal.added", {})
        laboratory.principal = added
        laboratory.add_list()
        assert laboratory.store.principals()[1] == added
        assert laboratory.store.events()[-1].principal_id == added.id
        assert laboratory.store.local_principal().kind is PrincipalKind.LOCAL

    def test_principal_cannot_be_added_twice(self, laboratory: Laboratory) -> None:
        local = laboratory.principal
        with pytest.raises(RempartError), laboratory.write() as writer:
            writer.add_principal(issuer=local.issuer, subject=local.subject, kind=local.kind)
        assert laboratory.store.principals() == (local,)


class TestReadingEvents:
    def test_events_are_read_in_parts(self, laboratory: Laboratory) -> None:
        for name in ("a", "b", "c"):
            laboratory.add_list(name)
        whole = laboratory.store.events()
        parts = list(laboratory.store.events(limit=2))
        parts += laboratory.store.events(parts[-1].id, limit=2)
        assert parts == list(whole)
        assert laboratory.store.events(whole[-1].id) == ()

    def test_unknown_event_is_no_beginning(self, laboratory: Laboratory) -> None:
        with pytest.raises(UnknownRecordError):
            laboratory.store.events(EventId(OrderedIdentifiers(9).new()))


def merges(laboratory: Laboratory) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", laboratory.store.events()[-1].details["merges"])
