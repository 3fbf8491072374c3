"""`/c/banks`, `/c/bank`: banks and what is in them."""

from collections.abc import Mapping

from rempart.api.answers import Answer, json_answer
from rempart.api.hma.calls import HmaCall
from rempart.api.hma.fields import optional_text, ratio, required_text, truth
from rempart.api.hma.media import signals_of_upload, signals_of_url
from rempart.node.hma import (
    BankView,
    ContentMetadata,
    NotThereError,
    Signals,
    metadata_of_any,
    metadata_of_body,
    metadata_of_form,
    note_of,
    require_quality,
    signals_from_body,
)
from rempart.node.service import Action

_MOST_DIGITS = 80


async def list_banks(call: HmaCall) -> Answer:
    """Answer every bank."""
    banks = await call.in_thread(call.hma.banks.all, call.caller.lists)
    return json_answer([each.as_json() for each in banks.values()])


async def create_bank(call: HmaCall) -> Answer:
    """Make a bank."""
    given = await call.fields()
    (name,) = required_text(given, "name")
    share = _share(given)
    bank = await call.writing(
        call.hma.banks.create,
        name,
        1.0 if share is None else share,
        principal=call.caller.principal,
    )
    return json_answer(bank.as_json(), status=201)


async def show_bank(call: HmaCall) -> Answer:
    """Answer one bank."""
    return json_answer((await call.bank(Action.LIST_LISTS)).as_json())


async def change_bank(call: HmaCall) -> Answer:
    """Give a bank another name or share."""
    bank = await call.bank(Action.CHANGE_LIST)
    given = await call.fields()
    changed = await call.writing(
        call.hma.banks.change,
        bank.name,
        call.caller.lists,
        new_name=optional_text(given, "name"),
        ratio=_share(given),
        principal=call.caller.principal,
    )
    return json_answer(changed.as_json())


async def delete_bank(call: HmaCall) -> Answer:
    """Withdraw a bank; one that is not there is gone already."""
    try:
        bank = await call.bank(Action.CHANGE_LIST)
    except NotThereError:
        return json_answer({"message": "Done"})
    await call.writing(
        call.hma.banks.delete,
        bank.name,
        call.caller.lists,
        principal=call.caller.principal,
    )
    return json_answer({"message": "Done"})


async def add_content(call: HmaCall) -> Answer:
    """Add what a URL leads to, or what was uploaded."""
    bank = await call.bank(Action.EDIT_ENTRIES)
    if call.query.get("url"):
        given = await call.fields()
        metadata, note = metadata_of_body(given.get("metadata")), note_of(given.get("note"))
        signals = await signals_of_url(call)
    else:
        signals, fields = await signals_of_upload(call)
        metadata, note = metadata_of_form(fields), note_of(fields.get("note"))
    return await _add(call, bank, signals, metadata=metadata, note=note)


async def add_signals(call: HmaCall) -> Answer:
    """Add fingerprints as a client writes them."""
    bank = await call.bank(Action.EDIT_ENTRIES)
    given = await call.json_object()
    note = note_of(given.pop("note", None))
    metadata = metadata_of_any(given.pop("metadata", None))
    return await _add(call, bank, signals_from_body(given), metadata=metadata, note=note)


async def show_content(call: HmaCall) -> Answer:
    """Answer one content."""
    bank = await call.bank(Action.READ_ENTRIES)
    content = await call.in_thread(call.hma.contents.get, bank, _alias(call))
    return json_answer(
        content.as_json(
            with_signals=call.query.get("include_signals", "false").lower() == "true",
            with_metadata=call.query.get("include_metadata", "true").lower() == "true",
        )
    )


async def change_content(call: HmaCall) -> Answer:
    """Disable a content, enable it, or write another note."""
    bank = await call.bank(Action.EDIT_ENTRIES)
    content = await call.writing(
        call.hma.contents.change,
        bank,
        _alias(call),
        await call.json_object(),
        principal=call.caller.principal,
    )
    return json_answer(content.as_changed_json())


async def delete_content(call: HmaCall) -> Answer:
    """Withdraw a content from its bank."""
    bank = await call.bank(Action.EDIT_ENTRIES)
    count = await call.writing(
        call.hma.contents.delete, bank, _alias(call), principal=call.caller.principal
    )
    return json_answer({"deleted": count})


async def _add(
    call: HmaCall,
    bank: BankView,
    signals: Signals,
    *,
    metadata: ContentMetadata | None,
    note: str | None,
) -> Answer:
    fingerprints = require_quality(signals)
    number = await call.writing(
        call.hma.contents.add,
        bank,
        list(fingerprints.values()),
        metadata=metadata,
        note=note,
        principal=call.caller.principal,
    )
    texts = {kind: each.text for kind, each in fingerprints.items()}
    return json_answer({"id": number, "signals": texts})


def _share(given: Mapping[str, object]) -> float | None:
    """Return the share that a body asks for: `enabled_ratio` where it is given, else what `enabled` says."""
    share = ratio(given, "enabled_ratio")
    is_enabled = truth(given, "enabled")
    if share is None and is_enabled is not None:
        return 1.0 if is_enabled else 0.0
    return share


def _alias(call: HmaCall) -> int:
    """Return the number in the address; of an endless one the beginning, which is no content's number either."""
    return int(call.path["content"].lstrip("0")[:_MOST_DIGITS] or "0")
