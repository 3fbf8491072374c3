"""Where a key stands in a file of law data; looked for only when there is a mistake to tell."""

import re
from typing import Final

_HEADER: Final = re.compile(r"\s*\[\[\s*([A-Za-z0-9_-]+)\s*\]\]")
_KEY: Final = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")
_TRIPLE: Final = re.compile(r'"""|\'\'\'')


class Places:
    """The lines of one file: where each table begins, and where its keys stand."""

    def __init__(self, text: str) -> None:
        """Go through a file's lines once."""
        self._tops: dict[str, int] = {}
        self._tables: list[tuple[str, int, dict[str, int]]] = []
        is_inside = False
        for number, line in enumerate(text.splitlines(), start=1):
            if not is_inside:
                self._take(number, line)
            if len(_TRIPLE.findall(line)) % 2:
                is_inside = not is_inside

    def _take(self, number: int, line: str) -> None:
        if header := _HEADER.match(line):
            self._tables.append((header[1], number, {}))
        elif key := _KEY.match(line):
            keys = self._tables[-1][2] if self._tables else self._tops
            keys.setdefault(key[1], number)

    def line(self, table: str | None, index: int = 0, key: str | None = None) -> int:
        """Return the line, counted from 1, of a key in the index-th table of a name; else of the table; else 1."""
        if table is None:
            return self._tops.get(key or "", 1)
        named = [each for each in self._tables if each[0] == table]
        if index >= len(named):
            return 1
        _, start, keys = named[index]
        return keys.get(key or "", start)
