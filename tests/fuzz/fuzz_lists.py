"""Fuzz the list readers and both map parsers: whatever the bytes, only our own refusals may escape.

Run `python tests/fuzz/fuzz_lists.py [corpus-folder] [libFuzzer options]`.
"""

import io
import sys
from typing import Any

from rempart.lists import (
    BAD_RECORD_CODES,
    ColumnMap,
    LabelMap,
    draft_digest,
    entry_key,
    read_list,
)
from rempart.model.errors import RefusedError, UsageError
from rempart.model.fingerprint import Fingerprint
from rempart.model.lists import BadRecord

_COLUMNS = ColumnMap.parse(
    'delimiter = ";"\nid = "i"\ncategory = "c"\nregion = "r"\ndialect = "d"\nquality = "q"\n'
    'comment = "k"\n[fingerprints]\nmd5 = "m"\npdq = "p"\nphotodna = "x"\n'
)
_BY_PLACE = ColumnMap.parse('header = false\nencoding = "utf-16"\ntype = 1\nvalue = 2\n')
_LABELS = LabelMap.parse('scheme = "exercise"\nregion = "UK"\n[map]\n1 = "exercise-A"\n')
_LONGEST_KEY = 200

_WAYS: tuple[dict[str, Any], ...] = (
    {"format": "auto"},
    {"format": "csv"},
    {"format": "csv", "labels": _LABELS},
    {"format": "csv", "columns": _COLUMNS},
    {"format": "csv", "columns": _BY_PLACE},
    {"format": "plain", "plain_64_is_pdq": True},
    {"format": "vics"},
    {"format": "vics", "labels": _LABELS},
)


def fuzz_one(data: bytes) -> None:
    """Read one input in the way that its first byte chooses, and check what comes out."""
    if not data:
        return
    way, content = data[0], data[1:]
    try:
        if way < len(_WAYS):
            _read(content, _WAYS[way])
        elif way % 2:
            ColumnMap.parse(content.decode("utf-8", "replace"))
        else:
            LabelMap.parse(content.decode("utf-8", "replace"))
    except (RefusedError, UsageError) as refused:
        refused.message.encode()


def _read(content: bytes, options: dict[str, Any]) -> None:
    for draft in read_list(io.BytesIO(content), on_bad=_check_bad, **options):
        for each in draft.fingerprints:
            ordinary = Fingerprint(each.kind, each.value, each.dialect, each.quality, each.software)
            if ordinary != each or not each.text:
                raise AssertionError
        for text in (draft.raw, draft.source_id, *(label.value for label in draft.labels)):
            (text or "").encode()
        if len(entry_key(draft)) > _LONGEST_KEY or draft_digest(draft) == b"":
            raise AssertionError


def _check_bad(bad: BadRecord) -> None:
    bad.message.encode()
    if bad.code not in BAD_RECORD_CODES or bad.number < 1:
        raise AssertionError


def main() -> None:
    """Run libFuzzer over `fuzz_one`."""
    import atheris  # noqa: PLC0415 - needed to fuzz only, not to replay inputs
    from instrumentation import watch  # noqa: PLC0415 - the same

    watch("rempart.lists", "ijson", "csv")
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
