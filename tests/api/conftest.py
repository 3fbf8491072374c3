"""A running application over an exercise node, asked in this process."""

import asyncio
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from rempart.api import Application
from rempart.model.identifiers import ListId
from rempart.model.principals import OrganisationKind
from rempart.node import ImportRequest, NodeFolder, create_node, import_list
from rempart.node.key_requests import KeyRequest
from rempart.node.keys import create_key
from rempart.node.service import Service
from rempart.node.serving.connection import LISTEN_STATE
from rempart.node.settings import Settings

OWNER: Final = "Exercise Hotline"
KNOWN_PDQ: Final = "a5" * 32
KNOWN_MD5: Final = "0123456789abcdef0123456789abcdef"
OTHER_PDQ: Final = "3c" * 32
LIST_A: Final = f"type,value,category\npdq,{KNOWN_PDQ},exercise-A\nmd5,{KNOWN_MD5},exercise-A\n"
LIST_B: Final = f"type,value,category\npdq,{OTHER_PDQ},exercise-B\n"
EVERY_ROLE: Final = ("match", "list-reader", "list-editor", "reviewer", "operator", "auditor")


@dataclass
class Asking:
    """Asks one application, with one key."""

    application: Application
    service: Service
    runner: asyncio.Runner
    key: str | None = None

    def __call__(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Ask, and wait for the whole answer."""
        return self.runner.run(self._ask(method, path, **given))

    def get(self, path: str, **given: Any) -> httpx.Response:
        """Read."""
        return self("GET", path, **given)

    def post(self, path: str, json: object = None, **given: Any) -> httpx.Response:
        """Send JSON, or what is given by another name."""
        if json is not None:
            given["json"] = json
        return self("POST", path, **given)

    def match(self, *values: str, kind: str = "pdq", **given: Any) -> httpx.Response:
        """Match one fingerprint a query."""
        queries = [{"fingerprints": [{"kind": kind, "value": each}]} for each in values]
        return self.post("/v1/match", {"queries": queries, **given})

    def with_key(self, key: str | None) -> "Asking":
        """Return the same application with another key, or none."""
        return replace(self, key=key)

    def having(
        self, *roles: str, lists: tuple[ListId, ...] | None = None, **limits: Any
    ) -> "Asking":
        """Return the same application with a new key of these roles."""
        request = KeyRequest(roles=roles, lists=lists, **limits)
        return self.with_key(create_key(self.service.node, request).text)

    def list_id(self, name: str) -> ListId:
        """Return the identifier of a list."""
        return next(each.id for each in self.service.node.store.lists() if each.name == name)

    def events(self, kind: str) -> list[Any]:
        """Return the details of every event of a kind."""
        events = self.service.node.store.events(limit=10_000)
        return [dict(each.details) for each in events if each.kind == kind]

    def catch_up(self) -> None:
        """Bring the index up to what was written."""
        self.service.live.refresh()

    async def _ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.application, raise_app_exceptions=False)
        headers = dict(given.pop("headers", {}))
        if self.key is not None:
            headers.setdefault("authorization", f"Bearer {self.key}")
        async with httpx.AsyncClient(transport=transport, base_url="http://exercise") as client:
            return await client.request(method, path, headers=headers, **given)


def arriving(application: Application, listen: str | None = None) -> Any:
    """Return an application whose requests carry where they came in, as those of a connection do.

    Args:
        application: that is asked.
        listen: the address as the setting writes it; absent means the one that a request names.
    """

    async def app(scope: Any, receive: Any, send: Any) -> None:
        place = listen or "{}:{}".format(*scope["server"])
        await application({**scope, "state": {LISTEN_STATE: place}}, receive, send)

    return app


@pytest.fixture(scope="session")
def new_node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a node with two small lists, to be copied."""
    path = tmp_path_factory.mktemp("api") / "node"
    with create_node(
        path,
        organisation="Exercise Platform",
        kind=OrganisationKind.PLATFORM,
        jurisdiction="FR",
        is_exercise=True,
    ) as node:
        for name, text in (("list-a", LIST_A), ("list-b", LIST_B)):
            import_list(
                node,
                ImportRequest(name=name, owner=OWNER, format="csv"),
                io.BytesIO(text.encode()),
            )
        create_key(node, KeyRequest(roles=("match",), label="first"))  # makes the secrets
    return path


StartFunction = Callable[..., Asking]


@pytest.fixture
def start(new_node: Path, tmp_path: Path) -> Iterator[StartFunction]:
    """Start applications on copies of the node, and end them."""
    with starting(new_node, tmp_path) as run:
        yield run


@pytest.fixture
def ask(start: StartFunction) -> Asking:
    """Start one application, and ask it with a key of every role."""
    return start()


@pytest.fixture(scope="session")
def calm(new_node: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Start one application for all tests that change nothing: most of what is refused."""
    with starting(new_node, tmp_path_factory.mktemp("calm")) as run:
        yield run()


@contextmanager
def starting(new_node: Path, place: Path) -> Iterator[StartFunction]:
    """Give what starts applications below a folder, and end them."""
    runner = asyncio.Runner()
    ending: list[Callable[[], object]] = []

    def run(**settings: Any) -> Asking:
        folder = NodeFolder(place / f"node-{len(ending)}")
        shutil.copytree(new_node, folder.path)
        chosen = replace(Settings(serve_workers=1, workers=1), **settings)
        service = Service.open(folder, chosen)
        application = Application(lambda: service)
        lifespan = application.lifespan()
        runner.run(lifespan.__aenter__())
        ending.append(lambda: runner.run(lifespan.__aexit__(None, None, None)))
        asking = Asking(application, service, runner)
        return asking.having(*EVERY_ROLE)

    yield run
    for end in ending:
        end()
    runner.close()
