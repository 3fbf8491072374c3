"""Looking at many answers together: a whole country, several states, two data versions."""

from collections.abc import Mapping
from typing import cast

from rempart.law.derivation import Case, rule
from rempart.law.rules.joining import asks_of, notes_of
from rempart.law.rules.reading import named
from rempart.model.law import Answer, all_of, message
from rempart.model.law_answers import Finding


@rule("PRO-1", "every topic of a state")
def topics_answered(case: Case) -> Finding:
    """Tell how much of a state's law is known: `yes` every topic, `check` none, `partly` some.

    The text of the reason is `country.known-` with the answer.
    """
    answered = sum(each.answer is not Answer.CHECK for each in case.found)
    total = len(case.found)
    answer = _how_much(answered, total)
    counts = {"answered": answered, "check": total - answered}
    why = message(
        f"country.known-{answer.value}", count=answered, total=total, **named(case, "state")
    )
    return Finding(answer, why, asks=asks_of(case.found), values={"counts": counts})


def _how_much(answered: int, total: int) -> Answer:
    if answered == 0:
        return Answer.CHECK
    return Answer.YES if answered == total else Answer.PARTLY


@rule("CMP-1", "one conduct in several states")
def same_answer(case: Case) -> Finding:
    """Compare the answers of several states: `yes` all the same, `no` they differ, `check` one is not known.

    Two definite answers that differ decide, whatever the others are. The text of the reason is `compare.row-`
    with the answer.
    """
    answer = _agreement({each.answer for each in case.found})
    states = tuple(cast("tuple[str, ...]", case.given["states"]))
    why = message(
        f"compare.row-{answer.value}", states=states, **named(case, "conduct", "material")
    )
    return Finding(
        answer,
        why,
        asks=asks_of(case.found),
        notes=notes_of(case.found),
        values={"differs": answer is Answer.NO},
    )


def _agreement(answers: set[Answer]) -> Answer:
    definite = answers - {Answer.CHECK}
    if len(definite) > 1:
        return Answer.NO
    return Answer.YES if answers and definite == answers else Answer.CHECK


@rule("CMP-2", "several conducts in several states")
def coherent_law(case: Case) -> Finding:
    """Join the comparisons: one that differs gives `no`, else one that is not known gives `check`.

    The text of the reason is `compare.overall-` with the answer.
    """
    states = tuple(cast("tuple[str, ...]", case.given["states"]))
    answers = [each.answer for each in case.found]
    answer = all_of(answers) if answers else Answer.CHECK
    found = sum(each is answer for each in answers)
    why = message(f"compare.overall-{answer.value}", count=found, total=len(answers), states=states)
    return Finding(answer, why, asks=asks_of(case.found), notes=notes_of(case.found))


@rule("CHG-1", "one question under two data versions")
def answers_differ(case: Case) -> Finding:
    """Tell whether two data versions answer a question otherwise; the facts are those that did it.

    Given what each version says as `old` and `new`. The text speaks of the answer, else of the details that
    changed while the answer stayed.
    """
    old = cast("Mapping[str, object]", case.given["old"])
    new = cast("Mapping[str, object]", case.given["new"])
    differing = tuple(name for name in old if old[name] != new.get(name))
    about = named(case, "question", "state", "subject")
    if not differing:
        return Finding(Answer.NO, message("change.none", **about), values={"differs": ()})
    values = {"differs": differing}
    if "answer" in differing:
        before, after = str(old["answer"]), str(new["answer"])
        why = message("change.answer", before=before, after=after, **about)
        return Finding(Answer.YES, why, values=values)
    why = message("change.details", details=differing, answer=str(new["answer"]), **about)
    return Finding(Answer.YES, why, values=values)


@rule("CHG-2", "all questions under two data versions")
def anything_changed(case: Case) -> Finding:
    """Tell whether any answer changed: `yes` some did, `no` none did; given how many were asked and facts changed."""
    asked, facts = cast("int", case.given["asked"]), cast("int", case.given["facts"])
    changed = sum(each.answer is Answer.YES for each in case.found)
    if changed:
        why = message("change.some-answers", count=changed, total=asked, facts=facts)
        return Finding(Answer.YES, why)
    code = "change.only-facts" if facts else "change.nothing"
    return Finding(Answer.NO, message(code, total=asked, facts=facts))
