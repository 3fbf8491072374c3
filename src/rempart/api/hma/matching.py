"""`/h` and `/m`: fingerprints of media, and what they match."""

from rempart.api.answers import Answer, json_answer
from rempart.api.call import recorded
from rempart.api.hma.calls import HmaCall
from rempart.api.hma.fields import required_text, truth
from rempart.api.hma.media import signals_of_upload, signals_of_url
from rempart.model.fingerprint import Fingerprint
from rempart.node.hma import (
    BadRequestError,
    LookupAnswer,
    LookupRules,
    Signals,
    require_quality,
    signal_texts,
    signal_type,
)


async def hash_url(call: HmaCall) -> Answer:
    """Answer the signals of what a URL leads to."""
    required_text(call.query, "url")
    return json_answer(signal_texts(await signals_of_url(call)))


async def hash_upload(call: HmaCall) -> Answer:
    """Answer the signals of what was uploaded."""
    signals, _ = await signals_of_upload(call)
    return json_answer(signal_texts(signals))


async def look_up(call: HmaCall) -> Answer:
    """Answer the banks that one signal matches, or those that the signals of a URL match."""
    if call.query.get("url"):
        found = await _look_up_all(call, await signals_of_url(call))
        asked = call.query.get("signal_type")
        return json_answer(found if asked is None else found.get(asked, {}))
    text, name = call.query.get("signal"), call.query.get("signal_type")
    if not text or not name:
        msg = "Either url or both signal and signal_type are required"
        raise BadRequestError(msg)
    fingerprint = signal_type(name).parse(text)
    await call.call.charge(1)
    return json_answer(await _look_up(call, fingerprint))


async def look_up_upload(call: HmaCall) -> Answer:
    """Answer the banks that the signals of an upload match."""
    signals, _ = await signals_of_upload(call)
    return json_answer(await _look_up_all(call, signals))


async def look_up_raw(call: HmaCall) -> Answer:
    """Answer the contents that one signal matches, whatever share of their banks is matched."""
    text, name = required_text(call.query, "signal", "signal_type")
    with_distance = truth(call.query, "include_distance")
    fingerprint = signal_type(name).parse(text)
    await call.call.charge(1)
    rules = LookupRules(banks=call.banks_wanted, seed=None, bypass_coinflip=True)
    found = await _found(call, fingerprint, rules)
    if with_distance:
        return json_answer({"matches": [each.as_json() for each in found.hits]})
    return json_answer({"matches": [each.alias for each in found.hits]})


async def compare(call: HmaCall) -> Answer:
    """Answer how far pairs of signals are apart."""
    given = await call.json_object()
    results: dict[str, tuple[bool, dict[str, int]]] = {}
    for name, pair in given.items():
        if not isinstance(pair, list):
            msg = f"Comparison hashes for {name[:80]} was not a list"
            raise BadRequestError(msg)
        if len(pair) != 2:  # noqa: PLR2004 - a pair
            msg = "Comparison hash list length must be exactly 2"
            raise BadRequestError(msg)
        kind = signal_type(name)
        is_match, distance = kind.compare(kind.parse(pair[0]), kind.parse(pair[1]))
        results[name] = (is_match, {"distance": distance})
    return json_answer(results)


async def _look_up_all(
    call: HmaCall, signals: Signals
) -> dict[str, dict[str, list[dict[str, object]]]]:
    fingerprints = require_quality(signals)
    return {name: await _look_up(call, each) for name, each in fingerprints.items()}


async def _look_up(call: HmaCall, fingerprint: Fingerprint) -> dict[str, list[dict[str, object]]]:
    rules = LookupRules(
        banks=call.banks_wanted,
        seed=call.query.get("seed"),
        bypass_coinflip=bool(truth(call.query, "bypass_coinflip")),
    )
    return (await _found(call, fingerprint, rules)).by_bank()


async def _found(call: HmaCall, fingerprint: Fingerprint, rules: LookupRules) -> LookupAnswer:
    """Return what one signal matches, when it is counted and on record."""
    found = await call.in_thread(call.hma.lookups.look_up, fingerprint, call.caller, rules)
    call.metrics.matched(1, bool(found.hits))
    await recorded(found.recorded)
    return found
