"""A key for one list learns nothing of others: two nodes that differ only in them answer it alike, byte for byte."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.api.conftest import EVERY_ROLE, KNOWN_MD5, KNOWN_PDQ, LIST_A, OWNER, Asking, starting

from rempart.model.lists import ListPurpose
from rempart.model.principals import OrganisationKind
from rempart.node import ImportRequest, create_node, import_list
from rempart.node.key_requests import KeyRequest
from rempart.node.keys import create_key

HIDDEN_PDQ: Final = "c3" * 32
NEAR_A: Final = "a4" + KNOWN_PDQ[2:]
UNKNOWN: Final = "5a5a" * 16
HIDDEN: Final = f"type,value,category\npdq,{HIDDEN_PDQ},hidden\npdq,{KNOWN_PDQ},hidden\nmd5,{KNOWN_MD5},hidden\n"
HARMLESS: Final = f"type,value\npdq,{NEAR_A}\nmd5,{KNOWN_MD5}\n"

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SECOND: Final = re.compile(r'(?<=_to":)\d{10}|(?<=_item":)\d{10}')
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z")
_MARK: Final = re.compile(r'(?<="next_cursor":")[\w-]+|^"[0-9a-f]{24}"$')
# The number of an entry is one sequence for the whole node, as HMA's clients need it: see docs/limitations.md.
_NUMBER: Final = re.compile(r'(?<="id":)\d+|(?<="bank_content_id":)\d+')


@dataclass
class World:
    """One node, its key for list-a, and what stood in its answers so far, in order."""

    everything: Asking
    scoped: Asking
    seen: dict[str, str] = field(default_factory=dict)
    known: dict[str, list[str]] = field(
        default_factory=lambda: {"entry": [], "match": [], "cursor": [], "content": []}
    )

    def ask(self, step: "Step") -> tuple[object, ...]:
        """Send a step, and return its answer with what differs between any two nodes written alike."""
        path = step.path
        for name, values in self.known.items():
            if f"<{name}>" in path:
                path = path.replace(
                    f"<{name}>", values[step.pick % len(values)] if values else "none"
                )
        headers = {"x-request-id": "exercise-request", **step.headers}
        answer = self.scoped(step.method, path, json=step.body, headers=headers)
        self.scoped.catch_up()
        text = answer.text
        self.known["entry"] += re.findall(
            r'"(?:entry|id)":"([0-9a-f-]{36})"[^}]*"(?:version|outcome)"', text
        )
        self.known["match"] += re.findall(r'"match":\{"id":"([0-9a-f-]{36})"', text)
        self.known["cursor"] += re.findall(r'"next_cursor":"([\w-]+)"', text)
        self.known["content"] += re.findall(r'"bank_content_id":(\d+)', text)
        named = {name: value for name, value in answer.headers.items() if name != "content-length"}
        if "etag" in named:
            named["etag"] = self.alike(named["etag"])
        return answer.status_code, self.alike(text), tuple(sorted(named.items()))

    def alike(self, text: str) -> str:
        for form in (_UUID, _MARK, _NUMBER):
            text = form.sub(self._name, text)
        return _MOMENT.sub("a moment", _SECOND.sub("a second", text))

    def _name(self, found: "re.Match[str]") -> str:
        return self.seen.setdefault(found[0], f"value {len(self.seen)}")


@dataclass(frozen=True)
class Step:
    """One request; `<entry>`, `<match>`, `<cursor>` stand for one that this node answered before."""

    method: str
    path: str
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    pick: int = 0


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World, list[str]]]:
    """Make two nodes from one: the first has much besides list-a, the second almost nothing."""
    place = tmp_path_factory.mktemp("isolation")
    base = place / "base"
    with create_node(
        base,
        organisation="Exercise Platform",
        kind=OrganisationKind.PLATFORM,
        jurisdiction="FR",
        is_exercise=True,
    ) as node:
        import_list(
            node,
            ImportRequest(name="list-a", owner=OWNER, format="csv"),
            io.BytesIO(LIST_A.encode()),
        )
        list_id = next(each.id for each in node.store.lists())
        key = create_key(
            node, KeyRequest(roles=EVERY_ROLE, lists=(list_id,), label="of list-a")
        ).text
    with starting(base, place / "full") as full, starting(base, place / "bare") as bare:
        first, second = full(), bare()
        hidden = [*fill(first), f"LIST_A__{list_id.hex.upper()}"]
        yield World(first, first.with_key(key)), World(second, second.with_key(key)), hidden


def fill(asking: Asking) -> list[str]:
    """Put into a node what the key must not learn of; return the names by which one could ask for it."""
    node = asking.service.node
    import_list(
        node, ImportRequest(name="list-b", owner=OWNER, format="csv"), io.BytesIO(HIDDEN.encode())
    )
    import_list(
        node,
        ImportRequest(name="list-h", owner=OWNER, format="csv", purpose=ListPurpose.KNOWN_HARMLESS),
        io.BytesIO(HARMLESS.encode()),
    )
    asking.catch_up()
    matches = asking.match(HIDDEN_PDQ, UNKNOWN).json()["results"][0]["matches"]
    said = {"value": "false", "reason": "An exercise."}
    headers = {"idempotency-key": "same-token"}
    asking.post(f"/v1/matches/{matches[0]['id']}/disposition", said, headers=headers)
    entries = asking.get("/v1/lists/list-b/entries").json()["entries"]
    asking.post(f"/v1/lists/list-b/entries/{entries[0]['id']}/suspend", {})
    cursor = asking.get("/v1/lists/list-b/entries?limit=1").json()["next_cursor"]
    key = asking.post("/v1/keys", {"roles": ["match"], "label": "hidden"}).json()["id"]
    lists = [str(asking.list_id(name)) for name in ("list-b", "list-h")]
    return ["list-b", "list-h", *lists, matches[0]["id"], entries[0]["id"], cursor, key]


def query(value: str, kind: str = "pdq") -> dict[str, Any]:
    return {"fingerprints": [{"kind": kind, "value": value}]}


VALUES: Final = st.sampled_from([KNOWN_PDQ, NEAR_A, HIDDEN_PDQ, UNKNOWN])
NEW: Final = st.builds(lambda number: query(f"{number:032x}", "md5"), st.integers(1, 30))


def steps(hidden: list[str]) -> st.SearchStrategy[Step]:
    """Every way in which a key may ask, for its own list and for what it guesses or was told of others."""
    lists = st.sampled_from(["list-a", *hidden[:4], "list-nowhere"])
    entries = st.sampled_from(["<entry>", hidden[5], "none"])
    matches = st.sampled_from(["<match>", hidden[4], "none"])
    cursors = st.sampled_from(["", "&cursor=<cursor>", f"&cursor={hidden[6]}"])
    banks = st.sampled_from([hidden[8], "LIST_A", "LIST_B", "LIST_H", "NOWHERE"])
    tokens = st.sampled_from([{}, {"idempotency-key": "same-token"}, {"idempotency-key": "other"}])
    pick = st.integers(0, 5)

    def step(
        method: str, path: Any, body: Any = None, headers: Any = None
    ) -> st.SearchStrategy[Step]:
        return st.builds(
            Step,
            st.just(method),
            path,
            st.none() if body is None else body,
            tokens if headers is None else headers,
            pick,
        )

    def of(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda given_parts: template.format(*given_parts))

    said = st.just({"value": "true", "reason": "An exercise."})
    match = st.lists(VALUES.map(query) | st.just(query(KNOWN_MD5, "md5")), min_size=1, max_size=3)
    change = st.sampled_from(
        [{"threshold_bits": 30}, {"threshold_bits": 31}, {"standing": "published"}]
    )
    fixed = (
        *(
            "/v1/lists",
            "/v1/lists?withdrawn=true&limit=1",
            "/v1/keys",
            "/v1/audit",
            "/metrics",
            "/health/ready",
        ),
        *(
            "/c/banks",
            "/c/signal_type",
            "/c/signal_type/index",
            "/c/content_type",
            "/m/index/status",
        ),
        *("/status", "/c/exchanges", "/site-map", "/v1/audit/export", "/v1/audit/checkpoint"),
    )
    return st.one_of(
        step("GET", st.sampled_from(fixed)),
        step("POST", st.just("/v1/match"), match.map(lambda each: {"queries": each})),
        step("GET", of("/v1/lists/{}{}", lists, st.sampled_from(["", "/counts", "/export"]))),
        step("GET", of("/v1/lists/{}/entries?limit=2{}", lists, cursors)),
        step("GET", of("/v1/lists/{}/entries?kind=pdq&value={}", lists, VALUES)),
        step("GET", of("/v1/lists/{}/entries/{}", lists, entries)),
        step("PATCH", of("/v1/lists/{}", lists), change),
        step("POST", of("/v1/lists/{}/entries", lists), NEW.map(lambda each: {"entries": [each]})),
        step("PUT", of("/v1/lists/{}/entries/{}", lists, entries), NEW),
        step("DELETE", of("/v1/lists/{}/entries/{}", lists, entries)),
        step("POST", of("/v1/lists/{}/entries/{}/suspend", lists, entries), st.just({})),
        step("POST", of("/v1/lists/{}/entries/{}/resume", lists, entries)),
        step("GET", of("/v1/matches?limit=2{}", cursors)),
        step("GET", of("/v1/matches?list={}", lists)),
        step("GET", of("/v1/matches/{}", matches)),
        step("POST", of("/v1/matches/{}/disposition", matches), said),
        step(
            "POST", st.just("/v1/lists"), st.sampled_from([{"name": "list-b"}, {"name": "list-c"}])
        ),
        step("POST", st.just("/v1/keys"), st.just({"roles": ["match"]})),
        step("GET", of("/v1/keys/{}", st.sampled_from([hidden[7], "none"]))),
        step("GET", of("/m/lookup?signal_type=pdq&signal={}", VALUES)),
        step("GET", of("/m/lookup?signal_type=pdq&signal={}&banks={}", VALUES, banks)),
        step("GET", of("/m/raw_lookup?signal_type=pdq&signal={}&include_distance=true", VALUES)),
        step("GET", of("/c/bank/{}", banks)),
        step(
            "GET", of("/c/bank/{}/content/{}", banks, st.sampled_from(["1", "<content>", "99999"]))
        ),
        step("PUT", of("/c/bank/{}", banks), banks.map(lambda each: {"name": each})),
        step("POST", st.just("/c/banks"), banks.map(lambda each: {"name": each})),
        step("DELETE", of("/c/bank/{}", st.sampled_from(["LIST_B", "LIST_H", "NOWHERE"]))),
    )


def check_alike(
    worlds: tuple[World, World, list[str]], data: st.DataObject, *, longest: int
) -> None:
    first, second, hidden = worlds
    for step in data.draw(st.lists(steps(hidden), min_size=1, max_size=longest)):
        answers = first.ask(step), second.ask(step)
        assert answers[0] == answers[1], step


QUIET: Final = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],  # the nodes remember: nothing can be made smaller afterwards
}


@settings(max_examples=40, **QUIET)  # type: ignore[arg-type] # names of settings
@given(data=st.data())
def test_key_for_one_list_cannot_tell_two_nodes_apart(
    worlds: tuple[World, World, list[str]], data: st.DataObject
) -> None:
    check_alike(worlds, data, longest=15)


@pytest.mark.long
@pytest.mark.timeout(600)
@settings(max_examples=400, **QUIET)  # type: ignore[arg-type] # names of settings
@given(data=st.data())
def test_key_for_one_list_cannot_tell_two_nodes_apart_for_long(
    worlds: tuple[World, World, list[str]], data: st.DataObject
) -> None:
    check_alike(worlds, data, longest=30)


def test_comparison_notices_what_it_is_for(worlds: tuple[World, World, list[str]]) -> None:
    first, second, _ = worlds
    step = Step("GET", "/v1/lists")

    unlike = World(first.everything, first.everything), World(second.everything, second.everything)

    assert unlike[0].ask(step) != unlike[1].ask(step)
