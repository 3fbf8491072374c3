"""One browser for all tests of the report, and pages to open in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.report.browser import Browser

from rempart.report import Language, report_page
from rempart.report.values import ReportContent

Write = Callable[..., Path]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start a browser when the first test wants one."""
    with Browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a page into a file."""

    def run(content: ReportContent, language: Language = "en") -> Path:
        path = tmp_path / f"{language}.html"
        path.write_bytes(b"".join(report_page(content, language)))
        return path

    return run
