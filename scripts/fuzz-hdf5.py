#!/usr/bin/env python3
"""Changes checkpoint files at random and demands that the tool takes or refuses each in order.

    scripts/fuzz-hdf5.py --count 20000 --seed 1 --jobs 2 [--shard 0/4] [--only 17] [--tool PATH]

Every input follows from the seed and its number. A finding is kept with the command that shows it, and
the status is 1: death by a signal, an exit code that is not documented, a run over the time limit or over
the memory limit, an output beside a failure, an output that the tool itself refuses, bytes of another file
in what is written, a file left behind.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import resource
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXIT_CODES = {0, 64, 65, 66, 73, 74}
SECONDS = 10
MEMORY = 1536 << 20
FILE_LIMIT = 4 << 30
CANARY = b"qconvert-canary-" * 64
LEAKS = [CANARY[:16], b"root:x:0:0", b"root:*:0:0"]

OPTIONS = [
    [], [], ["--exclude", "*"], ["--exclude", "*", "--format", "safetensors"], ["--axis", "0"],
    ["--format", "safetensors"], ["--format", "hdf5"], ["--dtype", "int4", "--block-size", "2"],
    ["--granularity", "per_tensor", "--nonfinite", "skip"], ["--max-memory", "8MB", "--jobs", "2"],
    ["--dry-run"], ["--format", "gguf"], ["--exclude", "*", "--format", "gguf"],
]


# MARK: Checksums


def lookup3(data):
    """Bob Jenkins' hash, the checksum of the newer structures of HDF5."""
    mask = 0xFFFFFFFF
    length = len(data)
    a = b = c = (0xDEADBEEF + length) & mask

    def rot(x, k):
        return (x << k | x >> (32 - k)) & mask

    if length == 0:
        return c
    whole = (length - 1) // 12 * 12
    words = struct.unpack(f"<{whole // 4}I", data[:whole])
    for i in range(0, len(words), 3):
        a = (a + words[i]) & mask
        b = (b + words[i + 1]) & mask
        c = (c + words[i + 2]) & mask
        a = (a - c) & mask ^ rot(c, 4)
        c = (c + b) & mask
        b = (b - a) & mask ^ rot(a, 6)
        a = (a + c) & mask
        c = (c - b) & mask ^ rot(b, 8)
        b = (b + a) & mask
        a = (a - c) & mask ^ rot(c, 16)
        c = (c + b) & mask
        b = (b - a) & mask ^ rot(a, 19)
        a = (a + c) & mask
        c = (c - b) & mask ^ rot(b, 4)
        b = (b + a) & mask
    rest = struct.unpack("<3I", data[whole:].ljust(12, b"\0"))
    a, b, c = (a + rest[0]) & mask, (b + rest[1]) & mask, (c + rest[2]) & mask
    for x, k in ((0, 14), (1, 11), (2, 25), (0, 16), (1, 4), (2, 14), (0, 24)):
        if x == 0:
            c = ((c ^ b) - rot(b, k)) & mask
        elif x == 1:
            a = ((a ^ c) - rot(c, k)) & mask
        else:
            b = ((b ^ a) - rot(a, k)) & mask
    return c


SIGNATURES = [
    b"\x89HDF\r\n\x1a\n", b"TREE", b"HEAP", b"SNOD", b"OHDR", b"OCHK", b"GCOL", b"FRHP", b"FHDB", b"BTHD",
    b"BTLF", b"BTIN", b"FAHD", b"FADB", b"EAHD", b"EAIB", b"SMTB",
]
# Where the structures of a GGUF file begin: the file, keys and names.
GGUF_MARKS = [b"GGUF", b"general.", b"value.", b"array.", b"a."]
SUFFIXES = {"safetensors": [".safetensors"], "gguf": [".gguf"], "hdf5": [".h5", ".hdf5", ".keras"]}
# The bytes before the checksum, where addresses and lengths take 8.
FIXED = {b"BTHD": 34, b"FRHP": 142, b"FAHD": 24, b"EAHD": 68}


def places(data, signature):
    at = data.find(signature)
    while at >= 0:
        yield at
        at = data.find(signature, at + 1)


