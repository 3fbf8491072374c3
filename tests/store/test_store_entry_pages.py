"""Entries page by page: by place in the list, never by counting; filtered in the store."""

import pytest
from sqlalchemy import event
from tests.store.material import Laboratory, OrderedIdentifiers, item, pdq, sha256, value

from rempart.model.fingerprint import PDQ, SHA256, Fingerprint
from rempart.model.handling import Standing
from rempart.model.identifiers import EntryId, ListId
from rempart.model.list_content import EntryView
from rempart.model.lists import HashList
from rempart.store import MergeItem, UnknownRecordError, WriteMisuseError

LONG = Fingerprint("exercise-kind", b"x" * 20_000)
"""Longer than an index of PostgreSQL could hold."""


def fill(laboratory: Laboratory, *items: MergeItem, name: str = "exercise") -> HashList:
    made = laboratory.add_list(name)
    laboratory.merge(made.id, items, batch=1_000)
    return made


def keys(views: tuple[EntryView, ...]) -> list[int]:
    return [view.alias for view in views]


class TestPaging:
    def test_pages_make_up_the_list_once(self, laboratory: Laboratory) -> None:
        other = fill(laboratory, item(99), name="other")
        made = fill(laboratory, *[item(number) for number in range(25)])
        page = laboratory.store.entry_pages.page
        seen: list[EntryView] = []
        while part := page(made.id, limit=10, after=seen[-1].entry.id if seen else None):
            assert len(part) <= 10
            seen += part
        assert [view.entry for view in seen] == laboratory.entries(made.id)
        assert keys(page(other.id, limit=10)) == [1]

    def test_entries_that_come_or_go_between_pages_move_no_other(
        self, laboratory: Laboratory
    ) -> None:
        made = fill(laboratory, *[item(number) for number in range(6)])
        first = laboratory.store.entry_pages.page(made.id, limit=3)
        with laboratory.write() as writer:
            writer.entries.withdraw(made.id, first[0].entry.id)
            writer.entries.withdraw(made.id, first[2].entry.id)
            writer.entries.put(made.id, "partner", [item(100)])
            writer.record("exercise.done", {})
        rest = laboratory.store.entry_pages.page(made.id, limit=10, after=first[2].entry.id)
        assert keys(rest) == [4, 5, 6, 7]

    def test_place_must_be_in_the_list(self, laboratory: Laboratory) -> None:
        other = fill(laboratory, item(1), name="other")
        made = fill(laboratory, item(1))
        (foreign,) = laboratory.entries(other.id)
        unknown = EntryId(OrderedIdentifiers(7).new())
        for after in (foreign.id, unknown):
            with pytest.raises(UnknownRecordError):
                laboratory.store.entry_pages.page(made.id, limit=1, after=after)
        with pytest.raises(UnknownRecordError):
            laboratory.store.entry_pages.page(ListId(unknown), limit=1)

    @pytest.mark.parametrize("limit", [0, -1, 10_001])
    def test_page_without_a_sensible_limit_is_refused(
        self, sqlite_laboratory: Laboratory, limit: int
    ) -> None:
        made = fill(sqlite_laboratory, item(1))
        with pytest.raises(WriteMisuseError):
            sqlite_laboratory.store.entry_pages.page(made.id, limit=limit)


