"""What `make bench` measures: every row with its input, its arguments and what it has to reach.

The rows of a group are run in turns over one input, and times are compared within a group only. A row
without a target has a reason to take its time, or nothing to be compared with. The targets are for two cores.
"""

from dataclasses import dataclass

from environments import OWN, python
from targets import AtLeast, AtMost, Milliseconds, PeakMemory, Target

CONVERT = ("{tool}", "{input}", "-o", "{output}", "--sync", "none")
CONVERT_AND_SYNC = ("{tool}", "{input}", "-o", "{output}")
COPY = ("cp", "{input}", "{output}")
COPY_DIRECTORY = ("cp", "-r", "{input}", "{output}")
COPY_AND_SYNC = ("sh", "-c", 'cp "$1" "$2" && sync "$2"', "sh", "{input}", "{output}")
START = ("{tool}",)
# What cannot be beaten on a machine: the reading and writing of a conversion to int8, in C.
FLOOR = (".build-bench/io_floor", "{input}", "{output}")
READ_HDF5 = (python(OWN), "benchmarks/peers/h5py_read.py", "{input}")

SAFETENSORS = "model.safetensors"
DIRECTORY = "model"
HDF5 = "model.h5"
GGUF = "model.gguf"


@dataclass(frozen=True)
class Row:
    """A command that is timed; what it writes is removed before every run."""

    name: str
    arguments: str = ""
    targets: tuple[Target, ...] = ()
    reason: str = ""
    output: str = SAFETENSORS
    program: tuple[str, ...] = CONVERT


@dataclass(frozen=True)
class Group:
    """Rows over one input, a path in the folder of inputs; ratios are to the reference."""

    name: str
    title: str
    input: str
    rows: tuple[Row, ...]
    reference: str | None = "cp"
    is_cold: bool = False


CP = Row("cp", program=COPY)
CP_DIRECTORY = Row("cp", output=DIRECTORY, program=COPY_DIRECTORY)
LITTLE = PeakMemory(40)
AS_INT8 = AtMost(3, "int8")
AS_LAYOUT = AtMost(0.6, "cp")


def of_cp(times: float) -> tuple[Target, ...]:
    """The targets of a conversion to the native layout: less time than a copy, and little memory."""
    return (AtMost(times, "cp"), LITTLE)


BF16 = Group(
    "bf16",
    "bfloat16, a Llama in one file",
    "bf16/model.safetensors",
    (
        CP,
        Row("floor-io", reason="reads the input and writes half as much, no more (io_floor.c)", program=FLOOR),
        *(
            Row(f"floor-{kind}", kind, reason=f"reads, quantizes and writes as {kind} does, no more", program=FLOOR)
            for kind in ("int8", "int4", "int4-packed", "fp8", "mxfp4")
        ),
        Row("int8", targets=of_cp(0.35)),
        Row("int8-jobs1", "--jobs 1", (AtLeast(1.5, "int8"),)),
        Row("int8-per-tensor", "--granularity per_tensor", of_cp(0.60)),
        Row("int4", "--dtype int4 --block-size 32", of_cp(0.45)),
        Row("int4-packed", "--dtype int4 --block-size 32 --packed", of_cp(0.45)),
        Row("uint4", "--dtype uint4 --block-size 32", of_cp(0.45)),
        Row("uint4-packed", "--dtype uint4 --block-size 32 --packed", of_cp(0.45)),
        Row("fp8", "--dtype float8_e4m3fn", of_cp(0.45)),
        Row("mxfp4", "--dtype float4_e2m1fn --block-size 32", of_cp(0.50)),
    ),
)

BF16_MORE = Group(
    "bf16-more",
    "bfloat16, other schemes and coreai-opt's layouts",
    "bf16/model.safetensors",
    (
        CP,
        Row("int8"),
        Row("uint8-asymmetric", "--dtype uint8 --scheme asymmetric", (AS_INT8,)),
        Row(
            "uint8-minval",
            "--dtype uint8 --scheme asymmetric --formulation minval",
            (AS_INT8,),
        ),
        Row("mxfp8", "--preset mxfp8", (AS_INT8,)),
        Row("int8-axis1", "--axis 1", (AS_INT8,)),
        Row("int8-blocks-axis0", "--granularity per_block --axis 0 --block-size 32", (AS_INT8,)),
        Row("coreai", "--layout coreai", (AS_INT8,)),
        Row("coreml", "--layout coreml", reason="writes as many bytes as it reads, as cp does"),
    ),
)