def refresh(data):
    """Puts the right checksums where a structure tells its length."""

    def seal(start, length):
        if 0 < length <= 1 << 16 and start + length + 4 <= len(data):
            struct.pack_into("<I", data, start + length, lookup3(bytes(data[start : start + length])))

    def messages(start, end, creation_order):
        """The places and lengths of further blocks of messages."""
        prefix = 6 if creation_order else 4
        while start + prefix <= end:
            kind, length = data[start], struct.unpack_from("<H", data, start + 1)[0]
            start += prefix
            if kind == 0x10 and start + 16 <= len(data):
                yield struct.unpack_from("<QQ", data, start)
            start += length

    def header(at):
        flags = data[at + 5]
        size = 1 << (flags & 3)
        start = at + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        length = int.from_bytes(data[start : start + size], "little")
        start += size
        for place, count in messages(start, min(start + length, len(data)), flags & 4):
            if data[place : place + 4] == b"OCHK" and 8 < count:
                seal(place, count - 4)
        seal(at, start + length - at)

    for at in places(data, SIGNATURES[0]):
        if at + 12 < len(data) and data[at + 8] in (2, 3):
            seal(at, 12 + 4 * data[at + 9])
    for signature, length in FIXED.items():
        for at in places(data, signature):
            seal(at, length)
    for at in places(data, b"OHDR"):
        if at + 32 < len(data):
            header(at)


# MARK: Changes


def interesting(rng, data):
    size = len(data)
    return rng.choice([
        0, 1, 2, 3, 7, 8, 16, 31, 32, 33, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 1 << 20,
        0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 8,
        size, size - 1, size + 1, size // 2, rng.randrange(size + 1), rng.randrange(size + 1) & ~7,
    ])


def spot(rng, data, width):
    """A place for a change, mostly close behind the start of a structure."""
    if rng.random() < 0.7:
        marks = GGUF_MARKS if data.startswith(b"GGUF") else SIGNATURES
        found = list(places(data, rng.choice(marks)))
        if found:
            at = rng.choice(found) + rng.randrange(160 if marks is SIGNATURES else 64)
            if rng.random() < 0.5:
                at &= ~(width - 1)
            return max(min(at, len(data) - width), 0)
    return rng.randrange(max(len(data) - width, 0) + 1)


