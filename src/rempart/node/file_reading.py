"""One file on its way through the workers, with all that lies in it: which visits it needs, and what they brought.

A file is gone through by a first visit. Where a worker is lost over a member, the next visit goes on with that
member's digests alone, and if that is lost too, behind it; where it is lost over the file itself, the next visit
takes the file's digests alone. What was only screened and came near something known is visited once more.
"""

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from msgspec.structs import replace as replace_in

from rempart.fingerprint.messages import (
    LARGEST_DEPTH,
    MOST_CONFIRMED,
    Confirmed,
    ContainerLimits,
    Depth,
    Place,
    VideoLimits,
    WorkRequest,
)
from rempart.fingerprint.packed_frames import FRAME_BYTES
from rempart.fingerprint.parts import AnswerReader, Begun, Ended
from rempart.model.scan import Membership, Problem, ProblemKind
from rempart.node.object_reading import CHANGED, Reading, ResumePoint
from rempart.node.walk import Found

_MOST_LOSSES: Final = 32
_LOSSES_FOR_A_BREACH: Final = 16
"""A worker that talks nonsense may be captured: it is believed less long than one that dies."""

_WEIGHT_OF_A_READING: Final = 4096
_WEIGHT_OF_A_URL: Final = 256

_BYTES_OF_ASKED: Final = 15 * 1024
_BYTES_OF_ONE_ASKED: Final = 56
_BYTES_OF_A_NUMBER: Final = 9
"""Members to confirm take so much of a request at most; each so much, and so much for each number of its place."""

