"""Reading one member of a container into memory, as far as it may be, with its digests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rempart.fingerprint._pulse import Pulse
from rempart.fingerprint._reading import CHUNK_BYTES
from rempart.fingerprint.digests import DigestPass
from rempart.media.archives import ContainerError, Member
from rempart.model.fingerprint import Fingerprint
from rempart.model.scan import Problem

_LARGEST_SIZE: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MemberContent:
    """What could be read of a member.

    Attributes:
        data: its bytes, or the beginning of a torn one; absent where it is larger than what is kept.
        size: its bytes; where it is torn, what its container claims; absent where that does not say, or says what
            no file can have.
        digests: of all of it; none where it is torn.
        head: its first bytes.
        problem: why it is not whole.
        is_complete: whether all its bytes were read; beside a problem where a checksum alone does not fit them.
    """

    data: bytes | None
    size: int | None
    digests: tuple[Fingerprint, ...]
    head: bytes
    problem: Problem | None
    is_complete: bool = False


def read_member(member: Member, *, most_bytes: int, pulse: Pulse) -> MemberContent:
    """Read a member to its end; keep its bytes only while they are few enough."""
    digests = DigestPass()
    kept: list[bytes] = []
    head, size = b"", 0
    is_kept = True
    problem: Problem | None = None
    is_complete = True
    try:
        for chunk in pulse.along(_chunks(member)):
            digests.feed(chunk)
            size += len(chunk)
            head = head or chunk
            is_kept = is_kept and size <= most_bytes
            if is_kept:
                kept.append(chunk)
            else:
                kept.clear()
    except ContainerError as error:
        problem, is_complete = error.problem, error.gave_all
    whole = digests.fingerprints() if is_complete and size else ()
    data = b"".join(kept) if is_kept else None
    claimed = size if is_complete else _possible(member.size)
    return MemberContent(data, claimed, whole, head, problem, is_complete)


def _possible(size: int | None) -> int | None:
    return None if size is None or not 0 <= size <= _LARGEST_SIZE else size


def _chunks(member: Member) -> Iterator[bytes]:
    with member.open() as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk
