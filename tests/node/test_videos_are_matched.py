"""Listed videos are matched as pictures are: at once, by every process, and as long as they stand on a list."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rempart.match import Query, VideoQuery
from rempart.model.fingerprint import Fingerprint
from rempart.model.match import Match
from rempart.model.video import VideoFrame, frames_text
from rempart.node import (
    ImportReport,
    NodeFolder,
    OpenNode,
    compaction,
    examine,
    look_up_values,
    open_node,
    withdraw_list,
)
from rempart.node.compaction import save_base, save_newer_index
from rempart.node.errors import SettingsError
from rempart.node.live_index import LiveIndex
from rempart.node.matching import live_matcher

Import = Callable[..., ImportReport]
Find = Callable[..., tuple[Match, ...]]
GENEROUS_SECONDS = 60


def video(number: int, *, frames: int = 4) -> str:
    values = np.random.default_rng(number).integers(0, 256, (frames, 32), np.uint8)
    return frames_text(VideoFrame(bytes(row), 90, 1000 * at) for at, row in enumerate(values))


def listed(**texts: str) -> str:
    """Return a list of videos by their identifiers."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["id", "type", "value", "category"])
    rows.writerows([name, "vpdq", value, "exercise-A"] for name, value in texts.items())
    return text.getvalue()


def record(text: str, field: str = "fingerprints") -> bytes:
    fields: dict[str, Any] = {"fingerprints": [], field: [{"kind": "vpdq", "value": text}]}
    return json.dumps({"schema": "rempart.hash/1", "path": "clip.mp4", **fields}).encode() + b"\n"


def found_by_record(node: OpenNode, content: bytes) -> tuple[Match, ...]:
    [(name, findings)] = look_up_values(node, ["-"], io.BytesIO(content))
    assert name == "clip.mp4"
    return findings.matches


@pytest.fixture
def live(node: OpenNode) -> Iterator[LiveIndex]:
    served = LiveIndex(node.folder, node.store)
    served.start()
    yield served
    served.close()


class TestOneNode:
    def test_a_record_of_a_video_is_matched(self, node: OpenNode, import_text: Import) -> None:
        import_text(node, listed(a=video(1), b=video(2)))

        [match] = found_by_record(node, record(video(2)))

        assert (match.kind, match.distance) == ("vpdq", 0)
        assert match.video is not None
        assert (match.video.query_percent, match.video.list_frames) == (100, 4)

    def test_frames_of_a_torn_video_are_matched_and_said_to_be(
        self, node: OpenNode, import_text: Import
    ) -> None:
        import_text(node, listed(a=video(1)))

        [match] = found_by_record(node, record(video(1), "partial_fingerprints"))

        assert match.from_partial

    def test_a_file_of_frames_is_matched(
        self, node: OpenNode, import_text: Import, find: Find, tmp_path: Path
    ) -> None:
        import_text(node, listed(a=video(1)))
        (tmp_path / "clip.json").write_text(video(1))

        [match] = find(node, f"vpdq:@{tmp_path / 'clip.json'}")

        assert match.kind == "vpdq"

    @pytest.mark.parametrize("content", [None, b"", b"no frames", b"\xff" * 9])
    def test_a_file_that_holds_no_frames_is_refused(
        self, node: OpenNode, find: Find, tmp_path: Path, content: bytes | None
    ) -> None:
        path = tmp_path / "clip.json"
        if content is not None:
            path.write_bytes(content)

        with pytest.raises(SettingsError, match="cannot be matched"):
            find(node, f"vpdq:@{path}")

    def test_a_record_whose_frames_are_none_is_refused(self, node: OpenNode) -> None:
        with pytest.raises(SettingsError, match="frames"):
            found_by_record(node, record("[]"))

    def test_the_rules_are_the_operator_s(
        self, node: OpenNode, import_text: Import, tmp_path: Path
    ) -> None:
        import_text(node, listed(a=video(1)))
        half = json.dumps([*json.loads(video(1))[:1], *json.loads(video(9))[:1]])
        assert found_by_record(node, record(half)) == ()
        (tmp_path / "node" / "node.toml").write_text('video_rules = ["50/25"]\n')

        with open_node(NodeFolder(tmp_path / "node")) as again:
            assert len(found_by_record(again, record(half))) == 1

    def test_a_listed_picture_is_found_in_a_video(
        self, node: OpenNode, import_text: Import
    ) -> None:
        still = json.loads(video(1))[2].split(",")[0]
        import_text(node, f"type,value,category\npdq,{still},1\n")

        [match] = found_by_record(node, record(video(1)))

        assert match.kind == "pdq"
        assert match.video is not None
        assert match.video.milliseconds == 2000

    def test_a_still_picture_is_found_in_a_listed_video(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, listed(a=video(1)))

        [match] = find(node, "pdq:" + json.loads(video(1))[3].split(",")[0])

        assert match.kind == "vpdq"
        assert match.video is not None
        assert match.video.list_milliseconds == 3000


