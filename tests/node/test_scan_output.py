"""Every record stands in a scan's output exactly once, whatever happens between two checkpoints."""

import os
import resource
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.model.identifiers import PrincipalId
from rempart.node import OpenNode, ScanRequest, begin_run, resume_run
from rempart.node.errors import (
    OutputExistsError,
    OutputFailedError,
    OutputLockedError,
    ResumeMismatchError,
    RunUnknownError,
    SettingsError,
)
from rempart.node.scan_output import ScanOutput


class TestFile:
    def test_what_was_written_is_there_and_counted(self, tmp_path: Path) -> None:
        output = ScanOutput.begin(tmp_path / "out")
        output.write(b"one\n")
        output.write(b"two\n")
        output.close()

        assert (tmp_path / "out").read_bytes() == b"one\ntwo\n"
        assert output.size_bytes == 8

    def test_others_may_not_read_what_was_found(self, tmp_path: Path) -> None:
        ScanOutput.begin(tmp_path / "out").close()

        assert (tmp_path / "out").stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize("present", ["file", "folder", "link"])
    def test_what_is_there_stays_as_it_is(self, tmp_path: Path, present: str) -> None:
        place = tmp_path / "out"
        if present == "file":
            place.write_bytes(b"mine")
        elif present == "folder":
            place.mkdir()
        else:
            place.symlink_to(tmp_path / "elsewhere")

        with pytest.raises(OutputExistsError) as caught:
            ScanOutput.begin(place)

        assert caught.value.exit_code == 3
        assert not (tmp_path / "elsewhere").exists()

    @settings(
        max_examples=30,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9)), max_size=6))
    def test_what_followed_the_last_checkpoint_is_written_again_and_not_twice(
        self, tmp_path: Path, steps: list[tuple[bytes, bytes]]
    ) -> None:
        path = tmp_path / "out"
        path.unlink(missing_ok=True)
        output = ScanOutput.begin(path)
        for confirmed, lost in steps:
            output.write(confirmed)
            checkpoint = output.size_bytes
            output.write(lost)  # then the process is killed
            output.close()
            output = ScanOutput.resume(path, checkpoint)
        output.close()

        assert path.read_bytes() == b"".join(confirmed for confirmed, _ in steps)

    def test_an_output_that_lost_confirmed_records_is_not_gone_on_with(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "out").write_bytes(b"1234")

        with pytest.raises(ResumeMismatchError, match="4 bytes; the run had written 5"):
            ScanOutput.resume(tmp_path / "out", 5)

        assert (tmp_path / "out").read_bytes() == b"1234"

    @pytest.mark.parametrize("name", ["missing", "."])
    def test_an_output_that_is_gone_is_told(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ResumeMismatchError, match="cannot be opened"):
            ScanOutput.resume(tmp_path / name, 0)

    def test_two_processes_never_write_one_output(self, tmp_path: Path) -> None:
        output = ScanOutput.begin(tmp_path / "out")
        output.write(b"confirmed, and more")

        with pytest.raises(OutputLockedError) as caught:
            ScanOutput.resume(tmp_path / "out", 9)

        assert caught.value.exit_code == 4
        assert (tmp_path / "out").read_bytes() == b"confirmed, and more"
        output.close()
        ScanOutput.resume(tmp_path / "out", 9).close()
        assert (tmp_path / "out").read_bytes() == b"confirmed"

    def test_a_full_disk_is_told_once_and_the_file_can_be_gone_on_with(
        self, tmp_path: Path
    ) -> None:
        output = ScanOutput.begin(tmp_path / "out")
        output.write(b"confirmed")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        try:
            with pytest.raises(OutputFailedError, match="Free space") as caught:
                output.write(b"x" * 200)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        output.close()  # nothing is left that would have to be written, and fail again

        assert caught.value.exit_code == 4
        assert output.size_bytes == 9
        ScanOutput.resume(tmp_path / "out", 9).close()
        assert (tmp_path / "out").read_bytes() == b"confirmed"


