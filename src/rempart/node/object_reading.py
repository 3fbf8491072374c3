"""One object on its way through the workers: a file, or a member of an archive, a document or a message."""

import os
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from rempart.fingerprint.messages import Place, WorkResult
from rempart.fingerprint.packed_frames import Frames
from rempart.fingerprint.url_finding import FoundUrl
from rempart.media.archives import is_container
from rempart.media.media_types import is_recognised_container
from rempart.model.fingerprint import PDQ, SCREEN, SHA256, Fingerprint
from rempart.model.scan import FileFingerprints, Membership, Outcome, Problem, ProblemKind
from rempart.model.video import VideoSummary
from rempart.node.walk import Found

_OUTCOMES: Final = {
    ProblemKind.NOT_FOUND: Outcome.UNREADABLE,
    ProblemKind.PERMISSION_DENIED: Outcome.UNREADABLE,
    ProblemKind.READ_ERROR: Outcome.UNREADABLE,
    ProblemKind.WORKER_DIED: Outcome.UNREADABLE,
    ProblemKind.CHANGED_WHILE_READ: Outcome.UNREADABLE,
    ProblemKind.NOT_A_FILE: Outcome.REFUSED,
    ProblemKind.LINK_NOT_FOLLOWED: Outcome.REFUSED,
    ProblemKind.TIME_LIMIT: Outcome.REFUSED,
    ProblemKind.MEMORY_LIMIT: Outcome.REFUSED,
}
_NOTHING_LOST: Final = frozenset(
    {ProblemKind.EMPTY, ProblemKind.LINK_NOT_FOLLOWED, ProblemKind.NOT_A_FILE}
)
"""A container whose member has one of these problems was read whole all the same."""
_LACKING: Final = frozenset(
    {
        ProblemKind.TIME_LIMIT,
        ProblemKind.MEMORY_LIMIT,
        ProblemKind.WORKER_DIED,
        ProblemKind.CHANGED_WHILE_READ,
    }
)
"""A member that has one of these problems was not looked at to its end, whatever is known of its bytes."""

_MEMBERS_REFUSED: Final = Problem(
    ProblemKind.MEMBERS_REFUSED,
    "Not every member could be read; the records of the members say which and why.",
    "Look at the records of its members.",
)

CHANGED: Final = Problem(
    ProblemKind.CHANGED_WHILE_READ,
    "The file changed while it was read.",
    "Scan the file again when nothing writes to it any more.",
)


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """How far a container was read, so that a later run can go on behind it.

    Attributes:
        place: of the last member that is done with.
        lacking: the containers that it lies in of which a member could not be read.
        members: how many members were counted.
        unpacked_bytes: how many bytes of members were counted.
        stamp: size and time of change of the file, which must not change meanwhile.
    """

    place: Place
    lacking: tuple[Place, ...]
    members: int
    unpacked_bytes: int
    stamp: tuple[int, int]


