"""Results go to other tools whole, bounded, and with nothing in them that is not certain."""

import base64
import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from hashlib import md5, sha1, sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.lists import ListUsageError, read_list
from rempart.model.fingerprint import Fingerprint
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, ListId, MatchId
from rempart.model.labels import UNMAPPED, Label
from rempart.model.lists import BadRecord, EntryDraft
from rempart.model.match import Match
from rempart.model.records import scan_record, to_line
from rempart.model.scan import FileFingerprints, Membership, Outcome, ScanRecord
from rempart.model.urls import HostPart, PathPart, UrlEvidence
from rempart.model.video import VideoEvidence
from rempart.node import ResultsRequest, WrittenResults, export_results, results_of_file
from rempart.node.errors import OutputExistsError, OutputFailedError, RecordsRefusedError
from rempart.node.results.table import COLUMNS

UK_1 = Label(UNMAPPED, None, "UK", "1")
EXACT = Match(
    id=MatchId(UUID(int=1)),
    list_name="exercise",
    list_id=ListId(UUID(int=2)),
    list_generation=3,
    owner="Exercise Hotline",
    entry_id=EntryId(UUID(int=4)),
    entry_version=5,
    subject=Subject.CHILD,
    kind="md5",
    distance=0,
    threshold=0,
    dialect=None,
    transform=None,
    quality=None,
    labels=(UK_1,),
)
NEAR = replace(
    EXACT, kind="pdq", distance=12, threshold=31, dialect="exact", transform="original", quality=90
)


def digests(content: bytes) -> tuple[Fingerprint, ...]:
    return (
        Fingerprint("sha256", sha256(content).digest()),
        Fingerprint("md5", md5(content, usedforsecurity=False).digest()),
        Fingerprint("sha1", sha1(content, usedforsecurity=False).digest()),
    )


def found(path: bytes, content: bytes, *matches: Match, **fields: Any) -> ScanRecord:
    options: dict[str, Any] = {"size": len(content), "fingerprints": digests(content)}
    file = FileFingerprints(
        path, media_type="image/png", outcome=Outcome.OK, problem=None, **(options | fields)
    )
    return ScanRecord(file, matches)


def export(
    folder: Path, records: Iterable[ScanRecord | bytes], name: str = "vics", **stated: Any
) -> tuple[WrittenResults, bytes]:
    source, output = folder / "found.jsonl", folder / "out"
    output.unlink(missing_ok=True)
    source.write_bytes(
        b"".join(
            each if isinstance(each, bytes) else to_line(scan_record(each)) for each in records
        )
    )
    request = ResultsRequest(format=name, **stated)
    written = export_results(results_of_file(source), request, output)
    assert sorted(each.name for each in folder.iterdir()) == ["found.jsonl", "out"]
    return written, output.read_bytes()


def media_of(content: bytes) -> list[dict[str, Any]]:
    check_case(json.loads(content))
    media: list[dict[str, Any]] = json.loads(content)["value"][0]["Media"]
    return media


HEX32, HEX40 = re.compile("[0-9A-F]{32}"), re.compile("[0-9A-F]{40}")
MEDIA_FIELDS: Final = {
    *("MediaID", "Category", "MD5", "SHA1", "MediaSize", "MimeType", "AlternativeHashes"),
    *("IsPrecategorized", "PrecategorizationSource", "Comments", "MediaFiles"),
}


def check_case(document: dict[str, Any]) -> None:
    """Hold a document against every rule of the format that its public readers and writers agree on."""
    assert re.fullmatch(
        r"http://github\.com/VICSDATAMODEL/ProjectVic/DataModels/2\.0\.xml/[A-Za-z0-9_-]+/\$metadata#Cases",
        document.pop("@odata.context"),
    )
    assert list(document) == ["value"]
    (case,) = document["value"]
    assert str(UUID(case["CaseID"])) == case["CaseID"]
    assert case["SourceApplicationName"] == "Rempart"
    media = case["Media"]
    assert [each["MediaID"] for each in media] == list(range(1, len(media) + 1))
    assert case["TotalMediaFiles"] == sum(len(each["MediaFiles"]) for each in media)
    for each in media:
        check_media(each)


