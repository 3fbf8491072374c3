"""A node is found where the caller or the environment says, made once, and never over something else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rempart.model.principals import OrganisationKind
from rempart.node import (
    NodeFolder,
    OpenNode,
    create_node,
    creation,
    find_node_folder,
    join_node,
    open_node,
)
from rempart.node.errors import (
    NodeExistsError,
    NodeMissingError,
    NodeOwnerError,
    NodePlaceError,
    SettingsError,
)
from rempart.store import StoreExistsError, StoreMissingError

ROOT = Path(__file__).parents[2]


def make(
    path: Path,
    *,
    organisation: str = "Exercise Node",
    jurisdiction: str = "FR",
    store: str = "",
) -> OpenNode:
    return create_node(
        path,
        organisation=organisation,
        kind=OrganisationKind.POLICE,
        jurisdiction=jurisdiction,
        is_exercise=True,
        store=store,
    )


class TestFinding:
    @pytest.fixture
    def nodes(self, tmp_path: Path) -> tuple[Path, Path]:
        for name in ("one", "two"):
            make(tmp_path / name).close()
        return tmp_path / "one", tmp_path / "two"

    def test_what_the_caller_names_goes_before_the_environment(
        self, nodes: tuple[Path, Path]
    ) -> None:
        one, two = nodes

        assert find_node_folder(one, {"REMPART_NODE": str(two)}) == NodeFolder(one)
        assert find_node_folder(None, {"REMPART_NODE": str(two)}) == NodeFolder(two)

    @pytest.mark.parametrize("environment", [{}, {"REMPART_NODE": ""}])
    def test_where_nothing_is_named_the_hint_says_how_to(self, environment: dict[str, str]) -> None:
        with pytest.raises(NodeMissingError, match=r"--node DIR or set REMPART_NODE") as caught:
            find_node_folder(None, environment)

        assert caught.value.exit_code == 2

    def test_a_folder_without_a_node_is_told_by_its_name(self, tmp_path: Path) -> None:
        with pytest.raises(NodeMissingError, match="There is no node in"):
            find_node_folder(tmp_path, {})

    def test_a_node_whose_store_is_not_there_is_told_from_no_node(
        self, nodes: tuple[Path, Path]
    ) -> None:
        one, _ = nodes
        (one / "store.sqlite").unlink()

        with pytest.raises(NodeMissingError, match="its store is not there") as caught:
            find_node_folder(one, {})

        assert "REMPART_STORE" in caught.value.hint
        assert "init" not in caught.value.hint

    @pytest.mark.parametrize(
        ("uid", "name"), [(65_534, "nobody"), (4_000_000_000, "'#4000000000'")]
    )
    def test_root_does_not_work_on_the_node_of_another_user(
        self, nodes: tuple[Path, Path], uid: int, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, _ = nodes
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        monkeypatch.setattr("rempart.node.folder._owner_of", lambda _: uid)

        with pytest.raises(NodeOwnerError, match=f"user {name}") as caught:
            find_node_folder(one, {})

        assert f"sudo -u {name} " in caught.value.hint
        monkeypatch.setattr("rempart.node.folder._owner_of", lambda _: 0)
        assert find_node_folder(one, {}) == NodeFolder(one)

    def test_root_goes_on_with_a_node_that_root_made_in_another_user_s_folder(
        self, nodes: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, _ = nodes
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        monkeypatch.setattr(
            "rempart.node.folder._owner_of", lambda path: 65_534 if path in {one, tmp_path} else 0
        )

        assert find_node_folder(one, {}) == NodeFolder(one)
        (one / "store.sqlite").unlink()  # it is in a database
        environment = {"REMPART_STORE": "postgresql://exercise@db.example/rempart"}
        assert find_node_folder(one, environment) == NodeFolder(one)
        with pytest.raises(NodeMissingError):
            find_node_folder(tmp_path, {})

    def test_the_caller_s_mistake_is_not_covered_by_the_environment(
        self, nodes: tuple[Path, Path], tmp_path: Path
    ) -> None:
        with pytest.raises(NodeMissingError):
            find_node_folder(tmp_path / "three", {"REMPART_NODE": str(nodes[0])})


class TestMaking:
    def test_whose_it_is_stays_with_it(self, tmp_path: Path) -> None:
        with make(tmp_path / "node") as made:
            node = made.store.node
        with open_node(NodeFolder(tmp_path / "node")) as opened:
            assert opened.store.node == node
            assert opened.store.node.is_exercise
            assert opened.store.node.organisation.name == "Exercise Node"
            assert opened.principal == made.principal

    def test_others_may_not_look_into_it(self, tmp_path: Path) -> None:
        make(tmp_path / "node").close()

        assert (tmp_path / "node").stat().st_mode & 0o077 == 0

    def test_an_empty_folder_may_become_a_node(self, tmp_path: Path) -> None:
        make(tmp_path).close()

        assert find_node_folder(tmp_path, {}) == NodeFolder(tmp_path)

    @pytest.mark.parametrize("present", ["file", "folder with a file", "node"])
    def test_nothing_is_made_over_something_else(self, tmp_path: Path, present: str) -> None:
        place = tmp_path / "place"
        if present == "file":
            place.write_bytes(b"")
        elif present == "node":
            make(place).close()
        else:
            place.mkdir()
            (place / "mine").write_bytes(b"")
        before = sorted(tmp_path.rglob("*"))

        with pytest.raises(NodeExistsError) as caught:
            make(place)

        assert caught.value.exit_code == 3
        assert sorted(tmp_path.rglob("*")) == before

    @pytest.mark.parametrize("organisation", ["", " ", " x", "x\n", "a\x1b[2Jb", "a\udcffb"])
    def test_an_organisation_has_a_name_that_can_be_shown(
        self, tmp_path: Path, organisation: str
    ) -> None:
        with pytest.raises(SettingsError):
            make(tmp_path / "node", organisation=organisation)

        assert not (tmp_path / "node").exists()

    def test_a_jurisdiction_has_the_written_form(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="ISO 3166"):
            make(tmp_path / "node", jurisdiction="fr")

    def test_a_place_where_nothing_can_be_made_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")

        with pytest.raises(NodePlaceError, match="cannot be made"):
            make(tmp_path / "file" / "node")


class TestMakingInADatabase:
    def test_node_is_found_by_the_url_in_its_settings(
        self, tmp_path: Path, postgres_url: str
    ) -> None:
        with make(tmp_path / "node", store=postgres_url) as made:
            assert made.store.shown.startswith("postgresql://")
            node = made.store.node
        folder = find_node_folder(tmp_path / "node", {})
        assert not folder.store.exists()
        assert folder.settings.stat().st_mode & 0o077 == 0, "a password may be in it"
        with open_node(folder) as opened:
            assert opened.store.node == node

    def test_environment_may_name_the_database(
        self, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REMPART_STORE", postgres_url)
        make(tmp_path / "node").close()
        assert "exercise-secret" not in (tmp_path / "node" / "node.toml").read_text()
        environment = {"REMPART_STORE": postgres_url}
        folder = find_node_folder(tmp_path / "node", environment)
        with open_node(folder) as opened:
            assert opened.store.node.is_exercise
        with pytest.raises(NodeMissingError):
            find_node_folder(tmp_path / "node", {})

    def test_two_machines_share_one_node(self, tmp_path: Path, postgres_url: str) -> None:
        with (
            make(tmp_path / "one", store=postgres_url) as one,
            join_node(tmp_path / "two", store=postgres_url) as two,
        ):
            assert two.store.node == one.store.node
            assert two.principal == one.principal
            with one.store.write(
                principal=one.principal, clock=one.clock, identifiers=one.identifiers
            ) as writer:
                writer.record("exercise.done", {})
            assert two.store.events()[-1].kind == "exercise.done"
        assert find_node_folder(tmp_path / "two", {}).keys.is_dir()

    def test_joining_needs_a_node(self, tmp_path: Path, postgres_url: str) -> None:
        with pytest.raises(StoreMissingError):
            join_node(tmp_path / "node", store=postgres_url)
        with pytest.raises(SettingsError, match="--store"):
            join_node(tmp_path / "node")
        assert not (tmp_path / "node").exists()

    def test_second_node_in_a_database_is_refused_and_leaves_nothing(
        self, tmp_path: Path, postgres_url: str
    ) -> None:
        make(tmp_path / "one", store=postgres_url).close()
        with pytest.raises(StoreExistsError, match="tables"):
            make(tmp_path / "two", store=postgres_url)
        assert not (tmp_path / "two").exists()

    @pytest.mark.parametrize("store", ["mysql://h/d", "postgresql://h/ d", "/a/path"])
    def test_url_that_is_none_is_refused(self, tmp_path: Path, store: str) -> None:
        with pytest.raises(SettingsError):
            make(tmp_path / "node", store=store)
        assert not (tmp_path / "node").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from rempart.node import creation
from tests.node.test_node_folder import make

at, place = sys.argv[1], Path(sys.argv[2])
done = getattr(creation, at)

def die(*arguments, **named):
    result = done(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(creation, at, die)
make(place)
"""


