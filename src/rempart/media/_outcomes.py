"""From what a worker said, or how it ended, to the result of its file."""

import signal

from rempart.media import _problems
from rempart.media._messages import Kind, Reply
from rempart.model.scan import Problem, ProblemKind

_EXAMINE = "Examine the file with a forensic tool; the rest of the work went on."


def result_of(reply: Reply) -> bytes | Problem:
    """Return the payload of the work, or why there is none. The reply is untrusted: no text of it is passed on."""
    if reply.kind is Kind.DONE:
        return reply.payload
    if reply.kind is Kind.NO_MEMORY:
        return _problems.out_of_memory()
    name = reply.payload.decode("ascii", "replace")
    cause = name if name.isidentifier() and name.isascii() else "an error without a name"
    return _died(f"The work on the file failed: {cause}.")


def problem_of_loss(status: int, *, seconds: float | None, is_garbage: bool) -> Problem:
    """Return why a file's worker was lost.

    Args:
        status: exit status as subprocess gives it.
        seconds: the time limit, where it was killed for that; else absent.
        is_garbage: whether it was killed for what it said.
    """
    if seconds is not None:
        return Problem(
            ProblemKind.TIME_LIMIT,
            f"The file took longer than {seconds:g} seconds.",
            "Raise the time limit if the file is trusted, or examine it with a forensic tool.",
        )
    if is_garbage:
        return _died("The worker broke the protocol, so it was killed.")
    return _died(f"The worker died: {describe_exit(status)}.")


def describe_exit(status: int) -> str:
    """Return an exit status in words."""
    if status >= 0:
        return f"it ended with status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def _died(message: str) -> Problem:
    return Problem(ProblemKind.WORKER_DIED, message, _EXAMINE)
