"""Every route and every role: who may, and who may not. The table is written by hand, not taken from the policies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from tests.api.conftest import KNOWN_PDQ, Asking, arriving, starting

from rempart.api.hma.routes import hma_routes
from rempart.model.identifiers import ListId
from rempart.node.key_requests import KeyRequest
from rempart.node.keys import create_key, revoke_key

# Who may: M match, R list-reader, E list-editor, V reviewer, O operator, A auditor; X is whoever comes without a key to
# an address of an exercise node where the operator allows that; * is everybody.
V1: Final = {
    "POST /v1/match": "M",
    "POST /v1/scan": "M",
    "GET /v1/lists": "REVOA",
    "POST /v1/lists": "EO",
    "GET /v1/lists/{list}": "REVOA",
    "GET /v1/lists/{list}/counts": "REVOA",
    "PATCH /v1/lists/{list}": "EO",
    "DELETE /v1/lists/{list}": "EO",
    "GET /v1/lists/{list}/export": "RE",
    "GET /v1/lists/{list}/entries": "REV",
    "POST /v1/lists/{list}/entries": "E",
    "GET /v1/lists/{list}/entries/{entry}": "REV",
    "PUT /v1/lists/{list}/entries/{entry}": "E",
    "DELETE /v1/lists/{list}/entries/{entry}": "E",
    "POST /v1/lists/{list}/entries/{entry}/suspend": "E",
    "POST /v1/lists/{list}/entries/{entry}/resume": "E",
    "GET /v1/matches": "VA",
    "GET /v1/matches/{match}": "VA",
    "POST /v1/matches/{match}/disposition": "V",
    "GET /v1/keys": "O",
    "POST /v1/keys": "O",
    "GET /v1/keys/{key}": "O",
    "DELETE /v1/keys/{key}": "O",
    "POST /v1/keys/{key}/rotate": "O",
    "GET /v1/audit": "A",
    "GET /v1/audit/checkpoint": "A",
    "GET /v1/audit/keys": "A",
    "GET /v1/audit/proofs/{index}": "A",
    "GET /v1/audit/export": "A",
    "GET /metrics": "OA",
    "GET /health/live": "*",
    "GET /health/ready": "*",
    "GET /openapi.json": "*",
}
HMA: Final = {
    "GET /": "*",
    "GET /status": "*",
    "GET /status/live": "*",
    "GET /site-map": "*",
    "GET /h/hash": "MX",
    "POST /h/hash": "MX",
    "GET /m/lookup": "MX",
    "POST /m/lookup": "MX",
    "GET /m/raw_lookup": "MX",
    "POST /m/compare": "MX",
    "GET /m/index/status": "MX",
    "GET /c/banks": "REVOAX",
    "POST /c/banks": "EOX",
    "GET /c/bank/{bank}": "REVOAX",
    "PUT /c/bank/{bank}": "EOX",
    "DELETE /c/bank/{bank}": "EOX",
    "POST /c/bank/{bank}/content": "EX",
    "POST /c/bank/{bank}/signal": "EX",
    "GET /c/bank/{bank}/content/{content}": "REVX",
    "PUT /c/bank/{bank}/content/{content}": "EX",
    "DELETE /c/bank/{bank}/content/{content}": "EX",
    "GET /c/signal_type": "REVOAX",
    "GET /c/signal_type/index": "REVOAX",
    "PUT /c/signal_type/{type}": "OX",
    "GET /c/content_type": "REVOAX",
    "GET /c/exchanges/apis": "OX",
    "GET /c/exchanges/api/{api}": "OX",
    "POST /c/exchanges/api/{api}": "OX",
    "GET /c/exchanges/api/{api}/schema": "OX",
    "GET /c/exchanges": "OX",
    "POST /c/exchanges": "OX",
    "GET /c/exchange/{exchange}": "OX",
    "PUT /c/exchange/{exchange}": "OX",
    "DELETE /c/exchange/{exchange}": "OX",
    "GET /c/exchange/{exchange}/credentials": "OX",
    "POST /c/exchange/{exchange}/credentials": "OX",
    "GET /c/exchange/{exchange}/status": "OX",
    "POST /dev/run_fetch": "OX",
    "POST /dev/setup_sample_example": "OX",
    "POST /dev/factory_reset": "OX",
}
OF_THE_WHOLE_NODE: Final = {
    *("POST /v1/lists", "GET /metrics", "POST /c/banks", "PUT /c/signal_type/{type}"),
    *(row for row in {**V1, **HMA} if row.split()[1].startswith(("/v1/keys", "/v1/audit"))),
    *(row for row in HMA if row.split()[1].startswith(("/c/exchange", "/dev/"))),
}
"""What no key may that is limited to lists."""

ROLES: Final = {
    "M": "match",
    "R": "list-reader",
    "E": "list-editor",
    "V": "reviewer",
    "O": "operator",
    "A": "auditor",
}
OPEN_ADDRESS: Final = "http://127.0.0.1:8765"
OTHER_ADDRESS: Final = "http://127.0.0.1:8766"
GONE: Final = {"if-match": '"another state"'}  # passes every gate, and changes nothing


@dataclass
class World:
    """One application, whom it knows, and what its addresses can name."""

    asking: Asking
    keys: dict[str, str | None]
    names: dict[str, str]
    addresses: Iterator[int]

    def status(self, who: str, row: str, **names: str) -> int:
        """Return the status of a row's request, sent by somebody."""
        method, path = row.split()
        for name, value in {**self.names, **names}.items():
            path = path.replace(f"{{{name}}}", value)
        headers = dict(GONE)
        key = self.keys[who]
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        base = OPEN_ADDRESS if who == "X" else OTHER_ADDRESS
        return self.asking.runner.run(self._ask(method, base + path, headers))

    async def _ask(self, method: str, url: str, headers: dict[str, str]) -> int:
        number = next(
            self.addresses
        )  # each asks from elsewhere: an address that fails often has to wait
        client = (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1)
        transport = httpx.ASGITransport(arriving(self.asking.application), client=client)
        async with httpx.AsyncClient(transport=transport) as sender:
            body: dict[str, object] | None = None if method == "GET" else {}
            answer = await sender.request(method, url, headers=headers, json=body)
        return answer.status_code


