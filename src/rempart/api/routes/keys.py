"""API keys: shown, made, revoked, rotated."""

from typing import Final

import msgspec

from rempart.api.answers import Answer, json_answer
from rempart.api.call import Call
from rempart.api.errors import BodyMalformedError
from rempart.api.identifiers import identifier
from rempart.api.key_shapes import (
    KeyMade,
    KeyPage,
    KeyView,
    KeyWanted,
    RotationWanted,
    key_made,
    key_view,
)
from rempart.api.moments import kept_moment
from rempart.api.operations import AnswerForm, BodyForm, Operation
from rempart.api.writing import answer_write, write_request, written
from rempart.model.identifiers import KeyId, ListId
from rempart.node.service import Action, KeyRequest, NewKey, Written

_KEY_PATH: Final = {"key": "The key's id; never the key itself."}
_CREATED: Final = 201


def key_operations() -> list[Operation]:
    """Return the operations on keys."""
    made = AnswerForm(description="The key; its text is shown this once.", shape=KeyMade)
    return [
        Operation(
            method="GET",
            path="/v1/keys",
            name="show_keys",
            tag="keys",
            summary="Every key that was ever made",
            handle=_show_keys,
            action=Action.MANAGE_KEYS,
            answers={200: AnswerForm(description="In the order of their making.", shape=KeyPage)},
        ),
        Operation(
            method="POST",
            path="/v1/keys",
            name="create_key",
            tag="keys",
            summary="Make a key",
            handle=_create_key,
            action=Action.MANAGE_KEYS,
            body=BodyForm(shape=KeyWanted, example={"roles": ["match"], "label": "exercise"}),
            answers={201: made},
            is_write=True,
            errors=(404,),
        ),
        Operation(
            method="GET",
            path="/v1/keys/{key}",
            name="show_key",
            tag="keys",
            summary="One key",
            handle=_show_key,
            action=Action.MANAGE_KEYS,
            path_parameters=_KEY_PATH,
            answers={200: AnswerForm(description="The key.", shape=KeyView)},
        ),
        Operation(
            method="DELETE",
            path="/v1/keys/{key}",
            name="revoke_key",
            tag="keys",
            summary="Let a key hold no longer, in all workers within a second",
            handle=_revoke_key,
            action=Action.MANAGE_KEYS,
            path_parameters=_KEY_PATH,
            answers={204: AnswerForm(description="It holds no longer.")},
            is_write=True,
        ),
        Operation(
            method="POST",
            path="/v1/keys/{key}/rotate",
            name="rotate_key",
            tag="keys",
            summary="Make a key with the same rights, and let the old one expire",
            handle=_rotate_key,
            action=Action.MANAGE_KEYS,
            path_parameters=_KEY_PATH,
            body=BodyForm(shape=RotationWanted, example={"overlap_hours": 24}),
            answers={201: made},
            is_write=True,
        ),
    ]


async def _show_keys(call: Call) -> Answer:
    shown = await call.in_thread(call.service.keys.all)
    return json_answer(KeyPage([key_view(each) for each in shown]))


async def _show_key(call: Call) -> Answer:
    return json_answer(key_view(await call.in_thread(call.service.keys.get, _key_id(call))))


async def _create_key(call: Call) -> Answer:
    body = await call.body()
    given = await call.json(KeyWanted, body)
    request = write_request(call, body)
    wanted = KeyRequest(
        roles=tuple(given.roles),
        lists=None
        if given.lists is None
        else tuple(ListId(identifier(each, "list")) for each in given.lists),
        label=given.label,
        principal=given.principal,
        expires_at=kept_moment(given.expires_at, BodyMalformedError),
        requests_per_minute=given.requests_per_minute,
        queries_per_day=given.queries_per_day,
    )
    return await answer_write(call, lambda: call.service.keys.create(request, wanted, _made))


async def _revoke_key(call: Call) -> Answer:
    request, key_id = write_request(call), _key_id(call)
    done = written(None, status=204)
    return await answer_write(call, lambda: call.service.keys.revoke(request, key_id, answer=done))


async def _rotate_key(call: Call) -> Answer:
    body = await call.body()
    given = await call.json(RotationWanted, body)
    request, key_id = write_request(call, body), _key_id(call)
    return await answer_write(
        call,
        lambda: call.service.keys.rotate(
            request, key_id, overlap_hours=given.overlap_hours, answering=_made
        ),
    )


def _key_id(call: Call) -> KeyId:
    return KeyId(identifier(call.path["key"], "key"))


def _made(new: NewKey) -> Written:
    """Return the answer that shows the key, and what a replay answers: the same without it."""
    shown = key_made(new)
    kept = msgspec.structs.replace(shown, key=None)
    return Written(_CREATED, msgspec.json.encode(shown), kept_body=msgspec.json.encode(kept))
