"""Which statuses an operation can answer besides its own, and what each means."""

from collections.abc import Mapping
from typing import Final

from rempart.api.operations import Operation

STATUS_MEANING: Final[Mapping[int, str]] = {
    400: "The request is not understood.",
    401: "A key is missing, unknown, expired or revoked.",
    403: "The key may not do this.",
    404: "There is no such record, or the key may not see it.",
    405: "The address does not know this method.",
    406: "None of the accepted forms is offered.",
    408: "The body did not arrive in time.",
    409: "The request contradicts the present state; nothing was changed.",
    412: "The record is no longer what If-Match names; nothing was changed.",
    413: "The body is too large.",
    415: "The body is in a form that is not taken here.",
    429: "The key's pace or budget is used up; Retry-After says when to come again.",
    431: "The head of the request is too large.",
    500: "The service failed; the reference finds the cause in its logs.",
    503: "The service cannot do this now; Retry-After says when to come again.",
}


def statuses_of(operation: Operation) -> tuple[int, ...]:
    """Return every status of an error that an operation can answer."""
    statuses = {400, 405, 431, 500, 503, *operation.errors}
    if operation.action is not None:
        statuses |= {401, 403, 429}
    if operation.path_parameters:
        statuses.add(404)
    if operation.body is not None:
        statuses |= {408, 413, 415}
    if operation.is_write:
        statuses.add(409)
    if operation.condition == "change":
        statuses.add(412)
    return tuple(sorted(statuses))
