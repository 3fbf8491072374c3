"""`rempart law` with a question that has a table for its answer: country, compare, gaps, changes, audit."""

from datetime import date
from typing import Final

import click

from rempart.cli.law.cells import (
    CHANGES_COLUMNS,
    COMPARE_COLUMNS,
    COUNTRY_COLUMNS,
    GAPS_COLUMNS,
    changes_cells,
    compare_cells,
    country_cells,
    gaps_cells,
    write_csv,
)
from rempart.cli.law.changes import tell_changes
from rempart.cli.law.forms import Form
from rempart.cli.law.options import (
    LawChoice,
    age_option,
    choice_of,
    csv_option,
    day_option,
    law_command,
    material_option,
    version_option,
)
from rempart.cli.law.table_display import tell_all_gaps, tell_compare, tell_country, tell_gaps
from rempart.cli.messages import write_record
from rempart.model.law import Conduct, Material
from rempart.node import (
    MEASURED_INSTRUMENTS,
    Deed,
    ask_changes,
    ask_compare,
    ask_country,
    ask_gaps,
    every_conduct,
    law_record,
)

_COUNTRY: Final = Form(COUNTRY_COLUMNS, country_cells, tell_country)
_COMPARE: Final = Form(COMPARE_COLUMNS, compare_cells, tell_compare)
_CHANGES: Final = Form(CHANGES_COLUMNS, changes_cells, tell_changes)


@click.command()
@click.argument("state", metavar="CODE")
@day_option
@version_option
@csv_option
@law_command
def country(choice: LawChoice, *, state: str, on: date, as_csv: bool) -> None:
    """Show all that is known of the state CODE on a day, and what is not known.

    \b
    Example:
      rempart law country FR --on 2026-06-01
    """
    record = law_record(ask_country(choice.book(), state, on), choice.texts)
    _COUNTRY.write(record, choice, as_csv=as_csv)


@click.command()
@click.argument("states", nargs=-1, required=True, metavar="CODE CODE...")
@click.option("--conduct", type=choice_of(Conduct), help="What somebody did; else every conduct.")
@material_option
@age_option
@day_option
@version_option
@csv_option
@law_command
def compare(
    choice: LawChoice,
    *,
    states: tuple[str, ...],
    conduct: str | None,
    material: str,
    age: int | None,
    on: date,
    as_csv: bool,
) -> None:
    """Show how several states, each by its CODE, answer the same question.

    \b
    Examples:
      rempart law compare FR VN --conduct possession --on 2024-06-01
      rempart law compare FR JP KR GB --csv
    """
    deeds = every_conduct(Material(material), on, age)
    if conduct is not None:
        deeds = (Deed(Conduct(conduct), Material(material), on, age),)
    record = law_record(ask_compare(choice.book(), states, deeds), choice.texts)
    _COMPARE.write(record, choice, as_csv=as_csv)


@click.command()
@click.option(
    "--instrument", type=click.Choice(MEASURED_INSTRUMENTS), required=True, help="The instrument."
)
@click.option("--state", metavar="CODE", help="Only this state; else every state with facts.")
@day_option
@version_option
@csv_option
@law_command
def gaps(choice: LawChoice, *, instrument: str, state: str | None, on: date, as_csv: bool) -> None:
    """Show how far the law of states is from an instrument: met, partly, reserved, not met, check.

    \b
    Examples:
      rempart law gaps --instrument lanzarote
      rempart law gaps --instrument lanzarote --state FR --on 2026-06-01
    """
    answers = ask_gaps(choice.book(), state, instrument, on)
    records = (law_record(each, choice.texts) for each in answers)
    if choice.as_json:
        for each in records:
            write_record(each)
    elif as_csv:
        write_csv(GAPS_COLUMNS, (cell for each in records for cell in gaps_cells(each)))
    elif state is None:
        tell_all_gaps(list(records), choice.texts)
    else:
        tell_gaps(next(records), choice.texts)


@click.command()
@click.option("--from", "old", required=True, metavar="VERSION", help="Version before.")
@click.option("--to", "new", required=True, metavar="VERSION", help="Version after.")
@click.option(
    "--state", "states", multiple=True, metavar="CODE", help="Only this state. Repeatable."
)
@day_option
@csv_option
@law_command
def changes(
    choice: LawChoice, *, old: str, new: str, states: tuple[str, ...], on: date, as_csv: bool
) -> None:
    """Show which answers differ between two versions of the data, and which facts did it.

    An overlay counts for the version after only: the same version twice shows what the overlay changes.

    \b
    Examples:
      rempart law versions
      rempart law changes --from 2026.11.1 --to 2026.11.2 --state DK
    """
    answer = ask_changes(choice.book_without_overlay(old), choice.book(new), states, on)
    record = law_record(answer, choice.texts)
    _CHANGES.write(record, choice, as_csv=as_csv)
