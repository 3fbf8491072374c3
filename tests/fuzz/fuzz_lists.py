"""Fuzz the list readers and both map parsers: whatever the bytes, only our own refusals may escape.

Run `python tests/fuzz/fuzz_lists.py [corpus-folder] [libFuzzer options]`.
"""

import atexit
import io
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

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
from rempart.model.lists import BadRecord, ListPurpose

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
    {"format": "caid"},
    {"format": "nsrl", "purpose": ListPurpose.KNOWN_HARMLESS},
    {"format": "icse", "labels": _LABELS},
    {"format": "hashkeeper"},
    {"format": "encase"},
    {"format": "urls"},
)
_DATABASE_WAYS: tuple[dict[str, Any], ...] = (
    {"format": "auto", "purpose": ListPurpose.KNOWN_HARMLESS},
    {"format": "kdb", "labels": _LABELS},
    {"format": "nsrl", "purpose": ListPurpose.KNOWN_HARMLESS},
)
_SCHEMAS = (
    """create table db_properties (name text, value text);
    create table hashes (id integer primary key autoincrement, md5 binary(16) unique, sha1 binary(20), sha2_256);
    create table comments (comment text, hash_id integer, primary key (comment, hash_id));
    insert into hashes (md5) values (x'0cc175b9c0f1b6a831c399e269772661'), (randomblob(16)), (null), (7);
    insert into comments values ('exercise-A', 1), ('1', 2), ('rempart labels []', 2);""",
    """create table METADATA (metadata_id integer, sha256 varchar, sha1 varchar, md5 varchar);
    create table PKG (package_id, name);
    create view FILE as select upper(sha1) as sha1, md5 from METADATA;
    insert into METADATA values (1, 'x', '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8', ''), (2, 0.5, null, 'zz');""",
    """create table PKG (package_id, name); create table t (n);
    create view FILE as select lower(n) as md5 from t;
    insert into t values ('0CC175B9C0F1B6A831C399E269772661');""",
)
_FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-lists-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
_PLACE = _FOLDER / "list.db"
_PATCH_BYTES = 3


def fuzz_one(data: bytes) -> None:
    """Read one input in the way that its first byte chooses, and check what comes out."""
    if not data:
        return
    way, content = data[0], data[1:]
    try:
        if way < len(_WAYS):
            _read(io.BytesIO(content), options=_WAYS[way])
        elif way < len(_WAYS) + len(_DATABASES):
            _read_database(_patched(_DATABASES[way - len(_WAYS)], content))
        elif way == len(_WAYS) + len(_DATABASES):
            _read_database(content)
        elif way % 2:
            ColumnMap.parse(content.decode("utf-8", "replace"))
        else:
            LabelMap.parse(content.decode("utf-8", "replace"))
    except (RefusedError, UsageError) as refused:
        refused.message.encode()


def _database(schema: str) -> bytes:
    _PLACE.unlink(missing_ok=True)
    with closing(sqlite3.connect(_PLACE, isolation_level=None)) as connection:
        connection.execute("pragma page_size=512")
        connection.executescript(schema)
    return _PLACE.read_bytes()


_DATABASES = tuple(map(_database, _SCHEMAS))


def _patched(whole: bytes, patches: bytes) -> bytes:
    """Change bytes of a database: two for the place, one for the value, as often as there are three."""
    changed = bytearray(whole)
    for start in range(0, len(patches) - _PATCH_BYTES + 1, _PATCH_BYTES):
        place = int.from_bytes(patches[start : start + 2], "big") % len(changed)
        changed[place] = patches[start + 2]
    return bytes(changed)


def _read_database(content: bytes) -> None:
    _PLACE.write_bytes(content)
    for options in _DATABASE_WAYS:
        with _PLACE.open("rb") as stream:
            try:
                _read(stream, options=options)
            except (RefusedError, UsageError) as refused:
                refused.message.encode()
    if _PLACE.read_bytes() != content or [*_PLACE.parent.iterdir()] != [_PLACE]:
        raise AssertionError


def _read(stream: BinaryIO, *, options: dict[str, Any]) -> None:
    for draft in read_list(stream, on_bad=_check_bad, **options):
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
