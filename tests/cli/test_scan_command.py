"""`rempart scan`: every file has one record, with an outcome, a reason and explained matches."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rempart.cli.application import run
from rempart.node import NodeFolder, demo, open_node

Rempart = Callable[..., Any]
Records = list[dict[str, Any]]


def read(path: Path) -> Records:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def without_ids(records: Records) -> Records:
    """Return records as they would be in any run: only the identifiers of matches differ."""
    for record in records:
        for match in record["matches"]:
            del match["id"]
    return records


def reason(record: dict[str, Any]) -> tuple[str, str | None]:
    return record["outcome"], record["error"]["kind"] if record["error"] else None


class TestRecords:
    @pytest.fixture
    def records(self, rempart: Rempart, node: Path, pictures: Path) -> Records:
        ran = rempart("--node", node, "scan", "--json", pictures)
        assert ran.code == 0
        return list(ran.records)

    def test_every_file_has_one_in_the_order_of_the_walk(
        self, records: Records, pictures: Path
    ) -> None:
        expected = sorted(str(path) for path in pictures.rglob("*.*"))

        assert [record["path"] for record in records] == expected
        assert {record["schema"] for record in records} == {"rempart.scan/1"}

    def test_known_pictures_match_and_say_why(self, records: Records, pictures: Path) -> None:
        known = {str(path) for path in sorted(pictures.rglob("*.*"))[::10]}
        contract = "id list list_id owner entry entry_version kind distance threshold dialect "
        contract += "transform quality labels suppressed_by"

        assert {record["path"] for record in records if record["matches"]} == known
        for record in records:
            for match in record["matches"]:
                assert [key for key in match if key in contract.split()] == contract.split()
                assert match["owner"] == "Exercise Hotline"
                assert match["distance"] <= match["threshold"]

    def test_a_digest_is_not_suppressed_and_its_conflict_is_told(self, records: Records) -> None:
        for record in records:
            for match in record["matches"]:
                if match["kind"] != "pdq":
                    assert match["suppressed_by"] is None
        suppressed = [m for r in records for m in r["matches"] if m["suppressed_by"]]
        assert suppressed
        assert {match["suppressed_by"] for match in suppressed} == {"harmless"}

    def test_every_record_carries_the_digests(self, records: Records) -> None:
        for record in records:
            kinds = [each["kind"] for each in record["fingerprints"]]
            assert {"sha256", "md5", "sha1"} <= set(kinds)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> demo.Corpus:
    """Make the demonstration's corpus from three of its real pictures."""
    names = ("astronaut.png", "china.jpg", "coffee.png")
    return make_corpus(tmp_path_factory.mktemp("demo"), names)


@pytest.fixture(scope="module")
def both(corpus: demo.Corpus, tmp_path_factory: pytest.TempPathFactory) -> tuple[Records, Records]:
    """Scan that corpus at both depths."""
    return scan_both_depths(corpus, tmp_path_factory.mktemp("results"))


