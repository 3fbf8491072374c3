"""The walk finds every file in the same order each time, and nothing in the tree can stop or mislead it."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.model.scan import ProblemKind
from rempart.node.walk import Found, Position, walk

Tree = dict[bytes, "Tree | bytes"]
"""A folder: names with folders, or files' contents."""

NAMES = st.one_of(
    st.sampled_from(
        [b"a", b"a.txt", b"a b", b"A", b"ab", b"b", b"-", b"\xff", b"\xc3\xa9", b"a\n"]
    ),
    st.binary(min_size=1, max_size=4).filter(
        lambda name: b"/" not in name and b"\0" not in name and name not in {b".", b".."}
    ),
)
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.dictionaries(NAMES, st.binary(max_size=3), max_size=4),
    lambda inner: st.dictionaries(NAMES, st.one_of(inner, st.binary(max_size=3)), max_size=4),
    max_leaves=10,
)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def make(folder: bytes, tree: Tree) -> None:
    for name, content in tree.items():
        path = folder + b"/" + name
        if isinstance(content, dict):
            Path(os.fsdecode(path)).mkdir()
            make(path, content)
        else:
            Path(os.fsdecode(path)).write_bytes(content)


def files_of(
    tree: Tree, above: tuple[bytes, ...] = ()
) -> Iterator[tuple[tuple[bytes, ...], bytes]]:
    for name, content in tree.items():
        if isinstance(content, dict):
            yield from files_of(content, (*above, name))
        else:
            yield (*above, name), content


def read(found: Found) -> bytes | None:
    """Return the content of an opened file, and close it."""
    if found.descriptor is None:
        return None
    with os.fdopen(found.descriptor, "rb") as file:
        return file.read()


def walked(
    roots: Sequence[bytes], *, follow_links: bool = False, after: Position | None = None
) -> list[tuple[Position, ProblemKind | None]]:
    """Return where the walk came to and what was wrong there."""
    seen = []
    for found in walk(roots, follow_links=follow_links, after=after):
        read(found)
        seen.append((found.position, found.problem.kind if found.problem else None))
    return seen


@contextmanager
def trees_on_disk(*trees: Tree) -> Iterator[list[bytes]]:
    with tempfile.TemporaryDirectory() as place:
        roots = [os.fsencode(place) + b"/%d" % number for number in range(len(trees))]
        for root, tree in zip(roots, trees, strict=True):
            Path(os.fsdecode(root)).mkdir()
            make(root, tree)
        yield roots


class TestOrder:
    @FEW
    @given(TREES, TREES)
    def test_every_file_comes_once_in_the_order_of_its_components(
        self, first: Tree, second: Tree
    ) -> None:
        expected = sorted(
            (number, components, content)
            for number, tree in enumerate((first, second))
            for components, content in files_of(tree)
        )
        with trees_on_disk(first, second) as roots:
            found = [(each, read(each)) for each in walk(roots)]

            assert [(*each.position, content) for each, content in found] == expected
            for each, content in found:
                number, components = each.position
                assert each.path == b"/".join([roots[number], *components])
                assert each.size == len(content or b"")

    def test_a_folder_and_a_file_that_begins_like_it_keep_their_order(self, tmp_path: Path) -> None:
        make(bytes(tmp_path), {b"a": {b"z": b""}, b"a.txt": b"", b"a-": b"", b"b": b""})

        names = [position[1] for position, _ in walked([bytes(tmp_path)])]

        assert names == [(b"a", b"z"), (b"a-",), (b"a.txt",), (b"b",)]

    def test_a_root_named_twice_is_walked_twice(self, tmp_path: Path) -> None:
        make(bytes(tmp_path), {b"a": b""})

        assert [position[0] for position, _ in walked([bytes(tmp_path)] * 2)] == [0, 1]

    def test_a_folder_that_is_mounted_twice_is_walked_twice(self, tmp_path: Path) -> None:
        # Some file systems give many folders one number: without links to follow it must not matter.
        make(bytes(tmp_path), {b"one": {b"a": b""}, b"two": {}})
        bind = ["mount", "--bind", str(tmp_path / "one"), str(tmp_path / "two")]
        if os.getuid() != 0 or subprocess.run(bind, check=False, capture_output=True).returncode:
            pytest.skip("this machine lets nobody mount a folder a second time")
        try:
            assert [position[1] for position, _ in walked([bytes(tmp_path)])] == [
                (b"one", b"a"),
                (b"two", b"a"),
            ]
        finally:
            subprocess.run(["umount", str(tmp_path / "two")], check=True)


