"""What leaves the node has exactly the form of the contract: its keys, their order, one object a line."""

import base64
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.model.fingerprint import Fingerprint
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, ListId, MatchId
from rempart.model.labels import Label
from rempart.model.match import Conflict, Match
from rempart.model.records import hash_record, path_fields, scan_record, to_line
from rempart.model.scan import FileFingerprints, Outcome, Problem, ProblemKind, ScanRecord

SOFTWARE = "rempart/0.1.0"
PRINTS = (
    Fingerprint("pdq", bytes(32), dialect="exact", quality=100, software=SOFTWARE),
    Fingerprint("pdq", b"\xab" * 32, dialect="cpp512", quality=99, software=SOFTWARE),
    Fingerprint("sha256", b"\1" * 32, software=SOFTWARE),
)
WHOLE = FileFingerprints(b"a.jpg", 7, "image/jpeg", Outcome.OK, None, PRINTS)
TORN = FileFingerprints(
    path=b"b.jpg",
    size=5,
    media_type=None,
    outcome=Outcome.PARTIAL,
    problem=Problem(ProblemKind.TRUNCATED, "it ends too early", "Fetch it again."),
    fingerprints=PRINTS[2:],
    partial_fingerprints=PRINTS[:1],
)
MATCH = Match(
    id=MatchId(UUID(int=1)),
    list_name="exercise",
    list_id=ListId(UUID(int=2)),
    list_generation=3,
    owner="Exercise Hotline",
    entry_id=EntryId(UUID(int=4)),
    entry_version=5,
    subject=Subject.CHILD,
    kind="pdq",
    distance=6,
    threshold=31,
    dialect="exact",
    transform="rotate-90",
    quality=88,
    labels=(Label("exercise-scheme", "1", "XX", "exercise-A"),),
    suppressed_by="exercise-harmless",
)


def keys(record: object) -> list[str]:
    assert isinstance(record, dict)
    return list(record)


class TestHashRecord:
    def test_a_whole_file_has_the_keys_of_the_contract_in_their_order(self) -> None:
        record = hash_record(WHOLE)

        assert keys(record) == [
            "schema",
            "path",
            "size",
            "media_type",
            "outcome",
            "error",
            "fingerprints",
        ]
        assert record["schema"] == "rempart.hash/1"
        assert (record["outcome"], record["error"]) == ("ok", None)

    def test_a_fingerprint_has_the_keys_of_the_contract_in_their_order(self) -> None:
        fingerprints = json.loads(to_line(hash_record(WHOLE)))["fingerprints"]

        assert list(fingerprints[0].items()) == [
            ("kind", "pdq"),
            ("dialect", "exact"),
            ("value", "00" * 32),
            ("quality", 100),
            ("software", SOFTWARE),
        ]
        assert list(fingerprints[2].items()) == [
            ("kind", "sha256"),
            ("value", "01" * 32),
            ("software", SOFTWARE),
        ]

    def test_a_torn_file_says_why_and_keeps_its_partial_fingerprints_apart(self) -> None:
        record = hash_record(TORN)

        assert record["outcome"] == "partial"
        assert record["error"] == {
            "kind": "truncated",
            "message": "it ends too early",
            "hint": "Fetch it again.",
        }
        assert [each["kind"] for each in json.loads(to_line(record))["fingerprints"]] == ["sha256"]
        assert [each["kind"] for each in json.loads(to_line(record))["partial_fingerprints"]] == [
            "pdq"
        ]


class TestScanRecord:
    def test_it_has_the_fields_of_a_hash_record_and_then_the_matches(self) -> None:
        record = scan_record(ScanRecord(WHOLE, (MATCH,), (Conflict("perceptual-tie", "a", "b"),)))

        assert keys(record) == [*keys(hash_record(WHOLE)), "matches", "conflicts"]
        assert record["schema"] == "rempart.scan/1"
        assert record["conflicts"] == [
            {"code": "perceptual-tie", "known_list": "a", "harmless_list": "b"}
        ]

    def test_a_match_explains_itself_with_every_field_of_the_contract(self) -> None:
        match = json.loads(to_line(scan_record(ScanRecord(WHOLE, (MATCH,)))))["matches"][0]

        contract = [
            "id",
            "list",
            "list_id",
            "owner",
            "entry",
            "entry_version",
            "kind",
            "distance",
            "threshold",
            "dialect",
            "transform",
            "quality",
            "labels",
            "suppressed_by",
        ]
        assert [key for key in match if key in contract] == contract
        assert match["entry"] == str(MATCH.entry_id)
        assert (match["distance"], match["threshold"]) == (6, 31)
        assert match["suppressed_by"] == "exercise-harmless"
        assert list(match["labels"][0].items()) == [
            ("scheme", "exercise-scheme"),
            ("scheme_version", "1"),
            ("region", "XX"),
            ("value", "exercise-A"),
        ]

    def test_a_file_without_a_match_says_so_by_an_empty_list(self) -> None:
        record = scan_record(ScanRecord(WHOLE))

        assert (record["matches"], record["conflicts"]) == ([], [])


class TestPaths:
    @given(st.binary(max_size=60))
    def test_every_path_can_be_got_back_byte_for_byte(self, path: bytes) -> None:
        fields = json.loads(to_line(path_fields(path)))

        if "path_b64" in fields:
            assert base64.b64decode(fields["path_b64"]) == path
            assert fields["path"].encode() != path
        else:
            assert fields["path"].encode() == path

    @pytest.mark.parametrize(
        "path",
        [b"caf\xe9.jpg", b"\xed\xa0\x80.jpg", b"\xed\xb3\xa9", b"\xc0\xaf", b"\xf4\x90\x80\x80"],
        ids=["latin-1", "lone-surrogate", "escaped-surrogate", "overlong", "beyond-unicode"],
    )
    def test_bytes_that_are_no_text_are_kept_beside_the_text(self, path: bytes) -> None:
        fields = path_fields(path)

        assert keys(fields) == ["path", "path_b64"]
        assert base64.b64decode(str(fields["path_b64"])) == path

    @pytest.mark.parametrize(
        "path",
        [b"plain.jpg", "été.jpg".encode(), "\ufffd.jpg".encode(), b"line\nfeed\r\x1b[2J", b"\x00"],
        ids=["plain", "accents", "replacement-character", "control-characters", "nul"],
    )
    def test_bytes_that_are_text_need_nothing_beside_it(self, path: bytes) -> None:
        assert path_fields(path) == {"path": path.decode()}


class TestLines:
    @given(
        st.dictionaries(
            st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))
        )
    )
    def test_a_record_is_one_line_whatever_it_holds(self, record: dict[str, str]) -> None:
        line = to_line(dict(record))

        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert b"\r" not in line
        assert json.loads(line) == record

    def test_a_lone_surrogate_in_a_foreign_text_does_not_stop_the_record(self) -> None:
        line = to_line({"value": "exercise \ud800"})

        assert json.loads(line.decode()) == {"value": "exercise \ud800"}

    def test_what_json_does_not_know_is_not_written(self) -> None:
        with pytest.raises(ValueError, match="JSON"):
            to_line({"value": float("nan")})
