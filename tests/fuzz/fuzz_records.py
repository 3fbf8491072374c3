"""Fuzz records of a scan: whatever the bytes, there is a page in which nothing of them acts, or a RefusedError.

The first byte says how the others are used: as the file itself, or as the text of one or of all texts in a record.

Run: `python tests/fuzz/fuzz_records.py -max_total_time=60 -close_fd_mask=2` (libFuzzer's options).
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import atheris

from rempart.law.language import Translator
from rempart.model.errors import RefusedError
from rempart.model.language import Language

with atheris.instrument_imports(include=["rempart.report"]):
    from rempart.node.reporting import report_file

_MATCH = {
    "id": "1",
    "list": "exercise",
    "list_id": "2",
    "list_generation": 1,
    "owner": "Exercise",
    "entry": "3",
    "entry_version": 1,
    "subject": "child",
    "kind": "pdq",
    "distance": 3,
    "threshold": 31,
    "dialect": "exact",
    "transform": "flip-x",
    "quality": 90,
    "labels": [{"scheme": "unmapped", "value": "exercise-A"}],
    "suppressed_by": None,
    "from_partial": True,
    "video": {"query_percent": 80.0, "list_percent": 1, "query_frames": 5, "list_frames": 4},
    "url": {"url": "https://exercise.example/", "times": 2},
}
_WHOLE = {
    "schema": "rempart.scan/1",
    "path": "/exercise/a.zip!/b.jpg",
    "path_b64": "YQ==",
    "container": "/exercise/a.zip",
    "member": "b.jpg",
    "member_number": 1,
    "size": 10,
    "media_type": "image/jpeg",
    "outcome": "partial",
    "error": {"kind": "truncated", "message": "It is torn.", "hint": "Get it again."},
    "video": {"seconds": 1.5, "width": 64, "height": 48, "screened": True, "frames": 2},
    "urls": {"distinct": 3, "complete": False},
    "fingerprints": [{"kind": "md5", "value": "00", "software": "exercise/1"}],
    "matches": [_MATCH],
    "conflicts": [{"code": "perceptual-tie", "known_list": "a", "harmless_list": "b"}],
    "decisions": [
        {
            "id": "4",
            "match": "1",
            "answer": "check",
            "why": {"code": "x", "text": "x"},
            "context": {
                "kind": "platform",
                "established": "US",
                "conduct": "possession",
                "date": "2026-06-01",
                "roles": {"host": ["DE"]},
            },
            "data_version": "v",
            "data_hash": "ab",
            "overlay": False,
            "duties": [{"what": "report", "state": "US", "answer": "yes", "within": {"value": 1}}],
        }
    ],
}
_LINE = json.dumps(_WHOLE)
SEEDS = (
    f"\0{_LINE}",
    f"\0{_LINE}\n\n{_LINE[:40]}\n{_LINE}",
    "\0" + _LINE.replace('"size": 10', '"size": 1e400'),
    "\x01\x05</script><script>x",
    "\x01\x20\u202e",
    "\x02<!--",
    "\x02\ud800",
)

_KEPT = {"schema", "outcome", "subject", "path_b64"}
_SCRIPTS = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL)
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-records-"))
_OWN_ELEMENTS = re.compile(r"<(?!/?[a-z]+[0-9]?[ >]|!DOCTYPE html>)")


def fuzz_one(data: bytes) -> None:
    """Write a page of these bytes; let everything but our own refusal escape."""
    source, target = _FOLDER / "records", _FOLDER / "page.html"
    source.write_bytes(_records(data))
    try:
        report_file(source, target, Translator(Language.FR))
    except RefusedError:
        return
    page = target.read_text(encoding="utf-8")
    blocks = _SCRIPTS.findall(page)
    if [kind for kind, _ in blocks if "json" not in kind] != [""]:
        raise AssertionError(blocks)
    for kind, text in blocks:
        if kind:
            json.loads(text)
    if _UNSEEN.search(page):
        raise AssertionError(page)
    if _OWN_ELEMENTS.search(_SCRIPTS.sub("", page)):
        raise AssertionError(page)


def _records(data: bytes) -> bytes:
    if data[:1] in {b"\x01", b"\x02"}:
        only = data[1] if data[:1] == b"\x01" and len(data) > 1 else None
        text = data[2:].decode("utf-8", "surrogateescape")
        return json.dumps(_with_text(_WHOLE, text, only, iter(range(1_000)))).encode()
    return data[1:]


def _with_text(value: Any, text: str, only: int | None, places: Iterator[int]) -> Any:  # JSON
    """Return a value with its texts replaced, those that say what it is excepted."""
    match value:
        case dict():
            return {
                name: each if name in _KEPT else _with_text(each, text, only, places)
                for name, each in value.items()
            }
        case list():
            return [_with_text(each, text, only, places) for each in value]
        case str():
            return text if only in {None, next(places)} else value
        case _:
            return value


def main() -> None:
    """Fuzz until told to stop, starting from the seeds."""
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS):
            Path(folder, str(number)).write_bytes(seed.encode("utf-8", "surrogatepass"))
        atheris.Setup([*sys.argv, folder], fuzz_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
