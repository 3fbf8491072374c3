"""Open untrusted media safely: type by content, limits before allocation, sandboxed workers."""

from typing import TYPE_CHECKING, Final

from rempart.model.late_names import late_names

if TYPE_CHECKING:
    from rempart.media._warming_up import warm_up
    from rempart.media.animation import Animation, open_animation
    from rempart.media.archives import (
        ArchiveBudget,
        ArchiveLimits,
        Container,
        Member,
        container_type,
        is_container,
        open_container,
    )
    from rempart.media.errors import (
        ContainerError,
        PictureError,
        PoolClosedError,
        PoolFullError,
        WorkerStartError,
    )
    from rempart.media.limits import DEFAULT_MAX_PIXELS, WorkerLimits
    from rempart.media.media_types import HEAD_BYTES, is_decodable, is_recognised_media, sniff
    from rempart.media.picture import Picture, open_picture
    from rempart.media.pixels import Pixels, ReducedGrey
    from rempart.media.pool import Finished, Part, WorkerPool, sandbox_description
    from rempart.media.video import Frame, Video, VideoLimits, is_video, open_video

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "HEAD_BYTES",
    "Animation",
    "ArchiveBudget",
    "ArchiveLimits",
    "Container",
    "ContainerError",
    "Finished",
    "Frame",
    "Member",
    "Part",
    "Picture",
    "PictureError",
    "Pixels",
    "PoolClosedError",
    "PoolFullError",
    "ReducedGrey",
    "Video",
    "VideoLimits",
    "WorkerLimits",
    "WorkerPool",
    "WorkerStartError",
    "container_type",
    "is_container",
    "is_decodable",
    "is_recognised_media",
    "is_video",
    "open_animation",
    "open_container",
    "open_picture",
    "open_video",
    "sandbox_description",
    "sniff",
    "warm_up",
]

_PLACES: Final = {
    "rempart.media.animation": "Animation open_animation",
    "rempart.media.archives": (
        "ArchiveBudget ArchiveLimits Container Member container_type is_container open_container"
    ),
    "rempart.media.errors": (
        "ContainerError PictureError PoolClosedError PoolFullError WorkerStartError"
    ),
    "rempart.media.limits": "DEFAULT_MAX_PIXELS WorkerLimits",
    "rempart.media.media_types": "HEAD_BYTES is_decodable is_recognised_media sniff",
    "rempart.media.picture": "Picture open_picture",
    "rempart.media.pixels": "Pixels ReducedGrey",
    "rempart.media.pool": "Finished Part WorkerPool sandbox_description",
    "rempart.media.video": "Frame Video VideoLimits is_video open_video",
    "rempart.media._warming_up": "warm_up",
}
"""The module of each name, for the time of running; the imports above say the same to checkers."""


if not TYPE_CHECKING:  # or a checker would take any name for one of ours
    __getattr__ = late_names(__name__, _PLACES)
