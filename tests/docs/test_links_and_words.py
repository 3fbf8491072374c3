"""Links lead somewhere, and documents keep the house's rules."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "src/**/*.md", "bench/**/*.md")
    for path in ROOT.glob(pattern)
)
NAMES: Final = [str(page.relative_to(ROOT)) for page in PAGES]

_LINK: Final = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
_FENCED: Final = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_HEADING: Final = re.compile(r"^#+ (.*)$", re.MULTILINE)
_REGISTRIES: Final = ("pypi.org", "pythonhosted.org", "files.python", "conda.io", "anaconda.org")
_MACHINE_PATHS: Final = re.compile(r"(?<![\w.~-])/(home|root|work|Users|tmp|mnt)/")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    prose = _FENCED.sub("", page.read_text(encoding="utf-8"))
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose))
    return {heading.strip().replace(" ", "-") for heading in kept}


def broken_links(page: Path) -> list[str]:
    prose = _FENCED.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for link in _LINK.findall(prose):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_broken_link_would_be_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One word\n[a](absent.md) [b](#two) [c](#one-word) [d](page.md#one-word)\n")

    assert broken_links(page) == ["absent.md", "#two"]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_page_names_a_registry_or_a_path_of_one_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert [host for host in _REGISTRIES if host in text] == []
    assert _MACHINE_PATHS.search(text) is None


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_page_says_that_something_is_simple(page: Path) -> None:
    prose = page.read_text(encoding="utf-8").replace('"simply"', "")

    assert "simply" not in prose.lower()


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_page_has_a_gap_that_was_to_be_filled(page: Path) -> None:
    assert "@@" not in page.read_text(encoding="utf-8")


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150


def test_the_index_names_every_document() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / link.partition("#")[0]).resolve() for link in _LINK.findall(index)}
    pages = {page for page in (ROOT / "docs").glob("**/*.md") if page.name != "README.md"}

    assert sorted(str(page.relative_to(ROOT)) for page in pages - linked) == []
