"""Short tables, whole on the page, and lists of facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rempart.report.markup import Content, Markup, join, tag


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column.

    Attributes:
        is_number: whether its cells stand to the right.
    """

    text: str
    is_number: bool = False


def simple_table(
    caption: str, heads: Sequence[Head], rows: Iterable[Sequence[Content]], *, identifier: str
) -> Markup:
    """Return a table whose first column names each row.

    Args:
        caption: what it shows.
        heads: one for each column.
        rows: cells in the order of the heads.
        identifier: of the caption, for the region that scrolls.
    """
    head = tag("tr", *(tag("th", each.text, scope="col", class_=_class(each)) for each in heads))
    lines = [_line(heads, row) for row in rows]
    table = tag(
        "table",
        tag("caption", caption, id=identifier),
        tag("thead", head),
        tag("tbody", *lines),
    )
    return scroller(table, labelled_by=identifier)


def scroller(table: Markup, *, labelled_by: str) -> Markup:
    """Return a table that scrolls sideways by itself, by keyboard too."""
    return tag(
        "div", table, class_="scroller", role="region", aria_labelledby=labelled_by, tabindex=0
    )


def facts(pairs: Iterable[tuple[str, Content]]) -> Markup:
    """Return names and what they are, as a list."""
    return tag("dl", *(join(tag("dt", name), tag("dd", value)) for name, value in pairs))


def _line(heads: Sequence[Head], row: Sequence[Content]) -> Markup:
    first, *others = row
    cells = [
        tag("td", cell, class_=_class(head)) for head, cell in zip(heads[1:], others, strict=True)
    ]
    return tag("tr", tag("th", first, scope="row"), *cells)


def _class(head: Head) -> str | None:
    return "number" if head.is_number else None
