"""Fuzz the reading of archives, documents and mails: whatever the bytes, there are members or a ContainerError.

Run: `python tests/fuzz/fuzz_archives.py -max_total_time=60 -close_fd_mask=2` (libFuzzer's options).
"""

import contextlib
import io
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.media.archives.sample_archives import FORMATS, mailbox
from tests.media.archives.sample_documents import DOCUMENTS, SEVEN_ZIPS, pdf, picture, stream

from rempart.media import (
    HEAD_BYTES,
    ArchiveBudget,
    ArchiveLimits,
    ContainerError,
    Member,
    container_type,
    is_container,
    open_container,
    sniff,
)

LIMITS = ArchiveLimits(max_members=200, max_bytes=1 << 20, max_member_bytes=1 << 18, max_depth=3)
_FILES = [("a.bin", b"abc" * 30), ("d/b.bin", bytes(100))]
_STEP = 4096


def fuzz_one(data: bytes) -> None:
    """Read every member and what is nested in it; let everything but ContainerError escape."""
    _open(data, ArchiveBudget(LIMITS), 1)


def _open(data: bytes, budget: ArchiveBudget, depth: int) -> None:
    source = io.BytesIO(data)
    media_type = container_type(source, sniff(data[:HEAD_BYTES]))
    if media_type is None or not is_container(media_type):
        return
    with contextlib.suppress(ContainerError):
        container = open_container(
            source, media_type=media_type, limits=LIMITS, budget=budget, depth=depth
        )
        with container:
            last = 0
            for member in container.members():
                if member.number <= last:
                    msg = "members are not numbered in order"
                    raise AssertionError(msg)
                last = member.number
                content = _content(member)
                if content is not None:
                    _open(content, budget, depth + 1)
    if budget.bytes < -_STEP - 1 or budget.members < 0:
        msg = "more was given than the limits allow"
        raise AssertionError(msg)


def _content(member: Member) -> bytes | None:
    """Return a member's bytes, as far as they can be read; None where it is not even begun."""
    pieces: list[bytes] = []
    with contextlib.suppress(ContainerError):
        opened = member.open()
        while piece := opened.read(_STEP):
            pieces.append(piece)
    content = b"".join(pieces)
    if len(content) > LIMITS.max_member_bytes:
        msg = "a member is larger than the limit"
        raise AssertionError(msg)
    return content or None


def write_seeds(folder: Path) -> None:
    """Write one small archive of each kind for the fuzzer to start from, and one in another."""
    samples = {name: make(_FILES) for name, make in FORMATS.items()} | DOCUMENTS
    samples["pdf"] = pdf(
        picture((2, 2), bytes(12)),
        picture((2, 2), bytes(4), space=b"[/Indexed /DeviceRGB 1 <000000ffffff>]"),
        stream(b"/Type /EmbeddedFile /Filter /ASCIIHexDecode", b"504b0506>"),
        stream(b"", b"\x00attached"),
        b"<< /EF << /F 4 0 R >> >>",
    )
    samples["mailbox"] = mailbox(_FILES)
    samples["7z delta"] = SEVEN_ZIPS["delta"]
    samples["nested"] = FORMATS["zip deflated"]([("a.tar.gz", samples["tar.gz"])])
    for name, content in samples.items():
        (folder / name).write_bytes(content)


def main() -> None:
    """Fuzz until told to stop, starting from the seeds."""
    import atheris  # noqa: PLC0415 - only the fuzzer itself needs it
    from instrumentation import watch  # noqa: PLC0415 - it imports the fuzzer

    with tempfile.TemporaryDirectory() as folder:
        write_seeds(Path(folder))
        watch("rempart.media.archives", "rempart.media._container_signs")
        atheris.Setup([*sys.argv, folder], fuzz_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