def check_media(each: dict[str, Any]) -> None:
    assert set(each) <= MEDIA_FIELDS
    assert HEX32.fullmatch(each["MD5"])
    assert HEX40.fullmatch(each.get("SHA1", "0" * 40))
    assert isinstance(each.get("MediaSize", 0), int)
    assert type(each.get("Category", 0)) is int
    assert (
        ("Category" in each) == ("IsPrecategorized" in each) == ("PrecategorizationSource" in each)
    )
    for other in each.get("AlternativeHashes", []):
        assert set(other) <= {"HashName", "HashValue", "Dialect"}
        assert re.fullmatch("[0-9A-Fa-f]{64}|[0-9A-F]{128}", other["HashValue"])
    assert each["MediaFiles"]
    for file in each["MediaFiles"]:
        assert file["MD5"] == each["MD5"]
        assert {"MD5", "FileName", "FilePath"} <= set(file)
        assert all(isinstance(value, str) and value for value in file.values())
        assert set(file) <= {"MD5", "FileName", "FilePath", "ParentFileName", "ParentFilePath"}


def read_back(content: bytes, **options: Any) -> list[EntryDraft]:
    bad: list[BadRecord] = []
    options.setdefault("format", "auto")
    drafts = list(read_list(io.BytesIO(content), **options, on_bad=bad.append))
    assert bad == []
    return drafts


