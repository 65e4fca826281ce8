"""Reads every dataset of an HDF5 file with h5py, and does nothing with it.

    python h5py_read.py INPUT
"""

import argparse

import h5py


def read(name: str, item: h5py.Group | h5py.Dataset) -> None:
    """One item of the file."""
    if isinstance(item, h5py.Dataset):
        item[()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    options = parser.parse_args()

    with h5py.File(options.input) as file:
        file.visititems(read)


if __name__ == "__main__":
    main()
