"""A backup is a node in one file: written while it works, restored whole on either engine, or refused."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.node.conftest import FindFunction, ImportFunction

from rempart.model.errors import RefusedError
from rempart.node import NodeFolder, OpenNode, back_up, find_node_folder, open_node, restore_node
from rempart.node.errors import (
    NodeExistsError,
    NodeMissingError,
    OutputExistsError,
    OutputFailedError,
    SettingsError,
)
from rempart.node.keys import node_secrets
from rempart.node.settings import Settings, read_settings

TEXT = "type,value\nmd5,0cc175b9c0f1b6a831c399e269772661\n"
VALUE = "md5:0cc175b9c0f1b6a831c399e269772661"

Look = Callable[[OpenNode], object]


def silent(_done: int, _total: int) -> None:
    """Show nothing."""


@pytest.fixture
def filled(node: OpenNode, import_text: ImportFunction) -> OpenNode:
    import_text(node, TEXT)
    node_secrets(node)
    return node


@pytest.fixture
def backup(filled: OpenNode, tmp_path: Path) -> Path:
    back_up(filled, tmp_path / "one.backup", with_keys=True, progress=silent)
    return tmp_path / "one.backup"


@pytest.fixture
def look(find: FindFunction, state_of: Callable[[OpenNode], object]) -> Look:
    """Return what a node holds, and what it matches."""

    def run(node: OpenNode) -> object:
        matches = find(node, VALUE)
        assert len(matches) == 1
        return state_of(node), [(each.entry_id, each.list_id) for each in matches]

    return run


@pytest.fixture(params=["", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    """Return where to restore to: the folder's file, or an empty database."""
    return str(request.getfixturevalue("postgres_url")) if request.param else ""


