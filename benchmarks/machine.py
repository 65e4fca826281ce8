"""Where the numbers come from: the machine, the tool and the day."""

import datetime
import os
import platform
import resource
import subprocess
from pathlib import Path
from typing import TypedDict

VECTOR_SETS = ("sse2", "avx2", "avx512f", "avx512bw", "asimd", "sve")


class Machine(TypedDict):
    """What a reader needs to know to compare; memory in bytes."""

    cpu: str
    cores: int
    vector_sets: list[str]
    memory: int
    kernel: str
    file_system: str
    tool: str
    commit: str
    date: str
    harness_memory: int


def field(path: str, *names: str) -> str:
    """The first value of one of the names in a file of /proc with lines `name: value`."""
    for line in Path(path).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() in names:
            return value.strip()
    return ""


def memory(name: str) -> int:
    """Bytes of memory, as /proc/meminfo counts them."""
    return 1024 * int(field("/proc/meminfo", name).removesuffix("kB"))


def file_system(folder: Path) -> str:
    """The type of the file system that a folder is in: the longest mount point above it."""
    place, best, kind = folder.resolve(), "", ""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, name, *_ = line.split()
        if place.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, name
    return kind


def output(*command: str) -> str:
    """What a program prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def this_machine(tool: Path, work: Path) -> Machine:
    """This machine as it is now."""
    flags = field("/proc/cpuinfo", "flags", "Features").split()
    return {
        "cpu": field("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "vector_sets": [name for name in VECTOR_SETS if name in flags],
        "memory": memory("MemTotal"),
        "kernel": f"{platform.system()} {platform.release()}",
        "file_system": file_system(work),
        "tool": output(str(tool), "--version"),
        "commit": output("git", "describe", "--always", "--dirty"),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        # What no peak of memory can be below; see process.py.
        "harness_memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
