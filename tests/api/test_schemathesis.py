"""Requests made from the OpenAPI, right and wrong: every answer is as described, and none tells what it should not."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks as of_openapi
from tests.api.conftest import Asking, starting

from rempart.api.metrics import Metrics
from rempart.api.routes import every_operation
from rempart.node import ImportRequest, import_list

ADDRESS: Final = "http://127.0.0.1:8765"
_LONGEST_ADDRESS: Final = 60_000  # httpx builds none that is longer than 65,536
OPEN: Final = {"/health/live", "/health/ready", "/openapi.json"}
SECRET_PDQ: Final = "c6" * 32
SECRET_LIST: Final = (
    "type,value,category,id\n"
    f"pdq,{SECRET_PDQ},canary-label,canary-source-id\n"
    f"md5,{'c7' * 16},canary-label,canary-source-id-2\n"
)
CHECKS: Final = [
    schemathesis.checks.not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_headers_conformance,
    of_openapi.response_schema_conformance,
]
PLAIN: Final = settings(
    deadline=None, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate]
)


@dataclass
class World:
    """One application with something to hide, asked by somebody who may and by somebody who may a little."""

    everything: Asking
    little: Asking
    nobody: Asking
    schema: Any
    of_lists: tuple[str, ...]
    canaries: tuple[str, ...]
    names: dict[str, list[str]]
    addresses: Iterator[int]

    def send(self, case: Any, asking: Asking, **given_headers: str) -> httpx.Response:
        """Send a generated request to the application in this process."""
        prepared = requests.Request(**case.as_transport_kwargs(base_url=ADDRESS)).prepare()
        headers = {**prepared.headers, **given_headers}
        headers.pop("Authorization", None)
        if asking.key is not None:
            headers["authorization"] = f"Bearer {asking.key}"
        body: Any = prepared.body or b""  # Any: text, or bytes
        assume(len(str(prepared.url)) <= _LONGEST_ADDRESS)
        request = httpx.Request(
            str(prepared.method),
            str(prepared.url),
            headers=[(name.encode(), _latin(value)) for name, value in headers.items()],
            content=body.encode() if isinstance(body, str) else body,
        )
        return asking.runner.run(self._send(request))

    async def _send(self, request: httpx.Request) -> httpx.Response:
        number = next(self.addresses)
        transport = httpx.ASGITransport(
            self.everything.application,
            raise_app_exceptions=False,
            client=(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1),
        )
        answer = await transport.handle_async_request(request)
        content = await answer.aread()
        response = httpx.Response(
            answer.status_code, headers=answer.headers.raw, content=content, request=request
        )
        response.elapsed = timedelta(0)
        return response


def _latin(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")


@pytest.fixture(scope="module")
def world(new_node: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with starting(new_node, tmp_path_factory.mktemp("schemathesis")) as start:
        yield _world(start())


def _world(asking: Asking) -> World:
    import_list(
        asking.service.node,
        ImportRequest(name="canary-list", owner="Canary Owner", format="csv"),
        io.BytesIO(SECRET_LIST.encode()),
    )
    asking.catch_up()
    found = asking.post(
        "/v1/match",
        {
            "queries": [
                {
                    "fingerprints": [{"kind": "pdq", "value": SECRET_PDQ}],
                    "reference": "canary-reference",
                }
            ]
        },
    ).json()["results"][0]["matches"][0]
    own = asking.match("a5" * 32).json()["results"][0]["matches"][0]["id"]
    entries = asking.get("/v1/lists/canary-list/entries").json()["entries"]
    hidden = (str(asking.list_id("canary-list")), found["id"], *(each["id"] for each in entries))
    little = asking.having(
        "match", "list-reader", "list-editor", "reviewer", lists=(asking.list_id("list-a"),)
    )
    victim = asking.post("/v1/keys", {"roles": ["match"], "label": "canary-key"}).json()
    of_a = asking.get("/v1/lists/list-a/entries").json()["entries"]
    return World(
        everything=asking,
        little=little,
        nobody=asking.with_key(None),
        schema=schemathesis.openapi.from_dict(asking.get("/openapi.json").json()),
        of_lists=("canary-list", "Canary Owner", "CANARY_LIST", hidden[0]),
        canaries=(
            *("canary-label", "canary-source", "canary-reference", "canary-key", SECRET_PDQ),
            *("c7" * 16, *hidden[1:]),
        ),
        names={
            "list": ["list-a", "list-b", str(asking.list_id("list-a")), "canary-list", hidden[0]],
            "entry": [each["id"] for each in of_a] + list(hidden[2:]),
            "match": [own, found["id"]],
            "key": [victim["id"]],
            "index": ["0", "1", "999999"],
        },
        addresses=count(1),
    )


def operation_ids() -> list[tuple[str, str]]:
    return [(each.path, each.method) for each in every_operation(Metrics())]


def check(case: Any, answer: httpx.Response) -> None:
    """Raise where an answer is not as described, or has another shape of error."""
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400 and not (
        answer.status_code == 503 and case.operation.path == "/health/ready"
    ):
        (error,) = answer.json().values()
        assert list(answer.json()) == ["error"]
        assert set(error) == {"kind", "message", "hint", "reference"}
        assert all(isinstance(each, str) and each for each in error.values())
        assert error["reference"] == answer.headers["x-request-id"]


def check_silence(canaries: tuple[str, ...], answer: httpx.Response) -> None:
    """Raise where an error tells something that its request did not."""
    if answer.status_code < 400:
        return
    asked = str(answer.request.url) + answer.request.content.decode("utf-8", "replace")
    told = [each for each in canaries if each in answer.text and each not in asked]
    assert told == [], answer.text


def drawn_case(world: World, path: str, method: str, data: st.DataObject) -> Any:
    mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    operation = world.schema[path][method]
    try:
        case = data.draw(operation.as_strategy(generation_mode=mode))
    except schemathesis.errors.InvalidSchema:
        case = data.draw(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    if case.path_parameters and data.draw(st.integers(0, 3)):
        for name in case.path_parameters:
            case.path_parameters[name] = data.draw(st.sampled_from(world.names[name]))
    return case


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("path", "method"), operation_ids())
@pytest.mark.parametrize(
    "examples", [pytest.param(4, id="few"), pytest.param(60, id="many", marks=pytest.mark.long)]
)
def test_answers_are_as_described_and_errors_tell_nothing(
    world: World, path: str, method: str, examples: int
) -> None:
    @settings(PLAIN, max_examples=examples)
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        case = drawn_case(world, path, method, data)
        for asking in (world.little, world.everything):
            answer = world.send(case, asking)
            check(case, answer)
            # Who may see a list may be told its name; what stands in it is in no error.
            hidden = world.of_lists if asking is world.little else ()
            check_silence((*world.canaries, *hidden), answer)
        if path in OPEN:
            return
        refused = world.send(case, world.nobody)
        check(case, refused)
        assert refused.status_code in {401, 405, 431}

    run()