class TestSteps:
    """The saved index, its delta and what is applied in memory give the same answers."""

    def test_what_comes_and_goes_takes_effect_while_it_is_served(
        self, node: OpenNode, import_text: Import, live: LiveIndex
    ) -> None:
        def served(number: int) -> int:
            assert live.wait_until(node.store.change_number(), timeout_seconds=GENEROUS_SECONDS)
            query = Query(digests=(), video=VideoQuery(tuple(frames_of(number))))
            return len(live_matcher(live, node).match_many([query])[0].matches)

        assert served(1) == 0
        import_text(node, listed(a=video(1), b=video(2)))
        assert (served(1), served(2)) == (1, 1)
        import_text(node, listed(b=video(2), c=video(3)), allow_shrink=True)
        assert (served(1), served(2), served(3)) == (0, 1, 1)
        withdraw_list(node, "exercise", None)
        assert (served(2), served(3)) == (0, 0)

    def test_a_saved_index_and_what_is_newer_are_searched_together(
        self, node: OpenNode, import_text: Import, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(compaction, "SMALL_BASE", 0)
        import_text(node, listed(a=video(1), b=video(2), bad=video(7)))
        save_base(node.folder, node.store)
        import_text(node, listed(b=video(2), c=video(3)), allow_shrink=True)
        saved = save_newer_index(node.folder, node.store)
        assert not saved.is_base
        import_text(node, listed(c=video(3), d=video(4)), allow_shrink=True)

        found = [len(found_by_record(node, record(video(at)))) for at in (1, 2, 3, 4, 7)]

        assert found == [0, 0, 1, 1, 0]
        assert saved.open().counts()["vpdq"] == 8

    def test_a_video_of_blank_frames_alone_comes_and_goes_without_a_trace(
        self, node: OpenNode, import_text: Import, live: LiveIndex
    ) -> None:
        blank = video(1).replace(",90,", ",10,")
        import_text(node, listed(a=blank))
        import_text(node, listed(b=video(2)), allow_shrink=True)

        assert live.wait_until(node.store.change_number(), timeout_seconds=GENEROUS_SECONDS)
        assert live.current().index.counts()["vpdq"] == 4
        assert live.problems == ()

    def test_what_an_older_version_kept_and_nobody_can_read_is_told(
        self, node: OpenNode, import_text: Import, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as older:
            odd = Fingerprint("vpdq", b"odd")
            older.setattr("rempart.lists.values._video", lambda _: odd)
            import_text(node, listed(a=video(1)))
        import_text(node, listed(b=video(2)), name="other")

        checks = examine(node.folder.path, deep=True)
        notes = [each.message for each in checks if each.check == "index"]

        assert any(note.startswith("1 listed videos cannot be read") for note in notes)
        assert len(found_by_record(node, record(video(2)))) == 1


def frames_of(number: int) -> Iterator[VideoFrame]:
    for item in json.loads(video(number)):
        value, quality, seconds = item.split(",")
        yield VideoFrame(bytes.fromhex(value), int(quality), round(float(seconds) * 1000))
