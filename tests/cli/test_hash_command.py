"""`rempart hash`: every file has an outcome and a reason, and the records keep their contract."""

import base64
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

Rempart = Callable[..., Any]


@pytest.fixture
def files(tmp_path: Path, pictures: Path) -> Path:
    """Make a folder with one file of each kind."""
    whole = (pictures / "0" / "000.jpg").read_bytes()
    (tmp_path / "whole.jpg").write_bytes(whole)
    (tmp_path / "picture.png").write_bytes((pictures / "0" / "002.png").read_bytes())
    (tmp_path / "torn.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    (tmp_path / "wrong.png").write_bytes(whole)
    (tmp_path / "unknown.bin").write_bytes(b"no picture at all")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    return tmp_path


def test_a_jpeg_has_every_fingerprint_in_the_order_of_the_contract(
    rempart: Rempart, files: Path
) -> None:
    ran = rempart("hash", "--json", files / "whole.jpg")

    [record] = ran.records
    assert (ran.code, ran.err) == (0, "")
    assert list(record) == [
        "schema",
        "path",
        "size",
        "media_type",
        "outcome",
        "error",
        "fingerprints",
    ]
    assert record["schema"] == "rempart.hash/1"
    assert record["path"] == str(files / "whole.jpg")
    assert record["size"] == (files / "whole.jpg").stat().st_size
    assert (record["media_type"], record["outcome"], record["error"]) == ("image/jpeg", "ok", None)
    assert [(each["kind"], each.get("dialect")) for each in record["fingerprints"]] == [
        ("pdq", "exact"),
        ("pdq", "cpp512"),
        ("sha256", None),
        ("md5", None),
        ("sha1", None),
    ]
    assert list(record["fingerprints"][0]) == ["kind", "dialect", "value", "quality", "software"]
    assert record["fingerprints"][0]["software"].startswith("rempart/")
    assert record["fingerprints"][2]["value"] == (
        sha256((files / "whole.jpg").read_bytes()).hexdigest()
    )


@pytest.mark.parametrize(
    ("name", "expected", "kinds"),
    [
        ("picture.png", ("image/png", "ok", None), ["pdq", "pdq", "sha256", "md5", "sha1"]),
        ("wrong.png", ("image/jpeg", "ok", None), ["pdq", "pdq", "sha256", "md5", "sha1"]),
        ("unknown.bin", (None, "ok", None), ["sha256", "md5", "sha1"]),
        ("torn.jpg", ("image/jpeg", "partial", "truncated"), ["sha256", "md5", "sha1"]),
        ("empty", (None, "unreadable", "empty"), []),
        ("broken.png", ("image/png", "unreadable", "corrupt"), ["sha256", "md5", "sha1"]),
        ("missing", (None, "unreadable", "not-found"), []),
    ],
)
def test_each_kind_of_file_has_its_outcome_and_reason(
    rempart: Rempart,
    files: Path,
    name: str,
    expected: tuple[str | None, str, str | None],
    kinds: list[str],
) -> None:
    [record] = rempart("hash", "--json", files / name).records

    problem = record["error"]["kind"] if record["error"] is not None else None
    assert (record["media_type"], record["outcome"], problem) == expected
    assert [each["kind"] for each in record["fingerprints"]] == kinds
    if record["error"] is not None:
        assert list(record["error"]) == ["kind", "message", "hint"]
        assert all(record["error"].values())


def test_the_pdq_of_a_torn_picture_stands_apart(rempart: Rempart, files: Path) -> None:
    [record] = rempart("hash", "--json", files / "torn.jpg").records

    assert [each["kind"] for each in record["partial_fingerprints"]] == ["pdq", "pdq"]


def test_a_folder_is_walked_in_order(rempart: Rempart, files: Path) -> None:
    records = rempart("hash", "--json", files).records

    assert [Path(each["path"]).name for each in records] == sorted(os.listdir(files))  # noqa: PTH208 - names


def test_a_named_link_is_read_and_a_link_below_is_told(rempart: Rempart, files: Path) -> None:
    (files / "link").symlink_to(files / "whole.jpg")

    [named] = rempart("hash", "--json", files / "link").records
    below = rempart("hash", "--json", files).records

    assert named["outcome"] == "ok"
    [link] = [each for each in below if each["path"].endswith("/link")]
    assert (link["outcome"], link["error"]["kind"]) == ("refused", "link-not-followed")


def test_a_pipe_is_refused_and_nobody_waits(rempart: Rempart, files: Path) -> None:
    os.mkfifo(files / "pipe")

    [record] = rempart("hash", "--json", files / "pipe").records

    assert (record["outcome"], record["error"]["kind"]) == ("refused", "not-a-file")


def test_a_name_that_is_not_utf_8_keeps_its_bytes(rempart: Rempart, tmp_path: Path) -> None:
    path = bytes(tmp_path) + b"/caf\xe9.txt"
    Path(os.fsdecode(path)).write_bytes(b"text")

    [record] = rempart("hash", "--json", path).records

    assert base64.b64decode(record["path_b64"]) == path
    assert list(record)[:3] == ["schema", "path", "path_b64"]


@pytest.mark.parametrize("name", ["whole.jpg", "torn.jpg"])
def test_strict_leaves_with_1_where_an_outcome_is_not_ok(
    rempart: Rempart, files: Path, name: str
) -> None:
    expected = 0 if name == "whole.jpg" else 1

    assert rempart("hash", "--json", "--strict", files / name).code == expected
    assert rempart("hash", "--json", files / name).code == 0


def test_people_read_the_same(rempart: Rempart, files: Path) -> None:
    ran = rempart("hash", files / "whole.jpg", files / "empty")
    text = ran.out.decode()

    assert f"{files / 'whole.jpg'}: ok, image/jpeg" in text
    assert "pdq exact" in text
    assert f"{files / 'empty'}: unreadable" in text


def test_a_hostile_name_cannot_act_on_the_terminal(rempart: Rempart, tmp_path: Path) -> None:
    names = ["\x1b]0;owned\x07", "\x1b[2J", "line\nfeed", "\x9b31m", "\u202eabc", "\u200bzero"]
    for name in names:
        (tmp_path / name).write_bytes(b"")

    ran = rempart("hash", tmp_path)

    text = ran.out.decode()
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\u200b", "\r"} & set(text)
    assert text.count("unreadable") == len(names)
    assert "feed" in text
    assert "\nfeed" not in text
