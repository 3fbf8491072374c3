"""A page of text for people: headings, lines and tables that need no colour, 80 columns wide at least."""

import io
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rempart.cli.law.words import labelled
from rempart.cli.messages import tell
from rempart.cli.reports import printable_text
from rempart.node import Translator

_LEAST_COLUMNS: Final = 80
_FILE_COLUMNS: Final = 100
_BETWEEN_SOURCES: Final = " ; "


class Page:
    """Collects what is to be shown, and numbers the sources that stand below."""

    def __init__(self, texts: Translator) -> None:
        """Take the width of the terminal; elsewhere that of a file."""
        self._texts = texts
        columns, _ = shutil.get_terminal_size((_FILE_COLUMNS, 24))
        self._page = io.StringIO()
        self._sources: dict[str, int] = {}
        self._box = box.SQUARE if _writes_unicode() else box.ASCII2
        self._console = Console(
            file=self._page,
            width=max(_LEAST_COLUMNS, columns),
            color_system=None,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def line(self, text: str = "", *, indent: int = 0) -> None:
        """Add a text, folded to the width; the folded lines keep the indent."""
        shown = Text(printable_text(text))
        rows = shown.wrap(self._console, self._console.width - indent) if text else [Text()]
        for row in rows:
            row.rstrip()
            self._whole_line(" " * indent + row.plain)

    def heading(self, text: str) -> None:
        """Add an empty line and a heading."""
        self.line()
        self.line(text)

    def pair(self, name: str, text: str) -> None:
        """Add a name with what belongs to it."""
        self.line(labelled(self._texts, name, text))

    def items(self, texts: Iterable[str], *, numbered: bool = False) -> None:
        """Add a list."""
        for number, text in enumerate(texts, start=1):
            mark = f"{number}." if numbered else "*"
            self.line(f"{mark} {text}", indent=2)

    def table(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        is_ruled: bool = True,
        shares: Sequence[int | None] = (),
    ) -> None:
        """Add a table.

        Args:
            head: the headings.
            rows: the cells, of one or more lines.
            is_ruled: whether a line stands between rows; they are hard to tell apart without.
            shares: how much of the width each column gets; None takes what it needs. Empty: all take what they need.
        """
        table = Table(box=self._box, show_lines=is_ruled, expand=bool(shares))
        for name, share in zip(head, shares or [None] * len(head), strict=True):
            table.add_column(Text(name), overflow="fold", ratio=share)
        for row in rows:
            table.add_row(*(Text(_printable_lines(cell)) for cell in row))
        self._console.print(table)

    def source(self, text: str | None) -> str:
        """Return the mark of a source, such as `[3]`; the same source has the same mark."""
        if not text:
            return ""
        return f"[{self._sources.setdefault(text, len(self._sources) + 1)}]"

    def sources(self, heading: str) -> None:
        """Add the list of all sources so far."""
        if not self._sources:
            return
        self.heading(heading)
        for text, number in self._sources.items():
            mark = f"  [{number}] "
            for each in text.split(_BETWEEN_SOURCES):
                self._whole_line(mark + each)  # not folded: an address stays one
                mark = " " * len(mark)

    def _whole_line(self, text: str) -> None:
        self._page.write(printable_text(text) + "\n")

    def show(self) -> None:
        """Write the page to standard output."""
        text = self._page.getvalue().rstrip("\n")
        encoding = sys.stdout.encoding or "utf-8"
        tell(text.encode(encoding, "replace").decode(encoding))


def _writes_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


def _printable_lines(text: str) -> str:
    return "\n".join(printable_text(line) for line in text.split("\n"))
