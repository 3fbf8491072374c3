"""What the law asks after the matches, where the scan had a context."""

from rempart.report.markup import Markup, foreign, join, tag
from rempart.report.simple_tables import Head, facts, simple_table
from rempart.report.texts import Texts
from rempart.report.values import DecisionFacts


def decisions_section(texts: Texts, decisions: DecisionFacts) -> Markup:
    """Return the case, how many matches have a duty to report, and the duties."""
    answers = simple_table(
        texts.text("table.answers"),
        [Head(texts.text("head.duty")), Head(texts.text("head.matches"), is_number=True)],
        [
            (foreign(texts.named("answer", code)), texts.number(count))
            for code, count in decisions.answers
        ],
        identifier="caption-answers",
    )
    return join(
        tag("p", texts.text("about.decisions")),
        tag("h3", texts.text("fact.context")),
        facts((name, foreign(value)) for name, value in _case(texts, decisions)),
        answers,
        _duties(texts, decisions) if decisions.duties else None,
    )


def _case(texts: Texts, decisions: DecisionFacts) -> list[tuple[str, str]]:
    return [
        (texts.text("fact.case_kind"), decisions.kind),
        (texts.text("fact.case_established"), decisions.established),
        (texts.text("fact.case_conduct"), decisions.conduct),
        (texts.text("fact.case_on"), decisions.on),
        *decisions.roles,
    ]


def _duties(texts: Texts, decisions: DecisionFacts) -> Markup:
    names = ("what", "state", "answer", "to", "within", "article")
    table = simple_table(
        texts.text("table.duties"),
        [
            *(Head(texts.text(f"head.{each}")) for each in names),
            Head(texts.text("head.matches"), is_number=True),
        ],
        [
            (
                *map(
                    foreign,
                    (each.what, each.state, each.answer, each.to, each.within, each.article),
                ),
                texts.number(each.matches),
            )
            for each in decisions.duties
        ],
        identifier="caption-duties",
    )
    if not decisions.duties_left_out:
        return table
    more = texts.text("fact.more_roots", n=texts.number(decisions.duties_left_out))
    return join(table, tag("p", more))
