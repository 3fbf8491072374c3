"""What kind of container a file is, by its content alone."""

import bz2
import gzip
import io
import lzma

import pytest
import zstandard
from tests.media.archives.sample_archives import FORMATS, mailbox, noise_of, open_document, tarred

from rempart.media import (
    HEAD_BYTES,
    ArchiveLimits,
    ContainerError,
    is_container,
    is_decodable,
    is_recognised_media,
    open_container,
    sniff,
)
from rempart.media.media_types import is_recognised_container

OPENED = [
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06" + bytes(18), "application/zip"),
    (b"PK\x07\x08PK\x03\x04", "application/zip"),
    (b"PK00PK\x03\x04", "application/zip"),
    (gzip.compress(b"x", mtime=0), "application/gzip"),
    (bz2.compress(b"x"), "application/x-bzip2"),
    (bz2.compress(b""), "application/x-bzip2"),
    (lzma.compress(b"x"), "application/x-xz"),
    (zstandard.compress(b"x"), "application/zstd"),
    (b"\x5a\x2a\x4d\x18\4\0\0\0skip" + zstandard.compress(b"x"), "application/zstd"),
    (tarred([("a", b"x")]), "application/x-tar"),
    (b"%PDF-1.4\n", "application/pdf"),
    (b"7z\xbc\xaf\x27\x1c\x00\x04", "application/x-7z-compressed"),
    (open_document([]), "application/vnd.oasis.opendocument.text"),
    (FORMATS["eml"]([]), "message/rfc822"),
    (mailbox([("a", b"x")]), "application/mbox"),
    (b"\x00 junk\n%PDF-1.4\n1 0 obj", "application/pdf"),
]
NOT_OPENED = [
    (b"Rar!\x1a\x07\x00", "application/vnd.rar"),
    (b"Rar!\x1a\x07\x01\x00", "application/vnd.rar"),
    (b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x04\x22\x4d\x18\x64\x40", "application/x-lz4"),
    (b"LZIP\x01\x0c", "application/x-lzip"),
    (lzma.compress(b"x", format=lzma.FORMAT_ALONE), "application/x-lzma"),
    (b"\x1f\x9d\x90", "application/x-compress"),
    (b"\x24\x71-lh5-" + bytes(12) + b"\x20\1", "application/x-lzh"),
    (b"070701" + 104 * b"0", "application/x-cpio"),
    (b"xar!\0\x1c\0\1", "application/x-xar"),
    (b"!<arch>\ndebian-binary   ", "application/vnd.debian.binary-package"),
    (b"SIT!\0\1\0\0\1\0rLau", "application/x-stuffit"),
    (b"\x78\x9f\x3e\x22\0\0", "application/vnd.ms-tnef"),
    (b"!BDN\1\2\3\4SM", "application/vnd.ms-outlook"),
    (b"ANDROID BACKUP\n5\n1\nnone\n", "application/x-android-backup"),
    (b"CMMM\x20\0\0\0", "application/x-windows-thumbcache"),
    (b"MSWIM\0\0\0\xd0", "application/x-ms-wim"),
    (b"EVF\x09\r\n\xff\0\1", "application/x-ewf"),
    (b"LEF2\r\n\x81\0", "application/x-ewf"),
    (b"KDMV\1\0\0\0", "application/x-vmdk"),
    (b"vhdxfile", "application/x-vhdx"),
    (b"conectix\0\0\0\2", "application/x-vhd"),
    (b"QFI\xfb\0\0\0\3", "application/x-qcow"),
    (b"hsqs" + bytes(24) + b"\4\0\0\0", "application/x-squashfs"),
]


@pytest.mark.parametrize(("data", "media_type"), OPENED)
def test_what_is_opened_is_told_by_content(data: bytes, media_type: str) -> None:
    assert sniff(data[:HEAD_BYTES]) == media_type
    assert is_container(media_type)
    assert is_recognised_container(media_type)
    assert not is_decodable(media_type)
    assert not is_recognised_media(media_type)


@pytest.mark.parametrize(("data", "media_type"), NOT_OPENED)
def test_what_is_not_opened_is_recognised_all_the_same(data: bytes, media_type: str) -> None:
    assert sniff(data) == media_type
    assert is_recognised_container(media_type)
    assert not is_container(media_type)
    with io.BytesIO(data) as source, pytest.raises(ContainerError, match="not opened"):
        open_container(source, media_type=media_type, limits=ArchiveLimits())


@pytest.mark.parametrize(
    "data",
    [
        b"PK",
        b"PK\x01\x02",
        b"\x1f\x8b\x00",
        b"BZh9 and then prose",
        b"BZh01AY&SY",
        b"%PD",
        b"A text about %PDF-1.4 and nothing else",
        b"From here to there at 10:30 it is far\nand there is nothing\n",
        bytes(1024),
        b"a" * 512,
        b"070701 and then prose" * 20,
        b"SIT! Stay! Good dog, and more prose",
        b"CMMM is four letters",
        b"]" + bytes(99),
        b"py-lz4-notes, and more prose",
        b"conectix was a firm, and more prose",
        b"ANDROID BACKUPS are told by their first line",
        b"]\0\0\x80\0" + bytes([1] * 9),
        tarred([("a", b"x")])[:511],
        b"b" + tarred([("a", b"x")])[1:],
    ],
)
def test_what_only_resembles_one_is_none(data: bytes) -> None:
    assert sniff(data) is None


def test_noise_is_no_container() -> None:
    for seed in range(200):
        noise = b"\x00" + noise_of(600, seed=seed)
        assert sniff(noise) is None


@pytest.mark.parametrize(
    "document",
    [b"application/vnd.oasis.opendocument.unknown", b"application/epub+zip", b"\xff" * 40, b""],
)
def test_other_documents_in_a_zip_are_zips(document: bytes) -> None:
    data = open_document([]).replace(b"application/vnd.oasis.opendocument.text", document)
    assert sniff(data) == "application/zip"


@pytest.mark.parametrize(
    "name", ["max_members", "max_bytes", "max_ratio", "max_member_bytes", "max_depth"]
)
def test_a_limit_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        ArchiveLimits(**{name: 0})
