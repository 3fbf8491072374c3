"""Is a deed a crime in both states?"""

from rempart.law.book import LawBook
from rempart.law.questions.crime import Deed, crime_record, crime_step
from rempart.law.rules.cooperation import dual_criminality
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Treaty
from rempart.model.law_answers import LawAnswer, Step


def is_dual(
    book: LawBook, requesting: Jurisdiction, requested: Jurisdiction, deed: Deed
) -> LawAnswer:
    """Answer whether a deed is a crime in both states; the answer is the same in both directions."""
    step = dual_step(book, requesting, requested, deed)
    question = {"kind": "dual", "from": requesting, "to": requested, **deed.asked()}
    states = {
        state: crime_record(book, state, deed, crime_step(book, state, deed))
        for state in (requesting, requested)
    }
    both = step.finding.values["both_parties"]
    instruments = [Treaty.BUDAPEST.value] if both else []
    return book.answer(question, step, states=states, instruments=instruments)


def dual_step(book: LawBook, requesting: Jurisdiction, requested: Jurisdiction, deed: Deed) -> Step:
    """Return the step that tells whether a deed is a crime in both states."""
    key = ("dual", requesting, requested, deed.conduct, deed.material, deed.on, deed.age)

    def make() -> Step:
        crimes = [crime_step(book, state, deed) for state in (requesting, requested)]
        parties = [book.party(state, Treaty.BUDAPEST, deed.on) for state in (requesting, requested)]
        return dual_criminality.apply(
            {"from": requesting, "to": requested}, uses=(*crimes, *parties)
        )

    return book.remember(key, make)