_NOT_SEEN_AGAIN: Final = replace(CHANGED, message="It changed, or a closer look met its limits.")
_GIVEN_UP: Final = Problem(
    ProblemKind.WORKER_DIED,
    f"More than {_MOST_LOSSES} workers were lost over what lies in the file; the rest of it was not read.",
    "Examine the file with a forensic tool; the rest of the work went on.",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of every file.

    Attributes:
        depth: of the first visit.
        max_pixels: of a picture or frame.
        max_file_bytes: of a file that is decoded as a whole, and of a member that is decoded or opened.
        video: absent where videos are not decoded.
        containers: absent where containers are not opened.
        finds_urls: whether URLs are looked for.
    """

    depth: Depth
    max_pixels: int
    max_file_bytes: int
    video: VideoLimits | None
    containers: ContainerLimits | None
    finds_urls: bool = False


@dataclass(eq=False, slots=True)
class Visit:
    """One submission to the workers.

    Attributes:
        answers: follows its answer.
        is_walk: whether it goes through the file, rather than confirm something in it.
        is_over: whether it was finished, or broken off by us.
    """

    file: "FileReading"
    request: WorkRequest
    answers: AnswerReader
    is_walk: bool
    is_over: bool = False


class FileReading:
    """One file on its way.

    Attributes:
        found: the file.
        ready: objects that were looked at, in order; they may still have to be confirmed.
        is_whole: whether all of its objects are in `ready` or were given.
        walk: the visit under way that goes through the file.
        is_held: whether nothing more of that visit is heard for now.
        weight: about how many bytes of memory `ready` takes.
    """

    def __init__(self, found: Found, resume: ResumePoint | None = None) -> None:
        """Begin with an open file, or with a problem that kept it from being opened; go on where it was stopped."""
        self.found = found
        self.ready: deque[Reading] = deque()
        self.is_whole = False
        self.walk: Visit | None = None
        self.is_held = False
        self.weight = 0
        self._own = Reading(found, problem=found.problem)
        self._open: list[Reading] = []
        self._last: Place = ()
        self._counted = (0, 0)
        self._lacking: set[Place] = set()
        self._undecoded: Place = ()
        self._trouble: Problem | None = None
        self._losses = 0
        self._needs_walk = True
        self._confirms_own = False
        self._to_confirm: deque[Reading] = deque()
        self._confirming: dict[Place, Reading] = {}
        self._confirm_visit: Visit | None = None
        if found.descriptor is None:
            self._end(self._own)
            self._own.is_done = True
            return
        status = os.fstat(found.descriptor)
        self._stamp = (status.st_size, status.st_mtime_ns)
        if resume is not None:
            self._take_up(resume)

    @property
    def flows(self) -> bool:
        """Whether the first object can be given as soon as it is there."""
        return not self.ready or self.ready[0].is_done

    def pop(self) -> Reading:
        """Give the first object, which is done; nothing that comes after it can change what is known of it."""
        reading = self.ready.popleft()
        self.weight -= reading.weight
        place = reading.place
        reading.lacks_members = place in self._lacking
        self._lacking.discard(place)
        if not place:
            return reading
        around = [place[:depth] for depth in range(len(place))]
        if reading.is_lost:
            self._lacking.update(around)
        reading.resume = ResumePoint(
            place=place,
            lacking=tuple(each for each in around if each in self._lacking),
            members=reading.counted[0],
            unpacked_bytes=reading.counted[1],
            stamp=self._stamp,
        )
        return reading

    def next_visit(self, wanted: Wanted, *, may_walk: bool) -> Visit | None:
        """Return the visit that the file needs now; none where it needs none, or has to wait for one under way.

        Args:
            wanted: of every file.
            may_walk: whether more of what lies in it is wanted now.
        """
        if self._confirms_own:
            self._confirms_own = False
            return self._confirm_own(wanted)
        may_confirm = self._confirm_visit is None and (self.walk is None or self.is_held)
        if self._to_confirm and may_confirm:
            self._confirm_visit = self._confirm_members(wanted)
            return self._confirm_visit
        if self._needs_walk and (may_walk or not self._last):
            self._needs_walk = self.is_held = False
            self.walk = self._next_walk(wanted)
            return self.walk
        return None

    @property
    def needs_visit(self) -> bool:
        """Whether it needs another visit, now or later."""
        return self._confirms_own or self._needs_walk or bool(self._to_confirm)

    def begin(self, begun: Begun) -> None:
        """Take note that a worker is at a member now."""
        container = self._open[-1].path if self._open else self.found.path
        membership = Membership(container, begun.name, begun.place[-1])
        reading = Reading(self.found, place=begun.place, membership=membership)
        if begun.place == self._undecoded:
            reading.problem = self._trouble
        self._open.append(reading)

    def end(self, ended: Ended) -> Reading:
        """Take what the first visit found out about the member that was begun last, or about the file."""
        reading = self._open.pop() if ended.place else self._own
        reading.take(ended.result, ended.frames, ended.urls)
        self._end(reading)
        return reading

    def confirm(self, reading: Reading) -> None:
        """Look at a screened object once more, exactly."""
        if reading.place:
            self._to_confirm.append(reading)
        else:
            self._confirms_own = True

    def confirmed(self, ended: Ended) -> None:
        """Take what a visit to confirm found; what nobody asked for is left."""
        reading = self._confirming.pop(ended.place, None) if ended.place else self._own
        if reading is not None:
            reading.take_again(ended.result, ended.frames, ended.urls)
            reading.is_done = True
            self._weigh(reading)

    def left_unconfirmed(self) -> None:
        """The visit to confirm members is over; what it did not find again says so."""
        self._confirm_visit = None
        for reading in self._confirming.values():
            reading.problem = _NOT_SEEN_AGAIN
            reading.is_done = True
        self._confirming.clear()

    def lost(self, visit: Visit, problem: Problem, *, is_breach: bool = False) -> None:
        """A worker was lost: blame the object that it was at, and go on without decoding that, or behind it.

        Args:
            visit: that it was lost in.
            problem: how.
            is_breach: whether it was for what it said.
        """
        self._losses += _LOSSES_FOR_A_BREACH if is_breach else 1
        if visit.is_walk:
            self.walk = None
            self._lost_in_walk(problem)
        elif visit.request.confirmed:
            self._lost_in_confirming(visit.answers.place, problem)
        else:
            self._own.problem = problem
            self._own.is_done = True

    def withdrawn(self) -> None:
        """The first visit was broken off by us: it will go on later."""
        self.walk = None
        self.is_held = False
        self._open.clear()
        self._needs_walk = True

    def close(self) -> None:
        """Close the file."""
        self._own.close()

    def _take_up(self, resume: ResumePoint) -> None:
        self._last = resume.place
        self._counted = (resume.members, resume.unpacked_bytes)
        self._lacking = set(resume.lacking)
        if resume.stamp != self._stamp:
            self._own.problem = CHANGED

    def _end(self, reading: Reading) -> None:
        """Put an object behind those that were ended before it."""
        if reading.place:
            self._last = reading.place
            self._counted = (self._counted[0] + 1, self._counted[1] + reading.unpacked_bytes)
            reading.counted = self._counted
        else:
            self.is_whole = True
        self.ready.append(reading)
        self._weigh(reading)

    def _weigh(self, reading: Reading) -> None:
        """Count what an object takes that waits, again where a closer look brought more."""
        self.weight -= reading.weight
        reading.weight = (
            _WEIGHT_OF_A_READING
            + len(reading.path)
            + FRAME_BYTES * len(reading.frames)
            + sum(len(each.url) + len(each.digests) + _WEIGHT_OF_A_URL for each in reading.urls)
        )
        self.weight += reading.weight

    def _next_walk(self, wanted: Wanted) -> Visit:
        if self._last and not self._is_unchanged():
            self._own.problem = CHANGED
        if self._own.problem is not None:
            request = WorkRequest(
                depth="digests",
                max_file_bytes=wanted.max_file_bytes,
                max_pixels=wanted.max_pixels,
            )
            return Visit(self, request, AnswerReader(), is_walk=True)
        request = WorkRequest(
            depth=wanted.depth,
            max_file_bytes=wanted.max_file_bytes,
            max_pixels=wanted.max_pixels,
            video=wanted.video,
            containers=self._containers(wanted),
            after=self._last,
            undecoded=self._undecoded,
            finds_urls=wanted.finds_urls,
        )
        most = 0
        if request.containers is not None:
            most = max(0, request.containers.members - self._counted[0]) + LARGEST_DEPTH
        return Visit(self, request, AnswerReader(after=self._last, most_members=most), is_walk=True)

    def _containers(self, wanted: Wanted) -> ContainerLimits | None:
        limits = wanted.containers
        if limits is None or not self._last:
            return limits
        members, unpacked_bytes = self._counted
        return replace_in(limits, spent_members=members, spent_bytes=unpacked_bytes)

    def _is_unchanged(self) -> bool:
        if self.found.descriptor is None:
            return False
        status = os.fstat(self.found.descriptor)
        return (status.st_size, status.st_mtime_ns) == self._stamp

    def _confirm_own(self, wanted: Wanted) -> Visit:
        request = WorkRequest(
            depth="confirm",
            max_file_bytes=wanted.max_file_bytes,
            max_pixels=wanted.max_pixels,
            expected_sha256=self._own.sha256(),
            video=wanted.video,
        )
        return Visit(self, request, AnswerReader(), is_walk=False)

    def _confirm_members(self, wanted: Wanted) -> Visit:
        few = list(islice(self._to_confirm, MOST_CONFIRMED))
        # A place is as deep as a worker says: what is asked must fit a message all the same.
        while _size_of_asked(few) > _BYTES_OF_ASKED:
            few = few[: len(few) // 2]
        for _ in few:
            self._to_confirm.popleft()
        self._confirming = {each.place: each for each in few}
        asked = [
            Confirmed(place, digest)
            for place, each in sorted(self._confirming.items())
            if (digest := each.sha256()) is not None
        ]
        request = WorkRequest(
            depth="confirm",
            max_file_bytes=wanted.max_file_bytes,
            max_pixels=wanted.max_pixels,
            video=wanted.video,
            containers=wanted.containers,
            confirmed=tuple(asked),
        )
        most = len(asked) * LARGEST_DEPTH
        answers = AnswerReader(most_members=most, passes_through=True)
        return Visit(self, request, answers, is_walk=False)

    def _lost_in_walk(self, problem: Problem) -> None:
        at = self._open[-1] if self._open else self._own
        self._open.clear()
        if at is self._own:
            is_first = self._own.problem is None
            self._own.problem = self._own.problem or problem
            self._needs_walk = is_first
            if not is_first:
                self._give_up(self._own)
            return
        is_second = at.place == self._undecoded
        if is_second or self._losses > _MOST_LOSSES:
            at.problem = problem
            self._give_up(at)
        else:
            self._undecoded, self._trouble = at.place, problem
        if self._losses > _MOST_LOSSES:
            self._own.problem = _GIVEN_UP
        self._needs_walk = True

    def _give_up(self, reading: Reading) -> None:
        reading.is_done = True
        self._end(reading)

    def _lost_in_confirming(self, place: Place, problem: Problem) -> None:
        """Leave the member at which it was lost as it is; ask for the others again, unless none is to blame."""
        self._confirm_visit = None
        blamed = self._confirming.pop(place, None)
        if blamed is not None:
            blamed.problem = problem
            blamed.is_done = True
            self._to_confirm.extendleft(reversed(self._confirming.values()))
        else:
            for reading in self._confirming.values():
                reading.problem = problem
                reading.is_done = True
        self._confirming = {}


def _size_of_asked(readings: Sequence[Reading]) -> int:
    """Return how many bytes naming these members takes at most."""
    return sum(_BYTES_OF_ONE_ASKED + _BYTES_OF_A_NUMBER * len(each.place) for each in readings)
