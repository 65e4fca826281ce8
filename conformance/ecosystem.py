"""What the checks of the ecosystem layouts share: files, comparisons, the tool, negative controls.

Each script compares with one live library and takes the same options:

    --tool QCONVERT     checks the tool
    --stand-in          the library itself stands in for the tool: shows that the checks can pass
    --quick             a few schemes, a bfloat16 and a float32 model
    --model DIRECTORY   a real BERT as well
    --keep DIRECTORY    where all files stay

After the cases come the negative controls: sound outputs with one thing broken, each of which must fail.
"""

import argparse
import importlib.metadata
import json
import math
import shutil
import subprocess
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

INDEX = "model.safetensors.index.json"


class Failure(Exception):
    """What a check found, one line for each difference."""


def expect(condition: bool, problem: str) -> None:
    """Fails with a problem unless the condition holds."""
    if not condition:
        raise Failure(problem)


# MARK: Files


@dataclass(frozen=True)
class Entry:
    """A tensor of a file as it is stored."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def read_file(path: Path) -> tuple[dict[str, Entry], dict[str, str]]:
    """The tensors and the metadata of a safetensors file."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    entries = {}
    for name, value in header.items():
        first, end = (start + offset for offset in value["data_offsets"])
        entries[name] = Entry(value["dtype"], tuple(value["shape"]), data[first:end])
    return entries, metadata