class TestRun:
    def test_nothing_to_scan_is_told_and_nothing_is_made(
        self, node: OpenNode, tmp_path: Path
    ) -> None:
        with pytest.raises(SettingsError):
            begin_run(node, ScanRequest(paths=(), output=tmp_path / "out"), None)

        assert not (tmp_path / "out").exists()
        assert node.store.scans() == ()

    def test_a_run_that_could_not_be_kept_leaves_no_output(
        self, node: OpenNode, tmp_path: Path
    ) -> None:
        stranger = make_stranger(node)

        with pytest.raises(Exception, match=r"principal"):
            begin_run(stranger, ScanRequest(paths=(b"x",), output=tmp_path / "out"), None)

        assert not (tmp_path / "out").exists()

    def test_a_run_keeps_what_it_was_asked_byte_for_byte(
        self, node: OpenNode, tmp_path: Path
    ) -> None:
        output = Path(os.fsdecode(bytes(tmp_path) + b"/out-\xff\n.jsonl"))
        request = ScanRequest(
            paths=(b"/a\xff", b"/\xc3\xa9"),
            depth="exact",
            follow_links=True,
            output=output,
            workers=3,
        )
        with begin_run(node, request, None) as begun:
            pass

        with resume_run(node, str(begun.scan_id), None) as resumed:
            assert list(resumed.roots()) == [b"/a\xff", b"/\xc3\xa9"]
            assert (resumed.depth, resumed.follow_links, resumed.workers) == ("exact", True, 3)
            assert resumed.has_output
            assert (resumed.scan_id, resumed.after) == (begun.scan_id, None)

    def test_relative_paths_mean_the_folder_where_the_run_was_begun(
        self, node: OpenNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path)
        with begin_run(node, ScanRequest(paths=(b"/absolute", b"relative")), None) as begun:
            assert list(begun.roots()) == [b"/absolute", b"relative"]
        monkeypatch.chdir(tmp_path / "elsewhere")

        with (
            resume_run(node, str(begun.scan_id), None) as resumed,
            pytest.raises(ResumeMismatchError) as caught,
        ):
            list(resumed.roots())

        assert str(tmp_path) in caught.value.hint
        monkeypatch.chdir(tmp_path)
        with resume_run(node, str(begun.scan_id), None) as resumed:
            assert list(resumed.roots()) == [b"/absolute", b"relative"]

    @pytest.mark.parametrize(
        "name", ["", "x", "0" * 32, "01a2014c-a5f5-74ae-91c9-28b9ee634a49", "\0", "1" * 100]
    )
    def test_a_run_that_is_not_known_is_told(self, node: OpenNode, name: str) -> None:
        with pytest.raises(RunUnknownError) as caught:
            resume_run(node, name, None)

        assert caught.value.exit_code == 2

    def test_a_finished_run_is_not_gone_on_with(self, node: OpenNode) -> None:
        with begin_run(node, ScanRequest(paths=(b"x",)), None) as run:
            run.finish(was_stopped=False)

        with pytest.raises(RunUnknownError, match="finished"):
            resume_run(node, str(run.scan_id), None)

    def test_a_list_is_needed_again_where_the_run_read_one(self, node: OpenNode) -> None:
        with (
            pytest.raises(SettingsError, match="list"),
            begin_run(node, ScanRequest(paths=(), list_separator="line"), None),
        ):
            pytest.fail("there is no list")

    def test_runs_whose_time_is_over_are_forgotten(self, node: OpenNode) -> None:
        with begin_run(node, ScanRequest(paths=(b"x",)), None) as first:
            first.finish(was_stopped=False)
        last = []

        for days in (80, 91):  # a clock of whose last month nothing is on record is not believed
            later = at_a_later_time(node, days=days)
            with begin_run(later, ScanRequest(paths=(b"x",)), None) as run:
                run.finish(was_stopped=False)
            last.append(run.scan_id)

        assert {each.id for each in node.store.scans()} == set(last)


def make_stranger(node: OpenNode) -> OpenNode:
    """Return the node as a principal opens it whom the store does not know."""
    return replace(node, principal=replace(node.principal, id=PrincipalId(UUID(int=1))))


def at_a_later_time(node: OpenNode, *, days: int) -> OpenNode:
    class Later:
        def now(self) -> datetime:
            return node.clock.now() + timedelta(days=days)

    return replace(node, clock=Later())


def test_what_another_process_confirmed_meanwhile_is_not_cut_back(tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    path.write_bytes(b"one\ntwo\n")

    def gone_on() -> None:
        message = "The run went on in another process meanwhile."
        raise ResumeMismatchError(message, hint="Resume it again.")

    with pytest.raises(ResumeMismatchError, match="went on"):
        ScanOutput.resume(path, 4, once_held=gone_on)
    assert path.read_bytes() == b"one\ntwo\n"
    ScanOutput.resume(path, 8).close()  # and nothing holds the file any more
