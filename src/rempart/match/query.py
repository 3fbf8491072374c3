"""What one file brings to matching: its digests, and the variants of its PDQ."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rempart.fingerprint.errors import UrlError
from rempart.fingerprint.urls import canonical_url, expressions
from rempart.model.fingerprint import (
    EQUAL_BYTES,
    MATCHING_QUALITY_FLOOR,
    PDQ_BYTES,
    URL_SHA256,
    Fingerprint,
)
from rempart.model.match import TRANSFORMS
from rempart.model.urls import UrlEvidence
from rempart.model.video import VideoFrame, used_places

_TURNED: Final = len(TRANSFORMS) - 1


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
        """Return every value whose quality allows matching, in the order of `TRANSFORMS`, `exact` before `cpp512`."""
        found = [
            SearchedValue(transform, value, self.quality)
            for transform, value in zip(TRANSFORMS, self.variants, strict=False)
        ]
        if self.cpp512 is not None:
            found.insert(1, SearchedValue(TRANSFORMS[0], self.cpp512, self.cpp512_quality))
        return [each for each in found if each.is_matchable]

    def searched_bytes(self) -> tuple[bytes, ...]:
        """Return the bytes of `values()`, in its order, without an object for each."""
        found = self.variants if _is_matchable(self.quality) else ()
        if self.cpp512 is not None and _is_matchable(self.cpp512_quality):
            found = (*found[:1], self.cpp512, *found[1:])
        return found

    def searched_turns(self) -> tuple[int, ...]:
        """Return for each of `searched_bytes()` the place of its transform in `TRANSFORMS`, ascending."""
        count = len(self.searched_bytes())
        has_two_upright = count not in {0, 1, len(TRANSFORMS)}
        return (0, *range(count - 1)) if has_two_upright else tuple(range(count))


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
        turned: for each frame the seven values of the turned and mirrored picture in the order of `TRANSFORMS`, one
            behind the other; empty where the asker does not know them.
    """

    frames: tuple[VideoFrame, ...]
    is_partial: bool = False
    turned: bytes = b""

    def __post_init__(self) -> None:
        if self.turned and len(self.turned) != len(self.frames) * _TURNED * PDQ_BYTES:
            msg = f"each of {len(self.frames)} frames has {_TURNED} turned values"
            raise ValueError(msg)

    def used(self) -> list[VideoFrame]:
        """Return the frames that are matched: good enough, each value once, the earliest of it.

        A value is that of the upright frame: the same frames are searched in every orientation.
        """
        return [self.frames[place] for place in used_places(self.frames)]

    def searched(self) -> NDArray[np.uint8]:
        """Return the values of the used frames (orientations by frames by 32): upright ones, and turned where known."""
        places = used_places(self.frames)
        upright = as_matrix([self.frames[place].value for place in places], PDQ_BYTES)[None]
        if not self.turned:
            return upright
        turned = np.frombuffer(self.turned, np.uint8).reshape(-1, _TURNED, PDQ_BYTES)[places]
        return np.concatenate([upright, turned.transpose(1, 0, 2)])


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
