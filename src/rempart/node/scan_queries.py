"""What a file that was read asks of the index: how deep it was looked into, whether that suffices, and its query."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from rempart.match import Matcher, PictureQuery, Query, UrlQuery, VideoQuery
from rempart.model.fingerprint import CPP512, PDQ, Fingerprint
from rempart.model.fingerprint import SCREEN as SCREEN_DIALECT

if TYPE_CHECKING:
    from rempart.fingerprint.messages import Depth
    from rempart.fingerprint.messages import PictureQuery as WorkQuery
    from rempart.node.reading import Reading

SCREEN: "Final[Depth]" = "screen"
EXACT: "Final[Depth]" = "exact"
DEPTHS: Final = (SCREEN, EXACT)


class Review:
    """Asks the index which screened pictures come near anything known."""

    def __init__(self, matcher: Matcher) -> None:
        """Ask the index of this matcher."""
        self._matcher = matcher

    def __call__(self, readings: "Sequence[Reading]") -> Sequence[bool]:
        """Tell for each reading whether its exact hashes are needed."""
        return self._matcher.need_confirmation([_variants(reading) for reading in readings])


def _variants(reading: "Reading") -> tuple[bytes, ...]:
    """Return the values to look around: the variants of a picture, and of a video's keyframes."""
    query = reading.result.query if reading.result is not None else None
    variants = query.variants if query is not None else ()
    if not len(reading.frames):
        return variants
    frames = VideoQuery(reading.frames.unfolded(), turned=reading.frames.turned())
    return (*variants, frames.searched().tobytes())


def query_of(reading: "Reading") -> Query:
    """Return what the file brings to matching; a screened one brings its digests alone: nothing came near it."""
    result = reading.result
    if result is None:
        return Query(digests=())
    return Query(
        digests=tuple(each for each in result.fingerprints if each.kind != PDQ),
        picture=_picture(result.query, result.fingerprints),
        partial=_picture(result.partial_query, result.partial_fingerprints),
        video=_video(reading, is_partial=result.problem is not None),
        urls=tuple(UrlQuery(each.url, each.digests, each.times) for each in reading.urls),
    )


def _video(reading: "Reading", *, is_partial: bool) -> VideoQuery | None:
    if reading.video is None or reading.video.is_screened or not len(reading.frames):
        return None
    frames = reading.frames
    return VideoQuery(frames.unfolded(), is_partial=is_partial, turned=frames.turned())


def _picture(found: "WorkQuery | None", fingerprints: Iterable[Fingerprint]) -> PictureQuery | None:
    if found is None or found.dialect == SCREEN_DIALECT:
        return None
    cpp512 = next((each for each in fingerprints if each.dialect == CPP512), None)
    return PictureQuery(
        variants=found.variants,
        quality=found.quality,
        cpp512=cpp512.value if cpp512 is not None else None,
        cpp512_quality=cpp512.quality if cpp512 is not None else None,
    )
