"""Compares `--layout keras` with what the live Keras makes of the same models.

    python conformance/keras_layout.py --tool QCONVERT

For every mode a float model is built and saved by Keras, its file converted by the tool, and loaded into a
model that Keras has quantized in that mode and emptied. Every variable has to have the bits of Keras' own
`quantize()`, the file those that Keras saves, and a forward pass the same outputs; the tool's way back
gives what the variables stand for. Then the same with `.keras` archives and `load_model`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
warnings.filterwarnings("ignore")
sys.path.insert(0, str(Path(__file__).parent.parent / "fixtures"))
import h5py
import keras
import numpy as np
from keras_values import vary

layers = keras.layers
#: The options of the tool, and the same for Keras.
MODES = [
    ([], "int8"), (["--variant", "int8"], "int8"), (["--dtype", "int8", "--granularity", "per_channel"], "int8"),
    (["--variant", "int4"], 128), (["--variant", "int4", "--group-size", "4"], 4),
    (["--dtype", "int4", "--block-size", "7"], 7), (["--variant", "int4", "--group-size", "1"], 1),
    (["--variant", "int4", "--group-size", "-1"], -1),
    (["--dtype", "int4", "--granularity", "per_channel"], -1),
]
OPTIONS = ["--layout", "keras", "--sync", "none", "--overwrite", "--quiet"]


def expect(condition, what):
    if not condition:
        raise SystemExit(f"keras: {what}")


def run(arguments, fails=False):
    result = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    expect((result.returncode != 0) == fails, f"{' '.join(map(str, arguments))}: {result.stderr.strip()}")
    return result.stderr


def texts(attention=True):
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Embedding(11, 10, name="tokens")(tokens)
    if attention:
        x = layers.MultiHeadAttention(2, 5, name="mha")(x, x)
        x = layers.MultiHeadAttention(3, 4, use_bias=False)(x, x)
    x = layers.LayerNormalization()(x)
    x = layers.Conv1D(7, 3, padding="same")(x)
    x = layers.LSTM(9, return_sequences=True)(x)
    x = layers.TimeDistributed(layers.Dense(5))(x)
    x = layers.Dense(6, activation=layers.ReLU())(x)
    x = layers.Dense(9, activation="relu", name="first")(layers.Flatten()(x))
    return keras.Model(tokens, layers.Dense(3, use_bias=False, name="second")(x))


def plain_texts():
    return texts(attention=False)


def nested():
    inner = keras.Sequential([keras.Input((13,)), layers.Dense(8), layers.Dense(1, name="thin")], name="pair")
    x = keras.Input((13,))
    y = layers.Concatenate()([inner(x), layers.Dense(131)(x)])
    return keras.Model(x, layers.Dense(5)(layers.Dense(257)(y)), name="whole")


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(20)
        self.blocks = [layers.Dense(21), layers.Dense(22)]
        self.table = layers.Embedding(3, 5)

    def call(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        return x + keras.ops.sum(self.table(np.array([0, 2])))


def own():
    model = Own()
    model(np.zeros((1, 7), "float32"))
    return model


def equations():
    x = keras.Input((6, 10))
    y = layers.EinsumDense("abc,cd->abd", output_shape=(6, 7), bias_axes="d", name="plain")(x)
    y = layers.EinsumDense("abc,cde->abde", output_shape=(6, 3, 5), bias_axes="de")(y)
    y = layers.EinsumDense("abcd,cde->abe", output_shape=(6, 8))(y)
    y = layers.EinsumDense("abc,dc->abd", output_shape=(6, 9), bias_axes="d")(y)
    y = layers.EinsumDense("abc,bcd->abd", output_shape=(6, 10))(y)
    return keras.Model(x, layers.Dense(11)(y))


def large():
    return keras.Sequential([keras.Input((1500,)), layers.Dense(1111), layers.Dense(1000, use_bias=False)])


def quantize(model, mode, **filters):
    config = keras.quantizers.Int8QuantizationConfig() if mode == "int8" else \
        keras.quantizers.Int4QuantizationConfig(block_size=None if mode < 0 else mode)
    model.quantize(config=config, **filters)
    return model


def inputs(model):
    random = np.random.default_rng(6)
    shape = (2, *(model.input_shape[1:] if model.built and not isinstance(model, Own) else (7,)))
    integers = not isinstance(model, Own) and "int" in str(model.inputs[0].dtype)
    return random.integers(0, 11, shape) if integers else random.standard_normal(shape).astype("float32")


def contents(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update(
            {name: (item.shape, str(item.dtype), item[()].tobytes()) if isinstance(item, h5py.Dataset)
             else {key: item.attrs[key] for key in item.attrs}}))
    return found


def same(a, b, what):
    expect(len(a.weights) == len(b.weights), f"{what}: other variables")
    for one, other in zip(a.weights, b.weights):
        x, y = np.array(one), np.array(other)
        expect(x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes(),
               f"{what}: {other.path} differs")


def floats(path, float_path, mode):
    """The float variables that a quantized file stands for, by the names of the float one."""
    result = {}
    with h5py.File(path) as file, h5py.File(float_path) as original:
        def visit(name, item):
            if not isinstance(item, h5py.Dataset):
                return
            value = file[name][()]
            if value.dtype != np.int8 or not name.endswith("vars/0"):
                result[name] = value
                return
            group = file[name].parent
            first = len(original[name].parent)
            scale = group[str(first)][()]
            if mode == "int8":
                result[name] = spread(value, scale)
                return
            shape = item.shape
            embedding = "embedding" in name or "table" in name
            rows = value.shape[0]
            columns = int(np.prod(shape)) // rows
            packed = value.view(np.uint8)
            codes = np.empty((rows, packed.shape[1] * 2), np.int8)
            codes[:, 0::2], codes[:, 1::2] = packed & 15, packed >> 4
            codes = ((codes ^ 8) - 8)[:, :columns].astype("float32")
            if mode == -1:
                scale = scale[:, None] if embedding else scale
                result[name] = (codes / scale).reshape(shape)
                return
            zero, index = group[str(first + 1)][()], group[str(first + 2)][()].astype(int)
            if embedding:
                scale, zero = scale[:, index], zero[:, index]
            else:
                scale, zero = scale[index], zero[index]
            result[name] = ((codes - zero.astype("float32")) * scale).reshape(shape)
        original.visititems(visit)
    return result


def spread(value, scale):
    """A kernel divided by its scales, which have the lengths of some of its axes, in their order."""
    left, shape = [length for length in scale.shape if length > 1], []
    for length in reversed(value.shape):
        shape.insert(0, left.pop() if left and left[-1] == length else 1)
    return value.astype("float32") / scale.reshape(shape)


def check_weights(tool, make, folder, options, mode):
    what = f"{make.__name__} {' '.join(options) or 'without options'}"
    source, target, back = (folder / f"{n}.weights.h5" for n in ("float", "quantized", "back"))
    own_file = folder / "own.weights.h5"
    vary(make(), least=4).save_weights(source)
    if make is equations:
        # Only a configuration tells equations; in a file of weights its text may be an attribute.
        archive = folder / "float.keras"
        vary(make(), least=4).save(archive)
        with h5py.File(source, "a") as file:
            file.attrs["model_config"] = zipfile.ZipFile(archive).read("config.json").decode()
    run([tool, source, "-o", target, *options, *OPTIONS])
    expected = quantize(vary(make(), least=4), mode)
    expected.save_weights(own_file)
    ours, theirs = contents(target), contents(own_file)
    expect(ours.keys() == theirs.keys(), f"{what}: {sorted(ours.keys() ^ theirs.keys())}")
    for name, item in theirs.items():
        if isinstance(item, tuple):
            expect(ours[name] == item, f"{what}: {name} in the file differs")
    model = quantize(make(), mode)
    for variable in model.weights:
        variable.assign(np.zeros(variable.shape))
    model.load_weights(target)
    same(model, expected, what)
    x = inputs(model)
    expect(np.array_equal(np.array(model(x)), np.array(expected(x))), f"{what}: the outputs differ")
    run([tool, "verify", target, "--against", source, "--quiet"])
    run([tool, "inspect", target])
    run([tool, "dequantize", target, "-o", back, "--overwrite", "--quiet", "--sync", "none"])
    known = floats(target, source, mode)
    with h5py.File(back) as file:
        for name, values in known.items():
            expect(file[name][()].tobytes() == values.tobytes(), f"{what}: {name} on the way back")
    return len(expected.weights)


def check_archive(tool, make, folder, options, mode):
    what = f"archive of {make.__name__} {' '.join(options)}"
    source, target = folder / "float.keras", folder / "quantized.keras"
    vary(make(), least=4).save(source)
    run([tool, source, "-o", target, *options, *OPTIONS])
    # Made anew, layers would have names that count on.
    expected = quantize(keras.models.load_model(source), mode)
    model = keras.models.load_model(target)
    same(model, expected, what)
    x = inputs(model)
    expect(np.array_equal(np.array(model(x)), np.array(expected(x))), f"{what}: the outputs differ")
    expected.save(folder / "own.keras")
    own_config, config = (json.loads(zipfile.ZipFile(p).read("config.json")) for p in (folder / "own.keras", target))
    expect(plain(config) == plain(own_config), f"{what}: another configuration than Keras saves")
    return len(expected.weights)


def plain(value):
    """A configuration without the numbers of objects, which are addresses, and names that count on."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != "shared_object_id"}
    return [plain(v) for v in value] if isinstance(value, list) else value


