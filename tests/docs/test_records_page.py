"""Every field of every record that the program writes is documented, and no other."""

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from rempart.cli.application import run
from rempart.cli.serve import serving_record
from rempart.model.fingerprint import EXACT, PDQ, SHA256, Fingerprint
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, ListId, MatchId
from rempart.model.labels import Label
from rempart.model.match import Conflict, Match
from rempart.model.records import hash_record, scan_record
from rempart.model.scan import (
    FileFingerprints,
    Membership,
    Outcome,
    Problem,
    ProblemKind,
    ScanRecord,
)
from rempart.model.urls import HostPart, PathPart, UrlEvidence, UrlSummary
from rempart.model.video import VideoEvidence, VideoSummary
from rempart.node.serving import Serving

PAGE: Final = (Path(__file__).parents[2] / "docs" / "reference" / "records.md").read_text(
    encoding="utf-8"
)
NESTED: Final = {
    "matches",
    "conflicts",
    "decisions",
    "fingerprints",
    "partial_fingerprints",
    "entries",
    "counts",
    "cited",
    "details",
    "video",
}
"""Fields whose value is described on its own, or whose keys are data."""

SCHEMAS: Final = (
    "rempart.hash/1",
    "rempart.scan/1",
    "rempart.match/1",
    "rempart.import/1",
    "rempart.list/1",
    "rempart.key/1",
    "rempart.sealing-rotation/1",
    "rempart.node/1",
    "rempart.backup/1",
    "rempart.restored/1",
    "rempart.audit-event/1",
    "rempart.audit-verification/1",
    "rempart.doctor/1",
    "rempart.serving/1",
    "rempart.error/1",
    "rempart.removal/1",
    "rempart.law-audit/1",
    "rempart.law-mistake/1",
    "rempart.law-fact/1",
    "rempart.law-rule/1",
    "rempart.law-version/1",
    "rempart.law-check/1",
)
LAW_SCHEMAS: Final = ("rempart.law/1", "rempart.decision/1")
"""Their fields depend on the kind of question; they have their own page of tests."""


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> set[str]:
    return {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}


OF_A_FACT: Final = {
    ("history", field)
    for field in rows(
        section("rempart.law/1").partition("\nA **fact**:")[2].partition("\nSome kinds")[0]
    )
}
"""Fields that the history of a fact shares with the facts of answers; they are described there."""


def documented(schema: str) -> set[str]:
    """Return the fields of a record: those of its first table."""
    own = rows(section(schema).partition("\nA **match**:")[0])
    return own | documented("rempart.hash/1") if schema == "rempart.scan/1" else own


def fields_of(record: dict[str, Any]) -> Iterator[str]:
    for name, value in record.items():
        yield name
        if name in NESTED:
            continue
        if isinstance(value, dict):
            yield from (f"{name}.{each}" for each in value)
        for item in value if isinstance(value, list) else ():
            if not isinstance(item, dict):
                continue
            yield from (f"{name}[].{each}" for each in item if (name, each) not in OF_A_FACT)


@pytest.fixture(scope="module")
def file() -> FileFingerprints:
    """A file whose record has every field that there is."""
    pdq = Fingerprint(PDQ, bytes(32), dialect=EXACT, quality=90, software="exercise/1")
    return FileFingerprints(
        path=b"pictures/not-utf-8-\xff.jpg",
        size=10,
        media_type="image/jpeg",
        outcome=Outcome.PARTIAL,
        problem=Problem(ProblemKind.TRUNCATED, "It is torn.", "Get it again."),
        fingerprints=(Fingerprint(SHA256, bytes(32), software="exercise/1"),),
        partial_fingerprints=(pdq,),
        membership=Membership(b"pictures.zip", b"clip.mp4", 1),
        video=VideoSummary(1500, 320, 240, is_screened=False, frames=2),
        urls=UrlSummary(2, is_complete=True),
    )


@pytest.fixture(scope="module")
def match() -> Match:
    """A match whose record has every field that there is."""
    return Match(
        id=MatchId(UUID(int=1)),
        list_name="exercise",
        list_id=ListId(UUID(int=2)),
        list_generation=1,
        owner="Exercise Hotline",
        entry_id=EntryId(UUID(int=3)),
        entry_version=1,
        subject=Subject.CHILD,
        kind=PDQ,
        distance=3,
        threshold=31,
        dialect=EXACT,
        transform="original",
        quality=90,
        labels=(Label("exercise", "1", None, "exercise-A"),),
        video=VideoEvidence(100.0, 50.0, 1, 2, 0, 1000),
        url=UrlEvidence(HostPart.EXACT, PathPart.PREFIX, "http://host.example/a/b", 2),
    )


