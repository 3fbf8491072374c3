"""How labels, offences and duties make a decision."""

from typing import cast

from rempart.law import Case, rule
from rempart.law.rules.joining import asks_of, merged, notes_of
from rempart.model.law import Answer, all_of, message
from rempart.model.law_answers import Finding


@rule("DE-1", "a duty to report needs an offence: the deed, the material and the duty together")
def duty_after_match(case: Case) -> Finding:
    """Join the class of material, the offence where the organisation is established, and the duty to report there.

    What is a crime elsewhere brings questions only. A list whose subject is no child, and a deed that is surely no
    crime at home, leave a question for a person, never a silent `no`: the context or the list may be wrong.
    """
    material, duty, at_home, *elsewhere = case.found
    if not case.given["is_child"]:
        ask = message("ask.subject-of-list", subject=cast("str", case.given["subject"]))
        why = message("decision.subject-not-child", subject=cast("str", case.given["subject"]))
        return Finding(Answer.CHECK, why, asks=(ask,))
    asks = merged([material.asks, duty.asks, at_home.asks, asks_of(elsewhere)])
    notes = merged([(message("note.match-is-a-lead"),), notes_of(case.found)])
    if material.answer is not Answer.YES:
        return Finding(Answer.CHECK, material.why, asks=asks, notes=notes)
    if at_home.answer is Answer.NO:
        asks = merged([(message("ask.no-offence"),), asks])
        return Finding(Answer.CHECK, message("decision.no-offence"), asks=asks, notes=notes)
    if duty.answer is Answer.NO:
        return Finding(Answer.NO, duty.why, asks=asks, notes=notes)
    answer = all_of((at_home.answer, duty.answer))
    weakest = duty if duty.answer is answer else at_home
    return Finding(answer, weakest.why, asks=asks, notes=notes)
