"""Whether the service works, and how much it does."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from rempart.api.answers import Answer, json_answer
from rempart.api.call import Call
from rempart.api.metrics import CONTENT_TYPE, Metrics
from rempart.api.operations import AnswerForm, Operation
from rempart.api.shapes import Alive, Readiness
from rempart.node.service import Action

_UNAVAILABLE = 503


Lacks: TypeAlias = Callable[[], Sequence[str]]
"""Says what an application lacks to answer every request; nothing where all is there."""


def nothing() -> Sequence[str]:
    """Say that nothing is lacking."""
    return ()


def operating_operations(metrics: Metrics, lacks: Lacks) -> list[Operation]:
    """Return the operations for who runs the service."""

    async def read_metrics(call: Call) -> Answer:
        text = await call.in_thread(metrics.text)
        return Answer(status=200, body=text, media_type=CONTENT_TYPE)

    async def is_ready(call: Call) -> Answer:
        waits_for = [*await call.in_thread(call.service.waits_for), *lacks()]
        if waits_for:
            return json_answer(
                Readiness("waiting", waits_for),
                status=_UNAVAILABLE,
                headers=((b"retry-after", b"1"),),
            )
        return json_answer(Readiness("ready", []))

    return [
        Operation(
            method="GET",
            path="/health/live",
            name="is_alive",
            tag="operation",
            summary="Whether the process answers",
            handle=_is_alive,
            action=None,
            answers={200: AnswerForm(description="It does.", shape=Alive)},
        ),
        Operation(
            method="GET",
            path="/health/ready",
            name="is_ready",
            tag="operation",
            summary="Whether the service can do its work",
            handle=is_ready,
            action=None,
            answers={
                200: AnswerForm(description="It can.", shape=Readiness),
                503: AnswerForm(description="Not yet; it says what it waits for.", shape=Readiness),
            },
        ),
        Operation(
            method="GET",
            path="/metrics",
            name="read_metrics",
            tag="operation",
            summary="Figures of all workers of this machine, for Prometheus",
            handle=read_metrics,
            action=Action.READ_METRICS,
            answers={
                200: AnswerForm(description="Text format 0.0.4.", media_types=("text/plain",))
            },
        ),
    ]


async def _is_alive(_: Call) -> Answer:
    return json_answer(Alive("alive"))
