"""Writes on behalf of callers: each in one transaction under the caller's name, and once for one idempotency key."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rempart.model.principals import Principal
from rempart.model.service import StoredAnswer
from rempart.node.node import OpenNode
from rempart.store import StoreWriter


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """Who asks for a write, and what makes it the same write when it is asked for again.

    Attributes:
        principal: acts.
        token: the caller's own name of the request; absent where the caller does not care.
        digest: of everything that makes it the same request.
    """

    principal: Principal
    token: str | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """The answer of a write.

    Attributes:
        status: HTTP status.
        body: of the answer, encoded.
        kept_body: what a replay answers in its place, where the body holds a secret that is shown once.
        is_replay: whether an earlier request did it, and this one changed nothing.
    """

    status: int
    body: bytes = field(repr=False)
    kept_body: bytes | None = None
    is_replay: bool = False


class _AnsweredBeforeError(Exception):
    """Leaves a write that an earlier request has done."""

    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__()
        self.answer = answer


class NothingDoneError(Exception):
    """Leaves a write that would change nothing: it leaves no event, and its token stands for nothing."""

    def __init__(self, answer: Written) -> None:
        """Take the answer that the caller gets."""
        super().__init__()
        self.answer = answer


def write_once(
    node: OpenNode, request: WriteRequest, act: Callable[[StoreWriter], Written]
) -> Written:
    """Do a write, or return the answer that it got before.

    Args:
        node: whose store.
        request: who asks.
        act: changes the store, says what it did with `record`, and returns the answer; its exceptions undo everything.
            NothingDoneError among them, which is answered as if it had been done.

    Raises:
        IdempotencyConflictError: the token belongs to another request.
        RempartError: what `act` raises.
    """
    try:
        with node.store.write(
            principal=request.principal, clock=node.clock, identifiers=node.identifiers
        ) as writer:
            _leave_if_answered(writer, request)
            written = act(writer)
            if request.token is not None:
                writer.idempotency.keep(
                    request.principal.id,
                    request.token,
                    request_digest=request.digest,
                    status=written.status,
                    answer=written.body if written.kept_body is None else written.kept_body,
                )
    except _AnsweredBeforeError as before:
        return Written(before.answer.status, before.answer.answer, is_replay=True)
    except NothingDoneError as nothing:
        return nothing.answer
    return written


def _leave_if_answered(writer: StoreWriter, request: WriteRequest) -> None:
    if request.token is None:
        return
    answer = writer.idempotency.find(request.principal.id, request.token, request.digest)
    if answer is not None:
        raise _AnsweredBeforeError(answer)
