"""Contents for pages: an exercise with something in every section, and names made to break out of a page."""

from dataclasses import replace
from datetime import UTC, datetime

from rempart.report.object_rows import (
    ConflictRow,
    ContainerRow,
    EvidenceCells,
    MatchRow,
    ProblemRow,
    Rows,
    VideoRow,
)
from rempart.report.values import (
    BadLineFacts,
    DecisionFacts,
    DistanceCount,
    DutyCount,
    FormatCount,
    LabelCount,
    ListCount,
    NodeFacts,
    OutcomeCount,
    ProblemCount,
    RateFacts,
    RatePoint,
    ReasonCount,
    ReportContent,
    RunFacts,
    SoftwareFacts,
    SourceFacts,
    Totals,
    VideoTotals,
)

AT = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)

HOSTILE = (
    '<script>document.title="broken"</script>.jpg',
    '"><img src=x onerror=alert(1)>.jpg',
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "photo\u202egpj.exe",
    "two\nlines\r\x00\x1b[31m.png",
    "not-utf-8-\ufffd\udcff.jpg",
    "=cmd|' /C calc'!A0.jpg",
    "'+1.jpg",
    "javascript:alert(1)//\u2028.jpg",
    "&lt;b&gt;&amp;.jpg",
    "\u05d0\u05d1\u05d2-1.jpg",
    "a\u200b\u200b\ufeffb.jpg",
    "z" + "\u0300" * 300,
)
"""Names of files that were made to act on a page, a terminal or a spreadsheet."""