def check_refusals(tool, folder):
    source = folder / "half.weights.h5"
    keras.Sequential([keras.Input((4,)), layers.Dense(8, dtype="bfloat16")]).save_weights(source)
    error = run([tool, source, "-o", folder / "x.weights.h5", *OPTIONS], fails=True)
    expect("F32 only" in error, error)
    vary(equations(), least=4).save_weights(source)
    error = run([tool, source, "-o", folder / "x.weights.h5", *OPTIONS], fails=True)
    expect("pass the .keras archive" in error, error)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    tool = parser.parse_args().tool
    count = archives = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for index, (options, mode) in enumerate(MODES):
            # Where options are another way to say the same, one model is enough.
            is_new = mode not in [other for _, other in MODES[:index]]
            for make in (texts, nested, own, equations, large) if is_new else (nested,):
                keras.backend.clear_session()
                count += check_weights(tool, make, folder, options, mode)
        check_refusals(tool, folder)
        vary(equations(), least=4).save(folder / "probe.keras")
        if subprocess.run([tool, "inspect", folder / "probe.keras"], capture_output=True).returncode == 0:
            for options, mode in MODES:
                for make in (plain_texts, nested, equations):
                    keras.backend.clear_session()
                    archives += check_archive(tool, make, folder, options, mode)
    print(f"equal: {count} variables of Keras {keras.__version__} in weights, {archives} in archives")
    return 0


if __name__ == "__main__":
    sys.exit(main())
