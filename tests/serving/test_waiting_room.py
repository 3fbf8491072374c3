"""Who is sent away when too many connections owe a request."""

from dataclasses import dataclass

import pytest

from rempart.node.serving.waiting_room import WaitingRoom, origin_of


@dataclass(eq=False)
class Guest:
    origin: str | None = "192.0.2.1"
    is_gone: bool = False

    def make_room(self) -> None:
        self.is_gone = True


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def room(clock: Clock, *, knows_clients: bool = True) -> WaitingRoom:
    return WaitingRoom(12, knows_clients=knows_clients, monotonic=clock)


def test_the_oldest_that_owes_a_head_goes_and_never_one_that_is_idle() -> None:
    waiting = room(Clock())
    idle, first, second, new = (Guest() for _ in range(4))
    waiting.is_idle(idle)
    for each in (first, second, new):
        waiting.owes_head(each)
    waiting.owes_head(first)  # more of its head arrived: it keeps its place

    assert waiting.send_one_away(but=new)
    assert (first.is_gone, second.is_gone) == (True, False)
    assert waiting.send_one_away(but=new)
    assert not waiting.send_one_away(but=new)
    assert not idle.is_gone


def test_one_client_holds_a_quarter_after_a_grace_and_others_are_not_touched() -> None:
    clock = Clock()
    waiting = room(clock)
    guests = [Guest() for _ in range(5)]
    other = Guest("192.0.2.2")
    waiting.owes_head(other)
    for each in guests:
        waiting.owes_head(each)
    assert not any(each.is_gone for each in guests)

    clock.at = 2.0
    waiting.owes_head(Guest())

    assert [each.is_gone for each in guests] == [True] * 3 + [False] * 2
    assert not other.is_gone


def test_a_client_s_unfinished_heads_go_before_its_idle_connections() -> None:
    clock = Clock()
    waiting = room(clock)
    idle, head = Guest(), Guest()
    waiting.is_idle(idle)
    waiting.owes_head(head)
    clock.at = 2.0

    for _ in range(2):
        waiting.is_idle(Guest())

    assert (idle.is_gone, head.is_gone) == (False, True)


@pytest.mark.parametrize(("origin", "knows_clients"), [(None, True), ("192.0.2.1", False)])
def test_who_is_not_known_or_a_proxy_has_no_share(
    origin: str | None, *, knows_clients: bool
) -> None:
    clock = Clock()
    waiting = room(clock, knows_clients=knows_clients)
    guests = [Guest(origin) for _ in range(12)]
    for each in guests:
        clock.at += 2.0
        waiting.owes_head(each)

    assert not any(each.is_gone for each in guests)


def test_who_has_left_is_forgotten() -> None:
    clock = Clock()
    waiting = room(clock)
    guests = [Guest() for _ in range(40)]
    for each in guests:
        clock.at += 2.0
        waiting.owes_head(each)
        waiting.leave(each)

    assert not any(each.is_gone for each in guests)
    assert not waiting.send_one_away(but=Guest())
    assert not waiting._by_client


def test_a_network_of_ipv6_is_one_client_and_mapped_addresses_are_ipv4() -> None:
    assert origin_of("2001:db8:1:2::7") == origin_of("2001:db8:1:2:ffff::1")
    assert origin_of("2001:db8:1:3::7") != origin_of("2001:db8:1:2::7")
    assert origin_of("::ffff:192.0.2.1") == origin_of("192.0.2.1") == "192.0.2.1"
    assert origin_of("") is None
