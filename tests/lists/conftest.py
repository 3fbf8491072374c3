"""Reading a list from bytes, as every test of the readers does."""

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from rempart.lists import read_list
from rempart.model.lists import BadRecord, EntryDraft


class ReadResult(NamedTuple):
    drafts: list[EntryDraft]
    bad: list[BadRecord]

    @property
    def codes(self) -> list[tuple[int, str]]:
        return [(each.number, each.code) for each in self.bad]


@pytest.fixture(scope="session")
def read() -> Callable[..., ReadResult]:
    def _read(content: bytes | str, **options: Any) -> ReadResult:
        bad: list[BadRecord] = []
        stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
        options.setdefault("format", "auto")
        return ReadResult(list(read_list(stream, **options, on_bad=bad.append)), bad)

    return _read
