"""Writes safetensors files tensor by tensor: 8 bytes with the length of the header, the header, the data."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTHS = {"F32": 4, "F16": 2, "BF16": 2}


@dataclass(frozen=True)
class Tensor:
    """A tensor whose bytes are made when they are written."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: Callable[[], bytes]

    @property
    def size(self) -> int:
        """The number of its bytes."""
        return WIDTHS[self.dtype] * math.prod(self.shape)


def header(tensors: Sequence[Tensor]) -> bytes:
    """What comes before the data."""
    entries: dict[str, dict] = {"__metadata__": {"format": "pt"}}
    position = 0
    for tensor in tensors:
        entries[tensor.name] = {
            "dtype": tensor.dtype,
            "shape": tensor.shape,
            "data_offsets": [position, position + tensor.size],
        }
        position += tensor.size
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def write(path: Path, tensors: Sequence[Tensor]) -> None:
    """A whole file; one tensor at a time is in memory."""
    with open(path, "wb") as file:
        file.write(header(tensors))
        for tensor in tensors:
            file.write(tensor.data())
