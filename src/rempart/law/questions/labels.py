"""Which class of material do the labels of an entry name?"""

from collections.abc import Iterable, Iterator

from rempart.law.book import LawBook
from rempart.law.rules.labels import class_of_labels, label_name
from rempart.law.shipped import LABELS
from rempart.model.labels import Label
from rempart.model.law import Answer, Material
from rempart.model.law_answers import Step
from rempart.model.law_facts import Fact


def label_step(book: LawBook, labels: tuple[Label, ...]) -> Step:
    """Return the step that takes labels to a class of material."""
    names = tuple(label_name(label.scheme, label.value) for label in labels)

    def make() -> Step:
        facts = tuple(_facts(book, labels))
        return class_of_labels.apply({"labels": names}, facts=facts)

    return book.remember((LABELS, labels), make)


def material_of(step: Step) -> Material | None:
    """Return the class that a label step found; None where it is a question for a person."""
    if step.finding.answer is not Answer.YES:
        return None
    return Material(str(step.finding.values["material"]))


def _facts(book: LawBook, labels: Iterable[Label]) -> Iterator[Fact]:
    for fact in book.library.facts(LABELS, "label"):
        if any(_speaks_of(fact, label) for label in labels):
            yield fact


def _speaks_of(fact: Fact, label: Label) -> bool:
    fields = fact.fields
    return (
        fields["scheme"] == label.scheme
        and fields["label"] == label.value
        and fields.get("scheme_version") in {None, label.scheme_version}
        and fields.get("region") in {None, label.region}
    )
