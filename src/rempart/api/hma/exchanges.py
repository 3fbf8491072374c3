"""`/c/exchanges`, `/c/exchange`: collections of others."""

from rempart.api.answers import Answer, json_answer
from rempart.api.hma.calls import HmaCall
from rempart.api.hma.fields import truth
from rempart.node.hma import (
    EXCHANGE_TYPES,
    BadRequestError,
    Exchange,
    ExchangeType,
    NotThereError,
    exchange_type,
    status_of,
)


async def list_types(_: HmaCall) -> Answer:
    """Answer the kinds of exchange that can be configured."""
    return json_answer(list(EXCHANGE_TYPES))


async def show_type(call: HmaCall) -> Answer:
    """Answer whether a kind of exchange takes credentials, and has some that its exchanges share."""
    return await _type_answer(call, _type_named(call))


async def set_credentials(call: HmaCall) -> Answer:
    """Keep credentials that exchanges of a kind share, or take them away."""
    kind = _type_named(call)
    given = (await call.json_object()).get("credential_json")
    if given is not None:
        await call.writing(
            call.hma.credentials.set_type,
            kind,
            given,
            principal=call.caller.principal,
        )
    return await _type_answer(call, kind)


async def show_schema(call: HmaCall) -> Answer:
    """Answer which fields a kind of exchange has."""
    kind = EXCHANGE_TYPES.get(call.path["api"])
    if kind is None:
        msg = f"Exchange API '{call.path['api'][:80]}' not found"
        raise NotThereError(msg)
    return json_answer(kind.schema())


async def create(call: HmaCall) -> Answer:
    """Configure an exchange, and make its bank."""
    given = await call.json_object()
    name, api_json = given.get("bank"), given.get("api_json", {})
    if not isinstance(name, str):
        msg = "bank is required"
        raise BadRequestError(msg)
    if not isinstance(api_json, dict):
        msg = "Field `api_json` must be object"
        raise BadRequestError(msg)
    if given.get("api") is None:
        msg = "Field `api` is required"
        raise BadRequestError(msg)
    await call.writing(
        call.hma.exchanges.create,
        name,
        exchange_type(given["api"]),
        api_json,
        given.get("credential_json"),
        principal=call.caller.principal,
    )
    return json_answer({"message": "Created successfully"}, status=201)


async def list_all(call: HmaCall) -> Answer:
    """Answer the names of the exchanges."""
    return json_answer(await call.in_thread(call.hma.exchanges.names, call.caller.lists))


async def show(call: HmaCall) -> Answer:
    """Answer the configuration of an exchange."""
    exchange = await _named(call)
    return json_answer(await call.in_thread(call.hma.exchanges.describe, exchange))


async def show_own_credentials(call: HmaCall) -> Answer:
    """Answer whether an exchange has credentials, and whether they are its own."""
    exchange = await _named(call)
    return json_answer(await call.in_thread(call.hma.credentials.status, exchange))


async def set_own_credentials(call: HmaCall) -> Answer:
    """Keep credentials of one exchange, or take them away."""
    given = await call.fields()
    if set(given) != {"credential_json"}:
        msg = "`credential_json` is required, and nothing beside it"
        raise BadRequestError(msg)
    exchange = await _named(call)
    await call.writing(
        call.hma.credentials.set_own,
        exchange,
        given["credential_json"],
        principal=call.caller.principal,
    )
    return json_answer(await call.in_thread(call.hma.credentials.status, exchange))


async def show_status(call: HmaCall) -> Answer:
    """Answer how far an exchange was fetched."""
    return json_answer(status_of(await _named(call)))


async def change(call: HmaCall) -> Answer:
    """Switch the fetching of an exchange on or off."""
    exchange = await _named(call)
    changed = await call.writing(
        call.hma.exchanges.switch,
        exchange,
        enabled=truth(await call.fields(), "enabled"),
        principal=call.caller.principal,
    )
    return json_answer(changed)


async def delete(call: HmaCall) -> Answer:
    """Forget an exchange; one that is not there is gone already."""
    await call.writing(
        call.hma.exchanges.delete,
        call.path["exchange"],
        call.caller.lists,
        principal=call.caller.principal,
    )
    return json_answer({"message": "Exchange deleted"})


async def _named(call: HmaCall) -> Exchange:
    return await call.in_thread(call.hma.exchanges.get, call.path["exchange"], call.caller.lists)


def _type_named(call: HmaCall) -> ExchangeType:
    kind = EXCHANGE_TYPES.get(call.path["api"])
    if kind is None:
        msg = f"no such Exchange API '{call.path['api'][:80]}'"
        raise BadRequestError(msg)
    return kind


async def _type_answer(call: HmaCall, kind: ExchangeType) -> Answer:
    return json_answer(
        {
            "supports_authentification": kind.credentials is not None,
            "has_set_authentification": await call.in_thread(
                call.hma.credentials.has_type, kind.name
            ),
        }
    )
