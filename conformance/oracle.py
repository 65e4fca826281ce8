"""The reference: coreai-opt itself, asked for what qconvert has to write.

A *spec* is a dictionary of the arguments of coreai-opt's `QuantizationSpec`, in its own words:

    {"dtype": "int8", "qscheme": "symmetric", "qformulation": "zp",
     "granularity": {"type": "per_block", "axis": 1, "block_size": 32},
     "float_range": [None, 1.0], "scale_dtype": None}

Everything but `dtype` and `granularity` may be left out, and so may the axis.
"""

import copy
import logging
import warnings
from dataclasses import dataclass

logging.disable(logging.WARNING)  # before the imports: torchao warns of its missing GPU kernels
warnings.filterwarnings("ignore")

import numpy as np
import torch
from coreai_opt.config.spec import CompressionTargetTensor
from coreai_opt.quantization.spec.factory import QuantizationComponentFactory
from coreai_opt.quantization.spec.fake_quantize import FakeQuantizeImplBase
from coreai_opt.quantization.spec.spec import QuantizationSpec
from safetensors import safe_open

torch.set_num_threads(1)

INTEGERS = ["int8", "uint8", "int4", "uint4", "int2", "uint2"]
FLOATS = ["float8_e4m3fn", "float8_e5m2", "float4_e2m1fn"]
DTYPES = INTEGERS + FLOATS

# Where a spec leaves the axis out: what the library picks for Linear, Conv and Embedding.
DEFAULT_AXES = {"per_channel": 0, "per_block": 1}


def quantization_spec(spec: dict) -> QuantizationSpec:
    """The library's own spec object, the default axis filled in."""
    settings = copy.deepcopy(spec)
    granularity = settings["granularity"]
    multi_axis = isinstance(granularity.get("block_size"), (list, tuple))
    if granularity["type"] in DEFAULT_AXES and not multi_axis:
        granularity.setdefault("axis", DEFAULT_AXES[granularity["type"]])
    return QuantizationSpec(**settings)


def arguments(spec: dict) -> list[str]:
    """The qconvert options that ask for this spec. Negative values need the `=`."""
    options = [f"--dtype={spec['dtype']}"]
    if "qscheme" in spec:
        options.append(f"--scheme={spec['qscheme']}")
    if "qformulation" in spec:
        options.append(f"--formulation={spec['qformulation']}")
    granularity = spec["granularity"]
    options.append(f"--granularity={granularity['type']}")
    if "axis" in granularity:
        options.append(f"--axis={granularity['axis']}")
    if "block_size" in granularity:
        size = granularity["block_size"]
        sizes = size if isinstance(size, (list, tuple)) else [size]
        options.append(f"--block-size={','.join(map(str, sizes))}")
    if spec.get("scale_dtype") is not None:
        options.append(f"--scale-dtype={spec['scale_dtype']}")
    if "float_range" in spec:
        sides = ("none" if side is None else repr(float(side)) for side in spec["float_range"])
        options.append(f"--float-range={','.join(sides)}")
    return options


def applies(spec: dict, shape: tuple[int, ...]) -> bool:
    """Whether the library can divide a tensor of this shape into the blocks of the spec."""
    try:
        quantization_spec(spec).granularity.get_block_size(torch.Size(shape))
    except ValueError:
        return False
    return True


@dataclass
class Quantized:
    """What the library makes of one tensor. Float dtypes have neither zero point nor minval."""

    data: torch.Tensor
    scale: torch.Tensor
    zero_point: torch.Tensor | None
    minval: torch.Tensor | None
    quantizer: FakeQuantizeImplBase

    def dequantized(self, dtype: torch.dtype) -> torch.Tensor:
        """The library's way back to float."""
        return self.quantizer.dequantize(
            self.data, self.scale, self.zero_point, self.minval, output_dtype=dtype
        )


