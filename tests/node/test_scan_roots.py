"""A list of paths is read as it goes, and a resumed run notices another list."""

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.node.errors import ResumeMismatchError
from rempart.node.scan_roots import ListedRoots, NamedRoots

PATHS = st.lists(
    st.binary(min_size=1, max_size=20).filter(lambda path: not set(path) & {0, 10}), max_size=12
)


class Slow(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def __init__(self, content: bytes, size: int) -> None:
        self._content, self._size = io.BytesIO(content), size

    def readable(self) -> bool:
        return True

    def read(self, _size: int = -1) -> bytes:
        return self._content.read(self._size)


def listed(
    content: bytes, separator: bytes = b"\n", expected: tuple[int, str] | None = None
) -> ListedRoots:
    return ListedRoots(io.BytesIO(content), separator=separator, expected=expected)


class TestReading:
    @given(PATHS, st.sampled_from([b"\n", b"\0"]), st.booleans(), st.integers(1, 7))
    def test_every_path_is_read_whatever_the_pieces_it_comes_in(
        self,
        paths: list[bytes],
        separator: bytes,
        is_ended: bool,  # noqa: FBT001 - hypothesis gives it
        size: int,
    ) -> None:
        content = separator.join(paths) + (separator if is_ended else b"")
        slow = ListedRoots(Slow(content, size), separator=separator)  # type: ignore[arg-type] # reads bytes

        assert list(slow) == paths
        assert list(listed(content, separator)) == paths

    def test_empty_lines_name_nothing(self) -> None:
        assert list(listed(b"\n\na\n\nb\n\n")) == [b"a", b"b"]

    def test_a_nul_list_may_hold_line_feeds(self) -> None:
        assert list(listed(b"a\nb\0c\0", b"\0")) == [b"a\nb", b"c"]

    def test_what_is_no_list_of_paths_is_refused_before_it_fills_the_memory(self) -> None:
        with pytest.raises(ResumeMismatchError, match="longer than any path"):
            list(listed(b"x" * 10_000_000))


class TestResuming:
    @given(PATHS.filter(bool), st.data())
    def test_the_same_list_is_taken_and_another_beginning_is_not(
        self, paths: list[bytes], data: st.DataObject
    ) -> None:
        number = data.draw(st.integers(0, len(paths) - 1))
        begun = listed(b"\n".join(paths))
        list(begun)
        expected = (number, begun.digest_at(number))

        more = [*paths, b"more"]
        assert list(listed(b"\n".join(more), expected=expected)) == more

        changed = list(paths)
        changed[data.draw(st.integers(0, number))] += b"x"
        with pytest.raises(ResumeMismatchError) as caught:
            list(listed(b"\n".join(changed), expected=expected))
        assert caught.value.exit_code == 3

    @given(PATHS.filter(bool), st.data())
    def test_a_shorter_list_is_not_taken(self, paths: list[bytes], data: st.DataObject) -> None:
        begun = listed(b"\n".join(paths))
        list(begun)
        kept = data.draw(st.integers(0, len(paths) - 1))
        number = len(paths) - 1

        with pytest.raises(ResumeMismatchError):
            list(listed(b"\n".join(paths[:kept]), expected=(number, begun.digest_at(number))))

    @pytest.mark.parametrize(
        "swap", [lambda paths: paths[::-1], lambda paths: [b"".join(paths)]], ids=["order", "joint"]
    )
    def test_other_paths_of_the_same_bytes_are_another_list(
        self, swap: Callable[[list[bytes]], list[bytes]]
    ) -> None:
        begun = listed(b"a\nb")
        list(begun)

        with pytest.raises(ResumeMismatchError):
            list(listed(b"\n".join(swap([b"a", b"b"])), expected=(1, begun.digest_at(1))))

    def test_digests_of_paths_that_are_done_are_forgotten(self) -> None:
        roots = listed(b"a\nb\nc")
        list(roots)

        assert roots.digest_at(1)
        assert roots.digest_at(0) == ""
        assert roots.digest_at(1)


class TestNamed:
    @given(st.lists(st.binary()))
    def test_named_paths_are_kept_with_the_run_byte_for_byte(self, paths: list[bytes]) -> None:
        named = NamedRoots(tuple(paths))

        assert list(NamedRoots.from_settings(named.settings())) == paths
        assert named.digest_at(0) == ""
