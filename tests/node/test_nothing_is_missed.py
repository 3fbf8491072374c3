"""What could hide a listed file: another dialect, a list that changes under way, a lost folder."""

import errno
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rempart.fingerprint import pdq
from rempart.match import KnownIndex, PictureQuery, Query
from rempart.model.fingerprint import Fingerprint
from rempart.model.records import hash_record, to_line
from rempart.model.scan import ScanRecord
from rempart.node import (
    ImportReport,
    OpenNode,
    ScanRequest,
    begin_run,
    hash_files,
    look_up_values,
    run_scan,
)
from rempart.node.errors import ResumeMismatchError
from rempart.node.index_upkeep import ready_index
from rempart.node.matching import matcher_for
from rempart.node.walk import walk

Import = Callable[..., ImportReport]

HEADER = "type,value,category,source,list_version,first_seen,comment,id,dialect,quality\n"


class Records:
    """Keeps what a scan finds."""

    def __init__(self) -> None:
        self.found: list[ScanRecord] = []

    def take(self, record: ScanRecord, _decisions: object) -> None:
        self.found.append(record)

    def deliver(self) -> None:
        """Nothing waits to be delivered."""


def texture(number: int) -> Image.Image:
    grid = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize((900, 700), Image.Resampling.BICUBIC)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A JPEG that offers a reduced plane, so that it would be screened."""
    path = tmp_path / "pictures" / "a.jpg"
    path.parent.mkdir()
    texture(1).save(path, quality=90)
    return path


def scanned(node: OpenNode, folder: Path) -> tuple[str, list[ScanRecord]]:
    records = Records()
    with begin_run(node, ScanRequest(paths=(bytes(folder),)), None) as run:
        report = run_scan(node, run, sink=records)
    return report.depth, records.found


def test_a_list_in_the_other_dialect_alone_is_scanned_exactly(
    node: OpenNode, import_text: Import, picture: Path
) -> None:
    value = pdq.full(np.asarray(Image.open(picture))).cpp512
    import_text(node, f"{HEADER}pdq,{value.hex},,,,,,e1,cpp512,{value.quality}\n")

    depth, [record] = scanned(node, picture.parent)

    assert depth == "exact"
    assert [match.dialect for match in record.matches] == ["cpp512"]


def test_a_value_of_good_quality_is_searched_beside_one_of_low_quality(
    node: OpenNode, import_text: Import
) -> None:
    listed = bytes(range(32))
    import_text(node, f"{HEADER}pdq,{listed.hex()},,,,,,e1,cpp512,100\n")
    matcher = matcher_for(node, ready_index(node.folder, node.store))
    asked = PictureQuery(variants=(bytes(32),), quality=20, cpp512=listed, cpp512_quality=100)
    weak = PictureQuery(variants=(bytes(32),), quality=100, cpp512=listed, cpp512_quality=20)

    found, none = matcher.match_many(
        [Query(digests=(), picture=asked), Query(digests=(), picture=weak)]
    )

    assert [match.quality for match in found.matches] == [100]
    assert none.matches == ()


def test_an_entry_that_changes_during_a_scan_still_matches(
    node: OpenNode, import_text: Import
) -> None:
    digest = "11" * 32
    near = "22" * 32
    import_text(node, f"{HEADER}sha256,{digest},,,,,,e1,,\npdq,{near},,,,,,e2,exact,\n")
    matcher = matcher_for(node, ready_index(node.folder, node.store))
    query = Query(
        digests=(Fingerprint("sha256", bytes.fromhex(digest)),),
        picture=PictureQuery(variants=(bytes.fromhex(near),), quality=100),
    )

    # The same values, said anew: the store gives them other numbers than the matcher's index knows.
    import_text(node, f"{HEADER}sha256,{digest},,,,,,e1,,\npdq,{near},,,,,,e2,exact,90\n")
    [findings] = matcher.match_many([query])

    assert [match.kind for match in findings.matches] == ["sha256", "pdq"]
    assert findings.matches[1].entry_version == 2


def test_resuming_without_the_folder_is_refused_instead_of_ended(tmp_path: Path) -> None:
    after = (0, (b"inner", b"b.txt"))
    (tmp_path / "tree" / "inner").mkdir(parents=True)
    (tmp_path / "tree" / "z.txt").write_bytes(b"exercise")
    (tmp_path / "tree" / "inner").rename(tmp_path / "away")

    with pytest.raises(ResumeMismatchError, match="stopped inside"):
        _close(walk([bytes(tmp_path / "gone")], after=after))
    # An inner folder that is gone altogether leaves nothing behind it to be read: what follows is.
    paths = [found.path for found in walk([bytes(tmp_path / "tree")], after=after)]
    assert [path.rpartition(b"/")[2] for path in paths] == [b"z.txt"]


def _close(found: Iterator[object]) -> None:
    for _ in found:
        pass


def test_the_record_of_a_torn_picture_is_matched_as_the_scan_matches_it(
    node: OpenNode, import_text: Import, picture: Path
) -> None:
    content = picture.read_bytes()
    picture.write_bytes(content[: len(content) * 4 // 5])
    [torn] = hash_files([bytes(picture)])
    partial = torn.partial_fingerprints[0]
    import_text(node, f"{HEADER}pdq,{partial.text},,,,,,e1,exact,\n")
    line = io.BytesIO(to_line(hash_record(torn)))

    [(_, findings)] = look_up_values(node, ["-"], line)
    _, [record] = scanned(node, picture.parent)

    assert [match.from_partial for match in findings.matches] == [True]
    assert [match.from_partial for match in record.matches] == [True]


def test_an_import_stands_although_its_index_cannot_be_built_yet(
    node: OpenNode, import_text: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    told: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(KnownIndex, "write", refuse)
        report = import_text(node, f"{HEADER}sha256,{'11' * 32},,,,,,e1,,\n", report=told.append)

    assert report.added == 1
    assert any("index is not built yet" in text for text in told)
    query = Query(digests=(Fingerprint("sha256", bytes.fromhex("11" * 32)),))
    [findings] = matcher_for(node, ready_index(node.folder, node.store)).match_many([query])
    assert len(findings.matches) == 1


def test_rows_of_one_entry_in_a_mapped_long_table_are_joined(
    node: OpenNode, import_text: Import, tmp_path: Path
) -> None:
    columns = tmp_path / "columns.toml"
    columns.write_text('type = "Kind"\nvalue = "Hash"\nid = "Key"\n', encoding="utf-8")
    text = f"Kind,Hash,Key\nmd5,{'1' * 32},X1\nsha1,{'2' * 40},X1\nmd5,{'3' * 32},X2\n"

    report = import_text(node, text, columns=columns)

    assert (report.added, report.duplicates) == (2, 0)