class TestCase:
    def test_equal_bytes_are_one_media_item_with_all_its_places(self, tmp_path: Path) -> None:
        a, b = b"exercise a", b"exercise b"
        records = [
            found(b"disk/x/a.png", a, EXACT),
            found(b"disk/b.png", b, NEAR),
            found(b"copy.png", a, EXACT),
        ]

        written, content = export(tmp_path, records, region="UK", case_number="R-2026-0001")

        assert (written.written, written.left_out) == (3, 0)
        case = json.loads(content)["value"][0]
        assert (case["CaseNumber"], case["TotalPrecategorized"]) == ("R-2026-0001", 1)
        first, second = media_of(content)
        assert [(each["FilePath"], each["FileName"]) for each in first["MediaFiles"]] == [
            ("disk/x/", "a.png"),
            ("./", "copy.png"),
        ]
        assert (first["Category"], first["PrecategorizationSource"]) == (
            1,
            "exercise of Exercise Hotline",
        )
        assert (first["MediaSize"], first["MimeType"]) == (10, "image/png")
        assert "same md5" in first["Comments"]
        assert "Category" not in second
        assert "12 of 31 bits" in second["Comments"]

    def test_our_own_reader_reads_it_back(self, tmp_path: Path) -> None:
        pdq = Fingerprint("pdq", b"\5" * 32, "exact", 90)
        screen = Fingerprint("pdq", b"\6" * 32, "screen", 90)
        records = [
            found(b"a", b"a", EXACT, fingerprints=(*digests(b"a"), screen, pdq)),
            found(b"b", b"b", EXACT),
        ]

        _, content = export(tmp_path, records, region="UK")

        first, second = read_back(content)
        assert {(each.kind, each.value) for each in first.fingerprints} == {
            *((each.kind, each.value) for each in digests(b"a")),
            ("pdq", b"\5" * 32),
        }
        assert second.labels == (UK_1,)

    def test_a_member_names_what_holds_it(self, tmp_path: Path) -> None:
        membership = Membership(b"disk/old.zip", b"in/x.png", 3)

        _, content = export(tmp_path, [found(membership.path, b"a", EXACT, membership=membership)])

        assert media_of(content)[0]["MediaFiles"] == [
            {
                "MD5": md5(b"a", usedforsecurity=False).hexdigest().upper(),
                "FileName": "x.png",
                "FilePath": "disk/old.zip!/in/",
                "ParentFileName": "old.zip",
                "ParentFilePath": "disk/",
            }
        ]

    @pytest.mark.parametrize(
        ("matches", "region", "category"),
        [
            ([EXACT], "UK", 1),
            ([EXACT], "uk", 1),
            ([EXACT], "US", None),
            ([EXACT], "Default", None),
            ([NEAR], "UK", None),
            ([replace(EXACT, suppressed_by="harmless"), NEAR], "UK", None),
            ([replace(EXACT, labels=(replace(UK_1, value="0"),))], "UK", 0),
            ([replace(EXACT, labels=(replace(UK_1, scheme="VICS"),))], "UK", 1),
            ([replace(EXACT, labels=(replace(UK_1, scheme="exercise-scheme"),))], "UK", None),
            ([replace(EXACT, labels=(replace(UK_1, value="exercise-A"),))], "UK", None),
            ([replace(EXACT, labels=(replace(UK_1, region=None),))], "Default", None),
            ([EXACT, replace(EXACT, labels=(replace(UK_1, value="2"),))], "UK", None),
            ([EXACT, replace(EXACT, list_name="other")], "UK", 1),
        ],
    )
    def test_a_category_stands_only_where_a_list_states_it_for_the_bytes(
        self, tmp_path: Path, matches: list[Match], region: str, category: int | None
    ) -> None:
        _, content = export(tmp_path, [found(b"a", b"a", *matches)], region=region)
        assert media_of(content)[0].get("Category") == category

    def test_what_has_no_md5_or_no_bytes_is_left_out_and_counted(self, tmp_path: Path) -> None:
        records = [
            found(b"a", b"a", EXACT),
            found(b"b", b"b", EXACT, fingerprints=digests(b"b")[:1]),
            found(b"c", b"", EXACT),
            found(b"d", b"d"),
        ]

        written, content = export(tmp_path, records)

        assert (written.written, written.left_out, written.not_asked) == (1, 2, 1)
        assert len(media_of(content)) == 1

    def test_all_objects_where_they_are_asked_for(self, tmp_path: Path) -> None:
        suppressed = replace(EXACT, suppressed_by="harmless")
        records = [found(b"a", b"a"), found(b"b", b"b", suppressed), found(b"c", b"c", EXACT)]

        matched, _ = export(tmp_path, records)
        everything, content = export(tmp_path, records, only_matched=False)

        assert (matched.written, everything.written) == (1, 3)
        assert "Comments" not in media_of(content)[0]
        assert "suppressed by harmless" in media_of(content)[1]["Comments"]

    def test_two_files_that_share_an_md5_only_are_two_media_items(self, tmp_path: Path) -> None:
        forged = replace(digests(b"b")[2], value=b"\7" * 20)
        collided = (digests(b"a")[1], forged)
        records = [found(b"a", b"a", EXACT), found(b"b", b"b", NEAR, fingerprints=collided)]

        _, content = export(tmp_path, records)

        assert len({each["SHA1"] for each in media_of(content)}) == 2

    def test_the_record_with_a_match_speaks_for_equal_bytes(self, tmp_path: Path) -> None:
        records = [found(b"a", b"a"), found(b"b", b"a", EXACT)]

        _, content = export(tmp_path, records, only_matched=False, region="UK")

        assert media_of(content)[0]["Category"] == 1

    def test_an_object_in_very_many_places_stays_readable(self, tmp_path: Path) -> None:
        name = "x" * 200
        line = to_line(scan_record(found(b"p", b"a", EXACT)))
        records = [line.replace(b'"p"', f'"{name}/{number}"'.encode()) for number in range(9_000)]

        written, content = export(tmp_path, records)

        assert written.written == 9_000
        assert 1 < len(media_of(content)) < 5
        bad: list[BadRecord] = []
        assert len(list(read_list(io.BytesIO(content), format="vics", on_bad=bad.append))) == 1
        assert {each.code for each in bad} == {"duplicate-md5"}

    def test_the_same_records_give_the_same_bytes(self, tmp_path: Path) -> None:
        records = [found(b"%d" % number, b"%d" % (number % 7), EXACT) for number in range(30)]
        assert export(tmp_path, records)[1] == export(tmp_path, records)[1]

    @pytest.mark.parametrize(
        "path", [b"", b"/", b"a/", b"\xff\xfe", "é\u202e".encode(), b'"\\\n', b"=1+1", b"a!/b"]
    )
    def test_odd_names_make_a_whole_document(self, tmp_path: Path, path: bytes) -> None:
        _, content = export(tmp_path, [found(path, b"a", EXACT)])
        assert len(media_of(content)) == 1
        assert len(read_back(content)) == 1

    def test_a_partners_endless_label_stays_readable(self, tmp_path: Path) -> None:
        match = replace(EXACT, labels=(replace(UK_1, value="x" * 100_000),) * 16)
        _, content = export(tmp_path, [found(b"a", b"a", *[match] * 20)])
        assert len(content) < 30_000
        assert len(read_back(content)) == 1

    def test_a_region_without_a_form_writes_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(ListUsageError):
            export(tmp_path, [found(b"a", b"a", EXACT)], region="U/K")
        assert [each.name for each in tmp_path.iterdir()] == ["found.jsonl"]

    def test_no_match_at_all_is_an_empty_case(self, tmp_path: Path) -> None:
        written, content = export(tmp_path, [found(b"a", b"a")])
        assert written.written == 0
        assert media_of(content) == []


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


