"""Tables of single objects, as many as a hundred thousand: the data stand in the page, a few rows at a time are shown.

Without the page's script the first rows are there all the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from rempart.report.markup import Markup, data_block, foreign, tag, visible
from rempart.report.object_rows import Rows
from rempart.report.simple_tables import scroller
from rempart.report.texts import Texts

_SHOWN_ROWS: Final = 25
"""The page's script shows as many."""
_MOST_OPTIONS: Final = 300

_Row = TypeVar("_Row")
Kind: TypeAlias = Literal["path", "text", "long", "code", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[_Row]):
    """One column.

    Attributes:
        head: code of its heading.
        value: text or number of a row; None is an empty cell.
        can_choose: whether rows can be filtered by one of its values.
        digits: decimals of a number.
        language: of its texts, where that is not the page's.
    """

    head: str
    kind: Kind
    value: Callable[[_Row], str | float | None]
    can_choose: bool = False
    digits: int = 0
    language: str | None = None

    def is_used(self, rows: Sequence[_Row]) -> bool:
        """Whether any row has a value."""
        return any(self.value(row) not in {None, ""} for row in rows)


def object_table(
    texts: Texts, name: str, rows: Rows[_Row], columns: Sequence[Column[_Row]]
) -> Markup:
    """Return a table with its tools and its data.

    Args:
        texts: the language.
        name: code of the table's caption.
        rows: what it holds.
        columns: those that no row fills are left out, the first one never.
    """
    first, *others = columns
    used = [first, *(each for each in others if each.is_used(rows.shown))]
    caption = texts.text(f"table.{name}")
    return tag(
        "div",
        _tools(texts, caption, used, rows),
        _left_out(texts, rows),
        tag("p", _status(texts, rows), role="status", class_="quiet"),
        _table(texts, caption, name, used, rows),
        _pager(texts, caption),
        _without_script(texts, rows),
        data_block(f"data-{name}", _data(texts, used, rows)),
        class_="objects",
        data_name=name.replace("_", "-"),
    )


def _status(texts: Texts, rows: Rows[Any]) -> str:
    shown = min(_SHOWN_ROWS, len(rows.shown))
    return texts.text(
        "tools.static_status", shown=texts.number(shown), all=texts.number(len(rows.shown))
    )


def _left_out(texts: Texts, rows: Rows[Any]) -> Markup | None:
    if not rows.left_out:
        return None
    shown = texts.number(len(rows.shown))
    everything = texts.number(len(rows.shown) + rows.left_out)
    return tag(
        "div",
        tag("p", texts.text("page.shown_first", shown=shown, all=everything)),
        class_="notice warn",
    )


def _without_script(texts: Texts, rows: Rows[Any]) -> Markup:
    shown = texts.number(min(_SHOWN_ROWS, len(rows.shown)))
    note = texts.text("page.no_script", shown=shown, all=texts.number(len(rows.shown)))
    return tag("noscript", tag("p", note, class_="notice"))


def _tools(texts: Texts, caption: str, columns: Sequence[Column[_Row]], rows: Rows[_Row]) -> Markup:
    search = tag(
        "label",
        texts.text("tools.search"),
        tag(
            "input", type="search", placeholder=texts.text("tools.search_hint"), spellcheck="false"
        ),
    )
    return tag(
        "div",
        search,
        *(
            _select(texts, number, column)
            for number, column in enumerate(columns)
            if column.can_choose and _has_choices(column, rows)
        ),
        tag("button", texts.text("tools.clear"), type="button", class_="clear"),
        tag("button", texts.text("tools.export"), type="button", class_="export"),
        class_="tools",
        role="search",
        aria_label=texts.text("tools.filter_of", table=caption),
        hidden=True,
    )


def _select(texts: Texts, number: int, column: Column[_Row]) -> Markup:
    return tag(
        "label",
        texts.text(f"head.{column.head}"),
        tag("select", tag("option", texts.text("tools.all"), value=""), data_column=number),
    )


def _has_choices(column: Column[_Row], rows: Rows[_Row]) -> bool:
    values = {column.value(row) for row in rows.shown}
    return 1 < len(values) <= _MOST_OPTIONS


def _pager(texts: Texts, caption: str) -> Markup:
    def button(name: str) -> Markup:
        return tag("button", texts.text(f"tools.{name}"), type="button", class_=name)

    return tag(
        "nav",
        button("first"),
        button("previous"),
        tag("span", class_="place"),
        button("next"),
        button("last"),
        class_="pager",
        aria_label=texts.text("tools.pages_of", table=caption),
        hidden=True,
    )


def _table(
    texts: Texts, caption: str, name: str, columns: Sequence[Column[_Row]], rows: Rows[_Row]
) -> Markup:
    heads = [
        tag(
            "th",
            texts.text(f"head.{each.head}"),
            scope="col",
            class_="number" if each.kind == "number" else None,
            data_kind=each.kind,
            data_lang=each.language,
        )
        for each in columns
    ]
    lines = [
        tag("tr", *(_cell(texts, column, row) for column in columns))
        for row in rows.shown[:_SHOWN_ROWS]
    ]
    identifier = f"caption-{name}"
    table = tag(
        "table",
        tag("caption", caption, id=identifier),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *lines),
    )
    return scroller(table, labelled_by=identifier)


def _cell(texts: Texts, column: Column[_Row], row: _Row) -> Markup:
    value = column.value(row)
    if column.kind == "path":
        return tag("th", foreign(str(value)), scope="row", class_=column.kind)
    match value:
        case None | "":
            shown: Markup | str | None = None
        case str():
            shown = foreign(value)
        case _:
            shown = texts.number(value, column.digits)
    label = texts.text(f"head.{column.head}")
    return tag("td", shown, class_=column.kind, lang=column.language, data_label=label)


def _data(texts: Texts, columns: Sequence[Column[_Row]], rows: Rows[_Row]) -> dict[str, Any]:
    return {
        "rows": len(rows.shown),
        "headings": [texts.text(f"head.{each.head}") for each in columns],
        "columns": [_column_data(each, rows.shown) for each in columns],
    }


def _column_data(column: Column[_Row], rows: Sequence[_Row]) -> dict[str, Any]:
    values = (column.value(row) for row in rows)
    if column.kind == "number":
        at = [None if value is None else round(float(value), column.digits) for value in values]
        shown = [int(each) if each is not None and not column.digits else each for each in at]
        return {"kind": "number", "at": shown, "digits": column.digits}
    written = [visible(str(value)) if value is not None else "" for value in values]
    if column.kind == "path":
        return {"kind": "path", **_path_data(written)}
    places: dict[str, int] = {}
    at_places = [places.setdefault(each, len(places)) for each in written]
    return {"kind": "choice", "values": list(places), "at": at_places}


def _path_data(paths: Sequence[str]) -> dict[str, Any]:
    """Return paths with each folder written once."""
    folders: dict[str, int] = {}
    numbers, names = [], []
    for path in paths:
        folder, slash, name = path.rpartition("/")
        numbers.append(folders.setdefault(folder + slash, len(folders)))
        names.append(name)
    return {"folders": list(folders), "folder": numbers, "names": names}