class TestResume:
    @FEW
    @given(TREES, TREES, st.lists(NAMES, max_size=3))
    def test_after_any_position_exactly_the_rest_comes(
        self, first: Tree, second: Tree, anywhere: list[bytes]
    ) -> None:
        with trees_on_disk(first, second) as roots:
            whole = walked(roots)
            positions = [position for position, _ in whole]
            for after in [*positions, (0, tuple(anywhere)), (1, tuple(anywhere))]:
                rest = [each for each in whole if each[0] > after]
                assert walked(roots, after=after) == rest

    def test_a_single_file_that_is_done_does_not_come_again(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"")
        roots = [bytes(tmp_path / "a"), bytes(tmp_path / "missing")]

        assert walked(roots, after=(0, ())) == [((1, ()), ProblemKind.NOT_FOUND)]
        assert walked(roots, after=(1, ())) == []

    def test_a_folder_that_became_a_file_does_not_bring_back_what_is_done(
        self, tmp_path: Path
    ) -> None:
        make(bytes(tmp_path), {b"a": b"", b"b": b""})

        assert walked([bytes(tmp_path)], after=(0, (b"a", b"x"))) == [((0, (b"b",)), None)]

    @FEW
    @given(TREES, st.data())
    def test_with_links_followed_too_exactly_the_rest_comes(
        self, tree: Tree, data: st.DataObject
    ) -> None:
        with trees_on_disk(tree) as roots:
            folders = [place for place, _, _ in os.walk(roots[0])]
            for number in range(data.draw(st.integers(0, 4))):
                name = data.draw(st.sampled_from([b"0", b"a", b"z", b"\xff\xff"])) + b"l%d" % number
                place, target = (data.draw(st.sampled_from(folders)) for _ in range(2))
                Path(os.fsdecode(place), os.fsdecode(name)).symlink_to(os.fsdecode(target))
            whole = walked(roots, follow_links=True)
            for at, (after, _) in enumerate(whole):
                assert walked(roots, follow_links=True, after=after) == whole[at + 1 :]

    def test_a_folder_entered_through_a_link_before_the_stop_is_not_entered_again(
        self, tmp_path: Path
    ) -> None:
        make(bytes(tmp_path), {b"m": b"", b"z": {b"f": b""}})
        (tmp_path / "a").symlink_to(tmp_path / "z")
        root = bytes(tmp_path)

        assert walked([root], follow_links=True) == [
            ((0, (b"a", b"f")), None),
            ((0, (b"m",)), None),
        ]
        assert walked([root], follow_links=True, after=(0, (b"m",))) == []


class TestLinks:
    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        outside, inside = tmp_path / "outside", tmp_path / "inside"
        make(bytes(tmp_path), {b"outside": {b"secret": b"s"}, b"inside": {b"d": {b"f": b"f"}}})
        (inside / "to-file").symlink_to(outside / "secret")
        (inside / "to-folder").symlink_to(outside)
        (inside / "to-nothing").symlink_to(outside / "nothing")
        (inside / "to-self").symlink_to(inside / "to-self")
        (inside / "d" / "up").symlink_to(inside)
        return inside

    def test_no_link_is_followed_and_each_is_told(self, tree: Path) -> None:
        found = dict(walked([bytes(tree)]))

        assert found == {
            (0, (b"d", b"f")): None,
            (0, (b"d", b"up")): ProblemKind.LINK_NOT_FOLLOWED,
            (0, (b"to-file",)): ProblemKind.LINK_NOT_FOLLOWED,
            (0, (b"to-folder",)): ProblemKind.LINK_NOT_FOLLOWED,
            (0, (b"to-nothing",)): ProblemKind.LINK_NOT_FOLLOWED,
            (0, (b"to-self",)): ProblemKind.LINK_NOT_FOLLOWED,
        }

    def test_told_to_follow_it_enters_each_folder_once_and_comes_to_an_end(
        self, tree: Path
    ) -> None:
        found = dict(walked([bytes(tree)], follow_links=True))

        assert found == {
            (0, (b"d", b"f")): None,
            (0, (b"to-file",)): None,
            (0, (b"to-folder", b"secret")): None,
            (0, (b"to-nothing",)): ProblemKind.NOT_FOUND,
            (0, (b"to-self",)): ProblemKind.LINK_NOT_FOLLOWED,
        }

    def test_a_named_link_is_followed_but_not_the_links_below_it(self, tree: Path) -> None:
        (tree.parent / "named").symlink_to(tree)

        found = dict(walked([bytes(tree.parent / "named")]))

        assert found[(0, (b"d", b"f"))] is None
        assert found[(0, (b"to-file",))] is ProblemKind.LINK_NOT_FOLLOWED

    def test_a_folder_that_becomes_a_link_during_the_walk_is_not_entered(self, tree: Path) -> None:
        make(bytes(tree), {b"a": b"", b"b": {b"inner": b""}})
        found = walk([bytes(tree)])
        read(next(found))
        shutil.rmtree(tree / "b")
        (tree / "b").symlink_to(tree.parent / "outside")

        rest = {each.position[1]: each for each in found}

        assert (b"b", b"secret") not in rest
        assert rest[(b"b",)].problem is not None
        for each in rest.values():
            read(each)


