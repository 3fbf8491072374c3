"""What a node does by itself is not on record as its operator's."""

import pytest

from rempart.model.principals import Principal, PrincipalKind
from rempart.node import OpenNode
from rempart.node.own_principals import KEEPER, OWN_ISSUER, SERVICE, own_principal


def test_they_are_made_once_and_are_nobody_else(node: OpenNode) -> None:
    made = [own_principal(node, subject) for subject in (SERVICE, KEEPER, SERVICE, KEEPER)]

    assert made[:2] == made[2:]
    assert [each.subject for each in made[:2]] == [SERVICE, KEEPER]
    assert {(each.issuer, each.kind) for each in made} == {(OWN_ISSUER, PrincipalKind.SERVICE)}
    assert len({node.principal.id, made[0].id, made[1].id}) == 3
    added = [each for each in node.store.events() if each.kind == "principal.added"]
    assert [each.details["principal"] for each in added] == [str(each.id) for each in made[:2]]


def test_of_two_that_need_one_at_once_only_the_maker_is_on_record(
    node: OpenNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = node.store.find_principal

    def overtaken(issuer: str, subject: str) -> Principal | None:
        """Look in vain, and let another be quicker with making it."""
        monkeypatch.setattr(node.store, "find_principal", find)
        found = find(issuer, subject)
        assert found is None
        quicker.append(own_principal(node, subject))
        return found

    quicker: list[Principal] = []
    monkeypatch.setattr(node.store, "find_principal", overtaken)

    assert [own_principal(node, KEEPER)] == quicker
    assert [each.kind for each in node.store.events()].count("principal.added") == 1
    assert own_principal(node, SERVICE) not in quicker  # the store takes writes as before
