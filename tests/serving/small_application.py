"""A small ASGI application for tests of the processes around it; each address does one thing."""

import asyncio
import gc
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

from rempart.node.errors import ListUnknownError
from rempart.node.serving.connection import LISTEN_STATE, WHOLE_STATE

Message = dict[str, Any]  # Any: ASGI's own
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def create(_folder: object, _settings: object) -> Application:
    """Answer."""
    return answer


def create_failing(_folder: object, _settings: object) -> Application:
    """Say what is wrong instead of starting."""

    async def fail(_scope: Message, _receive: Receive, _send: Send) -> None:
        message = "There is no list of that name."
        raise ListUnknownError(message, hint="Name another.")

    return fail


def create_dying(_folder: object, _settings: object) -> Application:
    """Die instead of starting."""
    os._exit(9)


async def answer(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    if scope["path"] == "/big":
        await _send_big(send)
        return
    await _act(scope["path"])
    is_whole = scope["state"][WHOLE_STATE]()
    length = await _body_length(receive)
    told = {
        "pid": os.getpid(),
        "client": scope["client"],
        "scheme": scope["scheme"],
        "listen": scope["state"].get(LISTEN_STATE),
        "body": length,
        "was_whole": is_whole,
        "looks_for_garbage": gc.isenabled(),
    }
    await _send(send, json.dumps(told).encode())


async def _act(path: str) -> None:
    if path == "/die":
        os._exit(3)
    if path == "/fail":
        raise ValueError("a fault with " + "f0" * 32)
    if path in {"/slow", "/hang"}:
        await asyncio.sleep(0.5 if path == "/slow" else 600)


async def _body_length(receive: Receive) -> int:
    length = 0
    while True:
        message = await receive()
        length += len(message.get("body", b""))
        if not message.get("more_body"):
            return length


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send(send: Send, body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


async def _send_big(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(256):
        await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
    await send({"type": "http.response.body", "body": b""})
