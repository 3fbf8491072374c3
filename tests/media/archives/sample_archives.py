"""Archives, documents and messages made for the tests, of benign noise."""

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from email.message import EmailMessage

import zstandard
from tests.media.archives.seven_zip_writing import seven_zipped

from rempart.media import (
    HEAD_BYTES,
    ArchiveLimits,
    Container,
    ContainerError,
    container_type,
    sniff,
)
from rempart.media import open_container as open_it

Files = Sequence[tuple[str, bytes]]

LIMITS = ArchiveLimits()


def noise_of(size: int, *, seed: int = 1) -> bytes:
    """Return bytes that nothing can make smaller: the same in every run, so that no run fails alone."""
    return random.Random(seed).randbytes(size)


class OneWay(io.RawIOBase):
    """A file that cannot be gone back in: it makes zipfile write sizes behind the members."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # bytes are all that is written here
        self.written += data
        return len(data)


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def zipped_forward(files: Files) -> bytes:
    target = OneWay()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return bytes(target.written)


def zipped_64(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data)
    return buffer.getvalue()


def tarred(files: Files, form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def document(files: Files) -> bytes:
    parts = [
        ("[Content_Types].xml", b'<?xml version="1.0"?><Types/>'),
        ("word/document.xml", b"<w:document/>"),
        *files,
    ]
    return zipped(parts)


def open_document(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", b"application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", b"<office:document-content/>")
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def message(files: Files) -> bytes:
    mail = EmailMessage()
    mail["From"] = "someone@example.org"
    mail["To"] = "another@example.org"
    mail["Message-ID"] = "<1@example.org>"
    mail["Subject"] = "exercise"
    mail.set_content("What the mail says.")
    for name, data in files:
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def mailbox(files: Files) -> bytes:
    """Return a mailbox of one mail for each file: a program of mail would write the same lines."""
    line = b"From - Sun Nov 22 13:00:00 2026\n"
    return b"".join(line + message([each]) + b"\n" for each in files)


FORMATS: dict[str, Callable[[Files], bytes]] = {
    "zip stored": lambda files: zipped(files, zipfile.ZIP_STORED),
    "zip deflated": zipped,
    "zip bzip2": lambda files: zipped(files, zipfile.ZIP_BZIP2),
    "zip lzma": lambda files: zipped(files, zipfile.ZIP_LZMA),
    "zip forward": zipped_forward,
    "zip 64": zipped_64,
    "tar ustar": lambda files: tarred(files, tarfile.USTAR_FORMAT),
    "tar gnu": lambda files: tarred(files, tarfile.GNU_FORMAT),
    "tar pax": tarred,
    "tar.gz": lambda files: gzip.compress(tarred(files), 1),
    "tar.bz2": lambda files: bz2.compress(tarred(files)),
    "tar.xz": lambda files: lzma.compress(tarred(files), preset=0),
    "tar.zst": lambda files: zstandard.compress(tarred(files)),
    "7z": lambda files: seven_zipped(list(files)),
    "docx": document,
    "odt": open_document,
    "eml": message,
}
"""Every format that holds many members, but for 7z written by other programs than ours."""


def open_bytes(data: bytes, limits: ArchiveLimits = LIMITS) -> Container:
    """Open whatever the content is."""
    source = io.BytesIO(data)
    media_type = container_type(source, sniff(data[:HEAD_BYTES]))
    return open_it(source, media_type=media_type or "", limits=limits)


Read = tuple[int, bytes, bytes | str]
"""Number, name, and content or kind of problem."""


def read_all(
    data: bytes, *, first: int = 1, limits: ArchiveLimits = LIMITS
) -> tuple[list[Read], str | None]:
    """Return all members with their content or problem, and the container's problem."""
    container = open_bytes(data, limits)
    found: list[Read] = []
    for member in container.members(first=first):
        try:
            found.append((member.number, member.name, member.open().read()))
        except ContainerError as error:
            found.append((member.number, member.name, error.kind.value))
    return found, None if container.problem is None else container.problem.kind.value


def contents(data: bytes) -> list[bytes | str]:
    """Return the members' contents or problems."""
    return [content for _, _, content in read_all(data)[0]]


def problem_of(data: bytes, limits: ArchiveLimits = LIMITS) -> str | None:
    """Return the container's problem."""
    return read_all(data, limits=limits)[1]
