"""Errors of HMA's routes in the shapes that its clients know: a message, or an array of what is missing."""

import msgspec

from rempart.api.answers import Answer
from rempart.api.errors import error_headers, status_of
from rempart.model.errors import RempartError
from rempart.node.hma import FetchError, HmaError, MissingFieldsError


def failure_answer(error: RempartError) -> Answer:
    """Return the answer to a request that the caller can put right."""
    status = error.status if isinstance(error, (HmaError, FetchError)) else status_of(error)
    return Answer(status=status, body=_body(error), headers=error_headers(error, status))


def _body(error: RempartError) -> bytes:
    if isinstance(error, MissingFieldsError):
        return msgspec.json.encode(
            [
                {"type": each.type, "loc": [each.name], "msg": each.message}
                for each in error.problems
            ]
        )
    # What a caller sent may come back in a message: lone surrogates have no UTF-8.
    message = error.message.encode(errors="replace").decode()
    return msgspec.json.encode({"message": message})
