"""One worker as its pool sees it: a process that may lie, fall silent or die at any moment."""

import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

import msgspec

from rempart.media import _messages
from rempart.media._assignment import Assignment
from rempart.media._messages import Reply
from rempart.media.limits import WorkerLimits

_START: Final = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from rempart.media._worker import main; main(sys.argv[1])"
)
"""The worker finds the modules that its parent finds, and nothing in the environment changes that."""

_KEPT_VARIABLES: Final = ("LD_LIBRARY_PATH", "REMPART_KERNEL")
_SECONDS_TO_DIE: Final = 5.0
_ONE_THREAD: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LANG": "C.UTF-8",
}


@dataclass(frozen=True, slots=True)
class Job:
    """One file on its way: the pool owns the descriptor until the job is done.

    Attributes:
        seconds: time for the whole file, or for the next part of its answer.
        seconds_in_parts: time for all parts together.
    """

    tag: object
    request: bytes
    descriptor: int
    seconds: float
    seconds_in_parts: float


class WorkerProcess:
    """A started process and the socket to it.

    Attributes:
        job: the file that it works on; absent while it starts or waits.
        deadline: moment of the pool's clock at which it is killed; infinite while it waits, or is paused.
        is_ready: whether it said that it is warm and inside its sandbox.
        is_paused: whether nothing that it says is listened to.
        files: how many files it was handed.
        said_bytes: size of the parts that it gave of its file's answer.
    """

    def __init__(
        self,
        *,
        work: str,
        warm_up: str | None,
        limits: WorkerLimits,
        deadline: float,
        in_parts: bool,
    ) -> None:
        self.job: Job | None = None
        self.deadline = deadline
        self.is_ready = False
        self.is_paused = False
        self.files = 0
        self.said_bytes = 0
        self._last_moment = math.inf
        self._left = (math.inf, math.inf)
        self._limits = limits
        self._number = 0
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.settimeout(0.0)
        with theirs:
            assignment = Assignment(work, warm_up, os.getpid(), theirs.fileno(), limits, in_parts)
            text = msgspec.json.encode(assignment).decode()
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [sys.executable, "-I", "-B", "-c", _START, text, *sys.path],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    @property
    def is_idle(self) -> bool:
        """Whether it can take a file now."""
        return self.is_ready and self.job is None

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._channel.fileno()

    @property
    def seconds_of_deadline(self) -> float | None:
        """The time limit that its deadline stands for; absent where it has no file."""
        if self.job is None:
            return None
        is_last = self.deadline >= self._last_moment
        return self.job.seconds_in_parts if is_last else self.job.seconds

    def hand_over(self, job: Job, now: float) -> None:
        """Give it a file.

        Raises:
            OSError: it is gone, or does not listen.
        """
        self._number = _messages.next_number(self._number)
        _messages.send_file(self._channel, self._number, job.request, job.descriptor)
        self.job = job
        self._last_moment = now + job.seconds_in_parts
        self.renew(now)
        self.said_bytes = 0
        self.files += 1

    def renew(self, now: float) -> None:
        """Give it time for the next part of its answer, but not more than for all of them."""
        if self.job is not None:
            self.deadline = min(now + self.job.seconds, self._last_moment)

    def rest(self) -> None:
        """Take note that it is done with its file."""
        self.job, self.deadline, self._last_moment = None, math.inf, math.inf

    def pause(self, now: float) -> None:
        """Stop its clock."""
        self.is_paused = True
        self._left = (self.deadline - now, self._last_moment - now)
        self.deadline = self._last_moment = math.inf

    def go_on(self, now: float) -> None:
        """Let its clock run again."""
        self.is_paused = False
        self.deadline, self._last_moment = (now + left for left in self._left)

    def hear(self) -> Reply | None:
        """Return what it says; None when it is gone.

        Raises:
            ProtocolError: what it says is no message, or not about the file that it was handed.
            BlockingIOError: it says nothing.
        """
        reply = _messages.receive_reply(self._channel, response_bytes=self._limits.response_bytes)
        is_expected = reply is None or (
            reply.number == self._number if self.job is not None else not self.is_ready
        )
        if not is_expected:
            raise _messages.ProtocolError
        return reply

    def end(self) -> int:
        """Kill it with all that it may have started, reap it, and return its exit status as subprocess does."""
        self._channel.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        try:
            return self._process.wait(_SECONDS_TO_DIE)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL  # stuck inside the kernel, on a dying disk: do not wait with it


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, **_ONE_THREAD}
