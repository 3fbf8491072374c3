"""From a source's label to a class of material: only through the explicit map."""

from typing import cast

from rempart.law.derivation import Case, rule
from rempart.law.rules.joining import merged
from rempart.law.rules.reading import surest
from rempart.law.schema import UNKNOWN
from rempart.model.law import Answer, message
from rempart.model.law_answers import Finding
from rempart.model.law_facts import Fact


@rule("LB-1", "labels are not law: a sourced map takes them to classes of material")
def class_of_labels(case: Case) -> Finding:
    """Return the class of material that an entry's labels name, in `values["material"]`.

    Labels that are not in the map, or whose class is not known, give `check`; so do labels that name
    different classes, surely or not. One label that surely names a class is enough beside others that name none.
    """
    labels = cast("tuple[str, ...]", case.given["labels"])
    naming = [fact for fact in case.facts if fact.value != UNKNOWN]
    named = [fact for fact in naming if fact.confidence.is_usable]
    classes = {str(fact.value) for fact in naming}
    ask = message("ask.class-of-material", labels=labels)
    if not labels:
        return Finding(Answer.CHECK, message("label.none"), asks=(ask,))
    if not named:
        code = "label.class-unknown" if case.facts else "label.unmapped"
        return Finding(Answer.CHECK, message(code, labels=labels), asks=(ask,))
    if len(classes) > 1:
        why = message("label.disagree", labels=labels, materials=tuple(sorted(classes)))
        return Finding(Answer.CHECK, why, asks=(ask,))
    best = cast("Fact", surest(named))
    material = str(best.value)
    notes = merged(
        [[message("note.label", label=mapped_name(fact), material=material)] for fact in named]
    )
    values = {"material": material, "confidence": best.confidence.value}
    return Finding(
        Answer.YES, message("label.mapped", material=material), notes=notes, values=values
    )


def label_name(scheme: str, label: str) -> str:
    """Return how a derivation names a label."""
    return f"{scheme}: {label}"


def mapped_name(fact: Fact) -> str:
    """Return the name of the label that a fact maps."""
    return label_name(str(fact.fields["scheme"]), str(fact.fields["label"]))
