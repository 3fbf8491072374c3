"""What a program does with the client, against the real service: results are values, refusals are errors."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import skimage
from tests.api.conftest import KNOWN_MD5, KNOWN_PDQ, OTHER_PDQ, Asking, StartFunction
from tests.client.conftest import ClientOf

from rempart.client import (
    AsyncClient,
    BadRequestError,
    CallError,
    Client,
    ConflictError,
    File,
    Fingerprint,
    ForbiddenError,
    Label,
    NewEntry,
    NotFoundError,
    PreconditionError,
    Query,
    RecordKept,
    RecordRefused,
    TooLargeError,
    UnauthenticatedError,
)
from rempart.model import fingerprint as model

UNKNOWN = "5a5a" * 16
NEW = NewEntry([Fingerprint("pdq", "96" * 32)], labels=[Label("exercise", "exercise-C")])


def pdq(value: str, reference: str | None = None) -> Query:
    return Query([Fingerprint("pdq", value)], reference=reference)


def test_match_is_explained_and_a_miss_is_empty(client: Client) -> None:
    known = Fingerprint.of(model.Fingerprint("md5", bytes.fromhex(KNOWN_MD5)))

    answer = client.match([pdq(UNKNOWN, "no"), pdq(KNOWN_PDQ, "yes"), Query([known])])

    assert answer.schema == "rempart.match/1"
    assert [each.reference for each in answer.results] == ["no", "yes", None]
    assert [[found.list for found in each.matches] for each in answer.results] == [
        [],
        ["list-a"],
        ["list-a"],
    ]
    assert answer.results[1].matches[0].labels[0].value == "exercise-A"
    assert answer.results[0].decisions is None


def test_case_gets_decisions_in_the_language_asked_for(client: Client) -> None:
    context = {"kind": "platform", "established": "FR", "conduct": "distribution"}

    english = client.match([pdq(KNOWN_PDQ)], context=context).results[0].decisions
    french = client.match([pdq(KNOWN_PDQ)], context=context, language="fr").results[0].decisions

    assert english
    assert french
    assert english != french


def test_more_queries_than_fit_into_a_request_are_divided(client: Client) -> None:
    wanted = [pdq(f"{number:064x}", str(number)) for number in range(1, 10_002)]
    wanted[10_000] = pdq(KNOWN_PDQ, "last")

    answer = client.match(iter(wanted))

    assert [each.reference for each in answer.results] == [each.reference for each in wanted]
    assert answer.results[10_000].matches[0].list == "list-a"


def test_parts_are_halved_where_the_service_takes_fewer(
    start: StartFunction, client_of: ClientOf
) -> None:
    client = client_of(start(batch_queries=3))

    answer = client.match([pdq(UNKNOWN, str(number)) for number in range(11)])

    assert [each.reference for each in answer.results] == [str(number) for number in range(11)]


@pytest.mark.parametrize("wrong", [Fingerprint("pdq", "zz"), Fingerprint("md5", "")])
def test_refused_query_is_named_by_its_place_in_the_call(
    monkeypatch: pytest.MonkeyPatch, client: Client, wrong: Fingerprint
) -> None:
    monkeypatch.setattr("rempart.client.match_calls.MOST_QUERIES", 4)
    queries = [Query([Fingerprint("pdq", "0f" * 32)])] * 12
    for place in (0, 3, 4, 10):
        given = [*queries[:place], Query([wrong]), *queries]

        with pytest.raises(BadRequestError) as caught:
            client.match(given)

        assert f"queries[{place}].fingerprints[0]" in caught.value.message
        assert f"queries[{place}]" in str(caught.value)
        assert (caught.value.status, caught.value.reference is None) == (400, False)


def test_query_that_is_too_large_by_itself_is_an_error(client: Client) -> None:
    vast = Query([Fingerprint("tmk", "x" * 131_073)])

    with pytest.raises(Exception, match=r"fingerprints.*value") as caught:
        client.match([vast])

    assert not isinstance(caught.value, TooLargeError)


def test_files_are_scanned_from_bytes_and_from_disk_in_their_order(client: Client) -> None:
    picture = Path(skimage.__file__).parent / "data" / "coffee.png"

    answer = client.scan([File(picture.read_bytes(), 'a "name" é'), picture, b"no picture"])

    assert answer.schema == "rempart.scan/1"
    assert [each.reference for each in answer.results] == ['a "name" é', None, None]
    assert [each.outcome for each in answer.results] == ["ok", "ok", "ok"]
    first, second, third = answer.results
    assert first.fingerprints == second.fingerprints
    assert {each.kind for each in first.fingerprints} >= {"pdq", "md5"}
    assert third.fingerprints
    assert third.media_type != first.media_type


def test_file_that_cannot_be_opened_is_a_call_error_and_nothing_is_sent(
    client: Client, tmp_path: Path
) -> None:
    with pytest.raises(CallError, match="cannot be opened"):
        client.scan([tmp_path / "absent"])


@pytest.mark.parametrize("call", ["match", "scan"])
def test_nothing_to_ask_is_a_call_error(client: Client, call: str) -> None:
    with pytest.raises(CallError, match="There is no"):
        getattr(client, call)([])


def test_lists_are_made_shown_changed_and_withdrawn(client: Client) -> None:
    made = client.add_list("list-c", owner="Exercise Police", threshold_bits=20)
    shown = client.show_list("list-c")
    changed = client.change_list("list-c", standing="suspended", if_match=shown.etag)

    assert made == shown
    assert (changed.standing, changed.threshold_bits) == ("suspended", 20)
    with pytest.raises(PreconditionError) as caught:
        client.withdraw_list("list-c", if_match=shown.etag)
    assert caught.value.kind == "precondition"
    assert changed.etag is not None
    assert client.show_list_if_changed("list-c", changed.etag) is None
    assert client.show_list_if_changed("list-c", shown.etag or "") == changed
    client.withdraw_list("list-c", if_match=changed.etag)
    assert {each.name for each in client.every_list()} == {"list-a", "list-b"}
    assert "list-c" in {each.name for each in client.every_list(withdrawn=True)}
    assert client.count_list("list-a").fingerprints == {"md5": 1, "pdq exact": 1}


def test_entries_are_put_changed_suspended_and_withdrawn(ask: Asking, client: Client) -> None:
    kept, refused = client.put_entries(
        "list-a", [NEW, NewEntry([Fingerprint("md5", "00" * 16)])]
    ).records
    assert isinstance(kept, RecordKept)
    assert isinstance(refused, RecordRefused)
    assert refused.code == "all-zero"
    entry = client.show_entry("list-a", kept.entry)
    relabelled = NewEntry(NEW.fingerprints, labels=[Label("exercise", "exercise-D")])

    changed = client.change_entry("list-a", kept.entry, relabelled, if_match=entry.etag)
    with pytest.raises(PreconditionError):
        client.change_entry("list-a", kept.entry, NEW, if_match=entry.etag)
    client.suspend_entry("list-a", kept.entry, until=datetime.now(UTC) + timedelta(days=1))

    assert changed.outcome == "changed"
    assert client.show_entry_if_changed("list-a", kept.entry, entry.etag or "") is not None
    assert client.show_entry("list-a", kept.entry).suspension is not None
    client.resume_entry("list-a", kept.entry)
    ask.catch_up()
    (found,) = client.match([pdq("96" * 32)]).results[0].matches
    assert found.labels[0].value == "exercise-D"
    client.withdraw_entry("list-a", kept.entry)
    assert client.show_entry("list-a", kept.entry).standing == "withdrawn"


def test_iterators_follow_every_page(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    for module in ("list_calls", "entry_calls", "record_calls", "service_calls"):
        monkeypatch.setattr(f"rempart.client.{module}.PAGE", 2)
    client.put_entries(
        "list-a",
        [NewEntry([Fingerprint("md5", f"{number:032x}")]) for number in range(1, 8)],
    )
    client.match([pdq(KNOWN_PDQ)] * 5)

    entries = list(client.every_entry("list-a"))
    indexes = [each.index for each in client.every_event()]

    assert len({each.id for each in entries}) == len(entries) == 9
    assert len(list(client.every_entry("list-a", kind="pdq", value=KNOWN_PDQ))) == 1
    assert len(list(client.every_match(list="list-a"))) == 5
    assert len(list(client.every_list())) == 2
    assert indexes == list(range(len(indexes)))


def test_history_is_read_and_judged(client: Client) -> None:
    found = client.match([pdq(KNOWN_PDQ, "one")]).results[0].matches[0]
    later = datetime.now(UTC) + timedelta(hours=1)

    said = client.dispose_match(found.id, "unclear", "A second opinion was asked for.")
    history = client.show_match(found.id)

    assert history.match.match == found
    assert history.dispositions == [said]
    assert client.show_matches(since=later).matches == []
    assert [each.reference for each in client.show_matches(disposition="unclear").matches] == [
        "one"
    ]


def test_keys_are_made_rotated_and_revoked_without_being_shown(
    ask: Asking, client: Client, client_of: ClientOf
) -> None:
    made = client.create_key(["match"], lists=[str(ask.list_id("list-b"))], label="exercise")
    limited = client_of(ask.with_key(made.key))

    assert limited.match([pdq(KNOWN_PDQ)]).results[0].matches == []
    assert limited.match([pdq(OTHER_PDQ)]).results[0].matches[0].list == "list-b"
    with pytest.raises(ForbiddenError) as caught:
        limited.show_keys()
    assert (caught.value.status, caught.value.kind) == (403, "forbidden")
    replaced = client.rotate_key(made.id, overlap_hours=0)
    assert made.key is not None
    assert made.key not in repr(made)
    assert replaced.key
    client.revoke_key(replaced.id)
    assert client.show_key(replaced.id).state == "revoked"
    assert {made.id, replaced.id} <= {each.id for each in client.show_keys().keys}


def test_audit_log_and_state_are_read(client: Client) -> None:
    with client.export_audit() as parts:
        exported = b"".join(parts)

    assert exported.startswith(b'{"schema":"rempart.log/1"')
    assert client.show_events(limit=1).next_after == 0
    assert client.show_checkpoint().startswith("rempart/")
    assert client.show_audit_keys()
    assert client.show_proof(0).startswith("c2sp.org/tlog-proof")
    assert client.is_alive().status == "alive"
    assert client.is_ready()
    assert "rempart" in client.read_metrics()
    assert client.get_openapi()["openapi"] == "3.1.0"


@pytest.mark.parametrize("name", ["csv", "plain", "vics"])
def test_list_is_exported_while_it_comes(client: Client, name: str) -> None:
    with client.export_list("list-a", format=name) as parts:  # type: ignore[arg-type] # one of three
        assert b"".join(parts)
    with pytest.raises(NotFoundError) as caught, client.export_list("list-x"):
        pass
    assert caught.value.kind == "list-unknown"
    assert caught.value.reference


def test_refusals_are_errors_with_kind_hint_and_reference(
    ask: Asking, client: Client, client_of: ClientOf
) -> None:
    with pytest.raises(ConflictError) as twice:
        client.add_list("list-a", owner="Exercise Hotline")
    with pytest.raises(UnauthenticatedError) as nobody:
        client_of(ask.with_key(None)).show_lists()

    for caught in (twice, nobody):
        assert caught.value.kind
        assert caught.value.hint
        assert caught.value.reference


@pytest.mark.parametrize("name", ["", ".", "..", "a/../list-a", "list-a/entries"])
def test_name_that_would_change_the_address_is_never_sent(client: Client, name: str) -> None:
    with pytest.raises(CallError):
        client.show_list(name)
    with pytest.raises(CallError):
        client.show_entry("list-a", name)


@pytest.mark.parametrize("name", ["list-a?x=1", "é %", "%2e%2e", "list-a#", "list-a%2fentries"])
def test_name_stays_one_part_of_the_address(client: Client, name: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        client.show_list(name)
    assert caught.value.kind in {"list-unknown", "path-unknown"}


def test_asynchronous_client_does_the_same(ask: Asking) -> None:
    async def use() -> None:
        transport = httpx.ASGITransport(ask.application, raise_app_exceptions=False)
        async with AsyncClient("http://127.0.0.1", ask.key, transport=transport) as client:
            answer = await client.match([pdq(UNKNOWN)] * 10_000 + [pdq(KNOWN_PDQ)])
            assert len(answer.results) == 10_001
            assert answer.results[-1].matches
            assert [each.name async for each in client.every_list()] == ["list-a", "list-b"]
            async with client.export_list("list-a") as parts:
                exported = b"".join([part async for part in parts])
            assert KNOWN_PDQ.encode() in exported
            with pytest.raises(NotFoundError):
                await client.show_list("list-x")
            made = await client.add_list("list-c")
            assert (await client.show_list("list-c")) == made

    ask.runner.run(use())
