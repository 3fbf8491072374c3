"""A node is found where the caller or the environment says, made once, and never over something else."""

from pathlib import Path

import pytest

from rempart.model.principals import OrganisationKind
from rempart.node import NodeFolder, OpenNode, create_node, find_node_folder, open_node
from rempart.node.errors import NodeExistsError, NodeMissingError, NodePlaceError, SettingsError


def make(path: Path, *, organisation: str = "Exercise Node", jurisdiction: str = "FR") -> OpenNode:
    return create_node(
        path,
        organisation=organisation,
        kind=OrganisationKind.POLICE,
        jurisdiction=jurisdiction,
        is_exercise=True,
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
