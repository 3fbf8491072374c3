"""HTML by a type: text becomes part of a page only through here, and is escaped where it does."""

import json
from html import escape
from typing import Any, Final, TypeAlias

_VOID: Final = frozenset({"meta", "input", "br", "hr", "link"})
LONGEST_SHOWN: Final = 400
"""Most characters of a foreign text that a page shows."""

_SHOWN_END: Final = 150
_IN_SCRIPT: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


class Markup(str):
    """HTML that may stand in a page as it is. Made by this module and nobody else."""

    __slots__ = ()


Content: TypeAlias = "str | int | Markup | tuple[Content, ...] | list[Content] | None"
"""What stands inside an element: markup as it is, anything else as text; nothing for None."""


def tag(name: str, *content: Content, **attributes: str | int | bool | None) -> Markup:
    """Return an element.

    Args:
        name: of the element.
        content: of the element, in order.
        attributes: an underscore at the end is dropped and one inside is a hyphen; True stands alone, False and
            None are left out.
    """
    shown = "".join(
        _attribute(key, value)
        for key, value in attributes.items()
        if value is not None and value is not False  # zero is a value
    )
    if name in _VOID:
        return Markup(f"<{name}{shown}>")
    return Markup(f"<{name}{shown}>{join(*content)}</{name}>")


def join(*content: Content) -> Markup:
    """Return pieces of a page one after the other."""
    return Markup("".join(map(_piece, content)))


def data_block(identifier: str, value: Any) -> Markup:  # Any: JSON values
    """Return JSON for the page's script, in which nothing can end the element that holds it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    name = escape(identifier)
    safe = text.translate(_IN_SCRIPT)
    return Markup(f'<script type="application/json" id="{name}">{safe}</script>')


def raw_element(name: str, text: str) -> Markup:
    """Return the page's own style or script, which comes with the program.

    Raises:
        ValueError: it would end its element.
    """
    if f"</{name}" in text.lower() or "<!--" in text:
        msg = f"the page's {name} would end its own element"
        raise ValueError(msg)
    return Markup(f"<{name}>{text}</{name}>")


def visible(text: str) -> str:
    """Return a foreign text in which every character can be seen and none acts on the others.

    What is not printable - line ends, direction marks, zero widths, halves of characters - becomes its code in
    brackets; the middle of a very long text is left out.
    """
    text = clipped(text)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else f"[U+{ord(each):04X}]" for each in text)


def clipped(text: str) -> str:
    """Return a text, or the beginning and the end of one that is too long for a page."""
    if len(text) <= LONGEST_SHOWN:
        return text
    return f"{text[: LONGEST_SHOWN - _SHOWN_END - 1]}…{text[-_SHOWN_END:]}"


def foreign(text: str) -> Markup:
    """Return a foreign text set apart from the page's own: its direction cannot leave it."""
    return tag("bdi", visible(text), dir="ltr")


def _piece(content: Content) -> str:
    match content:
        case None:
            return ""
        case Markup():
            return content
        case str():
            return escape(content)
        case int():
            return str(content)
        case _:
            return join(*content)


def _attribute(name: str, value: str | int | bool | None) -> str:  # noqa: FBT001 - True is a value of HTML
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{escape(str(value))}"'