class TestRestoring:
    def test_restored_node_matches_signs_and_says_the_same(
        self, filled: OpenNode, backup: Path, store: str, look: Look
    ) -> None:
        place = backup.with_name("restored")
        report = restore_node(backup, place, store=store, progress=silent)
        folder = find_node_folder(place, {})
        with open_node(folder) as restored:
            assert report.node_id == restored.store.node.id == filled.store.node.id
            assert report.newest_event == filled.store.last_event_id()
            assert look(restored) == look(filled)
            assert restored.store.check(deep=True) == []
            assert node_secrets(restored).api_key_mac() == node_secrets(filled).api_key_mac()
            assert restored.settings.store == store

    def test_only_the_owner_may_read_it(self, backup: Path, tmp_path: Path) -> None:
        restore_node(backup, tmp_path / "restored", progress=silent)
        for each in (backup, *(tmp_path / "restored").rglob("*")):
            assert each.stat().st_mode & 0o077 == 0, each

    def test_settings_and_keys_outlast_a_loss_of_power(
        self, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forced: set[int] = set()
        force = os.fsync

        def note(descriptor: int) -> None:
            force(descriptor)
            forced.add(os.fstat(descriptor).st_ino)

        monkeypatch.setattr(os, "fsync", note)
        restore_node(backup, tmp_path / "restored", progress=silent)
        for name in ("node.toml", "keys", "keys/node.key", "."):
            assert (tmp_path / "restored" / name).stat().st_ino in forced, name

    def test_places_of_the_other_machine_are_left_behind(
        self, filled: OpenNode, tmp_path: Path
    ) -> None:
        key_file = tmp_path / "elsewhere.key"
        (filled.folder.keys / "node.key").rename(key_file)
        filled.folder.settings.write_text(
            f'retention_days = 7\nkey_file = "{key_file}"\nstore = "sqlite:////nowhere/x"\n'
        )
        file = tmp_path / "two.backup"
        with pytest.raises(RefusedError):
            restore_node(file, tmp_path / "restored", progress=silent)
        settings = open_settings(filled.folder, store="")
        with open_node(filled.folder, settings) as node:
            back_up(node, file, with_keys=True, progress=silent)
        key_file.unlink()
        restore_node(file, tmp_path / "restored", progress=silent)
        with open_node(NodeFolder(tmp_path / "restored")) as restored:
            assert restored.settings.retention_days == 7
            assert restored.settings.store == ""
            assert restored.settings.key_file is None
            node_secrets(restored).api_key_mac()

    @pytest.mark.parametrize("remark", ["", "# "])
    def test_the_password_of_a_database_stays_at_home(
        self, filled: OpenNode, tmp_path: Path, remark: str
    ) -> None:
        urls = (
            "postgresql://us%20er:exercise:secret/1@db.example:5432/x?sslmode=require",
            "postgresql://user@/x?password=exercise-secret&host=/run/a",
            "postgresql+psycopg://user@server:exercise-secret@db.example/x",
            "postgresql://user:exercise's-secret@db.example/x",
        )
        file = tmp_path / "two.backup"
        for number, url in enumerate(urls):
            filled.folder.settings.write_text(f'{remark}store = "{url}"\nretention_days = 7\n')
            back_up(filled, file.with_suffix(f".{number}"), with_keys=False, progress=silent)
            folder = tmp_path / f"restored-{number}"
            restore_node(file.with_suffix(f".{number}"), folder, progress=silent)

            text = (folder / "node.toml").read_text(encoding="utf-8")
            assert "secret" not in text
            assert ("us%20er@db.example:5432/x" in text) is (number == 0)
            assert "retention_days = 7" in text

    def test_keys_stay_at_home_when_asked(self, filled: OpenNode, tmp_path: Path) -> None:
        file = tmp_path / "two.backup"
        report = back_up(filled, file, with_keys=False, progress=silent)
        assert not report.has_keys
        key = (filled.folder.keys / "node.key").read_bytes()
        assert key.split()[-1] not in file.read_bytes()
        restored = restore_node(file, tmp_path / "restored", progress=silent)
        assert not restored.has_keys
        assert list((tmp_path / "restored" / "keys").iterdir()) == []


class TestRefusal:
    @pytest.mark.parametrize("kept", [0, 10, 500, -1])
    def test_torn_backup_leaves_no_folder(self, backup: Path, tmp_path: Path, kept: int) -> None:
        (tmp_path / "torn").write_bytes(backup.read_bytes()[:kept])
        with pytest.raises(RefusedError):
            restore_node(tmp_path / "torn", tmp_path / "restored", progress=silent)
        assert not (tmp_path / "restored").exists()

    def test_file_outside_the_node_s_folder_is_refused(
        self, filled: OpenNode, tmp_path: Path
    ) -> None:
        file = tmp_path / "strange.backup"
        with file.open("wb") as sink:
            filled.store.dump(sink, attachments={"../outside": b"x"}, progress=silent)
        with pytest.raises(RefusedError):
            restore_node(file, tmp_path / "restored", progress=silent)
        assert not (tmp_path / "restored").exists()
        assert not (tmp_path / "outside").exists()

    def test_nothing_is_restored_over_a_node(self, filled: OpenNode, backup: Path) -> None:
        with pytest.raises(NodeExistsError):
            restore_node(backup, filled.folder.path, progress=silent)
        assert filled.store.check() == []

    def test_nothing_is_written_over_a_file(self, filled: OpenNode, backup: Path) -> None:
        before = backup.read_bytes()
        with pytest.raises(OutputExistsError):
            back_up(filled, backup, with_keys=True, progress=silent)
        assert backup.read_bytes() == before

    def test_full_disk_leaves_no_file(
        self, filled: OpenNode, tmp_path: Path, import_text: ImportFunction
    ) -> None:
        rows = "".join(f"md5,{number:032x}\n" for number in range(3_000))
        import_text(filled, f"type,value\n{rows}", name="long")
        place = tmp_path / "full"
        place.mkdir()
        full = ExitStack()

        def fill(_done: int, _total: int) -> None:  # the event of the backup is written by then
            full.enter_context(largest_file(20_000))

        with full, pytest.raises(OutputFailedError):
            back_up(filled, place / "one.backup", with_keys=True, progress=fill)
        assert list(place.iterdir()) == []

    def test_environment_that_names_another_store_is_refused(
        self, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REMPART_STORE", "postgresql://elsewhere/exercise")
        with pytest.raises(SettingsError, match="REMPART_STORE"):
            restore_node(
                backup, tmp_path / "restored", store="postgresql://here/exercise", progress=silent
            )
        assert not (tmp_path / "restored").exists()
        with pytest.raises(NodeMissingError):
            find_node_folder(tmp_path / "restored", {})


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes: what a full disk does to a writer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def open_settings(folder: NodeFolder, *, store: str) -> Settings:
    """Return the settings of a folder, but for its store."""
    return replace(read_settings(folder.path), store=store)


@pytest.mark.parametrize("with_keys", [True, False])
def test_backup_is_on_record_also_in_itself(
    filled: OpenNode, tmp_path: Path, *, with_keys: bool
) -> None:
    file = tmp_path / "one.backup"
    back_up(filled, file, with_keys=with_keys, progress=silent)
    restore_node(file, tmp_path / "restored", progress=silent)

    with open_node(NodeFolder(tmp_path / "restored")) as restored:
        for node in (filled, restored):
            event = node.store.events()[-1]
            assert event.kind == "node.backed-up"
            assert event.details == {"with_keys": with_keys}
            assert event.principal_id == filled.principal.id
