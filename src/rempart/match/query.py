"""What one file brings to matching: its digests, and the variants of its PDQ."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rempart.fingerprint.errors import UrlError
from rempart.fingerprint.urls import canonical_url, expressions
from rempart.model.fingerprint import EQUAL_BYTES, MATCHING_QUALITY_FLOOR, URL_SHA256, Fingerprint
from rempart.model.match import TRANSFORMS
from rempart.model.urls import UrlEvidence
from rempart.model.video import VideoFrame, used_frames


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """The PDQ side of a query.

    Attributes:
        variants: the eight dihedral values of 32 bytes in the order of `TRANSFORMS`, or the original alone.
        quality: PDQ quality of the picture; absent where the asker does not know it.
        cpp512: the value in the other dialect, where known; searched as `original`.
        cpp512_quality: quality of that value; fine text can have a low `quality` and a high one here.
    """

    variants: tuple[bytes, ...]
    quality: int | None
    cpp512: bytes | None = None
    cpp512_quality: int | None = None

    def __post_init__(self) -> None:
        if len(self.variants) not in {1, len(TRANSFORMS)}:
            msg = f"a picture has 1 or {len(TRANSFORMS)} variants, not {len(self.variants)}"
            raise ValueError(msg)

    def values(self) -> list["SearchedValue"]:
        """Return every value whose quality allows matching, the original first."""
        found = [
            SearchedValue(transform, value, self.quality)
            for transform, value in zip(TRANSFORMS, self.variants, strict=False)
        ]
        if self.cpp512 is not None:
            found.append(SearchedValue(TRANSFORMS[0], self.cpp512, self.cpp512_quality))
        return [each for each in found if each.is_matchable]

    def searched_bytes(self) -> tuple[bytes, ...]:
        """Return the bytes of `values()`, in its order, without an object for each."""
        found = self.variants if _is_matchable(self.quality) else ()
        if self.cpp512 is not None and _is_matchable(self.cpp512_quality):
            found = (*found, self.cpp512)
        return found


class SearchedValue(NamedTuple):
    """One value of a picture that is searched, with the name of its transform and its own quality."""

    transform: str
    value: bytes
    quality: int | None

    @property
    def is_matchable(self) -> bool:
        """Whether the quality, where known, allows matching."""
        return _is_matchable(self.quality)


def _is_matchable(quality: int | None) -> bool:
    return quality is None or quality >= MATCHING_QUALITY_FLOOR


@dataclass(frozen=True, slots=True)
class VideoQuery:
    """The frames of a video or an animated picture.

    Attributes:
        frames: in dialect `exact`, one for each second or fewer; those of low quality and repeated ones may be among
            them.
        is_partial: whether they are what could be decoded of a torn video.
    """

    frames: tuple[VideoFrame, ...]
    is_partial: bool = False

    def used(self) -> list[VideoFrame]:
        """Return the frames that are matched: good enough, each value once, the earliest of it."""
        return used_frames(self.frames)


@dataclass(frozen=True, slots=True)
class UrlQuery:
    """One URL with the hashes of its expressions.

    Attributes:
        url: in canonical form.
        digests: the hash of each expression, 32 bytes, one behind the other; at most 30.
        times: how often it stands in the file.
    """

    url: str
    digests: bytes
    times: int = 1

    @classmethod
    def of(cls, text: str | bytes) -> Self:
        """Return what a URL brings to matching.

        Raises:
            UrlError: it is none that can be matched.
        """
        url = canonical_url(text)
        return cls(url.text, b"".join(each.sha256 for each in expressions(url)))

    def each_digest(self) -> Iterator[bytes]:
        """Yield the hashes one by one."""
        width = EQUAL_BYTES[URL_SHA256]
        for start in range(0, len(self.digests), width):
            yield self.digests[start : start + width]

    def evidence(self) -> dict[bytes, UrlEvidence]:
        """Return what a hit on each hash says; a hash that is of none of the URL's expressions says nothing.

        URL and hashes may come from a worker that has read hostile bytes: neither is believed.
        """
        try:
            url = canonical_url(self.url)
        except UrlError:
            return {}
        return {
            each.sha256: UrlEvidence(each.host, each.path, url.text, self.times)
            for each in expressions(url)
        }


@dataclass(frozen=True, slots=True)
class Query:
    """Everything one file brings to matching.

    Attributes:
        digests: exact hashes of the whole file.
        picture: PDQ of the whole picture, where there is one.
        partial: PDQ of what could be decoded of a torn picture.
        video: frames, where the file is a video or an animated picture; an animated picture has both.
        urls: URLs that were asked for, or that stand in the file.
    """

    digests: tuple[Fingerprint, ...]
    picture: PictureQuery | None = None
    partial: PictureQuery | None = None
    video: VideoQuery | None = None
    urls: tuple[UrlQuery, ...] = ()


def single_query(fingerprint: Fingerprint) -> Query:
    """Return the query for one fingerprint alone, as a person gives it: no turned variants.

    Raises:
        ValueError: the kind is opaque to this node, so that nothing can be searched.
    """
    if fingerprint.kind in EQUAL_BYTES:
        return Query(digests=(fingerprint,))
    if fingerprint.dialect is None:
        msg = f"a value of kind {fingerprint.kind} cannot be searched"
        raise ValueError(msg)
    picture = PictureQuery(variants=(fingerprint.value,), quality=fingerprint.quality)
    return Query(digests=(), picture=picture)


def as_matrix(values: list[bytes], width: int) -> NDArray[np.uint8]:
    """Return values of one width as an array of shape (count, width)."""
    return np.frombuffer(b"".join(values), dtype=np.uint8).reshape(len(values), width)
