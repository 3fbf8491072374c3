"""A file that an operator names is written whole or not at all, and never over another one."""

import io
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rempart.node import open_source, write_whole
from rempart.node.errors import OutputExistsError, OutputFailedError, SourceUnreadableError


@contextmanager
def files_no_longer_than(size_bytes: int) -> Iterator[None]:
    """Let the system refuse longer files, as it does when the disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))  # noqa: PTH208 - hidden names count too


class TestWriteWhole:
    def test_the_file_appears_when_it_is_complete(self, tmp_path: Path) -> None:
        with write_whole(tmp_path / "list.csv") as sink:
            sink.write(b"whole")
            assert not (tmp_path / "list.csv").exists()

        assert (tmp_path / "list.csv").read_bytes() == b"whole"
        assert names(tmp_path) == ["list.csv"]

    def test_nothing_is_left_where_the_work_fails(self, tmp_path: Path) -> None:
        def fail() -> None:
            with write_whole(tmp_path / "list.csv") as sink:
                sink.write(b"half")
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert names(tmp_path) == []

    def test_what_is_there_stays_as_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "list.csv").write_bytes(b"mine")

        with pytest.raises(OutputExistsError), write_whole(tmp_path / "list.csv"):
            pytest.fail("nothing may be written")

        assert (tmp_path / "list.csv").read_bytes() == b"mine"

    def test_what_appears_meanwhile_stays_as_it_is(self, tmp_path: Path) -> None:
        def be_too_late() -> None:
            with write_whole(tmp_path / "list.csv") as sink:
                sink.write(b"ours")
                (tmp_path / "list.csv").write_bytes(b"mine")

        with pytest.raises(OutputExistsError):
            be_too_late()
        assert (tmp_path / "list.csv").read_bytes() == b"mine"
        assert names(tmp_path) == ["list.csv"]

    def test_a_link_that_leads_nowhere_is_not_written_through(self, tmp_path: Path) -> None:
        (tmp_path / "list.csv").symlink_to(tmp_path / "elsewhere")

        with pytest.raises(OutputExistsError), write_whole(tmp_path / "list.csv"):
            pytest.fail("nothing may be written")

        assert names(tmp_path) == ["list.csv"]

    def test_a_full_disk_is_told_and_nothing_is_left(self, tmp_path: Path) -> None:
        with (
            files_no_longer_than(100_000),
            pytest.raises(OutputFailedError, match="Free space") as caught,
            write_whole(tmp_path / "list.csv") as sink,
        ):
            sink.write(b"x" * 200_000)

        assert caught.value.exit_code == 4
        assert names(tmp_path) == []

    @pytest.mark.parametrize("name", ["missing/list.csv", "x" * 300])
    def test_a_place_that_cannot_be_written_is_told(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(OutputFailedError), write_whole(tmp_path / name):
            pytest.fail("nothing may be written")


class TestOpenSource:
    def test_a_file_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "list.csv").write_bytes(b"rows")

        with open_source(tmp_path / "list.csv") as file:
            assert file.read() == b"rows"

    def test_a_hyphen_is_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"rows")))

        with open_source(Path("-")) as file:
            assert file.read() == b"rows"

    @pytest.mark.parametrize("name", ["missing", ".", "x" * 300])
    def test_what_cannot_be_read_is_told(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(SourceUnreadableError) as caught, open_source(tmp_path / name):
            pytest.fail("nothing can be read")

        assert caught.value.exit_code == 3
