"""`rempart init --store`, `--join`, `backup` and `restore` as a user meets them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Ran

Rempart = Callable[..., Ran]
WHO = ("--organisation", "Exercise Desk", "--kind", "hotline", "--jurisdiction", "FR", "--exercise")
SECRET = "exercise-secret"  # noqa: S105 - of no server that is not ours

KILLED = """
import os, signal, sys
from pathlib import Path
from rempart.node import NodeFolder, back_up, open_node

def die(done, total):
    os.kill(os.getpid(), signal.SIGKILL)

with open_node(NodeFolder(Path(sys.argv[1]))) as node:
    back_up(node, Path(sys.argv[2]), with_keys=True, progress=die)
"""


@pytest.fixture
def made(rempart: Rempart, tmp_path: Path) -> Path:
    assert rempart("init", "--node", tmp_path / "node", *WHO).code == 0
    return tmp_path / "node"


class TestInit:
    def test_new_node_has_its_keys(self, made: Path) -> None:
        assert (made / "keys" / "node.key").stat().st_mode & 0o077 == 0

    def test_two_folders_share_a_database(
        self, rempart: Rempart, tmp_path: Path, postgres_url: str
    ) -> None:
        one = rempart("init", "--node", tmp_path / "one", *WHO, "--store", postgres_url, "--json")
        two = rempart(
            "init", "--node", tmp_path / "two", "--join", "--store", postgres_url, "--json"
        )
        assert (one.code, two.code) == (0, 0), one.err + two.err
        assert [ran.records[0]["joined"] for ran in (one, two)] == [False, True]
        for name in ("id", "organisation", "exercise", "store"):
            assert one.records[0][name] == two.records[0][name]
        again = rempart("init", "--node", tmp_path / "three", *WHO, "--store", postgres_url)
        assert again.code == 2
        assert "--join" in again.err
        doctor = rempart("doctor", "--node", tmp_path / "one", "--deep")
        assert doctor.code == 0, doctor.err
        told = b"".join(ran.out for ran in (one, two, again, doctor)).decode()
        assert SECRET not in told + "".join(ran.err for ran in (one, two, again, doctor))

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--organisation", "X", "--kind", "hotline"), "--jurisdiction"),
            (("--join", "--exercise"), "--exercise does not go with --join"),
            (("--join", "--organisation", "X"), "--organisation does not go with --join"),
            (("--join",), "REMPART_STORE"),
            ((*WHO, "--store", "mysql://u:exercise-secret@h/d"), "postgresql://"),
        ],
    )
    def test_mistakes_are_told(
        self, rempart: Rempart, tmp_path: Path, options: tuple[str, ...], said: str
    ) -> None:
        ran = rempart("init", "--node", tmp_path / "node", *options)
        assert ran.code == 2
        assert said in ran.err
        assert SECRET not in ran.err
        assert not (tmp_path / "node").exists()


class TestBackup:
    def test_backup_and_restore_tell_what_they_did(
        self, rempart: Rempart, made: Path, tmp_path: Path, postgres_url: str
    ) -> None:
        file = tmp_path / "one.backup"
        wrote = rempart("backup", "--node", made, file, "--json")
        assert wrote.code == 0, wrote.err
        (record,) = wrote.records
        assert record["schema"] == "rempart.backup/1"
        assert record["bytes"] == file.stat().st_size
        assert record["keys"] is True
        restored = rempart(
            "restore", file, tmp_path / "restored", "--store", postgres_url, "--json"
        )
        assert restored.code == 0, restored.err
        assert restored.records[0]["id"] == record["id"]
        assert SECRET not in restored.out.decode() + restored.err

    def test_reader_is_told_of_the_keys_and_of_the_checkpoint(
        self, rempart: Rempart, made: Path, tmp_path: Path
    ) -> None:
        assert "holds the node's keys" in rempart("backup", "--node", made, tmp_path / "a").err
        without = rempart("backup", "--node", made, "--without-keys", tmp_path / "b")
        assert "holds no keys" in without.err
        restored = rempart("restore", tmp_path / "b", tmp_path / "restored")
        assert "checkpoint" in restored.err
        assert "copy node.key" in restored.err

    def test_file_that_is_no_backup_is_refused(
        self, rempart: Rempart, made: Path, tmp_path: Path
    ) -> None:
        ran = rempart("restore", made / "store.sqlite", tmp_path / "restored")
        assert ran.code == 3
        assert not (tmp_path / "restored").exists()

    def test_killed_backup_leaves_nothing_under_its_name(self, made: Path, tmp_path: Path) -> None:
        file = tmp_path / "one.backup"
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(made), str(file)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
            timeout=60,
        )
        assert done.returncode == -signal.SIGKILL
        assert not file.exists()
