"""What a message's parameters are codes of, so that they can be shown by their names."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_STEMS: Final = {
    "crime": "conduct",
    "penalty": "conduct",
    "general": "conduct",
    "protected-age": "conduct",
    "material": "material",
    "eu.bound": "instrument",
}
"""Topics that end in a code."""


def topic_pattern(topic: str) -> tuple[str, Mapping[str, str]]:
    """Return a topic with the code in it replaced by its kind, and the code: `crime.{conduct}`, `possession`."""
    stem, _, code = topic.rpartition(".")
    if stem in _STEMS:
        return f"{stem}.{{{_STEMS[stem]}}}", {_STEMS[stem]: code}
    first, *treaty = topic.split(".", 2)
    if first == "treaty" and len(treaty) == 2:  # noqa: PLR2004 - the treaty and the rest
        return f"treaty.{{treaty}}.{treaty[1]}", {"treaty": treaty[0]}
    return topic, {}


def implied(params: Mapping[str, object]) -> Mapping[str, str]:
    """Return what a message's topic says besides: the conduct, the material or the instrument in it."""
    topic = params.get("topic")
    return topic_pattern(topic)[1] if isinstance(topic, str) else {}


_KINDS: Final = {
    "answer": ("answer", "answers", "before", "after"),
    "conduct": ("conduct", "conducts"),
    "confidence": ("confidence",),
    "condition": ("condition", "conditions"),
    "duty": ("duty", "duties"),
    "event": ("event",),
    "heading": ("details", "name"),
    "instrument": ("instrument", "instruments", "treaty", "treaties"),
    "kind": ("kind", "kinds", "organisation"),
    "material": ("material", "materials"),
    "need": ("need", "needs"),
    "place": ("state", "states", "other", "from", "to", "code", "codes", "established"),
    "question": ("question",),
    "role": ("role", "roles"),
    "status": ("status",),
    "subject": ("subject",),
    "topic": ("topic", "topics"),
    "unit": ("unit",),
    "value": ("value", "first", "second"),
}

NAMED_BY: Final = MappingProxyType({name: kind for kind, names in _KINDS.items() for name in names})
"""The kind of names that a message's parameter holds; others are shown as they are."""
