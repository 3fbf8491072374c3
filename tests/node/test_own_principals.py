"""What a node does by itself is not on record as its operator's."""

from rempart.model.principals import PrincipalKind
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
