"""The page cache of Linux: which state the input is in before a run.

A file that was just written sits in the cache in small pieces and reads 2.6 times as slowly as one that
was read from the disk. So an input is dropped from the cache and read once before anything is timed.
"""

import os
from collections.abc import Iterator
from pathlib import Path

PIECE = 1 << 20


def files(path: Path) -> Iterator[Path]:
    """The file itself, or every file in a directory."""
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    else:
        yield path


def drop(path: Path) -> None:
    """Takes files out of the cache; they are on the disk first, as dirty pages would stay."""
    for file in files(path):
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def load(path: Path) -> None:
    """Reads files into the cache."""
    piece = bytearray(PIECE)
    for file in files(path):
        with open(file, "rb", buffering=0) as stream:
            while stream.readinto(piece):
                pass


def settle(path: Path) -> None:
    """Brings files into the cache as the kernel reads them from a disk."""
    drop(path)
    load(path)
