"""What matched: every match, the distances, the lists and their labels, and where lists disagree."""

from collections.abc import Callable
from typing import Final

from rempart.report.charts import distance_chart, figure
from rempart.report.markup import Markup, foreign, join, tag
from rempart.report.object_rows import ConflictRow, EvidenceCells, MatchRow
from rempart.report.object_tables import Column, object_table
from rempart.report.simple_tables import Head, simple_table
from rempart.report.texts import Texts
from rempart.report.values import ListCount, ReportContent


def matches_section(texts: Texts, content: ReportContent) -> Markup:
    """Return every match, as far as there is room, and why they are matches."""
    if not content.match_rows.shown:
        return tag("p", texts.text("about.no_matches"))
    return join(
        tag("p", texts.text("about.reasons")),
        _reasons(texts, content),
        tag("p", texts.text("about.matches")),
        object_table(texts, "match_rows", content.match_rows, _columns(texts)),
    )


def _columns(texts: Texts) -> list[Column[MatchRow]]:
    return [
        Column(head="path", kind="path", value=lambda row: row.path),
        Column(head="list", kind="text", value=lambda row: row.list, can_choose=True),
        Column(head="labels", kind="text", value=lambda row: row.labels, can_choose=True),
        Column(
            head="subject",
            kind="text",
            value=lambda row: texts.named("subject", row.subject),
            can_choose=True,
        ),
        Column(head="kind", kind="text", value=lambda row: row.kind, can_choose=True),
        Column(head="distance", kind="number", value=lambda row: row.distance_bits),
        Column(
            head="suppressed_by", kind="text", value=lambda row: row.suppressed_by, can_choose=True
        ),
        Column(
            head="duty",
            kind="text",
            value=lambda row: texts.named("answer", row.duty) if row.duty else None,
            can_choose=True,
        ),
        Column(head="url", kind="text", value=lambda row: row.url),
        *_video_columns(),
        Column(
            head="variant",
            kind="text",
            value=lambda row: texts.named("variant", row.transform) if row.transform else None,
            can_choose=True,
        ),
        Column(
            head="torn",
            kind="text",
            value=lambda row: texts.text("page.yes") if row.is_from_partial else None,
            can_choose=True,
        ),
        Column(head="threshold", kind="number", value=lambda row: row.threshold_bits),
        Column(head="owner", kind="text", value=lambda row: row.owner, can_choose=True),
        Column(head="entry", kind="code", value=lambda row: f"{row.entry} v{row.entry_version}"),
        Column(head="line", kind="number", value=lambda row: row.line),
    ]


def _video_columns() -> list[Column[MatchRow]]:
    return [
        _video_column("query_percent", lambda video: video.query_percent, digits=1),
        _video_column("list_percent", lambda video: video.list_percent, digits=1),
        _video_column("seconds", lambda video: video.seconds, digits=1),
        _video_column("list_seconds", lambda video: video.list_seconds, digits=1),
        _video_column("query_frames", lambda video: video.query_frames),
        _video_column("list_frames", lambda video: video.list_frames),
    ]


def _video_column(
    head: str, get: Callable[[EvidenceCells], float | None], *, digits: int = 0
) -> Column[MatchRow]:
    return Column(
        head=head,
        kind="number",
        value=lambda row: None if row.video is None else get(row.video),
        digits=digits,
    )


def _reasons(texts: Texts, content: ReportContent) -> Markup:
    heads = ("matches", "suppressed", "turned", "from_partial")
    return simple_table(
        texts.text("table.reasons"),
        [
            Head(texts.text("head.kind")),
            *(Head(texts.text(f"head.{each}"), is_number=True) for each in heads),
        ],
        [
            (
                foreign(each.kind),
                *map(texts.number, (each.matches, each.suppressed, each.turned, each.from_partial)),
            )
            for each in content.reasons
        ],
        identifier="caption-reasons",
    )


