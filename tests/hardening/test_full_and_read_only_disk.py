"""Disks that are full or take no writes, for real: a scan tells so, harms nothing, and goes on when there is room."""

from pathlib import Path

import pytest
from tests.hardening.mounts import needs_own_mounts, run_with_own_mounts
from tests.hardening.running import picture, reason, records_of

pytestmark = [needs_own_mounts, pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make some hundred small files, one in ten of them a picture, half of these known."""
    folder = tmp_path_factory.mktemp("tree")
    for number in range(600):
        data = picture(1 + number % 20) if number % 10 == 0 else b"text %d" % number
        (folder / f"{number:04}").write_bytes(data)
    return folder


def paths(output: Path) -> list[str]:
    return [record["path"] for record in records_of(output.read_bytes())]


def test_a_full_disk_under_the_node_stops_the_scan_which_goes_on_when_there_is_room(
    node: Path, tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    # At every start there is room for a little more: it stops at opening, at its begin, at checkpoints.
    script = """
    mount -t tmpfs -o size=64m tmpfs "$1/disk"
    cp -a "$2" "$1/disk/node"
    export REMPART_NODE="$1/disk/node"
    run=
    for room in 0 32 64 96 128 192 256 384; do
        cat /dev/zero > "$1/disk/ballast" 2>/dev/null || true
        truncate -s "-${room}k" "$1/disk/ballast"
        code=0
        if test "$run"; then rempart scan --resume "$run" 2> "$1/said" || code=$?
        else rempart scan --output "$1/out" "$3" 2> "$1/said" || code=$?; fi
        echo "$code" >> "$1/codes"
        cat "$1/said" >&2
        rm "$1/disk/ballast"
        rempart doctor --deep > "$1/doctor"
        begun=$(sed -n 's/^Run \\([^.]*\\).*/\\1/p' "$1/said")
        run=${run:-$begun}
        test "$run" || rm -f "$1/out"
        test "$code" != 0 || break
    done
    test "$code" = 0 || rempart scan --resume "$run"
    """

    done = run_with_own_mounts(script, tmp_path, node, tree)

    codes = (tmp_path / "codes").read_text().split()
    assert codes[0] == "4", done.stderr
    assert set(codes) <= {"0", "4"}, done.stderr
    assert paths(tmp_path / "out") == sorted(str(each) for each in tree.iterdir())


def test_a_full_disk_under_the_output_keeps_what_is_there_and_the_run_goes_on(
    node: Path, tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    script = """
    mount -t tmpfs -o size=100k tmpfs "$1/disk"
    code=0; rempart --node "$2" scan --output "$1/disk/out" "$3" 2> "$1/said" || code=$?
    echo "$code" > "$1/code"
    run=$(sed -n 's/^Run \\([^.]*\\).*/\\1/p' "$1/said")
    mount -o remount,size=64m "$1/disk"
    rempart --node "$2" scan --resume "$run"
    cp "$1/disk/out" "$1/out"
    """

    run_with_own_mounts(script, tmp_path, node, tree)

    assert (tmp_path / "code").read_text() == "4\n"
    said = (tmp_path / "said").read_text()
    assert "No space left on device" in said
    assert "Traceback" not in said
    assert paths(tmp_path / "out") == sorted(str(each) for each in tree.iterdir())


def test_media_on_a_read_only_disk_are_scanned_like_any(
    node: Path, tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    script = """
    mount --bind "$3" "$1/disk"
    mount -o remount,bind,ro "$1/disk"
    rempart --node "$2" scan --output "$1/out" "$1/disk"
    """

    run_with_own_mounts(script, tmp_path, node, tree)

    records = records_of((tmp_path / "out").read_bytes())
    assert len(records) == 600
    assert {reason(record) for record in records} == {("ok", None)}
    assert sum(bool(record["matches"]) for record in records) == 30


def test_a_node_on_a_read_only_disk_refuses_in_words_and_is_unharmed(
    node: Path, tree: Path, tmp_path: Path
) -> None:
    commands = (
        'scan --output "$1/out" "$3"',
        "match md5:0cc175b9c0f1b6a831c399e269772661",
        "lists show",
        "audit show",
        "doctor",
    )
    script = """
    before=$(find "$2" -type f -exec sha256sum {} + | sort)
    mount --bind "$2" "$2"
    mount -o remount,bind,ro "$2"
    """
    for number, command in enumerate(commands):
        script += f"""
    code=0; rempart --node "$2" {command} > "$1/out.{number}" 2> "$1/said.{number}" || code=$?
    echo "$code" >> "$1/codes"
    """
    script += """
    test "$before" = "$(find "$2" -type f -exec sha256sum {} + | sort)"
    mount -o remount,bind,rw "$2"
    rempart --node "$2" scan --output "$1/whole" "$3"
    """

    run_with_own_mounts(script, tmp_path, node, tree)

    codes = (tmp_path / "codes").read_text().split()
    said = [(tmp_path / f"said.{number}").read_text() for number in range(len(commands))]
    assert set(codes) <= {"0", "3", "4"}, list(zip(commands, codes, said, strict=True))
    assert codes[0] != "0"
    assert "Traceback" not in "".join(said)
    assert len(paths(tmp_path / "whole")) == 600