class TestTable:
    def test_a_row_says_what_was_found_and_the_best_match(self, tmp_path: Path) -> None:
        evidence = VideoEvidence(91.5, 80.0, 12, 10, 3500, 1000)
        film = replace(NEAR, kind="vpdq", video=evidence, labels=(UK_1, replace(UK_1, region=None)))
        suppressed = replace(EXACT, suppressed_by="harmless")
        records = [found(b"clip.mp4", b"a", suppressed, film), found(b"b", b"b")]

        written, content = export(tmp_path, records, "csv", only_matched=False)

        assert written.written == 2
        first, second = rows_of(content)
        assert list(first) == list(COLUMNS)
        wanted = {
            "path": "clip.mp4",
            "path_b64": "",
            "size": "1",
            "outcome": "ok",
            "problem": "",
            "matches": "2",
            "suppressed": "1",
            "conflicts": "0",
            "list": "exercise",
            "kind": "vpdq",
            "distance": "12",
            "threshold": "31",
            "suppressed_by": "",
            "labels": "unmapped UK: 1; unmapped: 1",
            "seconds": "3.5",
            "list_seconds": "1.0",
            "query_percent": "91.5",
            "list_percent": "80.0",
            "md5": md5(b"a", usedforsecurity=False).hexdigest(),
        }
        assert {name: first[name] for name in wanted} == wanted
        assert second["matches"] == "0"
        assert {second[name] for name in COLUMNS[COLUMNS.index("list") :]} == {""}

    def test_the_url_of_a_match_is_told_in_table_and_case_and_in_no_hash_set(
        self, tmp_path: Path
    ) -> None:
        evidence = UrlEvidence(HostPart.EXACT, PathPart.EXACT, "https://exercise.example/a")
        match = replace(EXACT, kind="url-sha256", url=evidence, labels=())
        records = [found(b"notes.txt", b"a", match)]

        (row,) = rows_of(export(tmp_path, records, "csv")[1])
        (media,) = media_of(export(tmp_path, records)[1])
        _, hash_set = export(tmp_path, records, "kdb", only_matched=False)

        assert (row["url"], row["kind"]) == ("https://exercise.example/a", "url-sha256")
        assert "same url-sha256 https://exercise.example/a" in media["Comments"]
        assert b"same url-sha256" in hash_set
        assert b"exercise.example" not in hash_set

    @pytest.mark.parametrize(
        "name", ["=1+1", "+1", "-1", "@x", "\t=1", "\r\n=cmd|'/C calc'!A0", "'=1", "a\nb", '"', ";"]
    )
    def test_no_cell_acts_on_a_spreadsheet(self, tmp_path: Path, name: str) -> None:
        match = replace(EXACT, owner=name, labels=(replace(UK_1, value=name, scheme=name),))

        _, content = export(tmp_path, [found(name.encode(), b"a", match)], "csv")

        (row,) = rows_of(content)
        assert len(row) == len(COLUMNS)
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
            assert cell.isprintable()

    def test_a_path_that_cannot_be_shown_is_there_as_bytes(self, tmp_path: Path) -> None:
        _, content = export(tmp_path, [found(b"a\xff\n", b"a", EXACT)], "csv")
        (row,) = rows_of(content)
        assert base64.b64decode(row["path_b64"]) == b"a\xff\n"

    @settings(max_examples=25, deadline=None)
    @given(path=st.binary(max_size=12), text=st.text(max_size=8))
    def test_every_record_is_one_row(
        self, tmp_path_factory: pytest.TempPathFactory, path: bytes, text: str
    ) -> None:
        match = replace(NEAR, owner=text, labels=(replace(UK_1, value=text),))
        folder = tmp_path_factory.mktemp("table")
        _, content = export(folder, [found(path, b"a", match), found(b"b", b"b", EXACT)], "csv")
        assert [len(row) for row in csv.reader(io.StringIO(content.decode(), newline=""))] == [
            len(COLUMNS)
        ] * 3


