"""`rempart law`: law as dated, cited data, and questions over it."""

import click

from rempart.cli.law.audit import audit
from rempart.cli.law.data import check, fact, rules, schema, versions
from rempart.cli.law.questions import channel, crime, dual, duties, jurisdiction, party
from rempart.cli.law.tables import changes, compare, country, gaps


@click.group()
def law() -> None:
    """Ask what is a crime where, what must be done, and through which channel.

    Every answer is yes, no, partly or check; `check` names what a lawyer must answer. Each one says on which
    articles and facts it stands, how sure they are, and how it was derived. It needs no node. It is no legal
    advice: a named person decides.
    """


for _command in (crime, dual, party, channel, jurisdiction, duties):
    law.add_command(_command)
for _command in (country, compare, gaps, changes, audit):
    law.add_command(_command)
for _command in (fact, rules, versions, check, schema):
    law.add_command(_command)
