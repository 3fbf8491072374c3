"""The values of a PDF's syntax (ISO 32000-1, section 7.3), read out of a bounded piece of text."""

import re
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

LARGEST_DEPTH: Final = 30
LARGEST_COUNT: Final = 100_000
"""Values in one object."""

_BLANK: Final = rb"[\0\t\n\f\r ]"
_TOKEN: Final = re.compile(
    _BLANK + rb"*(?:%[^\r\n]*" + _BLANK + rb"*)*"
    rb"(?:(?P<mark><<|>>|\[|\])|/(?P<name>[^\0\t\n\f\r ()<>\[\]{}/%]*)|<(?P<hex>[0-9A-Fa-f\0\t\n\f\r ]*)>"
    rb"|(?P<open>\()|(?P<number>[+-]?[0-9]{0,18}\.?[0-9]{0,18})(?=[\0\t\n\f\r ()<>\[\]{}/%]|$)"
    rb"|(?P<word>[A-Za-z]{1,20}))"
)
_REFERENCE: Final = re.compile(_BLANK + rb"+([0-9]{1,5})" + _BLANK + rb"+R(?![A-Za-z0-9])")
_ESCAPED: Final = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_IN_STRING: Final = re.compile(rb"[()]|\\.", re.DOTALL)
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ENCODED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_WORDS: Final = {b"true": True, b"false": False, b"null": None}

Dictionary = dict[bytes, Any]
"""Names to values; a value is one of those below, of whatever type the file chose."""


class SyntaxProblemError(Exception):
    """What follows is no value, or not within the bounds."""


class Reference(NamedTuple):
    """Another object by its numbers."""

    number: int
    generation: int


class Name(bytes):
    """A name without its slash."""

    __slots__ = ()


@dataclass(slots=True)
class ValueReader:
    """Reads values out of text, one after another.

    Attributes:
        text: the piece that is there.
        position: where the next value begins.
    """

    text: bytes
    position: int = 0
    _count: int = 0

    def read(self, depth: int = 0) -> Any:  # a value of whatever type stands there
        """Return the next value: Name, bytes, Reference, number, list, Dictionary, truth or None.

        Raises:
            SyntaxProblemError: see there.
        """
        found = _TOKEN.match(self.text, self.position)
        self._count += 1
        if found is None or depth > LARGEST_DEPTH or self._count > LARGEST_COUNT:
            raise SyntaxProblemError
        self.position = found.end()
        kind = found.lastgroup
        if kind == "mark":
            return self._group(found["mark"], depth)
        if kind == "name":
            return Name(_ENCODED.sub(lambda code: bytes([int(code[1], 16)]), found["name"]))
        if kind == "number":
            return self._number(found["number"])
        if kind == "open":
            return self._string()
        if kind == "hex":
            digits = b"".join(found["hex"].replace(b"\0", b"").split())
            return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
        if found["word"] not in _WORDS:
            raise SyntaxProblemError
        return _WORDS[found["word"]]

    def _group(self, mark: bytes, depth: int) -> Any:  # a list or a Dictionary
        if mark not in {b"<<", b"["}:
            raise SyntaxProblemError
        end = b">>" if mark == b"<<" else b"]"
        values = []
        while not self._takes(end):
            values.append(self.read(depth + 1))
        if mark == b"[":
            return values
        return {
            bytes(key): value
            for key, value in zip(values[::2], values[1::2], strict=False)
            if isinstance(key, Name)
        }

    def _takes(self, mark: bytes) -> bool:
        found = _TOKEN.match(self.text, self.position)
        if found is None or found["mark"] != mark:
            return False
        self.position = found.end()
        return True

    def _number(self, digits: bytes) -> Any:  # int, float or Reference
        if not digits.strip(b"+-."):
            raise SyntaxProblemError
        if b"." in digits:
            return float(digits)
        reference = _REFERENCE.match(self.text, self.position)
        if reference is None or not digits.isdigit():
            return int(digits)
        self.position = reference.end()
        return Reference(int(digits), int(reference[1]))

    def _string(self) -> bytes:
        depth, start = 1, self.position
        while depth:
            found = _IN_STRING.search(self.text, self.position)
            if found is None:
                self.position = len(self.text)
                raise SyntaxProblemError
            self.position = found.end()
            depth += {b"(": 1, b")": -1}.get(found[0], 0)
        return _ESCAPED.sub(_unescaped, self.text[start : self.position - 1])


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1].isdigit() and code[:1] < b"8":
        return bytes([int(code, 8) & 0xFF])
    if code in {b"\n", b"\r", b"\r\n"}:
        return b""
    return _ESCAPES.get(code, code)
