"""Open untrusted media safely: type by content, limits before allocation, sandboxed workers."""

from rempart.media.errors import PictureError
from rempart.media.limits import DEFAULT_MAX_PIXELS, WorkerLimits
from rempart.media.media_types import HEAD_BYTES, is_decodable, is_recognised_media, sniff
from rempart.media.picture import Picture, open_picture
from rempart.media.pixels import Pixels, ReducedGrey

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "HEAD_BYTES",
    "Picture",
    "PictureError",
    "Pixels",
    "ReducedGrey",
    "WorkerLimits",
    "is_decodable",
    "is_recognised_media",
    "open_picture",
    "sniff",
]