class TestHashSet:
    def test_it_holds_digests_and_why_they_matched_and_no_names(self, tmp_path: Path) -> None:
        records = [found(b"secret-name", b"a", EXACT), found(b"b", b"b", NEAR), found(b"c", b"c")]

        written, content = export(tmp_path, records, "kdb")

        assert (written.written, written.not_asked) == (2, 1)
        assert b"secret-name" not in content
        (tmp_path / "set.kdb").write_bytes(content)
        with (tmp_path / "set.kdb").open("rb") as stream:
            first, second = read_list(stream, format="auto", on_bad=print)
        assert {each.value for each in first.fingerprints} == {each.value for each in digests(b"a")}
        assert "same md5" in (first.raw or "")
        assert "12 of 31 bits" in (second.raw or "")

    def test_what_only_holds_a_listed_url_is_never_taken_for_known_media(
        self, tmp_path: Path
    ) -> None:
        evidence = UrlEvidence(HostPart.EXACT, PathPart.EXACT, "https://exercise.example/a")
        of_url = replace(EXACT, kind="url-sha256", url=evidence)
        records = [found(b"history", b"a", of_url), found(b"both", b"b", of_url, EXACT)]

        written, content = export(tmp_path, records, "kdb")

        assert (written.written, written.only_urls, written.not_asked) == (1, 1, 0)
        assert not any(each.value in content for each in digests(b"a"))
        assert all(each.value in content for each in digests(b"b"))

    def test_the_digest_of_nothing_is_never_in_it(self, tmp_path: Path) -> None:
        written, content = export(tmp_path, [found(b"a", b"", EXACT)], "kdb")
        assert (written.written, written.left_out) == (0, 1)
        assert digests(b"")[1].value not in content


@pytest.mark.parametrize("name", ["vics", "csv", "kdb"])
class TestEveryFormat:
    def test_lines_that_are_no_records_are_counted(self, tmp_path: Path, name: str) -> None:
        records: list[ScanRecord | bytes] = [
            b"{}\n",
            found(b"a", b"a", EXACT),
            to_line(scan_record(found(b"b", b"b")))[:-9],
        ]
        written, _ = export(tmp_path, records, name)
        assert (written.written, written.bad_lines) == (1, 2)
        assert written.first_bad is not None
        assert written.first_bad.number == 1

    def test_a_file_without_a_record_leaves_nothing(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(RecordsRefusedError):
            export(tmp_path, [b"hello\n"], name)
        assert [each.name for each in tmp_path.iterdir()] == ["found.jsonl"]

    def test_nothing_is_written_over(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "found.jsonl").write_bytes(b"")
        (tmp_path / "kept").write_bytes(b"kept")
        request = ResultsRequest(format=name)
        with pytest.raises(OutputExistsError):
            export_results(results_of_file(tmp_path / "found.jsonl"), request, tmp_path / "kept")
        assert (tmp_path / "kept").read_bytes() == b"kept"

    def test_a_folder_that_is_absent_is_told(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "found.jsonl").write_bytes(to_line(scan_record(found(b"a", b"a", EXACT))))
        with pytest.raises(OutputFailedError):
            export_results(
                results_of_file(tmp_path / "found.jsonl"),
                ResultsRequest(format=name),
                tmp_path / "absent" / "out",
            )


FULL_DISK = """
import resource, signal
from pathlib import Path
from rempart.node import ResultsRequest, export_results, results_of_file
from rempart.node.errors import OutputFailedError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))
for name in ("vics", "csv", "kdb"):
    try:
        export_results(results_of_file(Path("found.jsonl")), ResultsRequest(format=name), Path("out"))
    except OutputFailedError as error:
        print(name, error.code)
"""


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    records = [found(b"a", b"%d" % number, EXACT) for number in range(2000)]
    (tmp_path / "found.jsonl").write_bytes(b"".join(to_line(scan_record(each)) for each in records))
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n") == [
        f"{name} output-failed" for name in ("vics", "csv", "kdb")
    ] + [""]
    assert [each.name for each in tmp_path.iterdir()] == ["found.jsonl"]


MEASURE = r"""
import re, sys
from pathlib import Path
from rempart.node import ResultsRequest, export_results, results_of_file
done = export_results(results_of_file(Path(sys.argv[1])), ResultsRequest(format=sys.argv[2]), Path(sys.argv[3]))
status = Path("/proc/self/status").read_text()
print(done.written, int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024)
"""


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["vics", "csv", "kdb"])
def test_100000_records_in_120_megabytes(tmp_path: Path, name: str) -> None:
    line = to_line(scan_record(found(b"a", b"a", EXACT)))
    known = md5(b"a", usedforsecurity=False).hexdigest().encode()
    with (tmp_path / "found.jsonl").open("wb") as file:
        file.writelines(line.replace(known, b"%032x" % (each + 1)) for each in range(100_000))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path / "found.jsonl", name, tmp_path / "out"],
        capture_output=True,
        text=True,
        check=True,
    )
    count, megabytes = map(int, done.stdout.split())
    assert count == 100_000
    assert megabytes < 120
