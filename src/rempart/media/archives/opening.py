"""Which media types are containers, and how each is opened."""

from collections.abc import Callable
from typing import Final

from rempart.media.archives import _problems
from rempart.media.archives._mail import MailContainer
from rempart.media.archives._mailbox import MailboxContainer
from rempart.media.archives._office import DocumentContainer, document_type
from rempart.media.archives._pdf import PdfContainer
from rempart.media.archives._reading import ContainerSource
from rempart.media.archives._seven_zip import SevenZipContainer
from rempart.media.archives._single import PackedContainer
from rempart.media.archives._tar import TarContainer
from rempart.media.archives._zip import ZipContainer
from rempart.media.archives.container import Container
from rempart.media.archives.limits import ArchiveBudget, ArchiveLimits
from rempart.media.media_types import (
    BZIP2,
    EXCEL,
    GZIP,
    MAIL,
    MAILBOX,
    OPEN_DOCUMENTS,
    PDF,
    POWERPOINT,
    SEVEN_ZIP,
    TAR,
    WORD,
    XZ,
    ZIP,
    ZSTD,
)

Opener = Callable[[ContainerSource, ArchiveLimits, ArchiveBudget], Container]


def _packed(media_type: str) -> Opener:
    return lambda source, limits, budget: PackedContainer(
        source, limits, budget, media_type=media_type
    )


_OPENERS: Final[dict[str, Opener]] = {
    ZIP: ZipContainer,
    TAR: TarContainer,
    SEVEN_ZIP: SevenZipContainer,
    GZIP: _packed(GZIP),
    BZIP2: _packed(BZIP2),
    XZ: _packed(XZ),
    ZSTD: _packed(ZSTD),
    **dict.fromkeys((WORD, EXCEL, POWERPOINT, *OPEN_DOCUMENTS), DocumentContainer),
    MAIL: MailContainer,
    MAILBOX: MailboxContainer,
    PDF: PdfContainer,
}


def is_container(media_type: str) -> bool:
    """Tell whether `open_container` opens this media type."""
    return media_type in _OPENERS


def container_type(source: ContainerSource, sniffed: str | None) -> str | None:
    """Return the media type where more than a file's first bytes tell it: of a zip that is a document.

    Args:
        source: the whole content, seekable.
        sniffed: what `sniff` said of its first bytes; returned unchanged where nothing else is found.
    """
    return (document_type(source) if sniffed == ZIP else None) or sniffed


def open_container(
    source: ContainerSource,
    *,
    media_type: str,
    limits: ArchiveLimits,
    budget: ArchiveBudget | None = None,
    depth: int = 1,
) -> Container:
    """Return an archive, a document or a message whose members can be read.

    Args:
        source: its bytes, seekable; nobody else may move its position between two calls.
        media_type: what `sniff` or `container_type` said of it.
        limits: what it may unpack to.
        budget: what is left of that, where it lies in another container; by default all of it.
        depth: 1 for a file, 2 for what lies in it, and so on.

    Raises:
        ContainerError: the format is not read, the container is encrypted, or it lies too deep.
    """
    opener = _OPENERS.get(media_type)
    if opener is None:
        raise _problems.error_of(
            _problems.unsupported("archive", f"archives of type {media_type} are not opened")
        )
    if depth > limits.max_depth:
        raise _problems.error_of(_problems.too_deep(limits.max_depth))
    return opener(source, limits, budget if budget is not None else ArchiveBudget(limits))
