"""`/status`, `/site-map` and what is said of signal types, content types and the index."""

from collections.abc import Awaitable, Callable, Sequence

from rempart.api.answers import Answer, json_answer
from rempart.api.hma.calls import HmaCall, text_answer, to_status
from rempart.api.hma.fields import ratio
from rempart.node.hma import (
    CONTENT_TYPES,
    SIGNAL_TYPES,
    BadRequestError,
    NotThereError,
    signal_type,
)

_READY = "I-AM-ALIVE"
_NOT_LOADED = "INDEX-NOT-LOADED"
_STALE = "INDEX-STALE"


async def home(_: HmaCall) -> Answer:
    """Lead on to the status."""
    return to_status()


async def status(call: HmaCall) -> Answer:
    """Answer whether look-ups are answered."""
    if not call.hma.state.is_ready:
        return text_answer(_NOT_LOADED, status=503)
    if call.hma.state.is_stale:
        return text_answer(_STALE, status=503)
    return text_answer(_READY)


async def live(_: HmaCall) -> Answer:
    """Answer that the process answers."""
    return text_answer(_READY)


async def list_signal_types(_: HmaCall) -> Answer:
    """Answer the kinds of signals."""
    return json_answer([{"name": name, "enabled_ratio": 1.0} for name in SIGNAL_TYPES])


async def change_signal_type(call: HmaCall) -> Answer:
    """Refuse to switch a kind of signal off; say yes to what is so already."""
    name = call.path["type"]
    if name not in SIGNAL_TYPES:
        msg = f"No such signal type '{name[:80]}'"
        raise NotThereError(msg)
    share = ratio(await call.json_object(), "enabled_ratio")
    if share is None:
        msg = "enabled_ratio is required"
        raise BadRequestError(msg)
    if share != 1:
        msg = "This node matches every signal type fully; change the ratio of a bank"
        raise BadRequestError(msg)
    return json_answer({"name": name, "enabled_ratio": share})


async def list_content_types(_: HmaCall) -> Answer:
    """Answer the kinds of media."""
    return json_answer([{"name": name, "enabled": True} for name in CONTENT_TYPES])


async def index_sizes(call: HmaCall) -> Answer:
    """Answer how far the index is in step with the store."""
    sizes = await call.in_thread(call.hma.state.sizes, call.caller.lists, _wanted(call))
    return json_answer({name: each.as_index_json() for name, each in sizes.items()})


async def index_status(call: HmaCall) -> Answer:
    """Answer how much is matched."""
    sizes = await call.in_thread(call.hma.state.sizes, call.caller.lists, _wanted(call))
    return json_answer({name: each.as_status_json() for name, each in sizes.items()})


def _wanted(call: HmaCall) -> tuple[str, ...]:
    name = call.query.get("signal_type")
    return tuple(SIGNAL_TYPES) if name is None else (signal_type(name).name,)


def site_map(addresses: Sequence[str]) -> Callable[[HmaCall], Awaitable[Answer]]:
    """Return the handler that answers every address."""

    async def answer(_: HmaCall) -> Answer:
        return json_answer([each.replace("{", "<").replace("}", ">") for each in addresses])

    return answer