class TestMakingThatIsCutOff:
    def cut_off(self, place: Path, at: str) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        done = subprocess.run(
            [sys.executable, "-c", KILLED, at, str(place)], env=environment, check=False, timeout=60
        )
        assert done.returncode == -signal.SIGKILL

    @pytest.mark.parametrize("at", ["_mark", "_write_settings", "sync_folder"])
    def test_killed_making_is_begun_anew(self, tmp_path: Path, at: str) -> None:
        place = tmp_path / "node"
        self.cut_off(place, at)
        with pytest.raises(NodeMissingError, match="cut off"):
            find_node_folder(place, {})
        make(place).close()
        with open_node(find_node_folder(place, {})) as node:
            assert node.store.check(deep=True) == []
        assert sorted(each.name for each in place.iterdir()) == ["node.toml", "store.sqlite"]

    def test_what_is_not_of_the_making_is_kept(self, tmp_path: Path) -> None:
        place = tmp_path / "node"
        self.cut_off(place, "_write_settings")
        (place / "mine").write_bytes(b"mine")
        with pytest.raises(NodeExistsError):
            make(place)
        assert (place / "mine").read_bytes() == b"mine"

    def test_failed_making_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_folder: Path) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(creation, "sync_folder", fail)
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path / "node")
        assert list(tmp_path.iterdir()) == []

    def test_making_under_way_is_not_disturbed(self, tmp_path: Path) -> None:
        with creation.new_folder(tmp_path / "node"):
            with pytest.raises(NodeExistsError, match="Another process"):
                make(tmp_path / "node")
            with pytest.raises(NodeMissingError):
                find_node_folder(tmp_path / "node", {})
