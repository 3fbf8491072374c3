"""The format of a list is told by its content, or not at all."""

import io
from typing import Any

import pytest

from rempart.lists import ColumnMap, FormatUndecidedError, ListUsageError, read_list

MD5 = "0cc175b9c0f1b6a831c399e269772661"


@pytest.mark.parametrize(
    "content",
    [
        f"type,value\nmd5,{MD5}\n",
        f'"value","type"\n{MD5},md5\n',
        f"\ufeff\r\ntype,value\r\nmd5,{MD5}\r\n",
        f"{MD5}\n",
        f"# comment\n\n{MD5} *x,y\n",
        "d41d8cd98f00b204e9800998ecf8427e  empty\n" + MD5 + "\n",
        f"MD5 (a) = {MD5}",
        f'\ufeff \n{{"value":[{{"MD5":"{MD5}"}}]}}',
    ],
)
def test_decided_by_content(read: Any, content: str) -> None:
    (draft,) = read(content).drafts
    assert draft.fingerprints[0].text == MD5


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("", "--format"),
        ("# only a comment\n", "--format"),
        ("\n \n", "--format"),
        ("[]", "--format"),
        ("hello world", "--format"),
        ("MD5;SHA1\nx;y\n", "--columns"),
        ("type,hash\n", "--columns"),
        (b"PK\x03\x04", "Unpack"),
        (b"\x1f\x8b\x08\0", "Unpack"),
        ("<?xml version='1.0'?>", "--format"),
    ],
)
def test_undecided_says_what_to_do(read: Any, content: str | bytes, hint: str) -> None:
    with pytest.raises(FormatUndecidedError) as caught:
        read(content)
    assert hint in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_column_map_decides_for_csv(read: Any) -> None:
    columns = ColumnMap.parse('[fingerprints]\nmd5 = "MD5"')
    assert len(read(f"MD5\n{MD5}\n", columns=columns).drafts) == 1
    for name in ("vics", "plain"):
        with pytest.raises(ListUsageError):
            read(MD5, format=name, columns=columns)


class _Trickle(io.RawIOBase):
    """A pipe that gives one byte at a time and cannot be sought in."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._content.read(1)
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("is_stated", [False, True])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("csv", f"\ufefftype,value,category\r\nmd5,{MD5},é€\r\n"),
        ("vics", f'\ufeff{{"value":[{{"MD5":"{MD5}","Category":"é€"}}]}}'),
        ("plain", f"\ufeff{MD5}  é€\r\n{MD5}\n"),
    ],
)
def test_a_pipe_is_read_as_a_file_is(
    read: Any, name: str, content: str, *, is_stated: bool
) -> None:
    stream: Any = _Trickle(content.encode())
    stated = name if is_stated else "auto"
    piecemeal = list(read_list(stream, format=stated, on_bad=print))
    assert piecemeal == read(content).drafts
    assert piecemeal
