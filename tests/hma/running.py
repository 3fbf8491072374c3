"""A service that answers HMA's clients within this process: the whole application, without a socket."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
from tests.api.conftest import arriving

from rempart.api.application import Application
from rempart.model.identifiers import ListId
from rempart.node import NodeFolder, OpenNode, open_node
from rempart.node.key_requests import KeyRequest
from rempart.node.keys import create_key
from rempart.node.service import Service
from rempart.node.settings import read_settings

ADDRESS = "127.0.0.1:8765"
EVERY_ROLE = ("match", "list-reader", "list-editor", "operator")


class Client:
    """Sends requests to the application, and waits for the answers."""

    def __init__(self, running: "Running", token: str | None, prefix: str = "") -> None:
        self._running = running
        self._token = token
        self._prefix = prefix

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = dict(given.pop("headers", {}))
        if self._token is not None:
            headers.setdefault("Authorization", f"Bearer {self._token}")
        return self._running.send(method, self._prefix + path, headers=headers, **given)

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.request("GET", path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:
        return self.request("POST", path, **given)

    def put(self, path: str, **given: Any) -> httpx.Response:
        return self.request("PUT", path, **given)

    def delete(self, path: str, **given: Any) -> httpx.Response:
        return self.request("DELETE", path, **given)

    def add_signal(self, bank: str, **signals: Any) -> int:
        answer = self.post(f"/c/bank/{bank}/signal", json=signals)
        assert answer.status_code == 200, answer.text
        self._running.settle()
        number: int = answer.json()["id"]
        return number

    def lookup(self, signal: str, signal_type: str = "pdq", **parameters: Any) -> dict[str, Any]:
        asked = {"signal": signal, "signal_type": signal_type, **parameters}
        answer = self._running_ok(self.get("/m/lookup", params=asked))
        found: dict[str, Any] = answer.json()
        return found

    def _running_ok(self, answer: httpx.Response) -> httpx.Response:
        assert answer.status_code == 200, answer.text
        return answer


class Running:
    """The application of one node, with a loop of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = NodeFolder(folder)
        self.services: list[Service] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.application = Application(self._open)

    def _open(self) -> Service:
        self.services.append(Service.open(self.folder, read_settings(self.folder.path)))
        return self.services[-1]

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._begin())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def service(self) -> Service:
        return self.services[-1]

    @property
    def node(self) -> OpenNode:
        return self.service.node

    def settle(self) -> None:
        """Let the index take up what was written."""
        self.service.live.refresh()

    def client(
        self, roles: tuple[str, ...] = EVERY_ROLE, lists: tuple[ListId, ...] | None = None
    ) -> Client:
        return Client(self, self.key(roles, lists))

    def anonymous(self, prefix: str = "") -> Client:
        return Client(self, None, prefix)

    def key(
        self, roles: tuple[str, ...] = EVERY_ROLE, lists: tuple[ListId, ...] | None = None
    ) -> str:
        return create_key(self.node, KeyRequest(roles=roles, lists=lists)).text

    def ask_at(self, listen: str | None, path: str) -> httpx.Response:
        """Ask without a key, at an address as the setting `listen` writes it; at none, by another server."""

        async def ask() -> httpx.Response:
            app = self.application if listen is None else arriving(self.application, listen)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
                return await client.get(path)

        answer: httpx.Response = self._run(ask())
        return answer

    def send(self, method: str, path: str, **given: Any) -> httpx.Response:
        answer: httpx.Response = self._run(
            self._client.request(method, f"http://{ADDRESS}{path}", **given)
        )
        return answer

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    async def _begin(self) -> None:
        self._said: asyncio.Queue[Any] = asyncio.Queue()
        self._heard: asyncio.Queue[Any] = asyncio.Queue()
        self._life = asyncio.create_task(
            self.application(
                {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}},
                self._said.get,
                self._heard.put,
            )
        )
        await self._said.put({"type": "lifespan.startup"})
        assert (await self._heard.get())["type"] == "lifespan.startup.complete"
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(arriving(self.application)))

    async def _end(self) -> None:
        await self._client.aclose()
        await self._said.put({"type": "lifespan.shutdown"})
        assert (await self._heard.get())["type"] == "lifespan.shutdown.complete"
        await self._life


def write_settings(folder: Path, values: Mapping[str, object]) -> None:
    """Write settings as a node's file holds them; JSON is TOML enough for texts, numbers, truths and lists."""
    lines = [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in values.items()]
    (folder / "node.toml").write_text("\n".join(lines) + "\n")


@contextmanager
def opened(folder: Path) -> Iterator[OpenNode]:
    with open_node(NodeFolder(folder)) as node:
        yield node
