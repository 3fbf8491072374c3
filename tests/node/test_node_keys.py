"""API keys of a node: what is asked for is kept, each change is one event, and no event tells a key."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from tests.node.conftest import ImportFunction

from rempart.access import Action
from rempart.keys import api_key_digest, check_api_key
from rempart.model.errors import UsageError
from rempart.model.identifiers import KeyId, ListId
from rempart.model.principals import PrincipalKind
from rempart.node import (
    KeyRequest,
    KeyState,
    OpenNode,
    create_key,
    create_node,
    list_keys,
    lists_named,
    revoke_key,
    rotate_key,
)
from rempart.node.errors import KeyEndedError, KeyRequestError, ListUnknownError
from rempart.node.keys import anonymous_principal, find_key, node_secrets
from rempart.node.service.gate_errors import BudgetError, UnauthenticatedError
from rempart.node.service.opening import open_gate

HERE: Final = "192.0.2.1"
NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOBODY: Final = KeyId(UUID(int=7))


@dataclass(frozen=True)
class StoppedClock:
    """Always tells the same moment."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def list_id(node: OpenNode, import_text: ImportFunction) -> ListId:
    """Import one exercise list."""
    return import_text(node, "id,type,value\n1,md5," + "0" * 31 + "1\n").list.id


def last_event(node: OpenNode) -> tuple[str, dict[str, Any]]:
    event = node.store.events(limit=1_000)[-1]
    return event.kind, dict(event.details)


def test_new_key_is_what_was_asked_for(node: OpenNode, list_id: ListId) -> None:
    node = replace(node, clock=StoppedClock(NOW))
    ends = NOW + timedelta(days=3)

    made = create_key(
        node,
        KeyRequest(
            roles=("match", "reviewer", "match"),
            lists=(list_id,),
            label="upload path",
            principal="upload",
            expires_at=ends,
            requests_per_minute=5,
            queries_per_day=0,
        ),
    )

    [shown] = list_keys(node)
    assert shown.key == made.key == find_key(node, made.key.id).key
    assert shown.state is KeyState.HOLDS
    assert made.key.roles == ("match", "reviewer")
    assert made.key.lists == frozenset({list_id})
    assert (made.key.label, made.key.principal.subject) == ("upload path", "upload")
    assert (made.key.principal.issuer, made.key.principal.kind) == (
        "rempart",
        PrincipalKind.SERVICE,
    )
    assert (made.key.created_at, made.key.expires_at) == (NOW, ends)
    assert (made.key.requests_per_minute, made.key.queries_per_day) == (5, 0)


def test_store_holds_the_digest_under_the_nodes_secret_and_no_key(node: OpenNode) -> None:
    made = create_key(node, KeyRequest(roles=("match",)))

    check_api_key(made.text)
    mac = node_secrets(node).api_key_mac()
    assert made.key.digest == api_key_digest(made.text, mac_secret=mac)
    node.close()
    assert made.text[3:25].encode() not in node.folder.store.read_bytes()
    assert made.text not in repr(made)


def test_each_change_is_one_event_that_tells_neither_key_nor_digest(node: OpenNode) -> None:
    node_secrets(node)
    before = len(node.store.events())

    first = create_key(node, KeyRequest(roles=("match",), label="a label"))
    second = rotate_key(node, first.key.id, overlap_hours=1)
    revoke_key(node, second.key.id)
    revoke_key(node, second.key.id)

    events = node.store.events()[before:]
    assert [event.kind for event in events] == ["key.created", "key.rotated", "key.revoked"]
    told = json.dumps([dict(event.details) for event in events])
    for made in (first, second):
        assert str(made.key.id) in told
        assert made.text not in told
        assert made.text[3:25] not in told
        assert made.key.digest.hex() not in told
    assert "a label" not in told


def test_event_says_what_the_key_may_do(node: OpenNode, list_id: ListId) -> None:
    made = create_key(node, KeyRequest(roles=("match",), lists=(list_id,), queries_per_day=9))

    assert last_event(node) == (
        "key.created",
        {
            "key": str(made.key.id),
            "principal": str(made.key.principal.id),
            "roles": ["match"],
            "list_ids": [str(list_id)],
            "expires_at": None,
            "requests_per_minute": None,
            "queries_per_day": 9,
        },
    )


