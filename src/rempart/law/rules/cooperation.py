"""Co-operation between two states: dual criminality, powers, refusal, extradition."""

from rempart.law.derivation import Case, rule
from rempart.law.rules.joining import asks_of, merged, notes_of
from rempart.law.rules.reading import named
from rempart.model.law import Answer, Parameter, all_of, message
from rempart.model.law_answers import Finding


def _pair(case: Case) -> dict[str, Parameter]:
    return named(case, "from", "to")


@rule("DC-1", "Budapest art. 25(5)")
def dual_criminality(case: Case) -> Finding:
    """Join the answers of both states: the conduct counts, not its name or category."""
    *crimes, first_party, second_party = case.found
    answer = all_of(each.answer for each in crimes)
    is_treaty = {first_party.answer, second_party.answer} == {Answer.YES}
    limits = {each.values["age_limit"] for each in crimes if "age_limit" in each.values}
    notes = notes_of(crimes)
    if len(limits) > 1:
        notes = merged([notes, (message("note.age-limits-differ", **_pair(case)),)])
    weakest = next(each for each in crimes if each.answer is answer)
    why = message("dual.both", **_pair(case)) if answer is Answer.YES else weakest.why
    return Finding(
        answer, why, asks=asks_of(crimes), notes=notes, values={"both_parties": is_treaty}
    )
