"""How the objects came through: what could not be read, outcomes and formats, videos, containers, rates."""

from rempart.report.charts import figure, rate_chart
from rempart.report.markup import Markup, foreign, join, tag
from rempart.report.object_rows import ContainerRow, ProblemRow, VideoRow
from rempart.report.object_tables import Column, object_table
from rempart.report.simple_tables import Head, facts, simple_table
from rempart.report.texts import Texts
from rempart.report.values import FormatCount, RateFacts, ReportContent


def problems_section(texts: Texts, content: ReportContent) -> Markup:
    """Return why objects were not read whole and what to do, and these objects."""
    if not content.problems:
        return tag("p", texts.text("about.no_problems"))
    table = simple_table(
        texts.text("table.problems"),
        [
            Head(texts.text("head.reason")),
            Head(texts.text("head.outcome")),
            Head(texts.text("head.objects"), is_number=True),
            Head(texts.text("head.next")),
        ],
        [
            (
                foreign(texts.named("problem", each.kind)),
                texts.named("outcome", each.outcome),
                texts.number(each.objects),
                texts.text(f"next.{each.kind}") if texts.has(f"next.{each.kind}") else None,
            )
            for each in content.problems
        ],
        identifier="caption-problems",
    )
    return join(
        tag("p", texts.text("about.problems")),
        table,
        tag("p", texts.text("about.problem_rows")),
        object_table(texts, "problem_rows", content.problem_rows, _problem_columns(texts)),
    )


def _problem_columns(texts: Texts) -> list[Column[ProblemRow]]:
    return [
        Column(head="path", kind="path", value=lambda row: row.path),
        Column(
            head="reason",
            kind="text",
            value=lambda row: texts.named("problem", row.kind),
            can_choose=True,
        ),
        Column(
            head="outcome",
            kind="text",
            value=lambda row: texts.named("outcome", row.outcome),
            can_choose=True,
        ),
        Column(
            head="message",
            kind="long",
            value=lambda row: f"{row.message} {row.hint}".strip(),
            language="en",
        ),
        Column(head="format", kind="text", value=lambda row: row.media_type, can_choose=True),
        Column(head="bytes", kind="number", value=lambda row: row.size_bytes),
        Column(head="line", kind="number", value=lambda row: row.line),
    ]


def formats_section(texts: Texts, content: ReportContent) -> Markup:
    """Return the outcomes, and how each format came through."""
    outcomes = simple_table(
        texts.text("table.outcomes"),
        [
            Head(texts.text("head.outcome")),
            Head(texts.text("head.meaning")),
            *(Head(texts.text(f"head.{each}"), is_number=True) for each in ("objects", "size")),
        ],
        [
            (
                texts.named("outcome", each.outcome),
                texts.named("outcome_meaning", each.outcome),
                texts.number(each.objects),
                texts.size(each.size_bytes),
            )
            for each in content.outcomes
        ],
        identifier="caption-outcomes",
    )
    numbers = ("objects", "size", "matched", "not_whole")
    formats = simple_table(
        texts.text("table.formats"),
        [
            Head(texts.text("head.format")),
            *(Head(texts.text(f"head.{each}"), is_number=True) for each in numbers),
        ],
        [_format_cells(texts, each) for each in content.formats],
        identifier="caption-formats",
    )
    return join(outcomes, tag("p", texts.text("about.formats")), formats)


def _format_cells(texts: Texts, each: FormatCount) -> tuple[str | Markup, ...]:
    if each.is_rest:
        name: str | Markup = texts.text("page.others")
    else:
        name = texts.text("page.unknown") if each.media_type is None else foreign(each.media_type)
    return (
        name,
        texts.number(each.objects),
        texts.size(each.size_bytes),
        texts.number(each.matched),
        texts.number(each.not_whole),
    )


def videos_section(texts: Texts, content: ReportContent) -> Markup:
    """Return what was looked at of videos and animated pictures."""
    totals = content.videos
    together = texts.text(
        "fact.videos_value",
        videos=texts.number(totals.videos),
        duration=texts.duration(totals.seconds),
    )
    columns: list[Column[VideoRow]] = [
        Column(head="path", kind="path", value=lambda row: row.path),
        Column(
            head="screened",
            kind="text",
            value=lambda row: texts.text("video.screened" if row.is_screened else "video.whole"),
            can_choose=True,
        ),
        Column(head="matches", kind="number", value=lambda row: row.matches),
        Column(head="length", kind="number", value=lambda row: row.seconds, digits=1),
        Column(head="frames", kind="number", value=lambda row: row.frames),
        Column(head="width", kind="number", value=lambda row: row.width),
        Column(head="height", kind="number", value=lambda row: row.height),
        Column(head="line", kind="number", value=lambda row: row.line),
    ]
    return join(
        tag("p", texts.text("about.videos")),
        facts(
            [
                (texts.text("fact.videos"), together),
                (texts.text("fact.video_matched"), texts.number(totals.matched)),
                (texts.text("fact.screened"), texts.number(totals.screened)),
                (texts.text("fact.video_frames"), texts.number(totals.frames)),
            ]
        ),
        object_table(texts, "video_rows", content.video_rows, columns),
    )


def containers_section(texts: Texts, content: ReportContent) -> Markup:
    """Return what was read out of archives, documents and messages."""
    columns: list[Column[ContainerRow]] = [
        Column(head="path", kind="path", value=lambda row: row.path),
        Column(head="members", kind="number", value=lambda row: row.members),
        Column(head="matched", kind="number", value=lambda row: row.matched),
        Column(head="not_whole", kind="number", value=lambda row: row.not_whole),
    ]
    return join(
        tag("p", texts.text("about.containers")),
        object_table(texts, "container_rows", content.container_rows, columns),
    )


def rates_section(texts: Texts, rates: RateFacts) -> Markup:
    """Return how quickly the run went on."""
    together = texts.text(
        "fact.rate_value",
        objects=texts.number(rates.objects_per_second, 1),
        size=texts.size(rates.bytes_per_second),
    )
    table = simple_table(
        texts.text("table.rates"),
        [
            Head(texts.text(f"head.{each}"), is_number=True)
            for each in ("elapsed", "objects", "objects_per_second")
        ],
        [
            (
                texts.duration(each.seconds),
                texts.number(each.objects),
                texts.number(each.objects_per_second, 1),
            )
            for each in rates.points
        ],
        identifier="caption-rates",
    )
    title = texts.text("table.rates")
    chart = rate_chart(texts, rates.points) if rates.points else None
    return join(
        tag("p", texts.text("about.rates")),
        facts(
            [
                (texts.text("fact.took"), texts.duration(rates.seconds)),
                (texts.text("fact.rate"), together),
                (texts.text("fact.parts"), texts.number(rates.parts)),
            ]
        ),
        figure(title, chart, table, texts=texts) if chart is not None else None,
    )