def distances_section(texts: Texts, content: ReportContent) -> Markup:
    """Return how near the matches by PDQ are."""
    if not content.distances:
        return tag("p", texts.text("about.no_distances"))
    table = simple_table(
        texts.text("table.distances"),
        [
            Head(texts.text(f"head.{each}"), is_number=True)
            for each in ("distance", "matches", "suppressed")
        ],
        [
            tuple(map(texts.number, (each.distance_bits, each.matches, each.suppressed)))
            for each in content.distances
        ],
        identifier="caption-distances",
    )
    chart = distance_chart(texts, content.distances)
    title = texts.text("table.distances")
    return join(
        tag("p", texts.text("about.distances")),
        figure(title, chart, table, texts=texts, key=_key(texts, content)),
    )


def _key(texts: Texts, content: ReportContent) -> Markup | None:
    if not any(each.suppressed for each in content.distances):
        return None
    return tag(
        "p",
        *(
            join(tag("span", class_=f"key {name}", aria_hidden="true"), texts.text(f"chart.{said}"))
            for name, said in (("bar", "counted"), ("suppressed", "suppressed"))
        ),
        class_="quiet",
    )


def lists_section(texts: Texts, content: ReportContent) -> Markup:
    """Return the lists with what matched, and the labels of the matches."""
    numbers = ("generation", "generations_seen", "entries", "objects", "matches", "suppressed")
    lists = simple_table(
        texts.text("table.lists"),
        [
            *(Head(texts.text(f"head.{each}")) for each in ("list", "owner", "purpose", "subject")),
            *(Head(texts.text(f"head.{each}"), is_number=True) for each in numbers),
        ],
        [_list_cells(texts, each) for each in content.lists],
        identifier="caption-lists",
    )
    return join(
        tag("p", texts.text("about.lists")),
        lists,
        tag("p", texts.text("about.labels")) if content.labels else None,
        _labels(texts, content) if content.labels else None,
    )


_MOST_GENERATIONS: Final = 6


def _list_cells(texts: Texts, each: ListCount) -> tuple[str | Markup, ...]:
    if each.is_rest:
        named: tuple[str | Markup, ...] = (texts.text("page.others"), "", "", "")
    else:
        named = (
            foreign(each.name),
            foreign(each.owner),
            texts.named("purpose", each.purpose) if each.purpose else "",
            texts.named("subject", each.subject) if each.subject else "",
        )
    seen = each.generations_seen
    shown = ", ".join(str(one) for one in seen[-_MOST_GENERATIONS:])
    return (
        *named,
        "" if each.generation is None else str(each.generation),
        f"… {shown}" if len(seen) > _MOST_GENERATIONS else shown,
        "" if each.entries is None else texts.number(each.entries),
        *map(texts.number, (each.objects, each.matches, each.suppressed)),
    )


def _labels(texts: Texts, content: ReportContent) -> Markup:
    return simple_table(
        texts.text("table.labels"),
        [
            Head(texts.text("head.label")),
            Head(texts.text("head.scheme")),
            *(
                Head(texts.text(f"head.{each}"), is_number=True)
                for each in ("matches", "suppressed")
            ),
        ],
        [
            (
                texts.text("page.others") if each.is_rest else foreign(each.value),
                texts.text("page.unknown") if each.scheme is None else foreign(each.scheme),
                *map(texts.number, (each.matches, each.suppressed)),
            )
            for each in content.labels
        ],
        identifier="caption-labels",
    )


def conflicts_section(texts: Texts, content: ReportContent) -> Markup:
    """Return where a known and a known-harmless list disagree."""
    columns: list[Column[ConflictRow]] = [
        Column(head="path", kind="path", value=lambda row: row.path),
        Column(
            head="conflict",
            kind="text",
            value=lambda row: texts.named("conflict", row.code),
            can_choose=True,
        ),
        Column(head="known_list", kind="text", value=lambda row: row.known_list, can_choose=True),
        Column(
            head="harmless_list", kind="text", value=lambda row: row.harmless_list, can_choose=True
        ),
        Column(head="line", kind="number", value=lambda row: row.line),
    ]
    return join(
        tag("p", texts.text("about.conflicts")),
        object_table(texts, "conflict_rows", content.conflict_rows, columns),
    )
