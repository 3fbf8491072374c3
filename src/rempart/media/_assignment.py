"""What a worker is started for; whoever starts one needs none of what it decodes with."""

from dataclasses import dataclass

from rempart.media.limits import WorkerLimits


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker is started for."""

    work: str
    warm_up: str | None
    parent: int
    channel: int
    limits: WorkerLimits
    in_parts: bool = False
