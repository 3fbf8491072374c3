"""Documents that are zips: Office Open XML and OpenDocument. Their texts are passed over, all else is a member."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from rempart.media.archives import _problems
from rempart.media.archives._reading import ContainerSource, size_of
from rempart.media.archives._zip import ZipContainer
from rempart.media.archives._zip_records import find_directory, read_entries
from rempart.media.archives.container import Member
from rempart.media.errors import ContainerError
from rempart.media.media_types import EXCEL, POWERPOINT, WORD

_FOLDERS: Final = {b"word": WORD, b"xl": EXCEL, b"ppt": POWERPOINT}
_PARTS_LOOKED_AT: Final = 5000
_TEXTS: Final = (b".xml", b".rels", b".vml", b"mimetype")
_OPENINGS: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\0", b"\xfe\xff\0<", b"application/vnd.")
_MANIFEST: Final = b"META-INF/manifest.xml"
_LARGEST_MANIFEST: Final = 1024 * 1024


class DocumentContainer(ZipContainer):
    """A document of an office program."""

    def _members(self) -> Iterator[Member]:
        for member in super()._members():
            self._require_few(member.number)
            if not self._is_text(member):
                yield member

    def _is_text(self, member: Member) -> bool:
        """Tell whether it is XML, by name and by content: neither of them alone hides a picture."""
        if member.problem is not None or not member.name.lower().endswith(_TEXTS):
            return False
        try:
            stream = member.open()
            head = stream.read(64) or b""
            if member.name == _MANIFEST and b"encryption-data" in head + (
                stream.read(_LARGEST_MANIFEST) or b""
            ):
                self._note(_problems.encrypted("document"))
        except ContainerError:
            return False
        return head.lstrip().startswith(_OPENINGS)


def document_type(source: ContainerSource) -> str | None:
    """Return the type of an Office Open XML document by the folders of its parts; None where a zip is none."""
    folders = set()
    has_types = False
    try:
        directory = find_directory(source, size_of(source))
        if directory is None:
            return None
        for entry in islice(read_entries(source, directory), _PARTS_LOOKED_AT):
            has_types = has_types or entry.name == b"[Content_Types].xml"
            folders.add(entry.name.partition(b"/")[0])
    except ContainerError:
        return None
    found = [media_type for folder, media_type in _FOLDERS.items() if folder in folders]
    return found[0] if has_types and found else None
