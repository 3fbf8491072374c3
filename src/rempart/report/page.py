"""The whole page: head, policy, sections, script; everything inside one file that needs nothing beside it."""

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from rempart.report.decision_section import decisions_section
from rempart.report.markup import Markup, data_block, join, raw_element, tag, visible
from rempart.report.match_section import (
    conflicts_section,
    distances_section,
    lists_section,
    matches_section,
)
from rempart.report.media_section import (
    containers_section,
    formats_section,
    problems_section,
    rates_section,
    videos_section,
)
from rempart.report.scan_section import notices, scan_section, sources_section, tiles
from rempart.report.texts import Language, Texts
from rempart.report.values import ReportContent

MARK: Final = '<meta name="generator" content="Rempart report/1">'
"""Stands near the beginning of every page: a file that has it may be replaced by a newer page."""

_SCRIPT_TEXTS: Final = ("status", "status_none", "page")


def report_page(content: ReportContent, language: Language) -> Iterator[bytes]:
    """Yield one page of HTML in UTF-8, part by part.

    Args:
        content: what it says.
        language: in which its own texts are.
    """
    texts = Texts(language)
    title = _title(texts, content)
    yield f'<!DOCTYPE html>\n<html lang="{language}">\n'.encode()
    yield (_head(title) + "\n<body>\n").encode()
    sections = _sections(texts, content)
    yield join(
        tag("a", texts.text("page.skip"), class_="skip", href="#main"),
        tag("header", tag("h1", title), notices(texts, content), tiles(texts, content)),
        _contents(texts, [name for name, _ in sections]),
    ).encode()
    yield b'\n<main id="main" tabindex="-1">\n'
    for name, section in sections:
        yield _section(texts, name, section).encode()
        yield b"\n"
    yield b"</main>\n"
    yield join(_footer(texts, content), _script_texts(texts), _script()).encode()
    yield b"\n</body>\n</html>\n"


def policy() -> str:
    """Return what the page may do: run its own style and script, and nothing else."""
    own = {name: _hash(_part(f"page.{name}")) for name in ("css", "js")}
    return (
        f"default-src 'none'; style-src {own['css']}; script-src {own['js']}; "
        "base-uri 'none'; form-action 'none'"
    )


def _title(texts: Texts, content: ReportContent) -> str:
    if content.node is None:
        return texts.text("page.title")
    return texts.text("page.title_of", organisation=visible(content.node.organisation))


def _head(title: str) -> Markup:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content_=policy()),
        Markup(MARK),
        tag("meta", name_="viewport", content_="width=device-width, initial-scale=1"),
        tag("meta", name_="referrer", content_="no-referrer"),
        tag("title", title),
        raw_element("style", _part("page.css")),
    )


def _sections(texts: Texts, content: ReportContent) -> list[tuple[str, Markup]]:
    found = [
        ("matches", matches_section(texts, content)),
        ("problems", problems_section(texts, content)),
    ]
    if content.conflict_rows.shown:
        found.insert(1, ("conflicts", conflicts_section(texts, content)))
    if content.decisions is not None:
        found.append(("decisions", decisions_section(texts, content.decisions)))
    if content.match_rows.shown:
        found.append(("distances", distances_section(texts, content)))
    if content.lists:
        found.append(("lists", lists_section(texts, content)))
    if content.videos.videos:
        found.append(("videos", videos_section(texts, content)))
    if content.container_rows.shown:
        found.append(("containers", containers_section(texts, content)))
    found += [
        ("scan", scan_section(texts, content)),
        ("formats", formats_section(texts, content)),
    ]
    if content.rates is not None:
        found.append(("rates", rates_section(texts, content.rates)))
    return [*found, ("sources", sources_section(texts, content))]


def _section(texts: Texts, name: str, content: Markup) -> Markup:
    heading = tag("h2", texts.text(f"section.{name}"), id=f"heading-{name}")
    return tag("section", heading, content, id=name, aria_labelledby=f"heading-{name}")


def _contents(texts: Texts, names: list[str]) -> Markup:
    links = [tag("li", tag("a", texts.text(f"section.{name}"), href=f"#{name}")) for name in names]
    heading = tag("h2", texts.text("page.contents"), id="heading-contents")
    return tag(
        "nav", heading, tag("ul", *links), class_="contents", aria_labelledby="heading-contents"
    )


def _footer(texts: Texts, content: ReportContent) -> Markup:
    version = content.software.written_by[0].rpartition(" ")[2]
    at = texts.moment(content.written_at)
    return tag("footer", tag("p", texts.text("page.footer", version=version, at=at)))


def _script_texts(texts: Texts) -> Markup:
    own = {name: texts.text_as_written(f"tools.{name}") for name in _SCRIPT_TEXTS}
    return data_block("page-texts", {**own, "nothing": texts.text("page.nothing")})


def _script() -> Markup:
    return raw_element("script", _part("page.js"))


@cache
def _part(name: str) -> str:
    return (files("rempart.report") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"
