"""`rempart export`: results go to other tools; `rempart lists import` and `export` speak with them too."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.lists.foreign_lists import CAID, MD5_A, NSRL_NEW

from rempart.model.fingerprint import Fingerprint
from rempart.model.records import scan_record, to_line
from rempart.model.scan import FileFingerprints, Outcome, ScanRecord

Rempart = Callable[..., Any]
MD5_B = "92eb5ffee6ae2fec3ad71c777531578f"


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Return a file of records of a scan."""
    print_of = Fingerprint("md5", bytes.fromhex(MD5_A))
    files = [
        FileFingerprints(b"%d" % number, 1, "image/png", Outcome.OK, None, (print_of,))
        for number in range(3)
    ]
    path = tmp_path / "found.jsonl"
    path.write_bytes(b"".join(to_line(scan_record(ScanRecord(each))) for each in files))
    return path


def test_a_run_becomes_a_case_of_the_node(
    rempart: Rempart, node: Path, pictures: Path, tmp_path: Path
) -> None:
    records = tmp_path / "found.jsonl"
    scanned = rempart("--node", node, "scan", "--output", records, pictures)
    run = re.search(r"Run ([0-9a-f-]{36})", scanned.err)
    assert run is not None

    ran = rempart("--node", node, "export", run[1], "--format", "vics", "--output", tmp_path / "c")

    every = [json.loads(line) for line in records.read_bytes().splitlines()]
    matched = [
        each for each in every if any(match["suppressed_by"] is None for match in each["matches"])
    ]
    (case,) = json.loads((tmp_path / "c").read_bytes())["value"]
    assert ran.code == 0
    assert f"Wrote {len(matched)} objects" in ran.err
    assert case["CaseID"] == run[1]
    assert case["ContactOrganization"]
    assert case["TotalMediaFiles"] == len(matched) > 0
    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o600


def test_a_file_needs_no_node(
    rempart: Rempart, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REMPART_NODE", raising=False)
    options = ("--format", "csv", "--only", "all", "--output", tmp_path / "found.csv")

    ran = rempart("export", records, *options)

    with (tmp_path / "found.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert ran.code == 0
    assert len(rows) == len(records.read_bytes().splitlines())


def test_an_unknown_run_an_absent_file_and_a_name_that_is_taken(
    rempart: Rempart, node: Path, records: Path, tmp_path: Path
) -> None:
    options = ("--format", "kdb", "--output", tmp_path / "out")
    unknown = "01234567-89ab-7def-8123-456789abcdef"
    assert rempart("--node", node, "export", unknown, *options).code == 2
    assert rempart("--node", node, "export", tmp_path / "absent", *options).code == 3
    (tmp_path / "out").write_bytes(b"kept")
    assert rempart("--node", node, "export", records, *options).code == 3
    assert (tmp_path / "out").read_bytes() == b"kept"


def test_lines_that_are_no_records_are_told(
    rempart: Rempart, records: Path, tmp_path: Path
) -> None:
    with records.open("ab") as file:
        file.write(b"no record\n")

    ran = rempart("export", records, "--format", "kdb", "--output", tmp_path / "out")

    assert ran.code == 0
    assert "1 lines of the records could not be read" in ran.err


def test_lists_come_from_several_files_and_go_to_autopsy(
    rempart: Rempart, node: Path, tmp_path: Path
) -> None:
    for number, digest in enumerate((MD5_A, MD5_B), start=1):
        (tmp_path / f"{number}.json").write_text(CAID.format(category=number, md5=digest))
    files = (tmp_path / "1.json", tmp_path / "2.json")
    named = ("--node", node, "lists", "import", "--list", "caid", "--owner", "Example Police")

    refused = rempart(*named, "--format", "caid", *files)
    ran = rempart(*named, "--format", "caid", "--purpose", "known", *files)
    out = rempart(
        *("--node", node, "lists", "export", "--list", "caid", "--format", "kdb"),
        *("--output", tmp_path / "caid.kdb"),
    )
    again = rempart(*named, tmp_path / "caid.kdb")

    assert refused.code == 2
    assert "2 added" in ran.err
    assert "Exported 2 entries" in out.err
    assert "2 unchanged" in again.err


def test_known_software_is_refused_as_known_material(
    rempart: Rempart, node: Path, tmp_path: Path
) -> None:
    (tmp_path / "NSRLFile.txt").write_bytes(NSRL_NEW.encode("latin-1"))
    named = ("--node", node, "lists", "import", "--list", "software", "--owner", "Example Lab")

    refused = rempart(*named, tmp_path / "NSRLFile.txt")
    ran = rempart(*named, "--purpose", "known-harmless", tmp_path / "NSRLFile.txt")

    assert refused.code == 2
    assert "--purpose known-harmless" in refused.err
    assert "1 added" in ran.err
