"""What `make bench-scaling` measures: sizes of files, shapes of tensors, jobs, and the state of the page cache."""

from rows import COPY, Group, Row

GIGABYTES = (0.1, 0.25, 0.5, 1, 2, 4, 8)

ROWS = (
    Row("cp", program=COPY),
    Row("jobs1", "--jobs 1"),
    Row("jobs2", "--jobs 2"),
)

SIZES = tuple(
    Group(f"size-{size:g}", f"{size:g} GB", f"size-{size:g}/model.safetensors", ROWS)
    for size in GIGABYTES
)

SHAPES = (
    Group("one-tensor", "one tensor", "one-tensor/model.safetensors", ROWS),
    Group("llama", "75 tensors", "bf16/model.safetensors", ROWS),
    Group("tiny-tensors", "100,000 tensors of 1,000 elements", "tiny-tensors/model.safetensors", ROWS),
)

CACHE = (
    Group("warm", "in the page cache", "bf16/model.safetensors", ROWS),
    Group("cold", "on the disk alone", "bf16/model.safetensors", ROWS, is_cold=True),
)
