"""`rempart law` with a question that has one answer: crime, dual, party, channel, jurisdiction, duties."""

from datetime import date

import click

from rempart.cli.law.display import tell_answer
from rempart.cli.law.options import (
    LawChoice,
    choice_of,
    conduct_option,
    day_option,
    deed_options,
    law_command,
    material_option,
    role_option,
    version_option,
)
from rempart.cli.messages import write_record
from rempart.model.law import Conduct, DutyBearer, Material, Need, Treaty
from rempart.model.law_answers import LawAnswer
from rempart.node import (
    Deed,
    ask_channel,
    ask_crime,
    ask_dual,
    ask_duties,
    ask_jurisdiction,
    ask_party,
    law_record,
    parse_roles,
)

_FROM = click.option(
    "--from", "requesting", required=True, metavar="CODE", help="State that asks: an ISO 3166 code."
)
_TO = click.option("--to", "requested", required=True, metavar="CODE", help="State that is asked.")
_STATE = click.option(
    "--state", required=True, metavar="CODE", help="State or part of one: FR, GB-SCT, US-CA."
)


def _tell(choice: LawChoice, answer: LawAnswer) -> None:
    record = law_record(answer, choice.texts)
    if choice.as_json:
        write_record(record)
    else:
        tell_answer(record, choice.texts)


def _deed(*, conduct: str, material: str, on: date, age: int | None) -> Deed:
    return Deed(Conduct(conduct), Material(material), on, age)


@click.command()
@_STATE
@deed_options
@version_option
@law_command
def crime(
    choice: LawChoice, *, state: str, conduct: str, material: str, age: int | None, on: date
) -> None:
    """Say whether a conduct is a crime in a state, with provision and penalty.

    \b
    Example:
      rempart law crime --state DK --conduct possession --age 16 --on 2024-06-01
    """
    deed = _deed(conduct=conduct, material=material, on=on, age=age)
    _tell(choice, ask_crime(choice.book(), state, deed))


@click.command()
@_FROM
@_TO
@deed_options
@version_option
@law_command
def dual(
    choice: LawChoice,
    *,
    requesting: str,
    requested: str,
    conduct: str,
    material: str,
    age: int | None,
    on: date,
) -> None:
    """Say whether a conduct is a crime in two states (dual criminality).

    \b
    Example:
      rempart law dual --from FR --to JP --conduct distribution --on 2026-06-01
    """
    deed = _deed(conduct=conduct, material=material, on=on, age=age)
    _tell(choice, ask_dual(choice.book(), requesting, requested, deed))


@click.command()
@_STATE
@click.option("--instrument", type=choice_of(Treaty), required=True, help="The treaty.")
@day_option
@version_option
@law_command
def party(choice: LawChoice, *, state: str, instrument: str, on: date) -> None:
    """Say whether a treaty binds a state on a day.

    \b
    Example:
      rempart law party --state NZ --instrument budapest --on 2025-12-01
    """
    _tell(choice, ask_party(choice.book(), state, Treaty(instrument), on))


@click.command()
@_FROM
@_TO
@click.option(
    "--need", type=choice_of(Need), required=True, help="What the one wants of the other."
)
@deed_options
@version_option
@law_command
def channel(
    choice: LawChoice,
    *,
    requesting: str,
    requested: str,
    need: str,
    conduct: str,
    material: str,
    age: int | None,
    on: date,
) -> None:
    """Say which power one state can use towards another: articles, deadlines, refusals, attachments.

    \b
    Example:
      rempart law channel --from FR --to JP --need preservation --conduct distribution --on 2024-06-01
    """
    deed = _deed(conduct=conduct, material=material, on=on, age=age)
    _tell(choice, ask_channel(choice.book(), requesting, requested, deed, Need(need)))


@click.command()
@role_option(is_required=True)
@conduct_option
@material_option
@day_option
@version_option
@law_command
def jurisdiction(
    choice: LawChoice, *, roles: tuple[str, ...], conduct: str, material: str, on: date
) -> None:
    """Say which states can claim a case, and on which article.

    \b
    Example:
      rempart law jurisdiction --conduct distribution --role host=DE --role uploader=US --role child=PH
    """
    deed = _deed(conduct=conduct, material=material, on=on, age=None)
    _tell(choice, ask_jurisdiction(choice.book(), parse_roles(roles), deed))


@click.command()
@click.option("--kind", type=choice_of(DutyBearer), required=True, help="What the organisation is.")
@click.option("--established", required=True, metavar="CODE", help="State where it is established.")
@role_option(is_required=False)
@conduct_option
@material_option
@day_option
@version_option
@law_command
def duties(
    choice: LawChoice,
    *,
    kind: str,
    established: str,
    roles: tuple[str, ...],
    conduct: str,
    material: str,
    on: date,
) -> None:
    """Say what an organisation has to do: report, preserve, remove, not inform, erase; and what is only allowed.

    \b
    Example:
      rempart law duties --kind platform --established US --role uploader=US --conduct distribution
    """
    deed = _deed(conduct=conduct, material=material, on=on, age=None)
    answer = ask_duties(choice.book(), DutyBearer(kind), established, parse_roles(roles), deed)
    _tell(choice, answer)