@pytest.fixture(scope="module")
def written(
    file: FileFingerprints, match: Match, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """One real record of each schema, as full as can be."""
    conflict = Conflict("perceptual-tie", "exercise", "harmless")
    of_commands = _records_of_commands(tmp_path_factory.mktemp("records"))
    return {
        "rempart.hash/1": hash_record(file),
        "rempart.serving/1": serving_record(
            Serving(("http://127.0.0.1:8765",), 2, is_restart=False)
        ),
        "rempart.scan/1": scan_record(ScanRecord(file, (match,), (conflict,)), [{}]),
        **of_commands,
    }


def _records_of_commands(folder: Path) -> dict[str, dict[str, Any]]:
    """Let the commands write their records and collect one of each schema."""
    node, source = str(folder / "node"), folder / "list.csv"
    source.write_text(
        f"id,type,value,category\nknown,sha256,{'ab' * 32},exercise-A\nbad,sha256,xyz,exercise-A\n"
    )
    who = ("--organisation", "Exercise Desk", "--kind", "hotline", "--jurisdiction", "FR")
    which = ("--list", "exercise", "--owner", "Exercise Desk", "--format", "csv")
    calls = (
        ("init", *who, "--exercise"),
        ("lists", "import", *which, str(source)),
        ("lists", "show"),
        ("match", f"sha256:{'ab' * 32}"),
        ("doctor",),
        ("lists", "remove", "exercise"),
        ("lists", "show", "absent"),
        ("keys", "rotate-sealing"),
        ("keys", "create", "--role", "match"),
        ("backup", str(folder / "one.backup")),
        ("restore", str(folder / "one.backup"), str(folder / "restored")),
    )
    lines = b"".join(
        [
            *(_output_of(["--node", node, *call, "--json"]) for call in calls),
            *_output_of_law(folder),
            _output_of_audit(node, folder),
        ]
    ).splitlines()
    records = [json.loads(line) for line in lines if line.startswith(b"{")]
    return {record["schema"]: record for record in records}


def _output_of_audit(node: str, folder: Path) -> bytes:
    """Let the commands of the log write their records, of a log that was changed."""
    export, keys = folder / "log.jsonl", folder / "audit-keys"
    keys.write_bytes(_output_of(["--node", node, "audit", "key"]))
    _output_of(["--node", node, "audit", "export", str(export)])
    export.write_bytes(export.read_bytes().replace(b"node.created", b"node.deleted"))
    shown = _output_of(["--node", node, "audit", "show", "--kind", "node.created", "--json"])
    return shown + _output_of(["audit", "verify", str(export), "--key", str(keys), "--json"])


def _output_of_law(folder: Path) -> Iterator[bytes]:
    """Let the commands of law write the records that are no answers, a mistake and a check among them."""
    (folder / "own").mkdir()
    (folder / "own" / "BR.toml").write_text("schema = 1\n")
    (folder / "answers").write_text("no record\n")
    calls = (
        ("audit",),
        ("audit", "--overlay", str(folder / "own")),
        ("fact", "DK.crime.possession.1"),
        ("rules",),
        ("versions",),
        ("check", str(folder / "answers")),
    )
    for call in calls:
        yield _output_of(["law", *call, "--json"])


def _output_of(call: list[str]) -> bytes:
    """Run one command line in this process and return what it wrote to both outputs."""
    both = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(both), contextlib.redirect_stderr(both):
        run(call)
    both.seek(0)
    return both.buffer.read()


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_field_of_a_record_is_documented_and_no_other(
    written: dict[str, dict[str, Any]], schema: str
) -> None:
    assert set(fields_of(written[schema])) == documented(schema)


def test_every_schema_has_a_section_and_every_section_a_schema() -> None:
    titles = [line[3:] for line in PAGE.splitlines() if line.startswith("## ")]

    assert sorted(titles) == sorted([*SCHEMAS, *LAW_SCHEMAS])


def test_every_field_of_a_match_and_of_a_conflict_is_documented(
    written: dict[str, dict[str, Any]],
) -> None:
    record = written["rempart.scan/1"]
    tables = section("rempart.scan/1").partition("\nA **match**:")[2]
    of_match, _, of_conflict = tables.partition("\nA **conflict**:")

    assert set(record["matches"][0]) == rows(of_match)
    assert set(record["conflicts"][0]) == rows(of_conflict)


def test_every_field_of_a_fingerprint_and_of_a_label_is_documented(
    written: dict[str, dict[str, Any]],
) -> None:
    record = written["rempart.scan/1"]
    introduction = PAGE.partition("\n## ")[0]

    for field in (*record["partial_fingerprints"][0], *record["matches"][0]["labels"][0]):
        assert f"`{field}`" in introduction
