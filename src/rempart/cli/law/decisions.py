"""How the decision beside a match is told to people."""

from collections.abc import Iterator, Mapping
from typing import Any

from rempart.cli.law.words import Record, answer_name, heading, period
from rempart.cli.messages import tell
from rempart.cli.reports import printable_text
from rempart.model.decision import CaseContext
from rempart.node import Translator

_ASKS_SHOWN = 3
_HASH_SIGNS = 12


class DecisionTeller:
    """Writes decisions to standard output; what many matches share is written out once and named by a number."""

    def __init__(self, texts: Translator) -> None:
        """Write in a language."""
        self._texts = texts
        self._numbers: dict[str, int] = {}
        self._told: set[int] = set()

    def tell(self, decision: Mapping[str, Any]) -> None:
        """Write a decision: the answer, the offences, the duties, and what to ask a lawyer."""
        texts = self._texts
        lines = [printable_text(line) for line in _lines(decision, texts)]
        whole = "\n".join(lines)
        number = self._numbers.setdefault(whole, len(self._numbers) + 1)
        answer = answer_name(texts, decision["answer"])
        tell(
            f"  {heading(texts, 'decision')} {number}: {answer}. {printable_text(decision['why']['text'])}"
        )
        if number in self._told:
            return
        self._told.add(number)
        for line in lines:
            tell(line)


def describe_context(context: CaseContext) -> str:
    """Return the case of a scan in a line."""
    roles = ", ".join(f"{role.value} {' '.join(codes)}" for role, codes in context.roles.items())
    return (
        f"Deciding for a {context.kind.value} established in {context.established}: {context.conduct.value} "
        f"on {context.on.isoformat()}{', ' if roles else ''}{roles}. "
        "A decision proposes; a named person decides."
    )


def _lines(decision: Mapping[str, Any], texts: Translator) -> Iterator[str]:
    material = decision["material"]
    yield f"    {heading(texts, 'material')}: {material['why']['text']}"
    for offence in decision["offences"]:
        yield f"    {_offence(offence, texts)}"
    for duty in decision["duties"]:
        yield f"    {_duty(duty, texts)}"
    asks = decision["asks"]
    for ask in asks[:_ASKS_SHOWN]:
        yield f"    {heading(texts, 'ask-a-lawyer')}: {ask['text']}"
    if len(asks) > _ASKS_SHOWN:
        yield f"    {heading(texts, 'ask-a-lawyer')}: + {len(asks) - _ASKS_SHOWN}"
    version, digest = decision["data_version"], decision["data_hash"][:_HASH_SIGNS]
    overlay = f", {heading(texts, 'overlay')}" if decision["overlay"] else ""
    yield f"    {heading(texts, 'data-version')}: {version} {digest}{overlay}"


def _offence(offence: Record, texts: Translator) -> str:
    place = texts.name("place", offence["state"])
    provision = f" ({offence['provision']})" if offence["provision"] else ""
    return (
        f"{heading(texts, 'offence')}, {place}: {answer_name(texts, offence['answer'])}{provision}"
    )


def _duty(duty: Record, texts: Translator) -> str:
    place = texts.name("place", duty["state"])
    what = texts.name("duty", duty["what"])
    condition = f" [{texts.name('condition', duty['condition'])}]" if duty["condition"] else ""
    parts = [duty["to"] or "", period(texts, duty["within"]), duty["article"] or ""]
    details = "; ".join(part for part in parts if part)
    return f"{what}, {place}: {answer_name(texts, duty['answer'])}{condition}. {details}"
