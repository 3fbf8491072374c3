"""Cells that a spreadsheet would run as a formula: quoted on export, unquoted on import.

A cell that begins with `=`, `+`, `-` or `@`, after any number of quotes, gets one quote more, so that
taking one away gives the same text back whatever it was.
"""

import re
from typing import Final

_QUOTED: Final = re.compile(r"'+[=+@-]")
_RUNS: Final = re.compile(r"'*[=+@-]")


def with_quote(text: str) -> str:
    """Return the text as it may stand in a cell."""
    return f"'{text}" if _RUNS.match(text) else text


def without_quote(text: str) -> str:
    """Return the text that `with_quote` was given."""
    return text[1:] if text[:1] == "'" and _QUOTED.match(text) else text
