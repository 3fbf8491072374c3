"""The name of a bank is fixed: no deletion, renaming or narrower key lets it mean another list."""

from tests.hma.conftest import MakeRunning
from tests.hma.running import Client, Running
from tests.hma.test_banks import A, B, make_bank

from rempart.model.handling import Handling, Subject
from rempart.model.identifiers import ListId
from rempart.model.lists import ListPurpose


def _names(client: Client) -> set[str]:
    return {each["name"] for each in client.get("/c/banks").json()}


def _make_list(running: Running, name: str, owner: str | None = None) -> ListId:
    """Make a list as an import or `/v1` does, without a name as a bank."""
    node = running.node
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        made = writer.add_list(
            name,
            owner or node.store.node.organisation.name,
            purpose=ListPurpose.KNOWN,
            subject=Subject.CHILD,
            threshold_bits=31,
            handling=Handling(),
        )
        writer.record("list.created", {})
    return made.id


def _withdraw_elsewhere(running: Running, list_id: ListId) -> None:
    node = running.node
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.withdraw_list(list_id)
        writer.record("list.withdrawn", {})


def test_a_deleted_list_leaves_its_name_to_no_other_owners_list(run: MakeRunning) -> None:
    for is_deleted_here in (True, False):
        running = run()
        client = running.client()
        lists = {owner: _make_list(running, "new-l", owner) for owner in ("X", "Y", "Z")}
        names = {owner: f"NEW_L__{list_id.hex.upper()}" for owner, list_id in lists.items()}
        assert _names(client) == set(names.values())
        if is_deleted_here:
            assert client.delete(f"/c/bank/{names['X']}").status_code == 200
        else:
            _withdraw_elsewhere(running, lists["X"])
        assert _names(client) == {names["Y"], names["Z"]}
        assert client.get("/c/bank/NEW_L").status_code == 404


def test_a_bank_has_one_name_whatever_lists_the_key_shows(running: Running) -> None:
    whole = running.client()
    ours = _make_list(running, "new-l")
    lists = [ours, *(_make_list(running, "new-l", owner) for owner in ("X", "Y"))]
    seen = [_names(running.client(lists=(each,))) for each in lists]
    assert seen[0] == {"NEW_L"}
    assert all(len(each) == 1 for each in seen)
    assert set.union(*seen) == _names(whole)
    assert len(_names(whole)) == 3


def test_a_name_that_is_set_free_goes_to_whom_a_client_gives_it(
    running: Running, client: Client
) -> None:
    make_bank(client, "FIRST")
    assert client.put("/c/bank/FIRST", json={"name": "NEW_L"}).status_code == 200
    later = _make_list(running, "new-l")  # its plain name is the other bank's
    name = f"NEW_L__{later.hex.upper()}"
    assert _names(client) == {"NEW_L", name}
    client.add_signal(name, pdq=A)
    client.delete("/c/bank/NEW_L")
    assert _names(client) == {name}
    make_bank(client, "OTHER")
    assert client.put("/c/bank/OTHER", json={"name": "NEW_L"}).status_code == 200
    client.add_signal("NEW_L", pdq=B)
    assert set(client.lookup(A)) == {name}
    assert set(client.lookup(B)) == {"NEW_L"}
    assert client.put("/c/bank/NEW_L", json={"name": "THIRD"}).status_code == 200
    assert _names(client) == {name, "THIRD"}
    assert client.put(f"/c/bank/{name}", json={"name": "NEW_L"}).status_code == 200
    assert set(client.lookup(A)) == {"NEW_L"}


def test_the_name_of_a_list_that_was_withdrawn_elsewhere_can_be_given_again(
    running: Running, client: Client
) -> None:
    make_bank(client, "NEW_L")
    make_bank(client, "OTHER")
    client.add_signal("NEW_L", pdq=A)
    (made,) = (each for each in running.node.store.lists() if each.name == "new-l")
    _withdraw_elsewhere(running, made.id)
    running.settle()
    assert client.lookup(A) == {}
    assert client.put("/c/bank/OTHER", json={"name": "NEW_L"}).status_code == 200
    client.delete("/c/bank/NEW_L")
    make_bank(client, "NEW_L")
    client.add_signal("NEW_L", pdq=B)
    assert set(client.lookup(B)) == {"NEW_L"}


def test_what_a_match_is_called_follows_every_change_of_banks(
    running: Running, client: Client
) -> None:
    make_bank(client, "FIRST")
    client.add_signal("FIRST", pdq=A)
    assert set(client.lookup(A)) == {"FIRST"}
    client.put("/c/bank/FIRST", json={"name": "SECOND"})
    assert set(client.lookup(A)) == {"SECOND"}
    made = _make_list(running, "third")
    client.add_signal("THIRD", pdq=A)
    assert set(client.lookup(A)) == {"SECOND", "THIRD"}
    narrow = running.client(lists=(made,))
    assert set(narrow.lookup(A)) == {"THIRD"}
    client.put("/c/bank/SECOND", json={"enabled_ratio": 0.5})
    found = [set(client.lookup(A, seed=str(seed))) for seed in range(16)]
    assert {"THIRD"} in found
    assert {"SECOND", "THIRD"} in found


def test_a_client_cannot_give_a_bank_the_name_of_an_owners_list(
    running: Running, client: Client
) -> None:
    theirs = _make_list(running, "new-l", "X")
    make_bank(client, "FIRST")
    kept = f"NEW_L__{theirs.hex.upper()}"
    for name in (kept, kept[:-1] + "0"):
        assert client.post("/c/banks", json={"name": name}).status_code == 400
        assert client.put("/c/bank/FIRST", json={"name": name}).status_code == 400
    same = client.put(f"/c/bank/{kept}", json={"name": kept, "enabled_ratio": 0.5})
    assert same.json() == {"name": kept, "matching_enabled_ratio": 0.5}
