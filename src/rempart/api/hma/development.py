"""`/dev`: what an exercise node lets HMA's clients do to test themselves; a live node has no such routes."""

from rempart.api.answers import Answer
from rempart.api.hma.calls import HmaCall, to_status

_SAMPLE_BANK = "SAMPLE_SIGNALS"


async def factory_reset(call: HmaCall) -> Answer:
    """Withdraw every bank and exchange."""
    await call.writing(call.hma.factory_reset, principal=call.caller.principal)
    return to_status()


async def run_fetch(call: HmaCall) -> Answer:
    """Fetch every exchange now."""
    await call.writing(call.hma.run_fetch)
    return to_status()


async def set_up_sample(call: HmaCall) -> Answer:
    """Configure the sample exchange where it is not, and fetch it."""
    await call.writing(call.hma.set_up_sample, _SAMPLE_BANK, principal=call.caller.principal)
    return to_status()
