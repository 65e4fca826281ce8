"""One process from its start to its end: its time on the clock and on the cores, and its memory."""

import os
import tempfile
import time
from dataclasses import dataclass


class Failure(Exception):
    """A program that failed, with what it said."""


@dataclass(frozen=True)
class Usage:
    """What one run took: seconds on the clock, seconds of all cores in user and system mode, bytes at the peak."""

    wall: float
    cpu: float
    peak: int


def run(command: list[str]) -> Usage:
    """Runs a program to its end; its output is dropped, its errors are part of the failure.

    Linux counts what the starting process holds towards the peak of the new one, so the harness is
    without numpy and reads files in small pieces.
    """
    with tempfile.TemporaryFile() as errors:
        actions = [
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, errors.fileno(), 2),
        ]
        start = time.monotonic()
        child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        _, status, usage = os.wait4(child, 0)
        wall = time.monotonic() - start
        code = os.waitstatus_to_exitcode(status)
        if code != 0:
            errors.seek(0)
            text = errors.read().decode(errors="replace").strip()
            raise Failure(f"{' '.join(command)}: exit code {code}: {text}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
