"""The audit finds each kind of contradiction, and nothing where there is none."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.law.building import book_of, by_subject, fact, file_of, shelf_of

from rempart.law import AuditReport, audit, audit_parts, check_releases, open_law
from rempart.law.audit_report import AuditFinding, Severity
from rempart.law.state_topics import EXPECTED_TOPICS
from rempart.law.treaty_dates import after_three_months, one_month_later
from rempart.model.law import Message

TODAY = date(2026, 11, 22)
OLD = 100_000
STATUTE = fact("FR.statute.1", "Code")
BUDAPEST = fact("budapest.status.1", "in force", valid_from=date(2004, 7, 1))
OPSC = fact("opsc.status.1", "in force", valid_from=date(2002, 1, 18))


def audited(*facts: str, max_age_days: int = OLD) -> AuditReport:
    return audit(book_of(*facts).library, TODAY, max_age_days)


def codes(report: AuditReport) -> list[tuple[str, str]]:
    return [(each.severity.value, each.code) for each in report.findings]


def only(report: AuditReport) -> AuditFinding:
    (found,) = report.findings
    return found


def entry(treaty: str, in_force: date, **fields: object) -> str:
    return fact(f"FR.treaty.{treaty}.in-force.1", in_force, **fields)


def test_facts_that_agree_give_no_finding() -> None:
    report = audited(
        STATUTE,
        BUDAPEST,
        OPSC,
        fact("FR.treaty.budapest.party.1", "ratification"),
        entry("budapest", date(2006, 5, 1), signed=date(2001, 11, 23), ratified=date(2006, 1, 10)),
        fact("FR.penalty.possession.1", "1-2 y", min_months=12, max_months=24),
        fact("FR.age-of-child.1", 18),
    )

    assert report.findings == ()


def test_a_treaty_that_binds_before_its_deposit_is_a_contradiction() -> None:
    found = only(audited(entry("cets224", date(2024, 1, 1), ratified=date(2024, 2, 1))))

    assert (found.severity, found.code) == (Severity.CONTRADICTION, "in-force-before-ratified")
    assert found.facts == ("FR.treaty.cets224.in-force.1",)
    assert found.message.params["ratified"] == "2024-02-01"
    assert found.article is not None


def test_a_treaty_may_bind_on_the_day_of_the_deposit_and_be_signed_on_it() -> None:
    day = date(2024, 2, 1)

    assert codes(audited(entry("cets224", day, ratified=day, signed=day))) == []


def test_a_signature_after_the_deposit_is_a_contradiction() -> None:
    dates = {"signed": date(2024, 2, 2), "ratified": date(2024, 2, 1)}

    assert codes(audited(entry("cets224", date(2024, 6, 1), **dates))) == [
        ("contradiction", "signed-after-ratified")
    ]


def test_dates_that_may_not_decide_are_only_a_note() -> None:
    unsure = entry("cets224", date(2024, 1, 1), ratified=date(2024, 2, 1), confidence="low")

    assert codes(audited(unsure)) == [("note", "in-force-before-ratified")]


@pytest.mark.parametrize(
    ("treaty", "ratified", "in_force"),
    [
        ("budapest", date(2006, 1, 10), date(2006, 5, 1)),
        ("budapest", date(2005, 11, 30), date(2006, 3, 1)),
        ("budapest", date(2006, 1, 1), date(2006, 5, 1)),
        ("budapest", date(2002, 6, 20), date(2004, 7, 1)),  # the treaty itself began later
        ("lanzarote", date(2010, 9, 27), date(2011, 1, 1)),
        ("opsc", date(2003, 2, 5), date(2003, 3, 5)),
        ("opsc", date(2003, 1, 31), date(2003, 2, 28)),
        ("opsc", date(2001, 11, 9), date(2002, 1, 18)),
        ("opsc", date(2004, 12, 15), date(2005, 1, 15)),
    ],
)
def test_the_wait_after_the_deposit_is_the_one_that_the_treaty_sets(
    treaty: str, ratified: date, in_force: date
) -> None:
    def found(day: date) -> list[tuple[str, str]]:
        return codes(audited(BUDAPEST, OPSC, entry(treaty, day, ratified=ratified)))

    assert found(in_force) == []
    assert found(in_force + timedelta(days=1)) == [("contradiction", "entry-into-force-rule")]


@given(deposit=st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_three_months_end_before_the_first_day_and_less_than_a_month_before(deposit: date) -> None:
    first = after_three_months(deposit)
    last_of_three = one_month_later(one_month_later(one_month_later(deposit)))

    assert first.day == 1
    assert last_of_three < first <= last_of_three + timedelta(days=31)


@settings(max_examples=30, deadline=None)
@given(
    deposit=st.dates(date(2004, 7, 1), date(2025, 1, 1)),
    moved=st.integers(-400, 400),
    treaty=st.sampled_from(["budapest", "lanzarote", "opsc"]),
)
def test_only_the_day_that_the_rule_gives_passes(deposit: date, moved: int, treaty: str) -> None:
    rule = one_month_later if treaty == "opsc" else after_three_months
    day = rule(deposit) + timedelta(days=moved)

    found = {each.code for each in audited(entry(treaty, day, ratified=deposit)).findings}

    assert ("entry-into-force-rule" in found) is (moved != 0)
    assert ("in-force-before-ratified" in found) is (day < deposit)


def test_a_party_without_a_statute_is_a_contradiction() -> None:
    party = fact("FR.treaty.lanzarote.party.1", "accession")

    assert codes(audited(party)) == [("contradiction", "party-without-statute")]
    unknown = fact("FR.statute.1", "unknown", confidence="unknown")
    assert codes(audited(party, unknown)) == [("contradiction", "party-without-statute")]
    assert codes(audited(party, STATUTE)) == []
    assert codes(audited(fact("FR.treaty.lanzarote.party.1", "not"))) == []


def test_a_penalty_range_upside_down_is_a_contradiction() -> None:
    report = audited(fact("FR.penalty.possession.1", "24-12", min_months=24, max_months=12))

    assert codes(report) == [("contradiction", "penalty-upside-down")]
    assert only(report).article == "Exercise Act on penalty.possession"
    equal = fact("FR.penalty.possession.1", "12", min_months=12, max_months=12)
    assert codes(audited(equal)) == []


def test_ages_upside_down_are_a_contradiction() -> None:
    report = audited(fact("FR.crime.possession.1", "yes", child_from=16, child_below=14))

    assert codes(report) == [("contradiction", "ages-upside-down")]


TOMORROW = TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    "made",
    [
        fact("FR.statute.1", "Code", as_of=TOMORROW),
        fact("FR.treaty.cets224.signed.1", TOMORROW),
        fact("FR.treaty.cets224.ratified.1", TOMORROW),
        entry("cets224", TODAY, signed=TOMORROW),
    ],
    ids=["as of", "signed", "ratified", "signed beside"],
)
def test_what_was_read_signed_or_ratified_lies_not_in_the_future(made: str) -> None:
    assert codes(audited(made)) == [("contradiction", "date-in-future")]


@pytest.mark.parametrize(
    "made",
    [
        fact("FR.crime.sale.1", "yes", valid_from=TOMORROW),
        entry("cets224", TOMORROW, ratified=date(2026, 8, 1)),
    ],
    ids=["law", "treaty"],
)
def test_law_that_begins_later_is_only_noted(made: str) -> None:
    assert codes(audited(made)) == [("note", "begins-later")]


def test_nothing_of_today_lies_in_the_future() -> None:
    assert codes(audited(fact("FR.statute.1", "Code", as_of=TODAY, valid_from=TODAY))) == []


def pair(first: dict[str, object], second: dict[str, object]) -> AuditReport:
    return audited(fact("FR.crime.sale.1", "yes", **first), fact("FR.crime.sale.2", "no", **second))


def test_facts_that_disagree_on_the_same_day_are_a_contradiction() -> None:
    found = only(pair({}, {"valid_from": date(2022, 1, 1)}))

    assert (found.severity, found.code) == (Severity.CONTRADICTION, "facts-disagree")
    assert found.facts == ("FR.crime.sale.1", "FR.crime.sale.2")
    assert found.message.params["day"] == "2022-01-01"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"valid_to": date(2021, 12, 31)}, {"valid_from": date(2022, 1, 1)}),
        ({"child_below": 14}, {"child_from": 14}),
        ({}, {"valid_from": date(2022, 1, 1), "supersedes": "FR.crime.sale.1"}),
        ({}, {"corrects": "FR.crime.sale.1"}),
    ],
    ids=["one after the other", "of other ages", "superseded", "corrected"],
)
def test_facts_of_other_days_or_persons_do_not_disagree(
    first: dict[str, object], second: dict[str, object]
) -> None:
    assert codes(pair(first, second)) == []


def test_a_fact_that_may_not_decide_disagrees_only_as_a_note() -> None:
    assert codes(pair({}, {"confidence": "low"})) == [("note", "facts-disagree")]


def test_a_state_may_have_several_penalties_and_contacts() -> None:
    several = [
        fact("FR.penalty.sale.1", "1 y", max_months=12),
        fact("FR.penalty.sale.2", "2 y", max_months=24),
        fact("FR.contact.hotline.1", "Exercise Line"),
        fact("FR.contact.hotline.2", "Other Exercise Line"),
    ]

    assert codes(audited(*several)) == []


def test_sources_that_disagree_on_a_day_are_noted() -> None:
    made = entry("cets224", date(2024, 1, 1), alternative=date(2024, 4, 1))

    assert codes(audited(made)) == [("note", "sources-disagree")]
    same = entry("cets224", date(2024, 1, 1), alternative=date(2024, 1, 1))
    assert codes(audited(same)) == []


def test_rows_older_than_the_age_are_told_once_for_each_subject() -> None:
    made = [
        fact("FR.statute.1", "Code", as_of=date(2020, 1, 1)),
        fact("FR.icmec.1", "criteria", as_of=date(2021, 1, 1)),
        fact("FR.crime.sale.1", "yes", as_of=TODAY - timedelta(days=365)),
        fact("FR.crime.access.1", "yes", as_of=date(2020, 1, 1), valid_to=date(2020, 6, 1)),
    ]

    found = only(audited(*made, max_age_days=365))

    assert (found.severity, found.code) == (Severity.NOTE, "rows-old")
    assert found.facts == ("FR.icmec.1", "FR.statute.1")
    assert (found.message.params["oldest"], found.message.params["count"]) == ("2020-01-01", 2)


def test_contradictions_stand_before_notes() -> None:
    report = audited(
        fact("AT.statute.1", "Code", as_of=date(1990, 1, 1)),
        fact("FR.penalty.possession.1", "24-12", min_months=24, max_months=12),
        max_age_days=10_000,
    )

    assert codes(report) == [("contradiction", "penalty-upside-down"), ("note", "rows-old")]
    assert [each.code for each in report.contradictions()] == ["penalty-upside-down"]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ([], (0, 0, 0, 1)),
        ([fact("FR.age-of-child.1", 18)], (1, 0, 0, 0)),
        ([fact("FR.age-of-child.1", 18, confidence="low")], (0, 1, 0, 0)),
        ([fact("FR.age-of-child.1", 18, valid_to=date(2021, 1, 1))], (0, 1, 0, 0)),
        ([fact("FR.age-of-child.1", "unknown", confidence="unknown")], (0, 0, 1, 0)),
    ],
    ids=["none", "known", "unsure", "out of reach", "unknown"],
)
def test_coverage_tells_what_is_known_of_each_family(
    made: list[str], expected: tuple[int, int, int, int]
) -> None:
    report = audited(STATUTE, *made)
    (age,) = (each for each in report.coverage if each.family == "age")

    assert (age.known, age.unsure, age.unknown, age.none) == expected


def test_coverage_counts_every_topic_that_a_state_should_have() -> None:
    coverage = audited(STATUTE).coverage

    total = sum(each.known + each.unsure + each.unknown + each.none for each in coverage)
    assert total == len(EXPECTED_TOPICS)
    assert sum(each.known for each in coverage) == 1


def test_facts_without_a_reviewer_are_counted() -> None:
    counts = audited(STATUTE, fact("FR.icmec.1", "unknown", reviewer="A. Lawyer")).counts

    assert (counts["facts"], counts["reviewed"], counts["without_reviewer"]) == (2, 1, 1)
    assert counts["says_unknown"] == 1


SHIPPED = (STATUTE, fact("FR.crime.sale.1", "yes", recorded="2"))


def released(*facts: str, **hashes: str) -> list[tuple[str, str, str]]:
    pinned = {name.removeprefix("v"): value for name, value in hashes.items()}
    shelf = shelf_of(by_subject(*facts), versions=("1", "2"), hashes=pinned)
    return [(each.severity.value, each.code, each.subject) for each in check_releases(shelf)]


def hashes_of(*facts: str) -> dict[str, str]:
    shelf = shelf_of(by_subject(*facts), versions=("1", "2"))
    return {f"v{each.id}": shelf.library(each.id).hash for each in shelf.versions}


def test_versions_that_are_what_they_were_released_as_give_no_finding() -> None:
    assert released(*SHIPPED, **hashes_of(*SHIPPED)) == []


def test_a_version_without_a_hash_is_not_released_yet() -> None:
    assert released(*SHIPPED) == [
        ("note", "release-not-pinned", "1"),
        ("note", "release-not-pinned", "2"),
    ]


def test_an_overwritten_fact_is_found_in_every_version_that_sees_it() -> None:
    pinned = hashes_of(*SHIPPED)

    changed = (fact("FR.statute.1", "Another Code"), SHIPPED[1])
    assert released(*changed, **pinned) == [
        ("contradiction", "release-changed", "1"),
        ("contradiction", "release-changed", "2"),
    ]
    smuggled = (*SHIPPED, fact("FR.crime.access.1", "yes", recorded="2"))
    assert released(*smuggled, **pinned) == [("contradiction", "release-changed", "2")]
    removed = SHIPPED[1:]
    assert len(released(*removed, **pinned)) == 2


@pytest.mark.parametrize("link", ["supersedes", "corrects"])
def test_a_later_version_changes_nothing_of_an_earlier_release(link: str) -> None:
    pinned = hashes_of(*SHIPPED)["v1"]
    later = fact(
        "FR.statute.2",
        "New Code",
        recorded="2",
        valid_from=date(2025, 1, 1),
        **{link: "FR.statute.1"},
    )

    found = released(*SHIPPED, later, v1=pinned)

    assert found == [("note", "release-not-pinned", "2")]


def test_an_overlay_is_no_part_of_a_release() -> None:
    pinned = {name.removeprefix("v"): value for name, value in hashes_of(*SHIPPED).items()}
    own = fact("FR.statute.901", "Own", recorded="overlay", corrects="FR.statute.1")
    shelf = shelf_of(
        by_subject(*SHIPPED),
        versions=("1", "2"),
        hashes=pinned,
        overlay={"FR": file_of("FR", own)},
    )

    assert shelf.library("1").hash != pinned["1"]
    assert check_releases(shelf) == ()


def test_shipped_releases_are_what_they_were_released_as() -> None:
    assert [
        each for each in check_releases(open_law()) if each.severity is Severity.CONTRADICTION
    ] == []


def test_shipped_treaty_dates_keep_the_rules_of_their_treaties() -> None:
    report = audit(open_law().library(), TODAY, OLD)
    dates = {
        "in-force-before-ratified",
        "signed-after-ratified",
        "entry-into-force-rule",
        "date-in-future",
        "penalty-upside-down",
        "facts-disagree",
    }

    assert [each.facts for each in report.contradictions() if each.code in dates] == []


def test_a_report_as_values_keeps_every_finding_with_its_text() -> None:
    report = audited(
        fact("FR.penalty.possession.1", "24-12", min_months=24, max_months=12), STATUTE
    )

    parts = audit_parts(report)

    assert parts["contradictions"] == 1
    findings = parts["findings"]
    assert isinstance(findings, list)
    assert isinstance(findings[0]["why"], Message)
    assert findings[0]["why"].code == "audit.penalty-upside-down"
    assert parts["counts"] == dict(report.counts)
