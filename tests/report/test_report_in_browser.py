"""The page in a browser: it asks for nothing, runs nothing but its own, and serves keyboard, reader and printer."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from tests.report.browser import Browser, Page, find_browser
from tests.report.conftest import Write
from tests.report.contents import HOSTILE, exercise, hostile, match_row, problem_row

from rempart.report import LANGUAGES, Language
from rempart.report.markup import visible
from rempart.report.object_rows import Rows
from rempart.report.values import ReportContent

MATCHES: Final = "document.querySelector('[data-name=match-rows]')"
STATUS: Final = f"{MATCHES}.querySelector('[role=status]').textContent"
FIRST_PATH: Final = f"{MATCHES}.querySelector('tbody th').textContent"

CONTRAST: Final = """
(() => {
  const channel = (value) => (value /= 255, value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const found = parse(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
      if (found[3] !== 0) throw new Error('half transparent');
    }
    throw new Error('no ground');
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !holder.checkVisibility()) continue;
    if (holder.closest('script, noscript')) continue;
    const style = getComputedStyle(holder);
    const a = light(parse(holder.closest('svg') ? style.fill : style.color)), b = light(ground(holder));
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), holder.outerHTML.slice(0, 120)]);
  }
  return found.sort((x, y) => x[0] - y[0]);
})()
"""
"""The contrast of every text that is shown, by the formula of WCAG 2.2, the least first."""


def large(rows: int) -> ReportContent:
    content = exercise()
    return replace(
        content,
        match_rows=Rows(tuple(match_row(number) for number in range(rows))),
        problem_rows=Rows(tuple(problem_row(number) for number in range(rows))),
    )


def focused(page: Page, selector: str) -> None:
    page.evaluate(f"{MATCHES}.querySelector({selector!r}).focus()")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_opens_from_a_file_asks_for_nothing_and_complains_of_nothing(
    browser: Browser, write: Write, language: Language
) -> None:
    path = write(exercise(), language)
    with browser.page(path) as page:
        assert page.complaints() == []
        assert page.requested() == {path.as_uri()}
        assert page.evaluate("document.documentElement.lang") == language
        assert (
            page.evaluate("document.querySelectorAll('img,video,iframe,link,object').length") == 0
        )
        expected = {"en": "130 of 130 rows", "fr": "130 lignes sur 130"}[language]
        assert page.evaluate(STATUS).startswith(expected)


def test_its_policy_stops_what_is_not_its_own(browser: Browser, write: Write) -> None:
    path = write(exercise())
    inside = (
        b"<img src='data:,x'><script>document.title='broken'</script><p style='color:red'>x</p>"
    )
    path.write_bytes(path.read_bytes().replace(b"<footer>", inside + b"<footer>"))

    with browser.page(path) as page:
        assert page.evaluate("document.title") != "broken"
        refused = [each["entry"]["text"] for each in page.events("Log.entryAdded")]
        assert len(refused) == 3
        assert all("Content Security Policy" in each for each in refused)


def test_a_machine_without_a_browser_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        find_browser()


class TestHostileNames:
    def test_they_stay_text_and_break_nothing(self, browser: Browser, write: Write) -> None:
        path = write(hostile())
        with browser.page(path) as page:
            assert page.complaints() == []
            assert page.requested() == {path.as_uri()}
            assert page.evaluate("document.querySelectorAll('img').length") == 0
            shown = page.evaluate(
                f"[...{MATCHES}.querySelectorAll('tbody th')].map(e => e.textContent)"
            )
            assert shown == [visible(f"/exercise/{name}") for name in HOSTILE]
            marks = r"/[\u0000-\u001f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/"
            body = "document.querySelector('main').innerText.replaceAll(/[\\n\\t]/g, ' ')"
            assert page.evaluate(f"{marks}.test({body})") is False

    def test_without_its_script_they_are_the_same_text(
        self, browser: Browser, write: Write
    ) -> None:
        with browser.page(write(hostile()), has_script=False) as page:
            assert page.complaints() == []
            shown = page.evaluate(
                f"[...{MATCHES}.querySelectorAll('tbody th')].map(e => e.textContent)"
            )
            assert shown == [visible(f"/exercise/{name}") for name in HOSTILE]

    def test_no_cell_of_the_exported_table_is_a_formula(
        self, browser: Browser, write: Write, tmp_path: Path
    ) -> None:
        with browser.page(write(hostile())) as page:
            text = exported(browser, page, tmp_path)

        cells = [each.strip('"') for line in text.split("\r\n") for each in line.split(",")]
        assert "'=cmd|' /C calc'!A0.jpg" in cells
        assert "''+1.jpg" in cells
        assert not [each for each in cells if each[:1] in {"=", "+", "-", "@"}]


def exported(browser: Browser, page: Page, folder: Path) -> str:
    """Return what the button for CSV saves."""

    def press() -> None:
        focused(page, ".export")
        page.press("Enter", code=13, text="\r")

    return browser.saved(folder, press).decode()


class TestTables:
    def test_words_filter_and_every_one_of_them_must_occur(
        self, browser: Browser, write: Write
    ) -> None:
        with browser.page(write(exercise())) as page:
            focused(page, "input[type=search]")
            page.type("FOLDER-04 exercise-a")
            page.wait_until(f"!{STATUS}.startsWith('130 of 130')")

            assert page.evaluate(STATUS) == "1 of 130 rows pass the filter; shown: 1 to 1."
            assert page.evaluate(FIRST_PATH) == "/exercise/disk/folder-04/picture-000004.jpg"

    def test_a_word_may_lie_across_folder_and_name(self, browser: Browser, write: Write) -> None:
        with browser.page(write(exercise())) as page:
            focused(page, "input[type=search]")
            page.type("04/picture")
            page.wait_until(f"!{STATUS}.startsWith('130 of 130')")

            assert page.evaluate(STATUS).startswith("2 of 130")

    def test_a_choice_filters_and_can_be_taken_back(self, browser: Browser, write: Write) -> None:
        with browser.page(write(exercise())) as page:
            page.evaluate(
                f"(() => {{ const s = [...{MATCHES}.querySelectorAll('select')].find(e => "
                "[...e.options].some(o => o.textContent === 'harmless'));"
                "s.value = [...s.options].find(o => o.textContent === 'harmless').value;"
                "s.dispatchEvent(new Event('change')); })()"
            )
            assert page.evaluate(STATUS).startswith("13 of 130")
            focused(page, ".clear")
            page.press("Enter", code=13, text="\r")
            page.wait_until(f"{STATUS}.startsWith('130 of 130')")

    def test_what_nothing_passes_says_so(self, browser: Browser, write: Write) -> None:
        with browser.page(write(exercise())) as page:
            focused(page, "input[type=search]")
            page.type("absent")
            page.wait_until(f"{STATUS} === 'None of the 130 rows passes the filter.'")

            assert page.evaluate(f"{MATCHES}.querySelectorAll('tbody tr').length") == 0
            assert page.complaints() == []

    def test_a_head_sorts_by_keyboard_up_down_and_back(
        self, browser: Browser, write: Write
    ) -> None:
        sort = f"{MATCHES}.querySelectorAll('thead th')[5]"
        distances = f"[...{MATCHES}.querySelectorAll('tbody tr')].map(r => r.cells[5].textContent)"
        with browser.page(write(exercise())) as page:
            page.evaluate(f"{sort}.querySelector('button').focus()")
            page.press("Enter", code=13, text="\r")
            assert page.evaluate(f"{sort}.ariaSort") == "ascending"
            assert page.evaluate(distances)[0] == ""
            page.press("Enter", code=13, text="\r")
            assert page.evaluate(f"{sort}.ariaSort") == "descending"
            assert page.evaluate(distances)[:5] == ["30", "30", "30", "30", "28"]
            assert page.evaluate("document.activeElement.className") == "sort"
            page.press("Enter", code=13, text="\r")
            assert page.evaluate(f"{sort}.ariaSort") is None
            assert page.evaluate(FIRST_PATH).endswith("000000.jpg")

    def test_pages_turn_by_keyboard_and_keep_the_focus(
        self, browser: Browser, write: Write
    ) -> None:
        with browser.page(write(exercise())) as page:
            focused(page, ".last")
            page.press("Enter", code=13, text="\r")
            assert "126 to 130" in page.evaluate(STATUS)
            assert page.evaluate("document.activeElement.className") == "last"
            assert page.evaluate("document.activeElement.ariaDisabled") == "true"
            page.press("Enter", code=13, text="\r")
            assert "126 to 130" in page.evaluate(STATUS)

    def test_only_the_rows_that_pass_are_exported_in_their_order(
        self, browser: Browser, write: Write, tmp_path: Path
    ) -> None:
        with browser.page(write(exercise())) as page:
            focused(page, "input[type=search]")
            page.type("folder-04")
            page.wait_until(f"{STATUS}.startsWith('2 of 130')")
            text = exported(browser, page, tmp_path)

        head, *lines = text.removeprefix("\ufeff").strip().split("\r\n")
        assert head.startswith("Path,List,Labels,")
        assert [each.partition(",")[0] for each in lines] == [
            "/exercise/disk/folder-04/picture-000004.jpg",
            "/exercise/disk/folder-04/picture-000101.jpg",
        ]

    def test_without_its_script_the_first_rows_are_there_and_a_note(
        self, browser: Browser, write: Write
    ) -> None:
        with browser.page(write(exercise()), has_script=False) as page:
            assert page.evaluate(f"{MATCHES}.querySelectorAll('tbody tr').length") == 25
            assert page.evaluate(f"{MATCHES}.querySelector('.tools').checkVisibility()") is False
            note = page.evaluate(f"{MATCHES}.querySelector('noscript').innerText")
            assert "first 25 of 130" in note


def check_many_rows(browser: Browser, path: Path, rows: int) -> None:
    nodes = "document.querySelectorAll('*').length"
    with browser.page(path) as page:
        assert page.evaluate(STATUS).startswith(f"{rows:,} of {rows:,}")
        assert page.evaluate(nodes) < 3_500
        focused(page, "input[type=search]")
        page.type("picture-0049")
        page.wait_until(f"{STATUS}.startsWith('100 of')")
        page.evaluate(f"{MATCHES}.querySelector('thead button').click()")
        page.evaluate(f"{MATCHES}.querySelector('thead button').click()")
        assert page.evaluate(FIRST_PATH).endswith(".jpg")
        page.evaluate(f"{MATCHES}.querySelector('.clear').click()")
        page.wait_until(f"{STATUS}.startsWith('{rows:,} of')")
        assert "folder-96/" in page.evaluate(FIRST_PATH)
        assert page.evaluate(nodes) < 3_500
        assert page.complaints() == []


def test_many_rows_keep_the_page_small(browser: Browser, write: Write) -> None:
    check_many_rows(browser, write(large(10_000)), 10_000)


@pytest.mark.long
def test_a_hundred_thousand_rows_keep_the_page_small(browser: Browser, write: Write) -> None:
    path = write(large(100_000))

    assert path.stat().st_size < 30_000_000
    check_many_rows(browser, path, 100_000)


class TestForEverybody:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_every_text_stands_out_from_its_ground(
        self, browser: Browser, write: Write, scheme: str
    ) -> None:
        with browser.page(write(exercise()), scheme=scheme) as page:
            page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
            found = page.evaluate(CONTRAST)

        assert len(found) > 500
        assert found[0][0] >= 4.5, found[:3]

    def test_a_screen_reader_is_given_names_landmarks_and_order(
        self, browser: Browser, write: Write
    ) -> None:
        with browser.page(write(exercise())) as page:
            nodes = [Accessible(each) for each in page.accessible()]

        heads = [each.name for each in nodes if each.role == "columnheader"]
        assert "Path" in heads  # and no arrow is read out
        roles = {each.role for each in nodes}
        assert {"banner", "main", "contentinfo", "navigation", "region", "search"} <= roles
        assert {"table", "columnheader", "rowheader", "caption", "status", "image"} <= roles
        named = ("button", "link", "searchbox", "combobox", "table", "region", "search", "image")
        nameless = [each.role for each in nodes if each.role in named and not each.name]
        assert nameless == []
        headings = [each.level for each in nodes if each.role == "heading"]
        assert headings[0] == 1
        assert headings.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(headings))

    def test_english_in_a_french_page_is_marked_as_such(
        self, browser: Browser, write: Write
    ) -> None:
        cell = "document.querySelector('[data-name=problem-rows] tbody td.long').lang"
        for has_script in (True, False):
            with browser.page(write(exercise(), "fr"), has_script=has_script) as page:
                assert page.evaluate(cell) == "en"

    def test_the_first_stop_of_the_keyboard_leads_to_the_content(
        self, browser: Browser, write: Write
    ) -> None:
        with browser.page(write(exercise())) as page:
            page.press("Tab", code=9)
            assert page.evaluate("document.activeElement.className") == "skip"
            box = "document.activeElement.getBoundingClientRect().left"
            assert page.evaluate(box) >= 0
            style = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(style) == "solid"
            page.press("Enter", code=13, text="\r")
            page.wait_until("document.activeElement.id === 'main'")

    def test_a_narrow_window_does_not_scroll_sideways(self, browser: Browser, write: Write) -> None:
        for content in (exercise(), hostile()):
            with browser.page(write(content), width=360) as page:
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= 360

    def test_it_prints(self, browser: Browser, write: Write) -> None:
        with browser.page(write(exercise())) as page:
            assert page.pdf().startswith(b"%PDF-")
            page.call("Emulation.setEmulatedMedia", media="print")
            hidden = f"{MATCHES}.querySelector('.tools').checkVisibility()"
            assert page.evaluate(hidden) is False
            wide = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert wide is True


class Accessible:
    """One node as a screen reader is given it."""

    def __init__(self, node: dict[str, Any]) -> None:
        self.role = node["role"]["value"]
        self.name = node.get("name", {}).get("value", "")
        found = {each["name"]: each["value"].get("value") for each in node.get("properties", ())}
        self.level = int(found.get("level") or 0)
