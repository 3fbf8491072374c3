"""Hits of concurrent small look-ups: explained and written together, answered each for itself."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import pytest
from tests.api.conftest import KNOWN_PDQ, OTHER_PDQ, Asking

from rempart.model.errors import RempartError
from rempart.node.service import Batch, Found, GivenQuery
from rempart.node.service.errors import BusyError
from rempart.node.service.explaining import HitExplainer
from rempart.node.service.matching import HitBatch, MatchDesk
from rempart.node.service.queries import GivenFingerprint

PATIENCE_SECONDS = 60
UNKNOWN = "5a5a" * 16


class _HeldDesk(MatchDesk):
    """Explains only after it was let go, and notes who came together."""

    def __init__(self, desk: MatchDesk) -> None:
        super().__init__(desk._node, desk._live, desk._history)
        self.go = threading.Event()
        self.is_busy = threading.Event()
        self.groups: list[int] = []
        self.failure: Exception | None = None

    def match_together(self, asked: Sequence[HitBatch]) -> tuple[list[Found], Future[None] | None]:
        self.is_busy.set()
        assert self.go.wait(PATIENCE_SECONDS)
        self.groups.append(len(asked))
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        return super().match_together(asked)


class _Held:
    """An explainer that holds its first group until it is let go."""

    def __init__(self, ask: Asking) -> None:
        self.desk = _HeldDesk(ask.service.matching)
        self.explainer = HitExplainer(self.desk)
        self._principal_id = ask.service.node.principal.id

    def take(self, value: str, reference: str) -> Future[Found]:
        query = GivenQuery([GivenFingerprint("pdq", value)], reference)
        return self.explainer.match(Batch([query]), [0], principal_id=self._principal_id)

    def take_first(self, value: str, reference: str) -> Future[Found]:
        """Take one that is under way when this returns."""
        taken = self.take(value, reference)
        assert self.desk.is_busy.wait(PATIENCE_SECONDS)
        return taken


@pytest.fixture
def held(ask: Asking) -> Iterator[_Held]:
    """Give an explainer over the running service's desk, and end it."""
    made = _Held(ask)
    yield made
    made.desk.go.set()
    made.explainer.close()


def test_who_waits_shares_one_question_and_one_event_and_gets_its_own_matches(
    ask: Asking, held: _Held
) -> None:
    wanted = [KNOWN_PDQ if number % 3 else OTHER_PDQ for number in range(12)]
    taken = [held.take_first(wanted[0], "0")]
    taken += [held.take(value, str(number)) for number, value in enumerate(wanted[1:], 1)]
    held.desk.go.set()
    found = [each.result(PATIENCE_SECONDS).findings[0].matches for each in taken]

    assert held.desk.groups == [1, 11]
    lists = ["list-a" if number % 3 else "list-b" for number in range(12)]
    assert [[match.list_name for match in each] for each in found] == [[name] for name in lists]
    assert [each["lookups"] for each in ask.events("matches.recorded")][-2:] in ([1, 11], [12])
    history = ask.service.node.store.lookups.page(limit=100)
    recorded = {each.reference: each.match.id for each in history}
    assert recorded == {str(number): each[0].id for number, each in enumerate(found)}


def test_what_does_not_match_after_all_is_answered_and_leaves_nothing(
    ask: Asking, held: _Held
) -> None:
    held.desk.go.set()

    assert held.take(UNKNOWN, "none").result(PATIENCE_SECONDS).findings[0].matches == ()
    assert ask.service.node.store.lookups.page(limit=10) == ()


def test_a_group_that_fails_is_told_so_and_the_next_one_is_explained(held: _Held) -> None:
    held.desk.failure = BusyError()
    first = held.take_first(KNOWN_PDQ, "first")
    second = held.take(KNOWN_PDQ, "second")
    held.desk.go.set()

    with pytest.raises(RempartError):
        first.result(PATIENCE_SECONDS)
    assert len(second.result(PATIENCE_SECONDS).findings[0].matches) == 1


def test_a_request_that_is_given_up_costs_no_other_its_answer(held: _Held) -> None:
    first = held.take_first(KNOWN_PDQ, "first")
    second = held.take(KNOWN_PDQ, "second")

    assert not first.cancel()
    held.desk.go.set()
    assert len(second.result(PATIENCE_SECONDS).findings[0].matches) == 1


def test_closing_answers_those_who_wait(held: _Held) -> None:
    taken = [held.take_first(KNOWN_PDQ, "first"), held.take(OTHER_PDQ, "second")]
    held.desk.go.set()
    held.explainer.close()

    assert [len(each.result(PATIENCE_SECONDS).findings[0].matches) for each in taken] == [1, 1]


def test_hits_are_on_record_as_the_service_s_own(ask: Asking) -> None:
    ask.match(KNOWN_PDQ)

    store = ask.service.node.store
    (event,) = [each for each in store.events() if each.kind == "matches.recorded"]
    (who,) = [each for each in store.principals() if each.id == event.principal_id]

    assert (who.issuer, who.subject) == ("rempart-node", "service")
