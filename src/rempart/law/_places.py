"""Where a key stands in a file of law data; looked for only when there is a mistake to tell."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*+"{0,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*+'{0,5}"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+|[\[\]{}]|\n",
    re.DOTALL,
)
_HEADER: Final = re.compile(r"[ \t]*(\[\[?)")
_PART: Final = re.compile(
    r"""[ \t]*(?:"((?:[^"\\\n]|\\.)*+)"|'([^'\n]*+)'|([A-Za-z0-9_-]++))[ \t]*(\.?)"""
)


class Places:
    """The lines of one file of TOML: where each table begins, and where its keys stand."""

    def __init__(self, text: str) -> None:
        """Go through a file's statements once; texts over several lines are no statements."""
        self._tops: dict[str, int] = {}
        self._tables: list[tuple[str, int, dict[str, int]]] = []
        self._keys = self._tops
        for number, at in _statements(text):
            header = _HEADER.match(text, at)
            if header is None:
                for name in _names(text, at)[:1]:
                    self._keys.setdefault(name, number)
            else:
                self._enter(number, _names(text, header.end()), is_list=header[1] == "[[")

    def _enter(self, number: int, names: list[str], *, is_list: bool) -> None:
        first, *below = names or [""]
        self._tops.setdefault(first, number)
        self._keys = {}
        if below and self._tables and self._tables[-1][0] == first:
            self._tables[-1][2].setdefault(below[0], number)
        elif is_list and not below:
            self._tables.append((first, number, self._keys))

    def line(self, table: str | None, index: int = 0, key: str | None = None) -> int:
        """Return the line, counted from 1, of a key in the index-th table of a name; else of the table; else 1."""
        if table is None:
            return self._tops.get(key or "", 1)
        named = [each for each in self._tables if each[0] == table]
        if index >= len(named):
            return self._tops.get(table, 1)
        _, start, keys = named[index]
        return keys.get(key or "", start)


@lru_cache(maxsize=4)
def places_in(content: bytes) -> Places:
    """Return where the keys of a file stand; the last files asked for are remembered, for files of many mistakes."""
    return Places(content.decode("utf-8", "replace"))


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Yield the line and the position at which each statement begins."""
    number, at, depth = 1, 0, 0
    yield number, at
    for token in _TOKEN.finditer(text):
        if token[0] in {"[", "{"}:
            depth += 1
        elif token[0] in {"]", "}"}:
            depth -= 1
        elif token[0] == "\n" and depth == 0:
            number += text.count("\n", at, token.end())
            at = token.end()
            yield number, at


def _names(text: str, at: int) -> list[str]:
    """Return the parts of a dotted name."""
    names = []
    while part := _PART.match(text, at):
        names.append(part[1] or part[2] or part[3] or "")
        if not part[4]:
            break
        at = part.end()
    return names
