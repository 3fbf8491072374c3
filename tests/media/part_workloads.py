"""Work that answers in parts, honestly or not, for the tests of the worker pool."""

import ctypes
import time

from rempart.media._worker import Answer

CHANNEL = 3


def obey(descriptor: int, request: bytes, answer: Answer) -> bytes:
    """Do what the request names."""
    del descriptor
    command, _, count = request.decode().partition(" ")
    return COMMANDS[command](answer, int(count or 0))


def count_up(answer: Answer, count: int) -> bytes:
    for number in range(count):
        answer.part(b"%d" % number)
    return b"done"


def only_work(answer: Answer, count: int) -> bytes:
    for _ in range(count):
        answer.working()
    return b"done"


def speak_for_ever(answer: Answer, size: int) -> bytes:
    while True:
        answer.part(bytes(size))


def claim_to_work_for_ever(answer: Answer, _: int) -> bytes:
    while True:
        answer.working()


def say_a_large_part(answer: Answer, size: int) -> bytes:
    answer.part(bytes(size))
    return b"done"


def force_a_large_part(_: Answer, size: int) -> bytes:
    message = b"P" + (1).to_bytes(4, "big") + bytes(size)
    ctypes.CDLL(None).send(CHANNEL, message, len(message), 0)
    return b"done"


def speak_then_die(answer: Answer, count: int) -> bytes:
    count_up(answer, count)
    return ctypes.string_at(0)


def speak_then_sleep(answer: Answer, count: int) -> bytes:
    count_up(answer, count)
    time.sleep(60)
    return b"done"


COMMANDS = {
    function.__name__: function
    for function in (
        *(count_up, only_work, speak_for_ever, claim_to_work_for_ever, say_a_large_part),
        *(force_a_large_part, speak_then_die, speak_then_sleep),
    )
}