LAYOUTS = Group(
    "layouts",
    "bfloat16, a model directory into the layouts of other libraries",
    "bf16",
    (
        CP_DIRECTORY,
        Row("mlx-4bit", "--layout mlx --bits 4 --group-size 64", (AS_LAYOUT,), output=DIRECTORY),
        Row("mlx-mxfp4", "--layout mlx --variant mxfp4", (AS_LAYOUT,), output=DIRECTORY),
        Row(
            "ct-pack-quantized",
            "--layout compressed-tensors --variant pack-quantized --bits 4 --group-size 128",
            (AS_LAYOUT,),
            output=DIRECTORY,
        ),
        Row(
            "ct-float-quantized",
            "--layout compressed-tensors --variant float-quantized",
            (AS_LAYOUT,),
            output=DIRECTORY,
        ),
        Row(
            "ct-mxfp4",
            "--layout compressed-tensors --variant mxfp4-pack-quantized",
            (AS_LAYOUT,),
            output=DIRECTORY,
        ),
        Row(
            "ct-nvfp4",
            "--layout compressed-tensors --variant nvfp4-pack-quantized",
            reason="reads the weights once more, for the scale that joined matrices share",
            output=DIRECTORY,
        ),
        Row("torchao-int8", "--layout torchao --variant int8", (AS_LAYOUT,), output=DIRECTORY),
        Row("gguf-q4_0", "--layout gguf --variant q4_0", (AS_LAYOUT,), output=GGUF),
        Row(
            "gguf-q8_0",
            "--layout gguf --variant q8_0",
            reason="writes nine tenths of what it reads: embeddings and output head are float32 there",
            output=GGUF,
        ),
    ),
)

F16 = Group(
    "f16",
    "float16, the same Llama",
    "f16/model.safetensors",
    (CP, Row("int8")),
)

SHARDS = Group(
    "shards",
    "float32, the same Llama in three shards",
    "shards",
    (
        CP_DIRECTORY,
        Row("int8", targets=of_cp(0.33), output=DIRECTORY),
        Row("int8-jobs1", "--jobs 1", (AtLeast(1.8, "int8"),), output=DIRECTORY),
    ),
)

CONVOLUTIONS = Group(
    "conv",
    "bfloat16, convolution kernels of four axes",
    "conv/model.safetensors",
    (CP, Row("int8")),
)

GZIP = Group(
    "gzip",
    "HDF5, float32 in gzip-4 chunks",
    "gzip/model.h5",
    (
        Row("cp", output=HDF5, program=COPY),
        Row("h5py-read", targets=(AtLeast(3, "int8"),), program=READ_HDF5),
        Row("int8", "--compression none", (PeakMemory(96),), output=HDF5),
        Row("int8-jobs1", "--compression none --jobs 1", (AtLeast(1.8, "int8"),), output=HDF5),
        Row("int8-gzip", reason="compresses what it writes, as the input is", output=HDF5),
    ),
    reference="h5py-read",
)

CONTIGUOUS = Group(
    "contiguous",
    "HDF5, float32 in contiguous datasets",
    "contiguous/model.h5",
    (Row("cp", output=HDF5, program=COPY), Row("int8", output=HDF5)),
)

SYNCED = Group(
    "synced",
    "bfloat16, until the output is on the disk",
    "bf16/model.safetensors",
    (Row("cp-fsync", program=COPY_AND_SYNC), Row("int8", program=CONVERT_AND_SYNC)),
    reference="cp-fsync",
)

STARTUP = Group(
    "startup",
    "Start-up, which reads no input",
    "bf16/config.json",
    (Row("version", "--version", (Milliseconds(25),), program=START),),
    reference=None,
)

GROUPS = (BF16, BF16_MORE, LAYOUTS, F16, SHARDS, CONVOLUTIONS, GZIP, CONTIGUOUS, SYNCED, STARTUP)
