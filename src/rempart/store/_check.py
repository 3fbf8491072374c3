"""What must hold in every store, asked of the store itself."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, func, select

from rempart.store import _tables as t
from rempart.store._standing import is_suspended, is_withdrawn
from rempart.store.values import StoreProblem

_e: Final = t.entry.c
_f: Final = t.fingerprint.c
_s: Final = t.entry_source.c
_claimed: Final = _e.entry_no.in_(select(_s.entry_no).where(_s.withdrawn_at.is_(None)))
_in_force: Final = _e.entry_no.in_(select(_f.entry_no).where(_f.until_version.is_(None)))
_matchable: Final = _f.added_change.is_not(None) & _f.removed_change.is_(None)


def _count_entries(condition: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(t.entry).where(condition)


_QUICK: Final[tuple[tuple[str, str, Select[int]], ...]] = (
    (
        "fingerprint-number",
        "fingerprints bear numbers that the counter has not given out",
        select(func.count())
        .select_from(t.fingerprint)
        .where(_f.fingerprint_no >= select(t.counter.c.next_fingerprint_no).scalar_subquery()),
    ),
    (
        "entry-number",
        "entries bear numbers that the counter has not given out",
        select(func.count())
        .select_from(t.entry)
        .where(_e.entry_no >= select(t.counter.c.next_entry_no).scalar_subquery()),
    ),
)

_DEEP: Final[tuple[tuple[str, str, Select[int]], ...]] = (
    (
        "version-missing",
        "entries have not every version before the one in force",
        select(func.count()).select_from(
            select(_e.entry_no)
            .outerjoin(t.entry_version, t.entry_version.c.entry_no == _e.entry_no)
            .group_by(_e.entry_no, _e.version)
            .having(func.count(t.entry_version.c.version) != _e.version - 1)
            .subquery()
        ),
    ),
    (
        "active-without-claim",
        "entries are active though no source claims them",
        _count_entries(~is_withdrawn & ~_claimed),
    ),
    (
        "withdrawn-with-claim",
        "entries are withdrawn though a source claims them",
        _count_entries(is_withdrawn & _claimed),
    ),
    (
        "active-without-fingerprint",
        "entries are active and have no fingerprint",
        _count_entries(~is_withdrawn & ~_in_force),
    ),
    (
        "withdrawn-with-fingerprint",
        "entries are withdrawn and have fingerprints in force",
        _count_entries(is_withdrawn & _in_force),
    ),
    (
        "matchable-not-in-force",
        "fingerprints can be matched that are not in force, or whose list or entry is not matched",
        select(func.count())
        .select_from(t.fingerprint)
        .join(t.entry, _e.entry_no == _f.entry_no)
        .join(t.hash_list, t.hash_list.c.list_no == _e.list_no)
        .where(_matchable)
        .where(_f.until_version.is_not(None) | ~t.hash_list.c.is_matched | is_suspended),
    ),
    (
        "in-force-not-matchable",
        "fingerprints of a matched list and entry are in force and cannot be matched",
        select(func.count())
        .select_from(t.fingerprint)
        .join(t.entry, _e.entry_no == _f.entry_no)
        .join(t.hash_list, t.hash_list.c.list_no == _e.list_no)
        .where(t.hash_list.c.is_matched)
        .where(~is_suspended)
        .where(_f.until_version.is_(None))
        .where(~_matchable),
    ),
    (
        "change-number",
        "fingerprints name a change that the counter has not reached",
        select(func.count())
        .select_from(t.fingerprint)
        .where(
            func.coalesce(_f.removed_change, _f.added_change, 0)
            > select(t.counter.c.change_number).scalar_subquery()
        ),
    ),
)


def inconsistencies(connection: Connection, *, deep: bool) -> list[StoreProblem]:
    """Return what does not hold; `deep` looks at every entry and fingerprint."""
    problems = []
    for code, message, query in (*_QUICK, *(_DEEP if deep else ())):
        count = connection.execute(query).scalar_one()
        if count:
            problems.append(StoreProblem(code, f"{count} {message}"))
    return problems
