"""Keep the answers to writes, so that the same request again gets the same answer and changes nothing."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from rempart.model.identifiers import PrincipalId
from rempart.model.service import StoredAnswer
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._codec import from_micros, to_micros
from rempart.store._reading import Connect, principal_numbers
from rempart.store._session import WriteSession
from rempart.store._texts import storable
from rempart.store.errors import IdempotencyConflictError

LONGEST_TOKEN: Final = 255

_i: Final = s.idempotency.c


class AnswerReading:
    """The answers to earlier writes, for reading."""

    def __init__(self, reading: Connect) -> None:
        self._reading = reading

    def find(
        self, principal_id: PrincipalId, token: str, request_digest: bytes
    ) -> StoredAnswer | None:
        """Return the answer that a principal got for a token, or nothing.

        Raises:
            IdempotencyConflictError: the token belongs to another request.
        """
        with self._reading() as connection:
            return _find(connection, principal_id, token, request_digest)


class AnswerWriting:
    """Answers kept within the write transaction that they answer."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    def find(
        self, principal_id: PrincipalId, token: str, request_digest: bytes
    ) -> StoredAnswer | None:
        """Return the answer that a principal got for a token, or nothing; nobody can give one until the write ends.

        Whoever finds one here leaves the write by an exception of its own: it has nothing left to do.

        Raises:
            IdempotencyConflictError: the token belongs to another request.
        """
        return _find(self._session.connection, principal_id, token, request_digest)

    def keep(
        self,
        principal_id: PrincipalId,
        token: str,
        *,
        request_digest: bytes,
        status: int,
        answer: bytes,
    ) -> StoredAnswer:
        """Keep the answer of this write.

        Args:
            principal_id: who asked for the write.
            token: the caller's own name of the request, at most 255 characters.
            request_digest: of everything that makes it the same request.
            status: HTTP status of the answer.
            answer: its body.

        Raises:
            UnknownRecordError: there is no such principal.
            IdempotencyConflictError: the token has an answer already.
            StoreConstraintError: the token cannot be kept.
        """
        connection = self._session.connection
        number = principal_numbers(connection, [principal_id])[principal_id]
        storable(token, what="idempotency token", most=LONGEST_TOKEN)
        wanted = select(_i.at).where(_i.principal_no == number).where(_i.token == token)
        if connection.execute(wanted).first() is not None:
            raise _conflict()
        connection.execute(
            insert(s.idempotency).values(
                principal_no=number,
                token=token,
                request_digest=request_digest,
                status=status,
                answer=answer,
                at=self._session.at_micros,
            )
        )
        return StoredAnswer(
            principal_id, token, status, answer, from_micros(self._session.at_micros)
        )

    def purge(self, before: datetime) -> int:
        """Delete the answers that were given before a moment; return how many."""
        purged = self._session.connection.execute(
            delete(s.idempotency).where(_i.at < to_micros(before))
        ).rowcount
        self._session.note_purge(purged)
        return purged


def _find(
    connection: Connection, principal_id: PrincipalId, token: str, request_digest: bytes
) -> StoredAnswer | None:
    storable(token, what="idempotency token", most=LONGEST_TOKEN)
    row = connection.execute(
        select(_i.request_digest, _i.status, _i.answer, _i.at)
        .join(t.principal, t.principal.c.principal_no == _i.principal_no)
        .where(t.principal.c.id == principal_id.bytes)
        .where(_i.token == token)
    ).one_or_none()
    if row is None:
        return None
    if row.request_digest != request_digest:
        raise _conflict()
    return StoredAnswer(principal_id, token, row.status, row.answer, from_micros(row.at))


def _conflict() -> IdempotencyConflictError:
    msg = "The idempotency token was used for another request."
    return IdempotencyConflictError(msg, hint="Use a new token for each new request.")
