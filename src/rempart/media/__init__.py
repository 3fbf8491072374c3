"""Open untrusted media safely: type by content, limits before allocation, sandboxed workers."""

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
from rempart.media.warm_up import warm_up

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
