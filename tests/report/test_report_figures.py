"""What records say is counted rightly, in bounded memory, whatever they hold."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from rempart.law.language import Translator
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, ListId, MatchId
from rempart.model.labels import UNMAPPED, Label
from rempart.model.language import Language
from rempart.model.match import Conflict, Match
from rempart.model.records import scan_record, to_line
from rempart.model.scan import (
    FileFingerprints,
    Membership,
    Outcome,
    Problem,
    ProblemKind,
    ScanRecord,
)
from rempart.model.video import VideoEvidence, VideoSummary
from rempart.node import report_figures, report_rows
from rempart.node.record_lines import ScanLine, UrlsLine
from rempart.node.report_decisions import DecisionFigures
from rempart.node.report_figures import ReportFigures
from rempart.node.run_records import read_record


def match(**changed: Any) -> Match:
    values: dict[str, Any] = {
        "id": MatchId(UUID(int=1)),
        "list_name": "exercise",
        "list_id": ListId(UUID(int=2)),
        "list_generation": 3,
        "owner": "Exercise Hotline",
        "entry_id": EntryId(UUID(int=3)),
        "entry_version": 1,
        "subject": Subject.CHILD,
        "kind": "pdq",
        "distance": 4,
        "threshold": 31,
        "dialect": "exact",
        "transform": "original",
        "quality": 90,
        "labels": (Label(UNMAPPED, None, None, "exercise-A"),),
    }
    return Match(**{**values, **changed})


DIGEST: Any = {
    "kind": "sha256",
    "distance": 0,
    "threshold": 0,
    "dialect": None,
    "transform": None,
    "quality": None,
}


def line(
    path: bytes = b"/x/a.jpg",
    *matches: Match,
    conflicts: tuple[Conflict, ...] = (),
    decisions: list[dict[str, Any]] | None = None,
    **changed: Any,
) -> ScanLine:
    values: dict[str, Any] = {
        "path": path,
        "size": 100,
        "media_type": "image/jpeg",
        "outcome": Outcome.OK,
        "problem": None,
        "fingerprints": (),
    }
    file = FileFingerprints(**{**values, **changed})
    found = read_record(1, to_line(scan_record(ScanRecord(file, matches, conflicts), decisions)))
    assert isinstance(found, ScanLine), found
    return found


def counted(lines: Iterable[ScanLine]) -> ReportFigures:
    figures = ReportFigures()
    for number, each in enumerate(lines, start=1):
        figures.add(number, each)
    return figures


TORN: Any = {
    "outcome": Outcome.PARTIAL,
    "problem": Problem(ProblemKind.TRUNCATED, "It is torn", "Get it again."),
}


def test_objects_are_counted_once_and_members_do_not_add_to_the_size() -> None:
    figures = counted(
        [
            line(b"/x/pile.zip!/a", match(), membership=Membership(b"/x/pile.zip", b"a", 1)),
            line(b"/x/pile.zip!/b", membership=Membership(b"/x/pile.zip", b"b", 2), **TORN),
            line(b"/x/pile.zip", size=500, media_type="application/zip"),
            line(b"/x/gone", size=None, media_type=None),
        ]
    )

    totals = figures.totals
    assert (totals.objects, totals.files, totals.members) == (4, 2, 2)
    assert totals.size_bytes == 500
    assert (totals.matched, totals.not_whole) == (1, 1)
    [pile] = figures.rows.containers().shown
    assert (pile.path, pile.members, pile.matched, pile.not_whole) == ("/x/pile.zip", 2, 1, 1)
    assert [(each.media_type, each.objects) for each in figures.formats()] == [
        ("image/jpeg", 2),
        (None, 1),
        ("application/zip", 1),
    ]


def test_a_suppressed_match_is_no_match_but_stays_to_be_seen() -> None:
    figures = counted([line(b"/x/a", match(suppressed_by="harmless")), line(b"/x/b", match())])

    totals = figures.totals
    assert (totals.matched, totals.matches, totals.suppressed) == (1, 1, 1)
    assert [each.path for each in figures.rows.matches().shown] == ["/x/b", "/x/a"]
    [one] = figures.lists()
    assert (one.matches, one.suppressed, one.objects) == (1, 1, 1)
    [distance] = figures.distances()
    assert (distance.distance_bits, distance.matches, distance.suppressed) == (4, 1, 1)


def test_two_matches_of_one_object_with_one_list_count_as_one_object() -> None:
    [one] = counted([line(b"/x/a", match(), match(**DIGEST))]).lists()

    assert (one.matches, one.objects) == (2, 1)


def test_every_generation_that_was_seen_is_told() -> None:
    figures = counted([line(b"/x", match(list_generation=each)) for each in (5, 3, 5)])

    assert figures.lists()[0].generations_seen == (3, 5)


def test_reasons_tell_turned_pictures_and_torn_files_apart() -> None:
    reasons = counted(
        [
            line(b"/a", match(transform="flip-x"), match(**DIGEST)),
            line(b"/b", match(from_partial=True)),
        ]
    ).reasons()

    assert [(each.kind, each.matches, each.turned, each.from_partial) for each in reasons] == [
        ("pdq exact", 2, 1, 1),
        ("sha256", 1, 0, 0),
    ]


def test_labels_keep_their_scheme_and_one_without_a_meaning_has_none() -> None:
    labels = (Label(UNMAPPED, None, None, "exercise-A"), Label("exercise", "1", None, "exercise-B"))

    found = counted([line(b"/a", match(labels=labels))]).labels()

    assert [(each.scheme, each.value) for each in found] == [
        (None, "exercise-A"),
        ("exercise", "exercise-B"),
    ]


def test_problems_are_counted_by_reason_and_keep_their_message() -> None:
    figures = counted([line(b"/a", **TORN), line(b"/b", **TORN)])

    [problem] = figures.problems()
    assert (problem.kind, problem.outcome, problem.objects) == ("truncated", "partial", 2)
    [first, _] = figures.rows.problems.shown().shown
    assert (first.line, first.message, first.hint) == (1, "It is torn.", "Get it again.")


def test_videos_tell_which_were_only_screened_and_what_the_evidence_is() -> None:
    evidence = VideoEvidence(80.0, 100.0, 5, 4, 1_500, None)
    screened = VideoSummary(None, 64, 48, is_screened=True, frames=2)
    whole = VideoSummary(10_000, 64, 48, is_screened=False, frames=10)
    figures = counted(
        [
            line(b"/a.mkv", media_type="video/mp4", video=screened),
            line(
                b"/b.mp4",
                match(video=evidence, kind="vpdq", dialect=None, transform=None),
                media_type="video/mp4",
                video=whole,
            ),
        ]
    )

    videos = figures.videos
    assert (videos.videos, videos.screened, videos.matched) == (2, 1, 1)
    assert (videos.frames, videos.seconds) == (12, 10)
    [row] = figures.rows.matches().shown
    assert row.video is not None
    assert (row.video.query_percent, row.video.seconds) == (80, 1.5)
    assert (row.distance_bits, row.threshold_bits) == (4, 31)


def test_a_conflict_is_one_row() -> None:
    figures = counted([line(b"/a", conflicts=(Conflict("perceptual-tie", "known", "harmless"),))])

    assert figures.totals.conflicts == 1
    [row] = figures.rows.conflicts.shown().shown
    assert (row.path, row.code, row.harmless_list) == ("/a", "perceptual-tie", "harmless")


def test_urls_tell_where_a_limit_kept_others_from_being_found() -> None:
    def with_urls(distinct: int, *, complete: bool) -> ScanLine:
        return structs.replace(line(), urls=UrlsLine(distinct, complete))

    totals = counted([line(), with_urls(3, complete=True), with_urls(0, complete=False)]).totals

    assert (totals.with_urls, totals.urls, totals.urls_left) == (2, 3, 1)


class TestBounds:
    def test_formats_lists_and_labels_beyond_the_limit_are_counted_together(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(report_figures, "MOST_KINDS", 3)
        figures = counted(
            line(
                b"/a",
                match(
                    list_name=f"list-{each}", labels=(Label(UNMAPPED, None, None, f"label-{each}"),)
                ),
                media_type=f"image/{each}",
            )
            for each in range(10)
        )

        for found in (figures.formats(), figures.lists(), figures.labels()):
            assert len(found) == 4
            assert [each.is_rest for each in found] == [False] * 3 + [True]
        assert figures.formats()[-1].objects == 7
        assert figures.lists()[-1].matches == figures.labels()[-1].matches == 7

    def test_matches_that_nothing_suppresses_go_before_those_that_find_no_room(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(report_rows, "MOST_ROWS", 4)
        suppressed = [line(b"/s", match(suppressed_by="harmless"))] * 6
        figures = counted([*suppressed, *[line(b"/open", match())] * 3])

        rows = figures.rows.matches()
        assert [each.path for each in rows.shown] == ["/open"] * 3 + ["/s"]
        assert rows.left_out == 5

    def test_long_texts_take_the_room_of_several_rows(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(report_rows, "_MOST_TEXT", 3_000)
        figures = counted([line(b"/" + b"x" * 100_000, **TORN)] * 20)

        rows = figures.rows.problems.shown()
        assert len(rows.shown) + rows.left_out == 20
        assert len(rows.shown) == 7
        assert max(len(each.path) for each in rows.shown) == 400

    def test_containers_that_look_alike_once_clipped_are_kept_apart(self) -> None:
        long = [b"/" + b"x" * 500 + each + b"x" * 500 for each in (b"a", b"b")]
        figures = counted(line(each, membership=Membership(each, b"m", 1)) for each in long)

        assert [each.members for each in figures.rows.containers().shown] == [1, 1]


class TestDecisions:
    @staticmethod
    def decision(**changed: Any) -> dict[str, Any]:
        return {
            "id": "1",
            "match": str(UUID(int=1)),
            "answer": "check",
            "why": {"code": "x", "params": {}, "text": "x"},
            "context": {
                "kind": "platform",
                "established": "US",
                "roles": {"host": ["DE"]},
                "conduct": "distribution",
                "date": "2026-06-01",
            },
            "material": {"class": None, "answer": "check"},
            "data_version": "v",
            "data_hash": "ab",
            "overlay": False,
            "duties": [
                {
                    "what": "preserve",
                    "state": "US",
                    "answer": "yes",
                    "to": None,
                    "within": {"value": 1, "unit": "years", "from": "report", "text": "1 year"},
                    "condition": None,
                    "article": "18 U.S.C. 2258A(h)(1)",
                }
            ],
            **changed,
        }

    def test_they_are_counted_by_answer_and_duty_in_the_readers_language(self) -> None:
        decisions = DecisionFigures(Translator(Language.FR))
        decisions.add(line(b"/a", match(), decisions=[self.decision()] * 2))
        decisions.add(line(b"/b", match(), decisions=[self.decision(answer="yes")]))

        facts = decisions.facts()

        assert facts is not None
        assert facts.answers == (("check", 2), ("yes", 1))
        assert facts.established == "États-Unis (US)"
        assert facts.roles[0][1] == "Allemagne (DE)"
        [duty] = facts.duties
        assert (duty.what, duty.within, duty.matches) == ("conserver les données", "1 an", 3)
        assert facts.data == (("v", "ab", False),)

    def test_a_match_carries_the_answer_of_its_decision(self) -> None:
        figures = counted([line(b"/a", match(), decisions=[self.decision()])])

        assert figures.rows.matches().shown[0].duty == "check"

    def test_without_a_context_there_is_nothing_to_say(self) -> None:
        decisions = DecisionFigures(Translator(Language.EN))
        decisions.add(line(b"/a", match()))

        assert decisions.facts() is None