class TestWhatIsNoFile:
    def test_pipes_sockets_and_devices_are_told_and_never_opened(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer for ever
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(tmp_path / "socket"))
            found = dict(walked([bytes(tmp_path), b"/dev/null", b"/dev/zero"]))

        assert set(found.values()) == {ProblemKind.NOT_A_FILE}
        assert len(found) == 4

    def test_a_file_that_becomes_a_pipe_during_the_walk_does_not_block(
        self, tmp_path: Path
    ) -> None:
        make(bytes(tmp_path), {b"a": b"", b"b": b""})
        found = walk([bytes(tmp_path)])
        read(next(found))
        (tmp_path / "b").unlink()
        os.mkfifo(tmp_path / "b")

        problem = next(found).problem

        assert problem is not None
        assert problem.kind is ProblemKind.NOT_A_FILE

    @pytest.mark.parametrize("path", [b"", b"\0", b"a\0b", b"/nowhere/at/all", b"/dev/null/x"])
    def test_a_path_that_leads_nowhere_is_told(self, path: bytes) -> None:
        assert walked([path]) == [((0, ()), ProblemKind.NOT_FOUND)]


class TestWhatChanges:
    def test_files_and_folders_that_disappear_are_told(self, tmp_path: Path) -> None:
        make(bytes(tmp_path), {b"a": b"", b"b": b"", b"c": {b"d": b""}, b"e": b""})
        found = walk([bytes(tmp_path)])
        read(next(found))
        (tmp_path / "b").unlink()
        shutil.rmtree(tmp_path / "c")

        rest = [(each, read(each)) for each in found]

        assert [
            (each.position[1], each.problem.kind if each.problem else None) for each, _ in rest
        ] == [
            ((b"b",), ProblemKind.NOT_FOUND),
            ((b"c",), ProblemKind.NOT_FOUND),
            ((b"e",), None),
        ]


class TestDepth:
    LEVELS = 1500

    @pytest.fixture
    def deep(self, tmp_path: Path) -> Iterator[Callable[[int], bytes]]:
        def make_deep(levels: int) -> bytes:
            descriptor = os.open(tmp_path, os.O_RDONLY)
            for _ in range(levels):
                os.mkdir("d", dir_fd=descriptor)
                inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
            os.close(descriptor)
            return bytes(tmp_path)

        yield make_deep
        subprocess.run(["rm", "-rf", str(tmp_path)], check=True)

    def test_a_tree_of_1500_levels_is_walked_to_its_end(self, deep: Callable[[int], bytes]) -> None:
        root = deep(self.LEVELS)

        assert walked([root]) == [((0, (*[b"d"] * self.LEVELS, b"file")), None)]
        assert walked([root], after=(0, (b"d",) * self.LEVELS)) == walked([root])

    def test_beyond_the_longest_path_the_first_folder_out_of_reach_is_told(
        self, deep: Callable[[int], bytes]
    ) -> None:
        root = deep(2200)

        [found] = walk([root])

        assert found.problem is not None
        assert found.problem.kind is ProblemKind.READ_ERROR
        assert "shorter path" in found.problem.hint


class TestPermissions:
    @pytest.fixture
    def closed(self) -> Iterator[Path]:
        """Give a tree with a folder and a file that an ordinary user may not read, and be such a user."""
        nobody = 65534
        place = Path(tempfile.mkdtemp(dir="/tmp"))  # pytest's own is closed to nobody
        make(bytes(place), {b"a": b"", b"closed": {b"in": b""}, b"secret": b"", b"z": b""})
        (place / "secret").chmod(0)
        (place / "closed").chmod(0)
        place.chmod(0o755)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(nobody)
        yield place
        if is_root:
            os.seteuid(0)
        (place / "closed").chmod(0o700)
        shutil.rmtree(place)

    def test_what_may_not_be_read_is_told_and_the_rest_goes_on(self, closed: Path) -> None:
        root = bytes(closed)

        assert walked([root]) == [
            ((0, (b"a",)), None),
            ((0, (b"closed",)), ProblemKind.PERMISSION_DENIED),
            ((0, (b"secret",)), ProblemKind.PERMISSION_DENIED),
            ((0, (b"z",)), None),
        ]
        assert walked([root], after=(0, (b"closed",))) == walked([root])[2:]


def test_no_descriptor_stays_open_when_the_reader_closes_what_it_got(tmp_path: Path) -> None:
    make(bytes(tmp_path), {b"%d" % number: b"" for number in range(20)} | {b"d": {b"x": b""}})
    before = len(list(Path("/proc/self/fd").iterdir()))

    walked([bytes(tmp_path)])

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_listed_link_is_not_followed_unless_told(tmp_path: Path) -> None:
    target = tmp_path / "outside"
    target.write_bytes(b"exercise")
    link = tmp_path / "link"
    link.symlink_to(target)

    [listed] = walk([bytes(link)], follow_roots=False)
    [told] = walk([bytes(link)], follow_roots=False, follow_links=True)

    assert listed.problem is not None
    assert listed.problem.kind is ProblemKind.LINK_NOT_FOLLOWED
    assert listed.descriptor is None
    assert told.descriptor is not None
    os.close(told.descriptor)
