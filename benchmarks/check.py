"""Fails when a conversion misses its target by more than 15 %. Other tools are not run.

    ./scripts/bench.sh check [--rounds 5] [--only GROUP[/ROW]...] [--scale 0.05]
"""

import sys

import environments
import inputs
import report
from options import Settings, parser, settings_of
from process import Failure
from rounds import measure
from rows import GROUPS, Group
from selection import restricted
from targets import Verdict

TOLERANCE = 1.15
# A row that misses its target is measured again, in so many times as many rounds, before it counts as failed.
MORE = 3


Misses = dict[str, list[Verdict]]


def measured_misses(group: Group, settings: Settings, rounds: int) -> Misses:
    """The rows of a group that miss their targets by more than is tolerated, with what they miss."""
    samples = measure(group, settings.place, rounds)
    found = {}
    for row in group.rows:
        verdicts = [target.verdict(samples[row.name], samples) for target in row.targets]
        for verdict in verdicts:
            print(f"{group.name}/{row.name}: {report.verdict_text(verdict)}", flush=True)
        missed = [verdict for verdict in verdicts if verdict["excess"] > TOLERANCE]
        if missed:
            found[row.name] = missed
    return found


def misses(group: Group, settings: Settings) -> Misses:
    """What the rows of a group with targets miss, also when they are measured again."""
    inputs.make(group.input, settings.scale)
    names = [row.name for row in group.rows if row.targets]
    first = measured_misses(restricted(group, names), settings, settings.rounds)
    if not first:
        return {}
    print(f"again: {', '.join(f'{group.name}/{name}' for name in first)}", flush=True)
    second = measured_misses(restricted(group, first), settings, MORE * settings.rounds)
    # The rows that those are compared with have passed.
    return {name: verdicts for name, verdicts in second.items() if name in first}


def main() -> None:
    settings = settings_of(parser(__doc__.splitlines()[0], rounds=5).parse_args())
    environments.make_own()
    failed = []
    for group in settings.select(GROUPS):
        if any(row.targets for row in group.rows):
            for name, verdicts in misses(group, settings).items():
                texts = map(report.verdict_text, verdicts)
                failed += [f"{group.name}/{name}: {text}" for text in texts]
    if failed:
        raise Failure("\n".join(["targets are missed by more than 15 %:", *failed]))
    print("bench: all targets hold within 15 %")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"bench: {failure}")