def match_row(number: int, **changed: object) -> MatchRow:
    row = MatchRow(
        line=number,
        path=f"/exercise/disk/folder-{number % 97:02}/picture-{number:06}.jpg",
        list="exercise",
        owner="Exercise Hotline",
        labels=("exercise-A", "exercise-B")[number % 2],
        subject="child",
        kind=("pdq exact", "sha256")[number % 2],
        distance_bits=None if number % 2 else number % 32,
        threshold_bits=None if number % 2 else 31,
        transform=None if number % 2 else ("original", "flip-x")[number // 2 % 2],
        is_from_partial=number % 50 == 0,
        video=None,
        url=None,
        suppressed_by="harmless" if number % 10 == 3 else None,
        entry=f"00000000-0000-7000-8000-{number % 1000:012}",
        entry_version=1,
        duty="check",
    )
    return replace(row, **changed)  # type: ignore[arg-type]  # fields of a row, by name


def problem_row(number: int, **changed: object) -> ProblemRow:
    kind, outcome = (("truncated", "partial"), ("empty", "unreadable"))[number % 2]
    row = ProblemRow(
        line=number,
        path=f"/exercise/disk/torn/{number:06}.jpg",
        outcome=outcome,
        kind=kind,
        message="The JPEG ends before its picture does.",
        hint="Get the file again from its source.",
        media_type="image/jpeg",
        size_bytes=number * 10,
    )
    return replace(row, **changed)  # type: ignore[arg-type]  # fields of a row, by name


def exercise(rows: int = 130) -> ReportContent:
    """Return a content with something in every section."""
    video = EvidenceCells(
        query_percent=87.5,
        list_percent=100,
        query_frames=8,
        list_frames=7,
        seconds=12.0,
        list_seconds=3.5,
    )
    matches = [match_row(number) for number in range(rows)]
    matches[1] = match_row(1, kind="vpdq", video=video, path="/exercise/disk/clip.mp4")
    return ReportContent(
        written_at=AT,
        node=NodeFacts(
            id="01a2035c-0000-7000-8000-000000000001",
            organisation="Exercise Police",
            kind="police",
            jurisdiction="FR",
            is_exercise=True,
        ),
        run=RunFacts(
            id="01a2035c-0000-7000-8000-000000000002",
            state="finished",
            started_at=AT,
            finished_at=AT,
            roots=("/exercise/disk",),
            roots_left_out=2,
            has_listed_paths=False,
            depth="screen",
            follows_links=False,
            opens_archives=True,
            finds_urls=False,
        ),
        source=SourceFacts(
            path="/exercise/found.jsonl",
            sha256="ab" * 32,
            size_bytes=123_456,
            records=rows,
            objects_before=0,
            bad_lines=1,
            first_bad_lines=(BadLineFacts(number=7, message="it is torn"),),
        ),
        software=SoftwareFacts(
            written_by=("rempart 0.1.0", "Python 3.11"), computed_by=("rempart/0.1.0",)
        ),
        totals=Totals(
            objects=12_345,
            files=12_000,
            members=345,
            size_bytes=98_765_432,
            matched=rows,
            matches=rows,
            suppressed=13,
            conflicts=1,
            not_whole=rows,
            with_urls=12,
            urls=34,
            urls_left=1,
        ),
        outcomes=(
            OutcomeCount(outcome="ok", objects=12_215, size_bytes=98_000_000),
            OutcomeCount(outcome="partial", objects=65, size_bytes=700_000),
            OutcomeCount(outcome="unreadable", objects=65, size_bytes=65_432),
        ),
        formats=(
            FormatCount(
                media_type="image/jpeg",
                objects=12_300,
                size_bytes=98_000_000,
                matched=rows,
                not_whole=5,
            ),
            FormatCount(media_type=None, objects=45, size_bytes=765_432, matched=0, not_whole=0),
        ),
        lists=(
            ListCount(
                name="exercise",
                owner="Exercise Hotline",
                id="01a2035c-0000-7000-8000-000000000003",
                purpose="known",
                subject="child",
                generation=4,
                entries=1000,
                generations_seen=(3, 4),
                matches=rows,
                suppressed=13,
                objects=rows,
            ),
        ),
        labels=(
            LabelCount(scheme=None, value="exercise-A", matches=65, suppressed=0),
            LabelCount(scheme="exercise", value="exercise-B", matches=65, suppressed=13),
        ),
        reasons=(
            ReasonCount(kind="pdq exact", matches=65, suppressed=0, turned=32, from_partial=3),
            ReasonCount(kind="sha256", matches=52, suppressed=13, turned=0, from_partial=0),
        ),
        distances=tuple(
            DistanceCount(distance_bits=bits, matches=(bits * 7) % 12, suppressed=bits % 3)
            for bits in range(0, 32, 2)
        ),
        problems=(
            ProblemCount(kind="truncated", outcome="partial", objects=65),
            ProblemCount(kind="empty", outcome="unreadable", objects=65),
        ),
        videos=VideoTotals(videos=2, screened=1, matched=1, frames=20, seconds=75.5),
        rates=RateFacts(
            seconds=300,
            objects_per_second=41.15,
            bytes_per_second=329_218.1,
            parts=2,
            points=tuple(
                RatePoint(seconds=each * 10.0, objects=each * 400, objects_per_second=40 + each % 7)
                for each in range(1, 31)
            ),
        ),
        decisions=DecisionFacts(
            kind="platform",
            established="United States (US)",
            conduct="distribution or transmission",
            on="2026-06-01",
            roles=(("place of the server", "Germany (DE)"),),
            answers=(("check", 100), ("yes", 30)),
            duties=(
                DutyCount(
                    what="report",
                    state="United States (US)",
                    answer="check",
                    to="NCMEC CyberTipline",
                    within="as soon as reasonably possible",
                    article="18 U.S.C. 2258A",
                    matches=130,
                ),
            ),
            duties_left_out=1,
            data=(("2026-11", "cd" * 32, True),),
        ),
        match_rows=Rows(tuple(matches), 7),
        problem_rows=Rows(tuple(problem_row(number) for number in range(rows))),
        conflict_rows=Rows(
            (
                ConflictRow(
                    line=3,
                    path="/exercise/disk/tie.jpg",
                    code="perceptual-tie",
                    known_list="exercise",
                    harmless_list="harmless",
                ),
            )
        ),
        video_rows=Rows(
            (
                VideoRow(
                    line=1,
                    path="/exercise/disk/clip.mp4",
                    seconds=15.5,
                    width=320,
                    height=180,
                    frames=16,
                    is_screened=False,
                    matches=1,
                ),
                VideoRow(
                    line=2,
                    path="/exercise/disk/other.mkv",
                    seconds=None,
                    width=320,
                    height=180,
                    frames=4,
                    is_screened=True,
                    matches=0,
                ),
            )
        ),
        container_rows=Rows(
            (ContainerRow(path="/exercise/disk/pile.zip", members=345, matched=2, not_whole=1),)
        ),
    )


def hostile() -> ReportContent:
    """Return a content whose every foreign text is hostile."""
    content = exercise(len(HOSTILE) + 2)
    bad = HOSTILE[0]
    matches = tuple(
        match_row(number, path=f"/exercise/{name}", list=name, owner=name, labels=name, entry=name)
        for number, name in enumerate(HOSTILE)
    )
    problems = tuple(
        problem_row(number, path=name, message=name, hint=name, kind=name, media_type=name)
        for number, name in enumerate(HOSTILE)
    )
    assert content.node is not None
    assert content.run is not None
    return replace(
        content,
        node=replace(content.node, organisation=bad),
        run=replace(content.run, roots=HOSTILE),
        source=replace(
            content.source,
            path=bad,
            bad_lines=len(HOSTILE),
            first_bad_lines=tuple(
                BadLineFacts(number=number, message=name) for number, name in enumerate(HOSTILE)
            ),
        ),
        software=SoftwareFacts(written_by=("rempart 0.1.0",), computed_by=HOSTILE),
        formats=tuple(
            FormatCount(media_type=name, objects=1, size_bytes=1, matched=0, not_whole=0)
            for name in HOSTILE
        ),
        lists=tuple(
            replace(content.lists[0], name=name, owner=name, purpose=name, subject=name)
            for name in HOSTILE
        ),
        labels=tuple(
            LabelCount(scheme=name, value=name, matches=1, suppressed=0) for name in HOSTILE
        ),
        reasons=tuple(replace(content.reasons[0], kind=name) for name in HOSTILE),
        problems=tuple(ProblemCount(kind=name, outcome=name, objects=1) for name in HOSTILE),
        match_rows=Rows(matches),
        problem_rows=Rows(problems),
    )