def test_keys_of_one_service_share_its_principal_and_others_do_not(node: OpenNode) -> None:
    one, two = (create_key(node, KeyRequest(roles=("match",), label="upload")) for _ in range(2))
    three = create_key(node, KeyRequest(roles=("match",), label="other", principal="upload"))
    four, five = (create_key(node, KeyRequest(roles=("match",))) for _ in range(2))

    ids = [made.key.principal.id for made in (one, two, three, four, five)]
    assert ids[0] == ids[1] == ids[2]
    assert len({*ids}) == 3


def test_local_principal_of_the_same_name_is_not_taken_for_a_service(node: OpenNode) -> None:
    made = create_key(node, KeyRequest(roles=("match",), principal=node.principal.subject))

    assert made.key.principal.id != node.principal.id


def test_who_makes_a_key_is_on_record(node: OpenNode) -> None:
    operator = create_key(node, KeyRequest(roles=("operator",))).key.principal

    create_key(node, KeyRequest(roles=("match",)), principal=operator)

    assert node.store.events()[-1].principal_id == operator.id


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": ()},
        {"roles": ("match", "superuser")},
        {"roles": ("anonymous",)},
        {"roles": ("match",), "lists": ()},
        {"roles": ("match",), "label": ""},
        {"roles": ("match",), "label": " upload"},
        {"roles": ("match",), "label": "two\nlines"},
        {"roles": ("match",), "label": "x" * 201},
        {"roles": ("match",), "principal": "\x1b[31m"},
        {"roles": ("match",), "principal": "anonymous"},
        {"roles": ("match",), "label": "anonymous"},
        {"roles": ("match",), "requests_per_minute": -1},
        {"roles": ("match",), "queries_per_day": 10**13},
    ],
)
def test_impossible_request_is_refused_and_nothing_is_written(
    node: OpenNode, wrong: dict[str, Any]
) -> None:
    before = node.store.last_event_id()

    with pytest.raises(KeyRequestError):
        create_key(node, KeyRequest(**wrong))

    assert node.store.last_event_id() == before
    assert list_keys(node) == ()


def test_key_that_would_have_expired_is_refused(node: OpenNode) -> None:
    with pytest.raises(KeyRequestError, match="expired"):
        create_key(node, KeyRequest(roles=("match",), expires_at=node.clock.now()))


def test_unknown_list_is_refused_and_leaves_no_principal(node: OpenNode) -> None:
    node_secrets(node)
    before = node.store.principals()

    with pytest.raises(UsageError):
        create_key(node, KeyRequest(roles=("match",), lists=(ListId(UUID(int=5)),)))

    assert node.store.principals() == before


def test_lists_are_named_by_name_or_identifier(node: OpenNode, list_id: ListId) -> None:
    assert lists_named(node, ()) is None
    assert lists_named(node, ("exercise", str(list_id))) == (list_id,)
    for unknown in ("other", str(NOBODY)):
        with pytest.raises(ListUnknownError):
            lists_named(node, (unknown,))


def test_revoked_key_stays_on_record_with_its_moment(node: OpenNode) -> None:
    made = create_key(node, KeyRequest(roles=("match",)))

    first = revoke_key(node, made.key.id)
    again = revoke_key(node, made.key.id)

    assert first.state is KeyState.REVOKED
    assert first.key.revoked_at == again.key.revoked_at is not None
    assert [each.state for each in list_keys(node)] == [KeyState.REVOKED]


def test_rotated_key_has_the_same_rights_and_the_old_one_ends_after_the_overlap(
    node: OpenNode, list_id: ListId
) -> None:
    node = replace(node, clock=StoppedClock(NOW))
    old = create_key(
        node,
        KeyRequest(
            roles=("list-reader",),
            lists=(list_id,),
            label="partner",
            expires_at=NOW + timedelta(days=10),
            requests_per_minute=7,
            queries_per_day=70,
        ),
    )

    new = rotate_key(node, old.key.id, overlap_hours=2)

    shown_old, shown_new = list_keys(node)
    assert (shown_old.state, shown_new.state) == (KeyState.ENDING, KeyState.HOLDS)
    for name in ("principal", "label", "roles", "lists", "requests_per_minute", "queries_per_day"):
        assert getattr(new.key, name) == getattr(old.key, name)
    assert new.text != old.text
    assert shown_old.key.expires_at == NOW + timedelta(hours=2)
    assert new.key.expires_at == NOW + timedelta(days=10)


