"""Limits on untrusted media and on the processes that open it."""

from dataclasses import dataclass
from typing import Final

DEFAULT_MAX_PIXELS: Final = 100_000_000
"""Largest picture that is decoded: twice the largest common camera."""

DEFAULT_ADDRESS_SPACE_BYTES: Final = 3 * 1024**3
"""Fits every format at `DEFAULT_MAX_PIXELS`; measured figures stand in the package's README."""

LARGEST_MESSAGE_BYTES: Final = 64 * 1024
"""Largest request or response; a socket's default buffer holds it whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """What one worker process may use.

    Attributes:
        address_space_bytes: RLIMIT_AS; beyond it an allocation fails and the file is `memory-limit`.
        seconds_per_file: wall-clock time for one file, after which the worker is killed.
        seconds_to_start: wall-clock time for imports and warm-up.
        files_per_worker: a worker is replaced after so many files.
        request_bytes: largest request that `submit` takes.
        response_bytes: largest response that is accepted.

    Raises:
        ValueError: a limit is not positive, or a message would not fit a socket's buffer.
    """

    address_space_bytes: int = DEFAULT_ADDRESS_SPACE_BYTES
    seconds_per_file: float = 30.0
    seconds_to_start: float = 60.0
    files_per_worker: int = 5000
    request_bytes: int = 16 * 1024
    response_bytes: int = 16 * 1024

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                msg = f"{name} must be positive"
                raise ValueError(msg)
        if max(self.request_bytes, self.response_bytes) > LARGEST_MESSAGE_BYTES:
            msg = f"a message holds at most {LARGEST_MESSAGE_BYTES} bytes"
            raise ValueError(msg)
