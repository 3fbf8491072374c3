"""Plots as inline SVG, each with a text that says the same and a table of its figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rempart.report.markup import Content, Markup, tag
from rempart.report.texts import Texts
from rempart.report.values import DistanceCount, RatePoint

_WIDTH: Final = 720
_HEIGHT: Final = 240
_LEFT: Final = 64
_RIGHT: Final = 12
_TOP: Final = 12
_BOTTOM: Final = 34
_FLOOR: Final = _HEIGHT - _BOTTOM
_TICKS: Final = 4
_FEW_BITS: Final = 32


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a value stands on the page, between zero and the largest."""

    largest: float

    @classmethod
    def reaching(cls, value: float) -> "_Scale":
        """Return a scale up to a value, or a little further so that its ticks are whole numbers."""
        return cls(math.ceil(value / _TICKS) * _TICKS if value >= _TICKS else value)

    def down(self, value: float) -> float:
        share = value / self.largest if self.largest else 0
        return round(_FLOOR - share * (_FLOOR - _TOP), 1)


def distance_chart(texts: Texts, counts: Sequence[DistanceCount]) -> Markup:
    """Return a column for each distance, matches that are suppressed in another colour on top."""
    most = max(counts, key=lambda each: each.matches + each.suppressed)
    last = max(counts[-1].distance_bits, _FEW_BITS - 1)
    scale = _Scale.reaching(most.matches + most.suppressed)
    step = (_WIDTH - _LEFT - _RIGHT) / (last + 1)
    bars: list[Markup] = []
    for each in counts:
        left = round(_LEFT + each.distance_bits * step + step * 0.1, 1)
        width = round(step * 0.8, 1)
        middle, top = scale.down(each.matches), scale.down(each.matches + each.suppressed)
        bars.append(_bar(left, middle, width, _FLOOR - middle, "bar"))
        bars.append(_bar(left, top, width, middle - top, "bar suppressed"))
    every = max(1, (last + 1) // 8)
    below = [
        _text(round(_LEFT + bits * step + step / 2, 1), _FLOOR + 16, str(bits), "middle")
        for bits in range(0, last + 1, every)
    ]
    said = texts.text(
        "chart.distances",
        first=counts[0].distance_bits,
        last=counts[-1].distance_bits,
        top=most.distance_bits,
        most=texts.number(most.matches + most.suppressed),
    )
    unit = _text(_WIDTH - _RIGHT, _HEIGHT - 4, texts.text("chart.distances_axis"), "end")
    return _drawing("chart-distances", said, *_axis(texts, scale), *bars, *below, unit)


def rate_chart(texts: Texts, points: Sequence[RatePoint]) -> Markup:
    """Return a curve of objects per second over the time of the run."""
    most = max(each.objects_per_second for each in points)
    least = min(each.objects_per_second for each in points)
    longest = points[-1].seconds or 1
    scale = _Scale.reaching(most)

    def across(point: RatePoint) -> float:
        return round(_LEFT + point.seconds / longest * (_WIDTH - _LEFT - _RIGHT), 1)

    first = f"M{_LEFT},{scale.down(points[0].objects_per_second)}"
    steps = "".join(f"V{scale.down(each.objects_per_second)}H{across(each)}" for each in points)
    said = texts.text(
        "chart.rates",
        duration=texts.duration(points[-1].seconds),
        least=texts.number(least, 1),
        most=texts.number(most, 1),
    )
    ends = (
        _text(_LEFT, _FLOOR + 16, texts.duration(0), "start"),
        _text(_WIDTH - _RIGHT, _FLOOR + 16, texts.duration(points[-1].seconds), "end"),
        _text(_LEFT, _HEIGHT - 2, texts.text("chart.rates_axis"), "start"),
    )
    curve = tag("path", d=first + steps, class_="curve")
    return _drawing("chart-rates", said, *_axis(texts, scale), curve, *ends)


def figure(
    title: str, chart: Markup, table: Markup, *, texts: Texts, key: Content = None
) -> Markup:
    """Return a plot with its title and its figures."""
    return tag(
        "figure",
        tag("figcaption", title),
        key,
        chart,
        tag("details", tag("summary", texts.text("page.figures")), table),
    )


def _drawing(identifier: str, said: str, *parts: Markup) -> Markup:
    described = tag("desc", said, id=f"{identifier}-desc")
    return tag(
        "svg",
        described,
        *parts,
        role="img",
        aria_labelledby=f"{identifier}-desc",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
    )


def _axis(texts: Texts, scale: _Scale) -> list[Markup]:
    whole = scale.largest >= _TICKS
    marks: list[Markup] = []
    for tick in range(_TICKS + 1):
        value = scale.largest * tick / _TICKS
        down = scale.down(value)
        marks.append(tag("path", d=f"M{_LEFT},{down}H{_WIDTH - _RIGHT}", class_="axis"))
        if whole or tick in {0, _TICKS}:
            written = texts.number(value, 0 if whole or value == int(value) else 1)
            marks.append(_text(_LEFT - 8, down + 4, written, "end"))
    return marks


def _bar(left: float, top: float, width: float, height: float, name: str) -> Markup:
    return tag(
        "rect",
        class_=name,
        x=str(left),
        y=str(round(top, 1)),
        width=str(width),
        height=str(round(max(height, 0), 1)),
    )


def _text(left: float, top: float, text: str, anchor: str) -> Markup:
    return tag("text", text, x=str(left), y=str(top), text_anchor=anchor)