class TestFilters:
    def test_standing_is_filtered_with_suspensions(self, laboratory: Laboratory) -> None:
        made = fill(laboratory, *[item(number) for number in range(1, 5)])
        entries = laboratory.entries(made.id)
        with laboratory.write() as writer:
            writer.entries.withdraw(made.id, entries[0].id)
            writer.entries.suspend(entries[0].id)
            writer.entries.suspend(entries[1].id)
            writer.record("exercise.done", {})
        expected = {
            None: [2, 3, 4],
            Standing.PUBLISHED: [3, 4],
            Standing.SUSPENDED: [2],
            Standing.WITHDRAWN: [1],
            Standing.DISPUTED: [],
        }
        page = laboratory.store.entry_pages.page
        for standing, aliases in expected.items():
            views = page(made.id, limit=10, standing=standing)
            assert keys(views) == aliases
            assert standing in {None, *(view.entry.standing for view in views)} or not views

    def test_value_is_compared_whole_and_within_the_list(self, laboratory: Laboratory) -> None:
        near = value(1, 32)[:31] + b"\0"
        fill(laboratory, item(1), name="other")
        made = fill(
            laboratory,
            item(1),
            item(2, Fingerprint(SHA256, value(1, 32)), pdq(2)),
            item(3, Fingerprint(SHA256, near)),
            item(4, LONG),
        )
        page = laboratory.store.entry_pages.page
        assert keys(page(made.id, limit=10, value=value(1, 32))) == [2, 3]
        assert keys(page(made.id, limit=10, kind=PDQ, value=value(1, 32))) == [2]
        assert keys(page(made.id, limit=10, kind=SHA256)) == [3, 4]
        assert keys(page(made.id, limit=10, value=near)) == [4]
        assert keys(page(made.id, limit=10, value=LONG.value)) == [5]
        assert keys(page(made.id, limit=10, value=b"\0")) == []
        assert keys(page(made.id, limit=10, kind="nothing")) == []

    def test_value_that_was_replaced_is_found_no_more(self, laboratory: Laboratory) -> None:
        made = fill(laboratory, item(1, pdq(1)))
        laboratory.merge(made.id, [item(1, pdq(2))])
        page = laboratory.store.entry_pages.page
        assert page(made.id, limit=10, value=value(1, 32)) == ()
        assert keys(page(made.id, limit=10, value=value(2, 32))) == [1]
        laboratory.merge(made.id, [], is_full=True)
        found = page(made.id, limit=10, value=value(2, 32), standing=Standing.WITHDRAWN)
        assert keys(found) == [1]
        assert page(made.id, limit=10, value=value(2, 32)) == ()

    def test_identifier_of_a_source_is_found_while_it_claims(self, laboratory: Laboratory) -> None:
        fill(laboratory, item(1, source_id="a"), name="other")
        made = fill(laboratory, item(1, source_id="a"), item(2, source_id="b"), item(3))
        page = laboratory.store.entry_pages.page
        assert keys(page(made.id, limit=10, source_id="a")) == [2]
        assert page(made.id, limit=10, source_id="A") == ()
        assert page(made.id, limit=10, source_id="\ud800") == ()
        assert page(made.id, limit=10, source_id="a\0") == ()
        laboratory.merge(made.id, [item(1)], source="another")
        laboratory.merge(made.id, [item(2, source_id="b")], is_full=True)
        assert page(made.id, limit=10, source_id="a") == (), "the entry stays, the claim has ended"
        assert keys(page(made.id, limit=10)) == [2, 3]


class TestFind:
    def test_entries_of_the_list_with_one_of_the_values_are_found(
        self, laboratory: Laboratory
    ) -> None:
        fill(laboratory, item(2), name="other")
        made = fill(
            laboratory, item(1, pdq(1), sha256(1)), item(2), item(3, pdq(3, dialect="cpp512"))
        )
        find = laboratory.store.entry_pages.find
        found = find(made.id, [pdq(3, quality=None), sha256(1), pdq(1), sha256(9)])
        assert keys(found) == [2, 4]
        assert found[0].entry == laboratory.entries(made.id)[0]
        assert find(made.id, []) == ()
        laboratory.withdraw(made.id)
        assert find(made.id, [pdq(3)]) == ()

    def test_suspended_entry_is_found_too(self, laboratory: Laboratory) -> None:
        made = fill(laboratory, item(1))
        with laboratory.write() as writer:
            writer.entries.suspend(laboratory.entries(made.id)[0].id)
            writer.record("exercise.done", {})
        (view,) = laboratory.store.entry_pages.find(made.id, [pdq(1)])
        assert view.entry.standing is Standing.SUSPENDED

    def test_more_values_than_a_statement_takes_are_found(
        self, sqlite_laboratory: Laboratory
    ) -> None:
        made = fill(sqlite_laboratory, *[item(number) for number in range(1_100)])
        found = sqlite_laboratory.store.entry_pages.find(
            made.id, [pdq(number) for number in range(1_200)]
        )
        assert len(found) == 1_100


class TestPlan:
    def test_no_page_walks_a_table_or_sorts_a_list(self, sqlite_laboratory: Laboratory) -> None:
        laboratory = sqlite_laboratory
        made = fill(laboratory, *[item(number, source_id=str(number)) for number in range(50)])
        (entry, *_) = laboratory.entries(made.id)
        plans: list[str] = []

        def explain(
            connection: object, _cursor: object, statement: str, parameters: object, *_: object
        ) -> None:
            if statement.startswith("SELECT"):
                rows = connection.connection.execute(  # type: ignore[attr-defined]  # the driver's own
                    f"EXPLAIN QUERY PLAN {statement}", parameters
                )
                plans.extend(row[-1] for row in rows)

        event.listen(laboratory.store._reading_engine, "before_cursor_execute", explain)
        pages = laboratory.store.entry_pages
        pages.page(made.id, limit=10)
        pages.page(made.id, limit=10, after=entry.id, standing=Standing.PUBLISHED)
        pages.page(made.id, limit=10, standing=Standing.SUSPENDED)
        pages.page(made.id, limit=10, value=value(1, 32))
        pages.page(made.id, limit=10, source_id="7")
        pages.find(made.id, [pdq(number) for number in range(1_000)])
        assert any("fingerprint_value" in step for step in plans)
        assert any("entry_source_id" in step for step in plans)
        assert [step for step in plans if step.startswith("SCAN")] == []
