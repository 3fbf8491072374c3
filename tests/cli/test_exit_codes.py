"""Exit codes say who can put it right; data goes to standard output, messages to standard error."""

import json
import os
import random
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Rempart = Callable[..., Any]
Process = Callable[..., "subprocess.Popen[bytes]"]


class TestHelp:
    @pytest.mark.parametrize(
        "command",
        [
            "",
            "init",
            "lists",
            "lists import",
            "lists export",
            "lists show",
            "lists remove",
            "hash",
            "scan",
            "match",
            "law",
            "law crime",
            "law channel",
            "law compare",
            "law audit",
            "law check",
            "doctor",
            "demo",
        ],
    )
    def test_every_command_teaches_what_it_does(self, rempart: Rempart, command: str) -> None:
        ran = rempart(*command.split(), "--help")

        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(b"Usage: rempart")
        assert len(ran.out.splitlines()) > 5

    def test_the_exit_codes_stand_in_the_help(self, rempart: Rempart) -> None:
        text = " ".join(rempart("--help").out.decode().split())

        assert all(code in text for code in ("0 finished", "2 usage", "3 input", "4 store", "130"))


class TestUsage:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["--unknown"],
            ["unknown"],
            ["scan", "--depth", "deeper", "x"],
            ["scan", "--workers", "0", "x"],
            ["hash"],
            ["lists", "import", "x"],
            ["lists", "import", "--list", "a", "--owner", "b", "--threshold", "65", "x"],
            ["lists", "import", "--list", "a", "--owner", "b", "--threshold", "-1", "x"],
            ["init", "--organisation", "X", "--kind", "unknown", "--jurisdiction", "FR"],
        ],
        ids=" ".join,
    )
    def test_a_wrong_call_leaves_with_2(self, rempart: Rempart, arguments: list[str]) -> None:
        ran = rempart(*arguments)

        assert (ran.code, ran.out) == (2, b"")
        assert ran.err

    @pytest.mark.parametrize("command", [["scan", "x"], ["match", "md5:x"], ["lists", "show"]])
    def test_a_node_that_is_not_there_leaves_with_2(
        self, rempart: Rempart, command: list[str], tmp_path: Path
    ) -> None:
        unnamed = rempart(*command)
        wrong = rempart("--node", tmp_path / "nowhere", *command)

        assert (unnamed.code, wrong.code) == (2, 2)
        assert "rempart init" in unnamed.err
        assert str(tmp_path / "nowhere") in wrong.err

    def test_a_wrong_setting_leaves_with_2(self, rempart: Rempart, node: Path) -> None:
        (node / "node.toml").write_text("workers = 'many'\n", encoding="utf-8")

        ran = rempart("--node", node, "lists", "show")

        assert ran.code == 2
        assert "workers" in ran.err

    def test_a_list_on_standard_input_stands_alone(
        self, rempart: Rempart, node: Path, tmp_path: Path
    ) -> None:
        ran = rempart("--node", node, "scan", "--json", "-", tmp_path)

        assert (ran.code, ran.out) == (2, b"")


