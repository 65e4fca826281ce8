"""Measures conversions beside `cp` and other tools, and writes docs/benchmarks.

    ./scripts/bench.sh conversions [--rounds 7] [--no-peers] [--only GROUP[/ROW]...] [--scale 0.05]
"""

import sys

import environments
from options import parser, settings_of
from peer_rows import PEERS
from process import Failure
from rows import GROUPS
from session import publish, run_group

# Other tools take a minute a round.
PEER_ROUNDS = 3


def main() -> None:
    arguments = parser(__doc__.splitlines()[0], rounds=7)
    arguments.add_argument("--no-peers", action="store_true", help="leave the other tools out")
    options = arguments.parse_args()
    settings = settings_of(options)

    selected = settings.select(GROUPS if options.no_peers else (*GROUPS, PEERS))
    environments.make_own()
    groups = []
    for group in selected:
        rounds = settings.rounds
        if group.name == PEERS.name:
            environments.make_peers()
            rounds = min(rounds, PEER_ROUNDS)
        groups.append(run_group(group, settings, rounds))
    publish("results.json", settings, groups)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"bench: {failure}")
