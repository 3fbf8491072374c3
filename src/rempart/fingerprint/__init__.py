"""Fingerprints of media: PDQ in its dialects, exact hashes, and the task that a media worker runs."""

from typing import TYPE_CHECKING, Final

from rempart.model.late_names import late_names

if TYPE_CHECKING:
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

_PLACES: Final = {
    "rempart.fingerprint": "digests pdq work",
    "rempart.fingerprint._kernels": "available_kernels chosen_kernel",
    "rempart.fingerprint.errors": (
        "KernelSettingError NotAPictureError PixelShapeError PixelTypeError "
        "TornPictureError WorkMessageError"
    ),
    "rempart.fingerprint.video": "VideoPrint hash_animation hash_video screen_video",
}
"""The module of each name, for the time of running; the imports above say the same to checkers."""


if not TYPE_CHECKING:  # or a checker would take any name for one of ours
    __getattr__ = late_names(__name__, _PLACES)
