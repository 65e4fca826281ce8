"""Cuts one attention layer out of all-MiniLM-L6-v2 (Apache-2.0): a small real checkpoint.

    python make_real_fixture.py MODEL.safetensors fixtures/real/minilm-attention.safetensors
"""

import sys

from safetensors import safe_open
from safetensors.torch import save_file

PREFIX = "encoder.layer.0.attention."

source, target = sys.argv[1:]
with safe_open(source, "pt") as checkpoint:
    names = [n for n in checkpoint.keys() if n.startswith(PREFIX) and ".key." not in n]
    tensors = {name: checkpoint.get_tensor(name) for name in names if ".value." not in name}
save_file(tensors, target, metadata={"format": "pt"})
