"""`rempart law`: law as dated, cited data, and questions over it."""

from typing import Final

import click

from rempart.cli.lazy_group import CommandPlace, LazyGroup

_QUESTIONS: Final = "rempart.cli.law.questions"
_TABLES: Final = "rempart.cli.law.tables"
_DATA: Final = "rempart.cli.law.data"

_PLACES: Final = {
    place.name: place
    for place in (
        CommandPlace(
            _QUESTIONS,
            "crime",
            "Say whether a conduct is a crime in a state, with provision and penalty.",
        ),
        CommandPlace(
            _QUESTIONS,
            "dual",
            "Say whether a conduct is a crime in two states (dual criminality).",
        ),
        CommandPlace(_QUESTIONS, "party", "Say whether a treaty binds a state on a day."),
        CommandPlace(
            _QUESTIONS,
            "channel",
            "Say which power one state can use towards another: articles, deadlines, refusals, attachments.",
        ),
        CommandPlace(
            _QUESTIONS,
            "jurisdiction",
            "Say which states can claim a case, and on which article.",
        ),
        CommandPlace(
            _QUESTIONS,
            "duties",
            "Say what an organisation has to do: report, preserve, remove, not inform, erase;"
            " and what is only allowed.",
        ),
        CommandPlace(
            _TABLES,
            "country",
            "Show all that is known of the state CODE on a day, and what is not known.",
        ),
        CommandPlace(
            _TABLES,
            "compare",
            "Show how several states, each by its CODE, answer the same question.",
        ),
        CommandPlace(
            _TABLES,
            "gaps",
            "Show how far the law of states is from an instrument: met, partly, reserved, not met, check.",
        ),
        CommandPlace(
            _TABLES,
            "changes",
            "Show which answers differ between two versions of the data, and which facts did it.",
        ),
        CommandPlace(
            "rempart.cli.law.audit",
            "audit",
            "Look through the law data: contradictions, coverage by state and topic, old rows, changed releases.",
        ),
        CommandPlace(
            _DATA, "fact", "Show the fact ID, with what it replaced and what replaced it."
        ),
        CommandPlace(_DATA, "rules", "List the rules that derive answers, each with its article."),
        CommandPlace(
            _DATA,
            "versions",
            "List the versions of the law data, each with the hash of the facts that it sees.",
        ),
        CommandPlace(
            _DATA,
            "check",
            "Check that every record in FILES is the answer to its question; `-` reads standard input.",
        ),
        CommandPlace(
            _DATA,
            "schema",
            "Print the JSON Schema (draft 2020-12) of the files of facts, for editors and checkers.",
        ),
    )
}


@click.group(cls=LazyGroup, places=_PLACES)
def law() -> None:
    """Ask what is a crime where, what must be done, and through which channel.

    Every answer is yes, no, partly or check; `check` names what a lawyer must answer. Each one says on which
    articles and facts it stands, how sure they are, and how it was derived. It needs no node. It is no legal
    advice: a named person decides.
    """