def mutate(rng, data, seeds):
    if len(data) < 16:
        data += bytes(rng.randrange(256) for _ in range(16))
    kind = rng.choices(
        ["bit", "byte", "number", "address", "cut", "splice", "insert", "delete", "repeat", "zero"],
        [20, 15, 30, 12, 2, 6, 3, 3, 4, 5])[0]
    if kind == "bit":
        for _ in range(rng.choice([1, 1, 2, 4, 8])):
            data[spot(rng, data, 1)] ^= 1 << rng.randrange(8)
    elif kind == "byte":
        for _ in range(rng.choice([1, 1, 2, 4])):
            data[spot(rng, data, 1)] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])
    elif kind == "number":
        width = rng.choice([1, 2, 4, 8, 8])
        at = spot(rng, data, width)
        value = interesting(rng, data) & ((1 << 8 * width) - 1)
        if rng.random() < 0.2:
            value = int.from_bytes(data[at : at + width], "little") + rng.choice([-8, -1, 1, 8])
        data[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, "little")
    elif kind == "address":
        # One structure in place of another, or of itself.
        found = [at for signature in SIGNATURES[1:] for at in places(data, signature)]
        target = rng.choice(found or [0])
        pointers = [at for place in found for at in places(data, place.to_bytes(8, "little"))]
        at = rng.choice(pointers) if pointers else spot(rng, data, 8)
        data[at : at + 8] = target.to_bytes(8, "little")
    elif kind == "cut":
        del data[rng.choice([rng.randrange(len(data)), len(data) - 1, len(data) // 2]) :]
    elif kind == "splice":
        other = rng.choice(seeds)[1]
        if len(other) > 8:
            start = rng.randrange(len(other))
            part = other[start : start + rng.choice([8, 64, 512, 4096])]
            at = rng.choice([start, spot(rng, data, 1)])
            data[at : at + len(part)] = part
    elif kind == "insert":
        at = spot(rng, data, 1)
        data[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice([1, 8, 64])))
    elif kind == "delete":
        at = spot(rng, data, 1)
        del data[at : at + rng.choice([1, 8, 64])]
    elif kind == "repeat":
        start, count = spot(rng, data, 1), rng.choice([8, 32, 512])
        part = data[start : start + count]
        at = spot(rng, data, 1)
        data[at : at + len(part)] = part
    else:
        at = spot(rng, data, 8)
        count = min(rng.choice([8, 64, 512]), len(data) - at)
        data[at : at + count] = bytes([rng.choice([0, 0xFF])]) * count


def mutate_header(rng, data):
    """A number or a word of a safetensors header, which keeps its length."""
    length = int.from_bytes(data[:8], "little")
    text = bytes(data[8 : 8 + length])
    if rng.random() < 0.5:
        old = rng.choice([b"F32", b"data_offsets", b"shape", b"[", b"]", b",", b":", b'"', b"0", b"1", b"{"])
        new = rng.choice([b"F64", b"I4", b"shape", b"[[", b"", b",,", b"-1", b"1e3", b'\\"', b"\xff", b"99999999999999999999"])
    else:
        digits = [i for i in range(len(text)) if text[i : i + 1].isdigit()]
        at = rng.choice(digits or [0])
        text = text[:at] + str(interesting(rng, data)).encode() + text[at + 1 :]
        old = new = b""
    parts = text.split(old) if old else [text]
    if len(parts) > 1:
        at = rng.randrange(1, len(parts))
        text = old.join(parts[:at]) + new + old.join(parts[at:])
    data[: 8 + length] = len(text).to_bytes(8, "little") + text


def make_input(seed, number, seeds):
    rng = random.Random(f"{seed}:{number}")
    group = rng.choices(["hdf5", "safetensors", "gguf"], [8, 1, 1])[0]
    candidates = [s for s in seeds if s[0].suffix in SUFFIXES[group]]
    path, content = rng.choice(candidates)
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 5])):
        if group == "safetensors" and rng.random() < 0.6 and len(data) > 8:
            mutate_header(rng, data)
        else:
            mutate(rng, data, candidates)
    if group == "hdf5" and rng.random() < 0.8:
        refresh(data)
    return rng, path, bytes(data)


# MARK: Runs