def quantize(tensor: torch.Tensor, spec: dict) -> Quantized | None:
    """Quantizes one weight with the live library; None where the spec cannot apply."""
    if not applies(spec, tuple(tensor.shape)):
        return None
    quantizer = QuantizationComponentFactory.create_fake_quantizer(
        quantization_spec(spec), CompressionTargetTensor.WEIGHT
    )
    quantizer.qparams_calculator(tensor)
    qparams = quantizer.qparams_calculator.get_qparams()
    return Quantized(quantizer.quantize(tensor, *qparams), *qparams, quantizer)


def is_selected(name: str, tensor: torch.Tensor) -> bool:
    """Whether qconvert quantizes a tensor of this name unless told otherwise."""
    is_weight = name == "weight" or name.endswith(".weight")
    return is_weight and tensor.is_floating_point() and tensor.ndim >= 2 and tensor.numel() > 0


def native_entries(name: str, tensor: torch.Tensor, spec: dict) -> dict[str, torch.Tensor]:
    """The native layout of one tensor; the tensor itself where the spec cannot apply."""
    quantized = quantize(tensor, spec)
    if quantized is None:
        return {name: tensor}
    entries = {name: quantized.data, f"{name}_scale": quantized.scale}
    if quantized.zero_point is not None:
        entries[f"{name}_zero_point"] = quantized.zero_point
        entries[f"{name}_minval"] = quantized.minval
    return entries


def native(
    checkpoint: dict[str, torch.Tensor], spec: dict, include: tuple[str, ...] = ()
) -> dict[str, torch.Tensor]:
    """The native layout of a whole checkpoint: quantized and copied tensors alike."""
    entries = {}
    for name, tensor in checkpoint.items():
        if name in include or is_selected(name, tensor):
            entries.update(native_entries(name, tensor, spec))
        else:
            entries[name] = tensor
    return entries


def load(path: str) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """The tensors and the metadata of a safetensors file."""
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}


def element_bytes(tensor: torch.Tensor) -> np.ndarray:
    """The bytes of a tensor, a row for each element."""
    width = tensor.element_size()
    flat = tensor.detach().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().reshape(-1, width)


def tensor_difference(name: str, expected: torch.Tensor, actual: torch.Tensor) -> str | None:
    """Compares dtype, shape and bytes, and says where two tensors part; None if they do not.

    Only the sign of a zero minval is free: the order of torch's reduction decides it.
    """
    if expected.dtype != actual.dtype:
        return f"{name}: dtype {actual.dtype}, expected {expected.dtype}"
    if expected.shape != actual.shape:
        return f"{name}: shape {list(actual.shape)}, expected {list(expected.shape)}"
    if expected.numel() == 0:
        return None
    left, right = element_bytes(expected), element_bytes(actual)
    differs = (left != right).any(axis=1)
    if name.endswith("minval"):
        differs &= ~((expected == 0) & (actual == 0)).reshape(-1).numpy()
    if not differs.any():
        return None
    first = int(differs.argmax())
    index = [int(i) for i in np.unravel_index(first, tuple(expected.shape) or (1,))]

    def shown(tensor, bytes_):
        value = tensor.reshape(-1)[first].to(torch.float64).item()
        return f"{value!r} (bytes {bytes_[first].tobytes().hex()})"

    return (
        f"{name}: {int(differs.sum())} of {len(differs)} values differ, first at {index}: "
        f"{shown(actual, right)}, expected {shown(expected, left)}"
    )


def differences(
    expected: dict[str, torch.Tensor], actual: dict[str, torch.Tensor]
) -> list[str]:
    """One line for each entry that is missing, not expected, or not equal bit for bit."""
    lines = [f"{name}: missing" for name in expected if name not in actual]
    lines += [f"{name}: not expected" for name in actual if name not in expected]
    for name in expected:
        if name in actual:
            line = tensor_difference(name, expected[name], actual[name])
            if line is not None:
                lines.append(line)
    return lines