class TestDepth:
    """The real pictures of the demonstration, edits of them and hostile files."""

    def test_screening_finds_the_same_matches_as_hashing_everything_exactly(
        self, both: tuple[Records, Records]
    ) -> None:
        screened, exact = both

        assert matches_of(screened) == matches_of(exact)
        assert len(matches_of(exact)) > 50

    def test_a_screened_picture_without_a_candidate_carries_its_screen_hash_only(
        self, both: tuple[Records, Records]
    ) -> None:
        dialects = [
            (record, {each["dialect"] for each in record["fingerprints"] if "dialect" in each})
            for record in both[0]
        ]

        assert {"screen"} in [found for _, found in dialects]
        for record, found in dialects:
            assert found in ({"screen"}, {"exact", "cpp512"}, set())
            if found == {"screen"}:
                assert record["media_type"] == "image/jpeg"
                assert [m for m in record["matches"] if m["kind"] == "pdq"] == []
        assert all(
            each.get("dialect") != "screen" for record in both[1] for each in record["fingerprints"]
        )

    def test_every_hostile_file_has_its_outcome_and_reason(
        self, both: tuple[Records, Records], corpus: demo.Corpus
    ) -> None:
        kinds = {os.fsdecode(path): file.kind for path, file in corpus.by_path().items()}
        expected = {
            "empty": ("unreadable", "empty"),
            "half-jpeg": ("partial", "truncated"),
            "half-png": ("partial", "truncated"),
            "half-webp": ("unreadable", "truncated"),
            "flipped-png": ("partial", "corrupt"),
            "wrong-checksum": ("partial", "corrupt"),
            "rotten-png": ("partial", "corrupt"),
            "png-bomb": ("refused", "too-many-pixels"),
            "boastful-jpeg": ("refused", "too-many-pixels"),
            "endless-png": ("refused", "too-many-pixels"),
            "text": ("ok", None),
            "html": ("ok", None),
            "eps": ("ok", None),
            "large-text": ("ok", None),
            "wrong-suffix": ("ok", None),
            "named-pipe": ("refused", "not-a-file"),
            "dangling-link": ("refused", "link-not-followed"),
            "link-out-of-tree": ("refused", "link-not-followed"),
            "link-to-parent": ("refused", "link-not-followed"),
            "name-with-control-characters": ("ok", None),
        }

        for records in both:
            found = {kinds.get(record["path"]): reason(record) for record in records}
            assert {kind: found[kind] for kind in expected} == expected
            torn = {found[f"flipped{middle}-jpeg"][0] for middle in ("", "-progressive", "-cmyk")}
            assert torn == {"partial"}

    def test_nothing_unrelated_matches(
        self, both: tuple[Records, Records], corpus: demo.Corpus
    ) -> None:
        sources = {os.fsdecode(path): file.source for path, file in corpus.by_path().items()}

        for records in both:
            for record in records:
                if record["matches"] and "path_b64" not in record:
                    assert sources[record["path"]] is not None

    def test_no_fingerprint_of_a_torn_file_stands_among_those_of_whole_ones(
        self, both: tuple[Records, Records]
    ) -> None:
        for records in both:
            for record in records:
                if record["outcome"] != "ok":
                    assert all(each["kind"] != "pdq" for each in record["fingerprints"])
                else:
                    assert "partial_fingerprints" not in record
                for match in record["matches"]:
                    assert match["from_partial"] == (
                        match["kind"] == "pdq" and record["outcome"] != "ok"
                    )

    def test_a_threshold_that_screening_cannot_reach_makes_the_scan_exact(
        self, rempart: Rempart, node: Path, corpus: demo.Corpus, lists: tuple[Path, Path]
    ) -> None:
        picture = corpus.folder / "originals" / "china.jpg"
        options = ["--list", "wide", "--owner", "O", "--format", "csv", lists[0]]

        for threshold, expected in (("44", {"screen"}), ("45", {"exact", "cpp512"})):
            imported = rempart(
                "--node", node, "lists", "import", "--threshold", threshold, *options
            )
            [record] = rempart("--node", node, "scan", "--json", picture).records
            found = {each["dialect"] for each in record["fingerprints"] if "dialect" in each}
            assert (imported.code, found) == (0, expected)

    @pytest.mark.long
    def test_the_whole_demonstration_matches_the_same_at_both_depths(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        corpus = make_corpus(tmp_path_factory.mktemp("whole"), ())

        screened, exact = scan_both_depths(corpus, tmp_path_factory.mktemp("whole-results"))

        assert matches_of(screened) == matches_of(exact)
        assert len(exact) == len(corpus.files)


def make_corpus(place: Path, names: tuple[str, ...]) -> demo.Corpus:
    """Build the demonstration's corpus from some real pictures, or from all, with its lists and node."""
    folder = demo.DemoFolder(place)
    pictures = tuple(each for each in demo.find_real_pictures() if not names or each.name in names)
    corpus = demo.build_corpus(folder.corpus, pictures, seed=11, progress=lambda _, __: None)
    demo.write_lists(folder, corpus, pictures, entries=500, progress=lambda _, __: None)
    with demo.make_node(folder) as node:
        for name in (demo.KNOWN_LIST, demo.HARMLESS_LIST):
            demo.import_exercise_list(node, folder, name, progress=lambda _: None)
    return corpus


def scan_both_depths(corpus: demo.Corpus, results: Path) -> tuple[Records, Records]:
    node = str(corpus.folder.parent / "node")
    for depth in ("screen", "exact"):
        output = str(results / depth)
        options = ["--depth", depth, "--output", output]
        assert run(["--node", node, "scan", *options, str(corpus.folder)]) == 0
    return read(results / "screen"), read(results / "exact")


def matches_of(records: Records) -> set[tuple[Any, ...]]:
    keys = ("entry", "kind", "distance", "transform", "suppressed_by", "from_partial")
    return {
        (record["path"], *(match[key] for key in keys))
        for record in records
        for match in record["matches"]
    }


class TestOutput:
    def test_the_file_gets_every_record_and_standard_output_none(
        self, rempart: Rempart, node: Path, pictures: Path, tmp_path: Path
    ) -> None:
        filed = rempart("--node", node, "scan", "--output", tmp_path / "out", pictures)
        piped = rempart("--node", node, "scan", "--json", pictures)

        assert (filed.code, filed.out) == (0, b"")
        assert without_ids(read(tmp_path / "out")) == without_ids(piped.records)

    def test_what_is_there_is_not_written_over(
        self, rempart: Rempart, node: Path, pictures: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "out").write_bytes(b"mine")

        ran = rempart("--node", node, "scan", "--json", "--output", tmp_path / "out", pictures)

        assert (ran.code, ran.out) == (3, b"")
        assert json.loads(ran.err)["code"] == "output-exists"
        assert (tmp_path / "out").read_bytes() == b"mine"

    def test_people_are_told_matches_problems_and_a_summary(
        self, rempart: Rempart, node: Path, pictures: Path, tmp_path: Path
    ) -> None:
        shutil.copy(min(pictures.rglob("*.*")), tmp_path / "known.jpg")
        (tmp_path / "empty").write_bytes(b"")

        ran = rempart("--node", node, "scan", tmp_path / "known.jpg", tmp_path / "empty")

        out = ran.out.decode()
        assert f"{tmp_path / 'known.jpg'}" in out
        assert "known of Exercise Hotline" in out
        assert f"unreadable  {tmp_path / 'empty'}  empty" in out
        assert "files with a match" in ran.err
        assert "files/s" in ran.err

    def test_a_hostile_name_cannot_act_on_the_terminal(
        self, rempart: Rempart, node: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "bad").mkdir()
        for name in ("\x1b]0;owned\x07", "a\nmatch  b", "\x9b2J", "\u202e"):
            (tmp_path / "bad" / name).write_bytes(b"")

        ran = rempart("--node", node, "scan", tmp_path / "bad")

        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(ran.out.decode() + ran.err)
        assert ran.out.decode().count("\n") == 4

    @pytest.mark.parametrize(("name", "code"), [("whole", 0), ("empty", 1)])
    def test_strict_leaves_with_1_where_an_outcome_is_not_ok(
        self, rempart: Rempart, node: Path, tmp_path: Path, name: str, code: int
    ) -> None:
        (tmp_path / "whole").write_bytes(b"whole")
        (tmp_path / "empty").write_bytes(b"")

        assert rempart("--node", node, "scan", "--strict", tmp_path / name).code == code
        assert rempart("--node", node, "scan", tmp_path / name).code == 0

    def test_matches_are_kept_with_the_scan(
        self, rempart: Rempart, node: Path, pictures: Path
    ) -> None:
        records = rempart("--node", node, "scan", "--json", pictures).records

        with open_node(NodeFolder(node)) as opened:
            [scan] = opened.store.scans()
            kept = {str(match.id) for _, match in opened.store.scan_matches(scan.id)}
        assert kept == {match["id"] for record in records for match in record["matches"]}
        assert scan.state == "finished"


class TestInput:
    @pytest.mark.parametrize(("separator", "option"), [(b"\n", []), (b"\0", ["--null"])])
    def test_a_list_on_standard_input_names_the_files(
        self,
        rempart: Rempart,
        node: Path,
        pictures: Path,
        separator: bytes,
        option: list[str],
    ) -> None:
        paths = [bytes(path) for path in sorted(pictures.rglob("*.png"), reverse=True)]

        ran = rempart("--node", node, "scan", "--json", *option, "-", given=separator.join(paths))

        assert [record["path"].encode() for record in ran.records] == paths

    def test_an_empty_list_is_a_scan_of_nothing(self, rempart: Rempart, node: Path) -> None:
        ran = rempart("--node", node, "scan", "--json", "-", given=b"")

        assert (ran.code, ran.out) == (0, b"")

    def test_no_path_is_a_mistake(self, rempart: Rempart, node: Path) -> None:
        assert rempart("--node", node, "scan").code == 2

    def test_links_are_followed_when_told(
        self, rempart: Rempart, node: Path, pictures: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "tree").mkdir()
        (tmp_path / "tree" / "link").symlink_to(pictures / "0")

        without = rempart("--node", node, "scan", "--json", tmp_path / "tree").records
        following = rempart(
            "--node", node, "scan", "--json", "--follow-links", tmp_path / "tree"
        ).records

        assert [reason(each) for each in without] == [("refused", "link-not-followed")]
        assert len(following) == len(list((pictures / "0").iterdir()))

    def test_a_file_over_the_size_limit_has_its_digests_and_a_reason(
        self, rempart: Rempart, node: Path, pictures: Path
    ) -> None:
        (node / "node.toml").write_text("bytes_per_picture = 100\n", encoding="utf-8")

        [record] = rempart("--node", node, "scan", "--json", pictures / "0" / "000.jpg").records

        assert reason(record) == ("refused", "file-too-large")
        assert [each["kind"] for each in record["fingerprints"]] == ["sha256", "md5", "sha1"]
        assert [match["kind"] for match in record["matches"]] == ["sha256"]