class TestNodeOption:
    def test_it_stands_before_or_behind_the_command_and_goes_before_the_environment(
        self, rempart: Rempart, node: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("REMPART_NODE", str(tmp_path / "nowhere"))
        shown = rempart("--node", node, "lists", "show", "--json")

        assert [each["list"] for each in shown.records] == ["harmless", "known"]
        assert rempart("lists", "show", "--json", "--node", node).out == shown.out
        assert rempart("lists", "show").code == 2
        monkeypatch.setenv("REMPART_NODE", str(node))
        assert rempart("lists", "show", "--json").out == shown.out


class TestInit:
    ARGUMENTS = ("--organisation", "Exercise", "--kind", "hotline", "--jurisdiction", "GB-SCT")

    def test_a_node_is_made_once(self, rempart: Rempart, tmp_path: Path) -> None:
        made = rempart("init", "--node", tmp_path / "n", *self.ARGUMENTS, "--exercise", "--json")
        again = rempart("init", "--node", tmp_path / "n", *self.ARGUMENTS, "--json")

        [record] = made.records
        assert (made.code, again.code) == (0, 3)
        assert record["schema"] == "rempart.node/1"
        assert (record["organisation"], record["jurisdiction"]) == ("Exercise", "GB-SCT")
        assert record["exercise"] is True
        assert json.loads(again.err)["code"] == "node-exists"
        assert again.out == b""

    def test_a_node_is_live_unless_said_otherwise(self, rempart: Rempart, tmp_path: Path) -> None:
        [record] = rempart("init", "--node", tmp_path / "n", *self.ARGUMENTS, "--json").records

        assert record["exercise"] is False

    def test_a_place_that_cannot_be_written_leaves_with_3(
        self, rempart: Rempart, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_bytes(b"")

        assert rempart("init", "--node", tmp_path / "file" / "n", *self.ARGUMENTS).code == 3

    def test_nowhere_said_leaves_with_2(self, rempart: Rempart) -> None:
        assert rempart("init", *self.ARGUMENTS).code == 2


class TestLists:
    def test_an_import_is_told_as_a_record(
        self, rempart: Rempart, node: Path, lists: tuple[Path, Path]
    ) -> None:
        options = ["--list", "known", "--owner", "Exercise Hotline", "--json"]

        ran = rempart("--node", node, "lists", "import", *options, "--format", "csv", lists[0])

        [record] = ran.records
        assert record["schema"] == "rempart.import/1"
        assert (record["new"], record["added"], record["changed"]) == (False, 0, 0)
        assert record["unchanged"] > 0

    def test_a_list_comes_from_standard_input_too(
        self, rempart: Rempart, node: Path, lists: tuple[Path, Path]
    ) -> None:
        options = ["--list", "piped", "--owner", "O", "--format", "csv", "--json", "-"]

        ran = rempart("--node", node, "lists", "import", *options, given=lists[0].read_bytes())

        assert ran.records[0]["added"] > 0

    @pytest.mark.parametrize(
        ("content", "options"),
        [
            (None, []),
            (b"", []),
            (b"id,type,value,category\ne1,md5,x,a\n", []),
            (b"id,type,value,category\n", ["--purpose", "known-harmless"]),
        ],
        ids=["missing", "empty", "nothing-readable", "other-purpose"],
    )
    def test_what_is_refused_leaves_with_3_and_changes_nothing(
        self,
        rempart: Rempart,
        node: Path,
        tmp_path: Path,
        content: bytes | None,
        options: list[str],
    ) -> None:
        if content is not None:
            (tmp_path / "list").write_bytes(content)
        before = rempart("--node", node, "lists", "show", "--json").out
        stated = ["--list", "known", "--owner", "Exercise Hotline", "--format", "csv", *options]

        ran = rempart("--node", node, "lists", "import", "--json", *stated, tmp_path / "list")

        assert (ran.code, ran.out) == (3, b"")
        assert json.loads(ran.err)["schema"] == "rempart.error/1"
        assert rempart("--node", node, "lists", "show", "--json").out == before

    def test_bad_records_are_told_by_their_numbers(
        self, rempart: Rempart, node: Path, tmp_path: Path
    ) -> None:
        rows = "".join(f"e{number},md5,x,a\n" for number in range(12))
        text = f"id,type,value,category\ne,md5,{'1f' * 16},a\n{rows}"
        (tmp_path / "list").write_text(text, encoding="utf-8")
        options = ["--list", "new", "--owner", "O", "--format", "csv"]

        ran = rempart("--node", node, "lists", "import", *options, tmp_path / "list")

        assert (ran.code, ran.out) == (0, b"")
        assert "12 refused" in ran.err
        assert "record 2: " in ran.err
        assert "and more" in ran.err

    def test_export_goes_to_standard_output_or_to_a_new_file(
        self, rempart: Rempart, node: Path, tmp_path: Path
    ) -> None:
        piped = rempart("--node", node, "lists", "export", "--list", "known")
        filed = rempart(
            "--node", node, "lists", "export", "--list", "known", "--output", tmp_path / "out"
        )
        again = rempart(
            "--node", node, "lists", "export", "--list", "known", "--output", tmp_path / "out"
        )

        assert (piped.code, filed.code, again.code) == (0, 0, 3)
        assert filed.out == b""
        assert (tmp_path / "out").read_bytes() == piped.out
        assert (tmp_path / "out").stat().st_mode & 0o077 == 0, "it holds the fingerprints"
        assert "Exported" in piped.err

    def test_remove_withdraws(self, rempart: Rempart, node: Path) -> None:
        ran = rempart("--node", node, "lists", "remove", "known", "--json")

        assert ran.records[0]["schema"] == "rempart.removal/1"
        assert ran.records[0]["withdrawn"] > 0
        shown = rempart("--node", node, "lists", "show", "known", "--json").records
        assert [each["standing"] for each in shown] == ["withdrawn"]

    def test_a_list_that_is_not_there_leaves_with_2(self, rempart: Rempart, node: Path) -> None:
        for command in ("show", "remove"):
            assert rempart("--node", node, "lists", command, "nothing").code == 2
        assert rempart("--node", node, "lists", "export", "--list", "nothing").code == 2


class TestDoctor:
    def test_a_sound_node_is_good(self, rempart: Rempart, node: Path) -> None:
        ran = rempart("doctor", "--node", node, "--json", "--deep")

        assert ran.code == 0
        assert {each["schema"] for each in ran.records} == {"rempart.doctor/1"}
        assert {"good"} <= {each["standing"] for each in ran.records} <= {"good", "note"}

    def test_without_a_node_the_machine_is_looked_at(self, rempart: Rempart) -> None:
        ran = rempart("doctor", "--json")

        assert ran.code == 0
        assert {"version", "kernels", "sandbox"} <= {each["check"] for each in ran.records}

    @pytest.mark.parametrize("damage", ["header", "middle", "cut", "empty"])
    def test_a_damaged_store_leaves_with_4_everywhere(
        self, rempart: Rempart, node: Path, damage: str
    ) -> None:
        store = node / "store.sqlite"
        content = bytearray(store.read_bytes())
        if damage == "header":
            content[:100] = b"x" * 100
        if damage == "middle":
            content[4096 : 20 * 4096] = random.Random(1).randbytes(19 * 4096)
        if damage == "cut":
            del content[len(content) // 2 :]
        if damage == "empty":
            content.clear()
        store.write_bytes(content)

        ran = rempart("doctor", "--node", node, "--deep", "--json")

        assert ran.code == 4
        assert "bad" in {each["standing"] for each in ran.records}
        if damage in {"header", "empty"}:
            assert rempart("--node", node, "lists", "show").code == 4
            assert rempart("--node", node, "scan", node).code == 4


class TestProcesses:
    def test_a_reader_that_goes_away_is_no_error_that_is_told(self, process: Process) -> None:
        running = process("hash", "--json", "/usr/share/common-licenses", "/etc/hostname")
        assert running.stdout is not None
        running.stdout.close()

        assert running.wait(60) == 128 + signal.SIGPIPE
        assert running.stderr is not None
        assert running.stderr.read() == b""

    def test_a_full_standard_output_leaves_with_4(self, process: Process, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x")
        with Path("/dev/full").open("wb") as full:
            running = process("hash", "--json", tmp_path / "file", stdout=full)
            _, messages = running.communicate(timeout=60)

        assert running.returncode == 4
        assert b"standard output" in messages
        assert b"Traceback" not in messages

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
    def test_a_terminal_that_cannot_write_every_letter_gets_replacements(
        self, process: Process, tmp_path: Path, encoding: str
    ) -> None:
        (tmp_path / "été \u2028").write_bytes(b"x")
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        running = process("hash", tmp_path, env=environment)
        out, messages = running.communicate(timeout=60)

        assert (running.returncode, messages) == (0, b"")
        assert b"ok, unknown content" in out