def run(command, folder):
    """Runs the tool within the limits; gives the status, what it wrote, the seconds and the memory."""
    text = folder / "text"
    started = time.monotonic()
    with open(text, "wb") as sink:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "TMPDIR": str(folder / "tmp")}, start_new_session=True)
        killed = []

        def kill():
            killed.append(True)
            os.killpg(process.pid, 9)

        timer = threading.Timer(SECONDS, kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    seconds = time.monotonic() - started
    return process.returncode, text.read_bytes(), SECONDS + 1 if killed else seconds, memory


def leftovers(folder):
    return [str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()]


def check(command, folder, data, written):
    """What is wrong with a run; and its status."""
    status, text, seconds, memory = run(command, folder)
    problems = []
    if seconds > SECONDS:
        problems.append(f"over {SECONDS} s")
    elif status < 0:
        problems.append(f"signal {-status}")
    elif status not in EXIT_CODES:
        problems.append(f"exit status {status}")
    if memory > MEMORY:
        problems.append(f"{memory >> 20} MB")
    out = leftovers(folder / "out")
    if status != 0 and out:
        problems.append(f"failed, and yet there is {out}")
    if set(out) - written:
        problems.append(f"left behind: {out}")
    if leftovers(folder / "tmp"):
        problems.append(f"left in TMPDIR: {leftovers(folder / 'tmp')}")
    for leak in LEAKS:
        if leak in data:
            continue
        if leak in text or any(contains(folder / "out" / name, leak) for name in out):
            problems.append(f"a leak: {leak[:16]!r}")
    return status, problems, text


def contains(path, pattern):
    tail = b""
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            if pattern in tail + block:
                return True
            tail = block[-len(pattern) :]
    return False


def fuzz(arguments, seeds, number, folder):
    """Makes an input and runs the tool on it: the exit status and what is wrong."""
    rng, seed, data = make_input(arguments.seed, number, seeds)
    source = folder / ("in" + (seed.suffix if seed.suffix in (".safetensors", ".gguf") else ".h5"))
    source.write_bytes(data)
    options = rng.choice(OPTIONS)
    inspects = rng.random() < 0.5
    if inspects:
        command = [arguments.tool, "inspect", source.name]
        if rng.random() < 0.3:
            command.append("--json")
        written = set()
    else:
        name = "q.safetensors" if "safetensors" in options else "q.h5" if "hdf5" in options else "q.gguf" if "gguf" in options else "q" + source.suffix
        command = [arguments.tool, "convert", source.name, "-o", f"out/{name}", "--sync", "none", *options]
        written = {name}
    for _ in range(2):
        for place in ("out", "tmp"):
            shutil.rmtree(folder / place, ignore_errors=True)
            (folder / place).mkdir()
        status, problems, text = check(command, folder, data, written)
        # A machine that stood still does so once.
        if not any(problem.startswith("over") for problem in problems):
            break
    if status == 0 and not problems and not inspects and "--dry-run" not in options:
        again, others, text = check([arguments.tool, "inspect", f"out/{name}"], folder, data, written)
        if again != 0:
            problems.append("the tool refuses its own output")
        problems += others
    if problems:
        keep(arguments, number, seed, data, source.name, command, problems, text)
    source.unlink()
    return status, problems


def keep(arguments, number, seed, data, name, command, problems, text):
    folder = pathlib.Path(arguments.findings) / f"{arguments.seed}-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    lines = [*problems, f"from {seed.relative_to(ROOT)}", shlex.join(map(str, command)), ""]
    (folder / "finding.txt").write_bytes("\n".join(lines).encode() + text[:4096])
    print(f"finding {folder}: {'; '.join(problems)} ({seed.name})", flush=True)


def bait(folder, seeds):
    """The files that links and external storage of the seeds lead to, full of what must not come out."""
    (folder / "secret.txt").write_bytes(CANARY)
    model = bytearray(next(data for path, data in seeds if path.name == "ok_type_f4_be.h5"))
    model[-len(CANARY) :] = CANARY
    for name in ("other_model.bin", "missing.h5"):
        (folder / name).write_bytes(model)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--shard", default="0/1", help="which part of the inputs: 0/4 to 3/4")
    parser.add_argument("--only", type=int, help="the number of one input")
    parser.add_argument("--tool", default=str(ROOT / ".build/release/qconvert"))
    parser.add_argument("--findings", default=str(ROOT / ".build/fuzz"))
    arguments = parser.parse_args()
    arguments.tool = os.path.abspath(arguments.tool)
    fixtures = ROOT / "fixtures"
    files = [p for p in fixtures.rglob("*") if p.suffix in sum(SUFFIXES.values(), [])]
    seeds = [(p, p.read_bytes()) for p in sorted(files) if p.stat().st_size < 100_000]
    # A file of the size that a shape claims ends at a limit, not on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, FILE_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    part, parts = map(int, arguments.shard.split("/"))
    numbers = [n for n in range(arguments.count) if n % parts == part]
    if arguments.only is not None:
        numbers = [arguments.only]
    statuses = collections.Counter()
    findings = 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        local = threading.local()
        made = iter(range(1 << 30))

        def one(number):
            if not hasattr(local, "folder"):
                local.folder = pathlib.Path(scratch) / str(next(made))
                local.folder.mkdir()
                bait(local.folder, seeds)
            return fuzz(arguments, seeds, number, local.folder)

        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for done, (status, problems) in enumerate(pool.map(one, numbers), 1):
                statuses[status] += 1
                findings += bool(problems)
                if done % 1000 == 0:
                    print(f"fuzz: {done} of {len(numbers)}, {findings} findings", flush=True)
    codes = ", ".join(f"{count} with {status}" for status, count in sorted(statuses.items()))
    seconds = time.monotonic() - started
    print(f"fuzz: {len(numbers)} inputs from {len(seeds)} files in {seconds:.0f} s: {codes}; {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
