"""Measure what every command costs before it begins: CPU and wall time from the shell to its end, the best of N."""

import argparse
import tempfile
from pathlib import Path

from importing import make_node
from processes import run_measured

COMMANDS = {
    "`rempart --version`": ["--version"],
    "`rempart --help`": ["--help"],
    "`rempart scan --help`": ["scan", "--help"],
    "`rempart law party`": ["law", "party", "--state", "FR", "--instrument", "budapest"],
    "`rempart hash` of one text": ["hash", "{text}"],
    "`rempart match` of one digest": ["match", "--node", "{node}", f"md5:{1:032x}"],
    "`rempart lists show`": ["lists", "show", "--node", "{node}"],
    "`rempart scan` of one text": ["scan", "--node", "{node}", "{text}"],
}
"""What stands in the table, and the arguments."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rempart", type=Path, default=Path(".venv/bin/rempart"))
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    print("| command | ms of CPU | ms of wall |\n|---|--:|--:|")
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as place:
        text, node = Path(place, "text"), Path(place, "node")
        text.write_text("exercise", encoding="utf-8")
        make_node(options.rempart, node)
        for name, arguments in COMMANDS.items():
            command = [options.rempart, *(each.format(text=text, node=node) for each in arguments)]
            costs = [run_measured(command) for _ in range(options.rounds)]
            if any(cost.exit_code != 0 for cost in costs):
                raise SystemExit(costs[0].error)
            cpu = min(cost.cpu_seconds for cost in costs) * 1000
            wall = min(cost.wall_seconds for cost in costs) * 1000
            print(f"| {name} | {cpu:,.0f} | {wall:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
