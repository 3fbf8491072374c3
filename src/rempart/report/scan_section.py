"""What was scanned, what came of it in a few figures, and what all of it rests on."""

from rempart.report.markup import Content, Markup, foreign, join, tag, visible
from rempart.report.simple_tables import Head, facts, simple_table
from rempart.report.texts import Texts
from rempart.report.values import ReportContent, RunFacts, Totals


def notices(texts: Texts, content: ReportContent) -> Markup:
    """Return what a reader must know before anything else: exercise, unfinished, incomplete."""
    found: list[tuple[str, str]] = []
    if content.node is not None and content.node.is_exercise:
        found.append(("", texts.text("lead.exercise")))
    run, source = content.run, content.source
    if run is None:
        found.append(("", texts.text("lead.of_file")))
    else:
        level = "" if run.state == "finished" else "alert"
        found.append((level, texts.text(f"lead.{run.state}", run=run.id)))
    if source.objects_before:
        before = texts.number(source.objects_before)
        found.append(("alert", texts.text("lead.resumed_without_records", objects=before)))
    if source.bad_lines:
        lines = texts.number(source.bad_lines)
        found.append(("alert", texts.text("lead.bad_lines", lines=lines)))
    return join(
        *(tag("div", tag("p", text), class_=f"notice {level}".strip()) for level, text in found),
        tag("p", texts.text("lead.lead"), class_="lead"),
    )


def tiles(texts: Texts, content: ReportContent) -> Markup:
    """Return the figures that a reader looks at first, each leading to its section."""
    totals = content.totals
    shown = (
        ("objects", totals.objects, "scan", ""),
        ("matched", totals.matched, "matches", "alert"),
        ("conflicts", totals.conflicts, "conflicts", "warn"),
        ("not_whole", totals.not_whole, "problems", "warn"),
        ("suppressed", totals.suppressed, "matches", ""),
        ("screened", content.videos.screened, "videos", ""),
    )
    return tag(
        "ul",
        *(
            _tile(texts, name, count, section, level)
            for name, count, section, level in shown
            if count or name in {"objects", "matched", "not_whole"}
        ),
        class_="tiles",
    )


def _tile(texts: Texts, name: str, count: int, section: str, level: str) -> Markup:
    link = tag("a", texts.text(f"tile.{name}"), href=f"#{section}")
    return tag("li", tag("strong", texts.number(count)), link, class_=level if count else None)


def scan_section(texts: Texts, content: ReportContent) -> Markup:
    """Return what was scanned, when and how."""
    pairs: list[tuple[str, Content]] = []
    node, run, totals = content.node, content.run, content.totals
    if node is not None:
        kind = texts.named("organisation", node.kind)
        who = join(foreign(node.organisation), f" ({kind}, {visible(node.jurisdiction)})")
        pairs += [
            (texts.text("fact.organisation"), who),
            (texts.text("fact.node"), tag("code", node.id)),
        ]
    if run is not None:
        pairs += _run_facts(texts, run)
    objects = texts.text(
        "fact.objects_value",
        objects=texts.count("objects", totals.objects),
        files=texts.number(totals.files),
        members=texts.number(totals.members),
    )
    pairs += [
        (texts.text("fact.objects"), objects),
        (texts.text("fact.size"), texts.size(totals.size_bytes)),
    ]
    if totals.with_urls:
        pairs.append((texts.text("fact.urls"), _urls(texts, totals)))
    return facts(pairs)


def _urls(texts: Texts, totals: Totals) -> Markup:
    found = texts.text(
        "fact.urls_value",
        urls=texts.number(totals.urls),
        objects=texts.count("objects", totals.with_urls),
    )
    left = texts.text("fact.urls_left", objects=texts.number(totals.urls_left))
    return join(tag("div", found), tag("div", left) if totals.urls_left else None)


def _run_facts(texts: Texts, run: RunFacts) -> list[tuple[str, Content]]:
    ended = texts.moment(run.finished_at) if run.finished_at is not None else None
    pairs: list[tuple[str, Content]] = [
        (texts.text("fact.run"), tag("code", run.id)),
        (texts.text("fact.state"), texts.named("state", run.state)),
        (texts.text("fact.started"), texts.moment(run.started_at)),
        (texts.text("fact.finished"), ended),
        (texts.text("fact.roots"), _roots(texts, run)),
        (texts.text("fact.depth"), texts.named("depth", run.depth)),
        (texts.text("fact.follows_links"), _yes_or_no(texts, is_so=run.follows_links)),
        (texts.text("fact.opens_archives"), _yes_or_no(texts, is_so=run.opens_archives)),
        (texts.text("fact.finds_urls"), _yes_or_no(texts, is_so=run.finds_urls)),
    ]
    return [(name, value) for name, value in pairs if value is not None]


def _yes_or_no(texts: Texts, *, is_so: bool) -> str:
    return texts.text("page.yes" if is_so else "page.no")


def _roots(texts: Texts, run: RunFacts) -> Markup:
    if run.has_listed_paths:
        return join(texts.text("fact.listed"))
    shown = [tag("div", foreign(each)) for each in run.roots]
    if run.roots_left_out:
        more = texts.text("fact.more_roots", n=texts.number(run.roots_left_out))
        shown.append(tag("div", more))
    return join(*shown)


def sources_section(texts: Texts, content: ReportContent) -> Markup:
    """Return what the page rests on: records with their hash, versions of software and of law data."""
    source = content.source
    pairs: list[tuple[str, Content]] = []
    if source.path is None or source.sha256 is None:
        pairs.append((texts.text("fact.records"), texts.text("fact.records_none")))
    else:
        value = texts.text(
            "fact.records_value",
            records=texts.number(source.records),
            size=texts.size(source.size_bytes or 0),
        )
        pairs += [
            (texts.text("fact.records"), join(foreign(source.path), tag("div", value))),
            (texts.text("fact.sha256"), tag("code", source.sha256)),
        ]
    software = content.software
    pairs += [
        (
            texts.text("fact.computed_by"),
            _lines(software.computed_by) or texts.text("page.unknown"),
        ),
        (texts.text("fact.written_by"), _lines(software.written_by)),
        (texts.text("fact.written"), texts.moment(content.written_at)),
    ]
    if content.decisions is not None:
        pairs.append((texts.text("fact.law_data"), _law_data(texts, content)))
    return join(tag("p", texts.text("about.sources")), facts(pairs), _bad_lines(texts, content))


def _lines(written: tuple[str, ...]) -> Markup:
    return join(*(tag("div", foreign(each)) for each in written))


def _law_data(texts: Texts, content: ReportContent) -> Markup:
    if content.decisions is None:
        return join()
    lines = []
    for version, data_hash, has_overlay in content.decisions.data:
        told = texts.text("fact.law_value", version=visible(version), hash=visible(data_hash))
        overlay = f", {texts.text('fact.law_overlay')}" if has_overlay else ""
        lines.append(tag("div", f"{told}{overlay}"))
    return join(*lines)


def _bad_lines(texts: Texts, content: ReportContent) -> Markup | None:
    source = content.source
    if not source.first_bad_lines:
        return None
    table = simple_table(
        texts.text("table.bad_lines"),
        [Head(texts.text("head.number"), is_number=True), Head(texts.text("head.message"))],
        [
            (texts.number(each.number), tag("span", foreign(each.message), lang="en"))
            for each in source.first_bad_lines
        ],
        identifier="caption-bad-lines",
    )
    left = source.bad_lines - len(source.first_bad_lines)
    more = tag("p", texts.text("fact.more_roots", n=texts.number(left))) if left > 0 else None
    return join(table, more)