def test_overlap_never_makes_the_old_key_live_longer(node: OpenNode) -> None:
    old = create_key(
        node, KeyRequest(roles=("match",), expires_at=node.clock.now() + timedelta(hours=1))
    )

    rotate_key(node, old.key.id, overlap_hours=48)

    assert find_key(node, old.key.id).key.expires_at == old.key.expires_at


def test_key_that_ended_or_was_replaced_cannot_be_rotated(node: OpenNode) -> None:
    revoked = create_key(node, KeyRequest(roles=("match",)))
    revoke_key(node, revoked.key.id)
    replaced = create_key(node, KeyRequest(roles=("match",)))
    rotate_key(node, replaced.key.id, overlap_hours=1)
    ended = create_key(node, KeyRequest(roles=("match",)))
    rotate_key(node, ended.key.id, overlap_hours=0)
    count = len(list_keys(node))

    for made in (revoked, replaced, ended):
        with pytest.raises(KeyEndedError):
            rotate_key(node, made.key.id, overlap_hours=1)

    assert len(list_keys(node)) == count
    assert find_key(node, ended.key.id).state is KeyState.EXPIRED


def test_unknown_key_is_told(node: OpenNode) -> None:
    for act in (
        lambda: find_key(node, NOBODY),
        lambda: revoke_key(node, NOBODY),
        lambda: rotate_key(node, NOBODY, overlap_hours=1),
    ):
        with pytest.raises(UsageError) as caught:
            act()
        assert caught.value.code == "record-unknown"


def test_gate_of_a_node_lets_in_its_keys_and_charges_them(node: OpenNode, list_id: ListId) -> None:
    gate = open_gate(node)
    made = create_key(
        node, KeyRequest(roles=("list-reader",), lists=(list_id,), queries_per_day=10)
    )

    caller = gate.authenticate(made.text, address=HERE)

    gate.require(caller, Action.READ_ENTRIES, list_id)
    gate.charge(caller, 10)
    with pytest.raises(BudgetError):
        gate.charge(caller, 1)
    assert find_key(node, made.key.id).used_today == 10


def test_other_gates_refuse_a_revoked_key_when_they_ask_again(
    node: OpenNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.node.service.known_keys.REMEMBERED_SECONDS", 0.0)
    gate = open_gate(node)
    made = create_key(node, KeyRequest(roles=("match",)))
    gate.authenticate(made.text, address=HERE)

    revoke_key(node, made.key.id)

    with pytest.raises(UnauthenticatedError):
        gate.authenticate(made.text, address=HERE)


def test_two_gates_on_one_store_share_a_budget(node: OpenNode) -> None:
    made = create_key(node, KeyRequest(roles=("match",), queries_per_day=50))
    gates = [open_gate(node), open_gate(node)]
    granted = 0

    for number in range(80):
        gate = gates[number % 2]
        try:
            gate.charge(gate.authenticate(made.text, address=HERE), 1)
        except BudgetError:
            continue
        granted += 1

    assert granted == 50


def test_live_node_has_no_anonymous_principal(
    tmp_path_factory: pytest.TempPathFactory, node: OpenNode
) -> None:
    with create_node(
        tmp_path_factory.mktemp("live") / "node",
        organisation="Exercise Node",
        kind=node.store.node.organisation.kind,
        jurisdiction="FR",
        is_exercise=False,
    ) as live:
        with pytest.raises(ValueError, match="live node"):
            anonymous_principal(live)
        with pytest.raises(UnauthenticatedError):
            open_gate(live).anonymous(address=HERE)


def test_exercise_node_has_one_anonymous_principal(node: OpenNode) -> None:
    first = anonymous_principal(node)

    assert anonymous_principal(node) == first
    assert first.subject == "anonymous"
    with pytest.raises(UnauthenticatedError):  # the operator named no address for such callers
        open_gate(node).anonymous(address=HERE)


def test_key_without_an_end_to_speak_of_can_be_rotated(node: OpenNode) -> None:
    node = replace(node, clock=StoppedClock(NOW))
    last = datetime(9999, 12, 29, tzinfo=UTC)
    old = create_key(node, KeyRequest(roles=("match",), expires_at=last))

    later = replace(node, clock=StoppedClock(NOW + timedelta(days=30)))
    new = rotate_key(later, old.key.id, overlap_hours=1)

    assert new.key.expires_at == datetime(9999, 12, 30, tzinfo=UTC)
    assert len(list_keys(later)) == 2
