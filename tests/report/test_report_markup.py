"""Text becomes part of a page only escaped, and what cannot be seen is made visible."""

import json
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report.contents import HOSTILE

from rempart.report.markup import Markup, data_block, foreign, join, raw_element, tag, visible


class Reader(HTMLParser):
    """Collects what a browser would see: elements, their attributes, texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@settings(max_examples=30)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")))
def test_any_text_comes_back_as_the_text_of_one_element(text: str) -> None:
    read = Reader(tag("p", text, title=text))

    assert read.tags == ["p"]
    assert "".join(read.texts) == text
    assert read.attributes == [("title", text)]


@settings(max_examples=30)
@given(st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=6))
def test_any_data_come_back_and_cannot_end_their_element(value: object) -> None:
    block = data_block("x", value)
    inside = block.removeprefix('<script type="application/json" id="x">').removesuffix("</script>")

    assert not set(inside) & set("<>&\u2028\u2029")
    assert json.loads(inside) == value


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_has_nothing_invisible_left(text: str) -> None:
    shown = visible(text)

    assert shown.isprintable()
    assert shown.encode()
    assert set(Reader(foreign(text)).tags) == {"bdi"}


def test_a_direction_mark_is_shown_by_its_code() -> None:
    assert visible("photo\u202egpj.exe") == "photo[U+202E]gpj.exe"


def test_a_very_long_name_keeps_its_beginning_and_its_end() -> None:
    shown = visible("a" * 5_000 + "z" * 5_000 + ".jpg")

    assert len(shown) == 400
    assert visible(shown) == shown
    assert shown.startswith("aaa")
    assert shown.endswith("zzz.jpg")
    assert "…" in shown


@pytest.mark.parametrize("text", ["a</SCRIPT>", "</STYLE>", "<!--"])
def test_own_code_that_would_end_its_element_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="own element"):
        raw_element("script" if "SC" in text.upper() or "!" in text else "style", text)


def test_markup_is_joined_as_it_is_and_text_is_not() -> None:
    assert join(Markup("<b>"), "<b>", None, [1, ("&",)]) == "<b>&lt;b&gt;1&amp;"


def test_attributes_that_are_off_are_left_out() -> None:
    assert tag("input", hidden=True, title=None, class_="a", data_x=0, open=False) == (
        '<input hidden class="a" data-x="0">'
    )
