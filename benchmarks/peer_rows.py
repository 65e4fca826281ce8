"""Other tools at the same work: load, quantize, save, each a whole process with two threads.

A peer is compared with the conversion that writes the same kind of codes, in the same rounds.
"""

from environments import CONFORMANCE, ECOSYSTEM, python
from rows import DIRECTORY, GGUF, Group, Row
from targets import AtLeast, Target

MODEL = "{input}/model.safetensors"
TORCH = (python(ECOSYSTEM), "benchmarks/peers/torch_rtn.py", MODEL, "{output}")
COREAI_OPT = (python(CONFORMANCE), "benchmarks/peers/reference_quantize.py", MODEL, "{output}")
MLX = (python(ECOSYSTEM), "benchmarks/peers/mlx_quantize.py", MODEL, "{output}")
GGUF_PY = (python(ECOSYSTEM), "benchmarks/peers/gguf_quantize.py", MODEL, "{output}")


def slower(times: float, than: str) -> tuple[Target, ...]:
    """The target of a peer: how much longer it takes than our row."""
    return (AtLeast(times, than),)


PEERS = Group(
    "peers",
    "bfloat16, the same Llama in other tools",
    "bf16",
    (
        Row("int8", output=DIRECTORY),
        Row("torch-int8", "int8", slower(30, "int8"), program=TORCH),
        Row("coreai-opt-int8", "int8", slower(60, "int8"), program=COREAI_OPT),
        Row("int4", "--dtype int4 --block-size 32", output=DIRECTORY),
        Row("torch-int4", "int4", slower(30, "int4"), program=TORCH),
        Row("coreai-opt-int4", "int4", slower(60, "int4"), program=COREAI_OPT),
        Row("fp8", "--dtype float8_e4m3fn", output=DIRECTORY),
        Row("torch-fp8", "fp8", slower(30, "fp8"), program=TORCH),
        Row("coreai-opt-fp8", "fp8", slower(60, "fp8"), program=COREAI_OPT),
        Row("mlx-8bit", "--layout mlx --bits 8 --group-size 32", output=DIRECTORY),
        Row("mlx-core-8bit", "8", slower(25, "mlx-8bit"), program=MLX),
        Row("mlx-4bit", "--layout mlx --bits 4 --group-size 32", output=DIRECTORY),
        Row("mlx-core-4bit", "4", slower(25, "mlx-4bit"), program=MLX),
        Row("gguf-q8_0", "--layout gguf --variant q8_0", output=GGUF),
        Row("gguf-py-q8_0", "Q8_0", slower(1, "gguf-q8_0"), output=GGUF, program=GGUF_PY),
        Row("gguf-q4_0", "--layout gguf --variant q4_0", output=GGUF),
        Row("gguf-py-q4_0", "Q4_0", slower(1, "gguf-q4_0"), output=GGUF, program=GGUF_PY),
    ),
    reference=None,
)