@dataclass(slots=True)
class Reading:
    """One object on its way.

    Attributes:
        found: the file; of a member the file that it lies in.
        result: what the workers found so far.
        problem: what stopped a worker, or kept the file from being opened.
        is_done: whether nothing more is to be asked.
        place: where in the file a member lies; empty for the file itself.
        membership: of a member, what it is called.
        frames: of a video or an animated picture.
        urls: those that stand in it.
        lacks_members: whether a member of it could not be read.
        resume: of a member, where to go on behind it.
        counted: how many members of the file, and how many bytes of them, were counted up to this one.
        weight: about how many bytes of memory it takes while it waits to be given.
    """

    found: Found
    result: WorkResult | None = None
    problem: Problem | None = None
    is_done: bool = False
    place: Place = ()
    membership: Membership | None = None
    frames: Frames = field(default_factory=Frames)
    urls: tuple[FoundUrl, ...] = ()
    lacks_members: bool = False
    resume: ResumePoint | None = None
    counted: tuple[int, int] = (0, 0)
    weight: int = 0

    @property
    def path(self) -> bytes:
        """What the object is called in records."""
        return self.found.path if self.membership is None else self.membership.path

    def file(self) -> FileFingerprints:
        """Return what is known about the object."""
        result = self.result
        outcome, problem = self._judged()
        if result is None:
            return FileFingerprints(
                path=self.path,
                size=self.found.size if self.membership is None else None,
                media_type=None,
                outcome=outcome,
                problem=problem,
                fingerprints=(),
                membership=self.membership,
            )
        of_video = self._of_video()
        is_whole = result.problem is None
        return FileFingerprints(
            path=self.path,
            size=result.size,
            media_type=result.media_type,
            outcome=outcome,
            problem=problem,
            fingerprints=_joined(result.fingerprints, of_video if is_whole else ()),
            partial_fingerprints=_joined(
                result.partial_fingerprints, of_video if not is_whole else ()
            ),
            membership=self.membership,
            video=self.video,
            urls=result.urls,
        )

    @property
    def video(self) -> VideoSummary | None:
        """What was looked at of a video or an animated picture."""
        facts = self.result.video if self.result is not None else None
        return facts.summary if facts is not None else None

    @property
    def is_screened(self) -> bool:
        """Whether the picture or video was only screened so far, and can be looked at again."""
        if self.result is None or self.sha256() is None:
            return False
        query, video = self.result.query, self.video
        is_picture = query is not None and query.dialect == SCREEN
        return is_picture or (video is not None and video.is_screened)

    @property
    def is_sparse(self) -> bool:
        """Whether what was screened tells nothing."""
        facts = self.result.video if self.result is not None else None
        return facts is not None and facts.is_sparse

    @property
    def is_lost(self) -> bool:
        """Whether its container was not read whole, because this could not be read.

        A picture or a video that is torn or of a foreign format was read; a container of which that is true holds
        something that nobody looked at.
        """
        outcome, problem = self._judged()
        if problem is None or problem.kind in _NOTHING_LOST:
            return False
        if self.sha256() is None or outcome is Outcome.REFUSED or problem.kind in _LACKING:
            return True
        result = self.result
        return result is not None and (result.is_false or _is_container(result.media_type))

    @property
    def unpacked_bytes(self) -> int:
        """How many bytes of a member were read; what a torn one claims to have counts for nothing."""
        if self.result is None or self.sha256() is None:
            return 0
        return self.result.size or 0

    def sha256(self) -> bytes | None:
        """Return the object's SHA-256, where a worker computed it."""
        return None if self.result is None else _sha256_of(self.result)

    def take(
        self,
        result: WorkResult,
        frames: Frames | None = None,
        urls: tuple[FoundUrl, ...] = (),
    ) -> None:
        """Take what a visit found; a later visit that could not read the file leaves the digests of an earlier one."""
        earlier = self.result.fingerprints if self.result is not None else ()
        if not result.fingerprints and earlier:
            digests = tuple(each for each in earlier if each.kind != PDQ)
            result = msgspec.structs.replace(result, fingerprints=digests)
        self.result = result
        self.frames = frames if frames is not None else Frames()
        self.urls = urls

    def take_again(
        self,
        result: WorkResult,
        frames: Frames | None = None,
        urls: tuple[FoundUrl, ...] = (),
    ) -> None:
        """Take what a closer look found, if it was at the same bytes; else say that they changed.

        Of other bytes nothing is kept, or one record would tell of two contents. The digests are those of the first
        look: it read those bytes whole. A look that read nothing says why.
        """
        seen = _sha256_of(result)
        has_picture = bool(result.partial_fingerprints or len(frames or ()))
        if seen == self.sha256() or (seen is None and not has_picture):
            self.take(result, frames, urls)
            return
        self.take(
            WorkResult(
                size=self.result.size if self.result is not None else None,
                media_type=self.result.media_type if self.result is not None else None,
                outcome=Outcome.UNREADABLE,
                problem=CHANGED,
            )
        )

    def close(self) -> None:
        """Close the file."""
        if self.found.descriptor is not None:
            os.close(self.found.descriptor)
            self.found = replace(self.found, descriptor=None)

    def _judged(self) -> tuple[Outcome, Problem | None]:
        result = self.result
        if self.problem is not None:
            return _OUTCOMES[self.problem.kind], self.problem
        if result is None:
            return Outcome.UNREADABLE, None
        if self.lacks_members and result.problem is None:
            return Outcome.PARTIAL, _MEMBERS_REFUSED
        return result.outcome, result.problem

    def _of_video(self) -> tuple[Fingerprint, ...]:
        """Return the fingerprint of the moving picture; what was only screened has none."""
        video = self.video
        if video is None or video.is_screened or not len(self.frames):
            return ()
        return (self.frames.fingerprint(),)


def _sha256_of(result: WorkResult) -> bytes | None:
    return next((each.value for each in result.fingerprints if each.kind == SHA256), None)


def _is_container(media_type: str | None) -> bool:
    """Tell whether something may lie in content of a type, opened here or not."""
    return media_type is not None and (
        is_container(media_type) or is_recognised_container(media_type)
    )


def _joined(
    fingerprints: tuple[Fingerprint, ...], of_video: tuple[Fingerprint, ...]
) -> tuple[Fingerprint, ...]:
    """Put the fingerprint of the moving picture behind that of the still one, before the digests."""
    if not of_video:
        return fingerprints
    pictures = tuple(each for each in fingerprints if each.kind == PDQ)
    return (*pictures, *of_video, *fingerprints[len(pictures) :])