def write_file(path: Path, entries: dict[str, Entry], metadata: dict[str, str]) -> None:
    """Writes a safetensors file."""
    header, offset = {"__metadata__": metadata}, 0
    for name, entry in entries.items():
        end = offset + len(entry.data)
        header[name] = {"dtype": entry.dtype, "shape": entry.shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    parts = [len(text).to_bytes(8, "little"), text, *(entry.data for entry in entries.values())]
    path.write_bytes(b"".join(parts))


def files(directory: Path) -> list[Path]:
    """The safetensors files of a directory in the order of their names."""
    return sorted(directory.glob("*.safetensors"))


def read(directory: Path) -> tuple[dict[str, Entry], dict[str, str]]:
    """The tensors and the metadata of all files of a directory, its index held against them."""
    shards, all_metadata = {}, {}
    for path in files(directory):
        shards[path.name], metadata = read_file(path)
        all_metadata |= metadata
    entries = {name: entry for shard in shards.values() for name, entry in shard.items()}
    if (directory / INDEX).exists():
        index = json.loads((directory / INDEX).read_text())
        places = {name: file for file, shard in shards.items() for name in shard}
        expect(index["weight_map"] == places, "the index and the shards differ")
        size = sum(len(entry.data) for entry in entries.values())
        expect(index["metadata"]["total_size"] == size, f"total_size is not {size}")
    else:
        expect(list(shards) == ["model.safetensors"], f"no index, but {list(shards)}")
    return entries, all_metadata


def read_config(directory: Path) -> dict:
    """The config.json of a directory."""
    return json.loads((directory / "config.json").read_text())


def write_config(directory: Path, config: dict) -> None:
    """Writes the config.json of a directory."""
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def copy_companions(source: Path, output: Path) -> None:
    """Copies all files but weights and their index; the output must not exist."""
    ignored = shutil.ignore_patterns("*.safetensors", INDEX)
    shutil.copytree(source, output, ignore=ignored)


# MARK: Comparisons


def difference(name: str, expected: Entry, actual: Entry) -> str | None:
    """Says where two tensors part; None if they do not."""
    if (expected.dtype, expected.shape) != (actual.dtype, actual.shape):
        wanted = f"{expected.dtype} {list(expected.shape)}"
        return f"{name}: {actual.dtype} {list(actual.shape)}, expected {wanted}"
    if expected.data == actual.data:
        return None
    pairs = enumerate(zip(expected.data, actual.data, strict=True))
    places = [place for place, (one, other) in pairs if one != other]
    first, count = places[0], len(expected.data)
    one, other = actual.data[first : first + 4].hex(), expected.data[first : first + 4].hex()
    return f"{name}: {len(places)} of {count} bytes differ, first at {first}: {one}, not {other}"


def expect_equal(step: str, expected: dict[str, Entry], actual: dict[str, Entry]) -> None:
    """Fails with each tensor that is missing, not expected, or not equal byte for byte."""
    lines = [f"{name}: missing" for name in expected if name not in actual]
    lines += [f"{name}: not expected" for name in actual if name not in expected]
    for name in expected:
        if name in actual:
            lines.append(difference(name, expected[name], actual[name]))
    lines = [f"{step}: {line}" for line in lines if line is not None]
    if lines:
        raise Failure("\n".join(lines[:8] + [f"… {len(lines)} lines in all"] * (len(lines) > 8)))


def expect_config(step: str, expected: dict, actual: dict, own: tuple[str, ...] = ()) -> None:
    """Fails where a key of config.json, but for the layout's own ones, is missing, new or changed."""
    for key in expected.keys() | actual.keys():
        if key not in own:
            same = key in expected and key in actual and expected[key] == actual[key]
            expect(same, f"{step}: config.json: {key} is {actual.get(key)!r}")


# MARK: The tool


class Tool:
    """The qconvert executable."""

    def __init__(self, path: str):
        self.path = path

    def run(self, *command) -> None:
        """Runs the tool; anything but exit code 0 fails the check."""
        result = subprocess.run([self.path, *command], capture_output=True, text=True)
        if result.returncode != 0:
            shown = " ".join(map(str, command))
            raise Failure(f"{shown}: exit code {result.returncode}: {result.stderr.strip()}")

    def convert(self, model: Path, arguments: list[str], output: Path) -> None:
        """Quantizes a model directory."""
        self.run(model, *arguments, "-o", output, "--quiet", "--sync", "none")

    def dequantize(self, quantized: Path, output: Path) -> None:
        """Goes back to float."""
        self.run("dequantize", quantized, "-o", output, "--quiet", "--sync", "none")

    def verify(self, quantized: Path, model: Path) -> None:
        """Holds a quantized directory against the float model."""
        self.run("verify", quantized, "--against", model)


# MARK: Cases and negative controls


@dataclass(frozen=True)
class Control:
    """One thing that is broken in a copy of a sound output: a check must notice."""

    name: str
    change: Callable[[Path], None]


def changed_entry(suffix: str, change: Callable[[Entry], Entry | None]) -> Callable[[Path], None]:
    """Changes, or with None drops, the first tensor whose name ends so."""

    def apply(directory: Path) -> None:
        for path in files(directory):
            entries, metadata = read_file(path)
            for name in sorted(entries):
                if name.endswith(suffix):
                    result = change(entries.pop(name))
                    write_file(path, entries | ({name: result} if result else {}), metadata)
                    return
        raise LookupError(f"no tensor is called *{suffix}")

    return apply


def flip_nibble(entry: Entry) -> Entry:
    """Other low bits in the middle of the data."""
    data, middle = bytearray(entry.data), len(entry.data) // 2
    data[middle] ^= 0x0F
    return Entry(entry.dtype, entry.shape, bytes(data))


def rotate(entry: Entry) -> Entry:
    """The last value first, every other one too late; a value on its own gets other middle bits."""
    count = math.prod(entry.shape)
    width = len(entry.data) // count
    if count == 1:
        data = bytearray(entry.data)
        data[-2] ^= 0x70
        return Entry(entry.dtype, entry.shape, bytes(data))
    return Entry(entry.dtype, entry.shape, entry.data[-width:] + entry.data[:-width])


def changed_config(change: Callable[[dict], None]) -> Callable[[Path], None]:
    """Changes the config.json of a directory in place."""

    def apply(directory: Path) -> None:
        config = read_config(directory)
        change(config)
        write_config(directory, config)

    return apply


class Checks:
    """Runs cases, prints those that fail, and counts."""

    def __init__(self, library: str, options: argparse.Namespace, directory: Path):
        self.library, self.quick, self.directory = library, options.quick, directory
        self.start = time.monotonic()
        self.cases = self.failed = self.controls = self.missed = 0

    def case(self, name: str, check: Callable[[Path], None]) -> bool:
        """Runs a check in a fresh folder of its own; whether it passed."""
        folder = self.directory / name.replace(" ", "_").replace("/", "_")
        folder.mkdir(parents=True)
        self.cases += 1
        try:
            check(folder)
            return True
        except Failure as failure:
            print(f"DIFFERENT: {name}\n{failure}", flush=True)
        except Exception as error:
            print(f"FAILED: {name}: {type(error).__name__}: {error}", flush=True)
            traceback.print_exc(limit=-3)
        self.failed += 1
        return False

    def expect_caught(
        self, output: Path, controls: list[Control], check: Callable[[Path], None]
    ) -> None:
        """Breaks copies of a sound output; the check must fail on each, and pass on the original."""
        check(output)
        for control in controls:
            broken = output.with_name(f"{self.controls}-{output.name}")
            (shutil.copytree if output.is_dir() else shutil.copy)(output, broken)
            control.change(broken)
            self.controls += 1
            try:
                check(broken)
            except Exception:
                continue
            self.missed += 1
            print(f"NOT NOTICED: {control.name} in {output.parent.name}", flush=True)

    def finish(self) -> int:
        """Prints the summary; the exit status."""
        version = importlib.metadata.version(self.library)
        seconds = time.monotonic() - self.start
        print(
            f"{self.cases} cases compared with {self.library} {version}, {self.failed} with "
            f"differences; {self.controls} controls, {self.missed} not noticed ({seconds:.0f} s)"
        )
        return 1 if self.failed or self.missed or not self.cases else 0


def main(library: str, description: str, run: Callable) -> int:
    """Parses the options and calls `run(checks, tool or None for the stand-in, real model)`."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    tool = parser.add_mutually_exclusive_group(required=True)
    tool.add_argument("--tool", help="the qconvert executable")
    tool.add_argument("--stand-in", action="store_true", help="the library in its place")
    parser.add_argument("--quick", action="store_true", help="a few schemes and models only")
    parser.add_argument("--model", type=Path, help="a directory with a real BERT")
    parser.add_argument("--keep", type=Path, help="an empty folder where all files stay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        checks = Checks(library, options, (options.keep or Path(temporary)).resolve())
        run(checks, Tool(options.tool) if options.tool else None, options.model)
        return checks.finish()
