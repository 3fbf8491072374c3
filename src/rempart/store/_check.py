"""What must hold in every store, asked of the store itself."""

from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from rempart.model.handling import Standing
from rempart.store import _tables as t
from rempart.store.values import StoreProblem

_v: Final = t.entry_version.c
_f: Final = t.fingerprint.c
_s: Final = t.entry_source.c
_current: Final = _v.superseded_at.is_(None)
_is_withdrawn: Final = _v.standing == Standing.WITHDRAWN.value
_live_claim: Final = (
    select(_s.entry_no)
    .where(_s.entry_no == _v.entry_no)
    .where(
        _s.source_no.in_(
            select(t.source.c.source_no)
            .join(t.entry, t.entry.c.list_no == t.source.c.list_no)
            .where(t.entry.c.entry_no == _v.entry_no)
            .correlate(t.entry_version)
        )
    )
    .where(_s.withdrawn_at.is_(None))
    .correlate(t.entry_version)
    .exists()
)
_in_force: Final = (
    select(_f.fingerprint_no)
    .where(_f.entry_no == _v.entry_no)
    .where(_f.until_version.is_(None))
    .correlate(t.entry_version)
    .exists()
)
_matchable: Final = _f.added_change.is_not(None) & _f.removed_change.is_(None)


def _count_versions(condition: Any) -> Select[int]:  # an expression of Core
    return select(func.count()).select_from(t.entry_version).where(_current & condition)


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
        .where(t.entry.c.entry_no >= select(t.counter.c.next_entry_no).scalar_subquery()),
    ),
)

_DEEP: Final[tuple[tuple[str, str, Select[int]], ...]] = (
    (
        "entry-without-version",
        "entries have not exactly one version in force",
        select(func.count()).select_from(
            select(t.entry.c.entry_no)
            .outerjoin(t.entry_version, (_v.entry_no == t.entry.c.entry_no) & _current)
            .group_by(t.entry.c.entry_no)
            .having(func.count(_v.version) != 1)
            .subquery()
        ),
    ),
    (
        "active-without-claim",
        "entries are active though no source claims them",
        _count_versions(~_is_withdrawn & ~_live_claim),
    ),
    (
        "withdrawn-with-claim",
        "entries are withdrawn though a source claims them",
        _count_versions(_is_withdrawn & _live_claim),
    ),
    (
        "active-without-fingerprint",
        "entries are active and have no fingerprint",
        _count_versions(~_is_withdrawn & ~_in_force),
    ),
    (
        "withdrawn-with-fingerprint",
        "entries are withdrawn and have fingerprints in force",
        _count_versions(_is_withdrawn & _in_force),
    ),
    (
        "matchable-not-in-force",
        "fingerprints can be matched that are not in force or whose list is not matched",
        select(func.count())
        .select_from(t.fingerprint)
        .join(t.hash_list, t.hash_list.c.list_no == _f.list_no)
        .where(_matchable)
        .where(_f.until_version.is_not(None) | ~t.hash_list.c.is_matched),
    ),
    (
        "in-force-not-matchable",
        "fingerprints of a matched list are in force and cannot be matched",
        select(func.count())
        .select_from(t.fingerprint)
        .join(t.hash_list, t.hash_list.c.list_no == _f.list_no)
        .where(t.hash_list.c.is_matched)
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
