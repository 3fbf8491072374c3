"""Write a Project VIC / VICS 2.0 case: the media of one examination and where each of them lies."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import msgspec

from rempart.lists.vics_writer import context, hash_fields
from rempart.model.fingerprint import Fingerprint

APPLICATION: Final = "Rempart"

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a case says of itself.

    Attributes:
        case_id: a UUID as text.
        version: of this program.
        region: whose category numbers the media have.
        media_files: how many places of media it holds.
        precategorized: how many media have a category.
        case_number: the office's own number; absent where none was given.
        organisation: whose examination it is; absent where unknown.
    """

    case_id: str
    version: str
    region: str
    media_files: int
    precategorized: int
    case_number: str | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One place where a media item lies.

    Attributes:
        name: of the file or member.
        folder: what stands before the name, with its last separator.
        parent_name: of a member, the name of what holds it; else absent.
        parent_folder: of a member, what stands before that name; else absent.
    """

    name: str
    folder: str
    parent_name: str | None = None
    parent_folder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMedia:
    """One media item: equal bytes, wherever they lie.

    Attributes:
        fingerprints: with an MD5, which every record of this format must have.
        size_bytes: absent where unknown.
        category: number in the case's region; absent where none is certain.
        category_source: where the number comes from; goes with it.
        comments: what was found; absent where nothing was.
        files: at least one.
    """

    fingerprints: tuple[Fingerprint, ...]
    files: tuple[CaseFile, ...]
    size_bytes: int | None = None
    media_type: str | None = None
    category: int | None = None
    category_source: str | None = None
    comments: str | None = None


def write_vics_case(media: Iterable[CaseMedia], sink: BinaryIO, *, facts: CaseFacts) -> int:
    """Write one case as one JSON document, one media record a line, and return their number.

    Only what is certain is written: no Exif, no times, nothing about who is shown.

    Args:
        media: what to write, in this order.
        sink: open for writing bytes; not closed.
        facts: what the case says of itself.

    Raises:
        ListUsageError: the region has no form in a context.
    """
    case = _present(
        CaseID=facts.case_id,
        CaseNumber=facts.case_number,
        ContactOrganization=facts.organisation,
        SourceApplicationName=APPLICATION,
        SourceApplicationVersion=facts.version,
        TotalMediaFiles=facts.media_files,
        TotalPrecategorized=facts.precategorized,
    )
    document = {"@odata.context": context(facts.region, "Cases"), "value": [case | {"Media": []}]}
    sink.write(_encode(document)[: -len(b"]}]}")])
    count = 0
    for each in media:
        count += 1
        sink.write((b",\n" if count > 1 else b"\n") + _encode(_record(each, number=count)))
    sink.write(b"\n]}]}\n")
    return count


def _record(media: CaseMedia, *, number: int) -> dict[str, Any]:
    hashes = hash_fields(media.fingerprints)
    is_categorised = None if media.category is None else "true"
    return _present(
        MediaID=number,
        Category=media.category,
        **hashes,
        MediaSize=media.size_bytes,
        MimeType=media.media_type,
        IsPrecategorized=is_categorised,
        PrecategorizationSource=media.category_source,
        Comments=media.comments,
        MediaFiles=[_file(each, md5=hashes["MD5"]) for each in media.files],
    )


def _file(file: CaseFile, *, md5: str) -> dict[str, Any]:
    return _present(
        MD5=md5,
        FileName=file.name,
        FilePath=file.folder,
        ParentFileName=file.parent_name,
        ParentFilePath=file.parent_folder,
    )


def _present(**fields: Any) -> dict[str, Any]:  # Any: JSON values
    return {name: value for name, value in fields.items() if value is not None}
