"""Limits on untrusted media and on the processes that open it."""

from dataclasses import dataclass
from typing import Final

DEFAULT_MAX_PIXELS: Final = 100_000_000
"""Largest picture that is decoded: twice the largest common camera."""

DEFAULT_ADDRESS_SPACE_BYTES: Final = 3 * 1024**3
"""Fits every format at `DEFAULT_MAX_PIXELS`; measured figures stand in the package's README."""

LARGEST_MESSAGE_BYTES: Final = 64 * 1024
"""Largest request or response; a socket's default buffer holds it whole."""

PART_OVERHEAD_BYTES: Final = 64
"""What a part counts beside its payload, so that a flood of empty parts comes to an end too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """What one worker process may use.

    Attributes:
        address_space_bytes: RLIMIT_AS; beyond it an allocation fails and the file is `memory-limit`.
        seconds_per_file: wall-clock time in which a file, or the next part of its answer, must be done; then the
            worker is killed.
        seconds_in_parts: wall-clock time for all parts of one answer together.
        seconds_to_start: wall-clock time for imports and warm-up.
        files_per_worker: a worker is replaced after so many files.
        request_bytes: largest request that `submit` takes.
        response_bytes: largest response, or part of one, that is accepted.
        answer_bytes: all parts of one answer together, each with `PART_OVERHEAD_BYTES`.

    Raises:
        ValueError: a limit is not positive, or a message would not fit a socket's buffer.
    """

    address_space_bytes: int = DEFAULT_ADDRESS_SPACE_BYTES
    seconds_per_file: float = 30.0
    seconds_in_parts: float = 3600.0
    seconds_to_start: float = 60.0
    files_per_worker: int = 5000
    request_bytes: int = 16 * 1024
    response_bytes: int = 16 * 1024
    answer_bytes: int = 64 * 1024**2

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                msg = f"{name} must be positive"
                raise ValueError(msg)
        if max(self.request_bytes, self.response_bytes) > LARGEST_MESSAGE_BYTES:
            msg = f"a message holds at most {LARGEST_MESSAGE_BYTES} bytes"
            raise ValueError(msg)