@pytest.fixture
def world(new_node: Path, tmp_path: Path) -> Iterator[World]:
    listen = ("127.0.0.1:8765", "127.0.0.1:8766")
    with starting(new_node, tmp_path) as start:
        asking = start(listen=listen, hma_anonymous=listen[:1])
        yield _world(asking)


def _world(asking: Asking) -> World:
    node, later = asking.service.node, datetime.now(UTC) + timedelta(days=2)

    def key(role: str, lists: tuple[ListId, ...] | None = None, **limits: Any) -> Any:
        return create_key(node, KeyRequest(roles=(role,), lists=lists, **limits))

    only_a = (asking.list_id("list-a"),)
    keys: dict[str, str | None] = {letter: key(role).text for letter, role in ROLES.items()}
    for letter, role in ROLES.items():
        keys[letter.lower()] = key(role, only_a).text
        revoked = key(role)
        revoke_key(node, revoked.key.id)
        keys[f"revoked {role}"] = revoked.text
        keys[f"expired {role}"] = key(role, expires_at=later - timedelta(days=1)).text
    keys |= {"nobody": None, "X": None, "unknown": "rk_" + "0" * 28, "strange": "x"}
    entry = asking.get("/v1/lists/list-a/entries").json()["entries"][0]["id"]
    match = asking.match(KNOWN_PDQ).json()["results"][0]["matches"][0]["id"]
    victim = key("match").key.id
    asking.service.gate._clock = type("Later", (), {"now": lambda _: later})()
    names = {"list": "list-a", "entry": entry, "match": match, "key": str(victim), "index": "0"}
    names |= {"bank": "LIST_A", "content": "1", "type": "pdq", "api": "sample", "exchange": "NONE"}
    return World(asking, keys, names, count(1))


def expected(row: str, letters: str, who: str) -> bool:
    if letters == "*":
        return True
    if who in ROLES or who == "X":
        return who in letters
    return len(who) == 1 and who.upper() in letters and row not in OF_THE_WHOLE_NODE


def surprises(world: World, table: dict[str, str]) -> list[str]:
    """Return every answer that is not as the table has it."""
    found = []
    for row, letters in table.items():
        # Those who may not come first: what others do cannot be their excuse.
        for who in sorted(world.keys, key=lambda each: expected(row, letters, each)):
            status = world.status(who, row)
            wanted = expected(row, letters, who)
            has_key = len(who) == 1 and who != "X"
            refusals = {403} if has_key or (who == "X" and table is HMA) else {401}
            is_right = (
                status not in {401, 403, 429} and status < 500 if wanted else status in refusals
            )
            if not is_right:
                found.append(f"{who}: {row} is answered {status}")
    return found


def test_every_route_has_a_row_and_every_row_a_route(calm: Asking) -> None:
    v1 = {f"{each.method} {each.path}" for each in calm.application.operations}
    hma = {f"{each.method} {each.template}" for each in hma_routes(is_exercise=True)}

    assert v1 == set(V1)
    assert hma == set(HMA)


@pytest.mark.parametrize("table", [V1, HMA], ids=["v1", "hma"])
def test_each_role_may_what_the_table_says_and_nothing_else(
    world: World, table: dict[str, str]
) -> None:
    assert surprises(world, table) == []


def test_limited_key_finds_no_other_list_whatever_its_role(world: World) -> None:
    elsewhere = [row for row in V1 if "{list}" in row]
    found = []
    for row in elsewhere:
        for who in "mrevoa":
            wanted = 404 if who.upper() in V1[row] else 403
            for name in ("list-b", str(world.asking.list_id("list-b")), str(uuid4())):
                status = world.status(who, row, list=name)
                if status != wanted:
                    found.append(f"{who}: {row} of {name} is answered {status}")

    assert found == []


def test_matrix_notices_what_it_is_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = type(world.asking.service.gate)
    require: Callable[..., None] = gate.require
    monkeypatch.setattr(gate, "require", lambda *_, **__: None)

    assert len(surprises(world, {row: V1[row] for row in ("GET /v1/audit", "POST /v1/match")})) > 10
    monkeypatch.setattr(gate, "require", require)
