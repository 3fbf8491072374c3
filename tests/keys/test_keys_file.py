"""The key file: whole or absent, for its owner alone, and never read when anything about it is wrong."""

import hashlib
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.keys.key_rings import MADE_AT, MakeRing

from rempart.keys import (
    KeyFileDamagedError,
    KeyFileExistsError,
    KeyFileExposedError,
    KeyFileMissingError,
    KeyRing,
    SealingKey,
    create_key_file,
    key_file_lock,
    read_key_file,
    replace_key_file,
)
from rempart.keys.key_file_text import key_file_text, parse_key_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "node.key"


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4, unique=True))
@settings(max_examples=30)
def test_what_is_written_is_read(secrets: list[bytes]) -> None:
    ring = KeyRing(tuple(SealingKey(secret=each, made_at=MADE_AT) for each in secrets))

    assert parse_key_file(key_file_text(ring)) == ring


def test_the_written_form_never_changes(make_ring: MakeRing) -> None:
    assert key_file_text(make_ring(1)) == (
        "rempart-key-file 1\n"
        f"key {make_ring(1).newest.id} 2026-11-22T09:00:00.000000Z {'0' * 63}1\n"
        "check 3e1b81664c59155534eaadf85040fefe40ed82e1ad5a80e168287dda0282f170\n"
    )


def test_new_file_is_for_its_owner_alone(path: Path, make_ring: MakeRing) -> None:
    before = os.umask(0)
    try:
        create_key_file(path, make_ring(2, 1))
    finally:
        os.umask(before)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["node.key"]
    assert read_key_file(path) == make_ring(2, 1)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666])
def test_file_that_others_can_reach_is_refused(path: Path, make_ring: MakeRing, mode: int) -> None:
    create_key_file(path, make_ring(1))
    path.chmod(mode)

    with pytest.raises(KeyFileExposedError) as caught:
        read_key_file(path)

    assert "chmod 600" in caught.value.hint


def test_file_of_another_user_is_refused(
    path: Path, make_ring: MakeRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_key_file(path, make_ring(1))
    owner = path.stat().st_uid
    monkeypatch.setattr("rempart.keys.key_file._ROOT", owner + 1)
    monkeypatch.setattr(os, "geteuid", lambda: owner + 2)

    with pytest.raises(KeyFileExposedError, match="another user"):
        read_key_file(path)


def test_file_torn_at_any_place_is_refused(path: Path, make_ring: MakeRing) -> None:
    create_key_file(path, make_ring(2, 1))
    whole = path.read_bytes()

    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(KeyFileDamagedError) as caught:
            read_key_file(path)
        assert "0" * 20 not in caught.value.message  # part of a key


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n",
        lambda text: "\n" + text,
        lambda text: text.replace("file 1", "file 2"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("0001\n", "0002\n"),
        lambda text: text.replace("key ", "key  "),
        lambda text: text.upper(),
        lambda text: text + "\xff",
        lambda text: text + "x" * 20_000,
        lambda _: "",
    ],
)
def test_changed_file_is_refused(path: Path, make_ring: MakeRing, change: object) -> None:
    create_key_file(path, make_ring(1))
    assert callable(change)
    path.write_bytes(change(path.read_text()).encode("latin-1"))

    with pytest.raises(KeyFileDamagedError):
        read_key_file(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [("key ", "key 0011223344556677 2026-11-22T09:00:00.000000Z "), ("0001\n", "0002\n")],
)
def test_well_made_file_with_a_key_under_a_wrong_name_is_refused(
    make_ring: MakeRing, old: str, new: str
) -> None:
    body = key_file_text(make_ring(1)).rpartition("check ")[0].replace(old, new)
    forged = f"{body}check {hashlib.sha256(body.encode()).hexdigest()}\n"

    with pytest.raises(ValueError, match=r"line 2|the key of line 2"):
        parse_key_file(forged)


def test_absent_file_folder_or_pipe_is_missing(path: Path) -> None:
    with pytest.raises(KeyFileMissingError):
        read_key_file(path)
    path.mkdir(parents=True)
    with pytest.raises(KeyFileMissingError):
        read_key_file(path)
    path.rmdir()
    os.mkfifo(path, 0o600)
    with pytest.raises(KeyFileMissingError):
        read_key_file(path)


def test_existing_file_is_never_written_over(path: Path, make_ring: MakeRing) -> None:
    create_key_file(path, make_ring(1))

    with pytest.raises(KeyFileExistsError):
        create_key_file(path, make_ring(2))

    assert read_key_file(path) == make_ring(1)
    assert [each.name for each in path.parent.iterdir()] == ["node.key"]


def test_of_two_that_make_the_file_at_once_one_wins(path: Path, make_ring: MakeRing) -> None:
    refused = []

    def make(number: int) -> None:
        try:
            create_key_file(path, make_ring(number))
        except KeyFileExistsError:
            refused.append(number)

    threads = [threading.Thread(target=make, args=(number,)) for number in (1, 2, 3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    [won] = {1, 2, 3} - {*refused}
    assert len(refused) == 2
    assert read_key_file(path) == make_ring(won)
    assert [each.name for each in path.parent.iterdir()] == ["node.key"]


def test_failed_replacement_leaves_the_old_file(
    path: Path, make_ring: MakeRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_key_file(path, make_ring(1))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_key_file(path, make_ring(2))

    assert read_key_file(path) == make_ring(1)
    assert [each.name for each in path.parent.iterdir()] == ["node.key"]


def test_replacement_behind_a_link_keeps_the_link(
    path: Path, tmp_path: Path, make_ring: MakeRing
) -> None:
    create_key_file(tmp_path / "elsewhere.key", make_ring(1))
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere.key")

    with key_file_lock(path):
        replace_key_file(path, make_ring(2))

    assert path.is_symlink()
    assert read_key_file(path) == make_ring(2)
    assert (tmp_path / "elsewhere.key").stat().st_mode & 0o777 == 0o600


def test_what_a_killed_process_left_does_not_stand_in_the_way(
    path: Path, make_ring: MakeRing
) -> None:
    path.parent.mkdir()
    path.with_name(f".node.key.{threading.get_native_id()}.partial").write_text("half of a k")

    create_key_file(path, make_ring(1))

    assert read_key_file(path) == make_ring(1)
