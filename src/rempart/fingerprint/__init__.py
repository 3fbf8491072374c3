"""Fingerprints of media: PDQ in its dialects, exact hashes, and the task that a media worker runs."""

from rempart.fingerprint import digests, pdq, work
from rempart.fingerprint._kernels import available_kernels, chosen_kernel
from rempart.fingerprint.errors import (
    KernelSettingError,
    NotAPictureError,
    PixelShapeError,
    PixelTypeError,
    TornPictureError,
    WorkMessageError,
)
from rempart.fingerprint.video import VideoPrint, hash_animation, hash_video, screen_video

__all__ = [
    "KernelSettingError",
    "NotAPictureError",
    "PixelShapeError",
    "PixelTypeError",
    "TornPictureError",
    "VideoPrint",
    "WorkMessageError",
    "available_kernels",
    "chosen_kernel",
    "digests",
    "hash_animation",
    "hash_video",
    "pdq",
    "screen_video",
    "work",
]
