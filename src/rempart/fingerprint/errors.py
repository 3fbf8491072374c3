"""What goes wrong in fingerprinting.

RempartError (rempart.model.errors)
├── UsageError
│   ├── PixelShapeError     an array has not the shape of a picture (also a ValueError)
│   ├── PixelTypeError      an array does not hold uint8 (also a TypeError)
│   └── KernelSettingError  REMPART_KERNEL names a kernel that cannot run here
└── RefusedError
    ├── NotAPictureError    a file holds nothing that can be decoded as a picture
    ├── TornPictureError    a file holds a picture that is not whole
    ├── UrlError            a text is no URL that can be matched
    └── WorkMessageError    a message between node and worker breaks the contract
"""

from typing import ClassVar

from rempart.model.errors import RefusedError, UsageError


class PixelShapeError(UsageError, ValueError):
    """The array is not (H, W, 3) RGB or (H, W) grey, or a reduced plane does not fit its full size."""

    code: ClassVar[str] = "pixel-shape"


class PixelTypeError(UsageError, TypeError):
    """The array holds something else than uint8."""

    code: ClassVar[str] = "pixel-type"


class KernelSettingError(UsageError):
    """REMPART_KERNEL names a kernel that this processor or build cannot run; nothing else runs instead."""

    code: ClassVar[str] = "kernel-setting"


class NotAPictureError(RefusedError):
    """The file's content is no picture of a format that is decoded here."""

    code: ClassVar[str] = "not-a-picture"


class TornPictureError(RefusedError):
    """Only a part of the picture could be decoded: its hash is not that of the picture."""

    code: ClassVar[str] = "torn-picture"


class UrlError(RefusedError):
    """The text is no URL that can be matched: it names no host, or is too long. The message never holds it."""

    code: ClassVar[str] = "url"


class WorkMessageError(RefusedError):
    """A request or result of a media worker is not what the contract allows; it is thrown away whole."""

    code: ClassVar[str] = "work-message"
