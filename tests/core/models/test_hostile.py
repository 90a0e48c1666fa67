"""Hostile and damaged checkpoints end in one clear error, soon and in little memory."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from struct import pack
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save as save_safetensors
from torch import Tensor, nn

from restorer import CheckpointError, identify_checkpoint
from restorer.models import community
from restorer.models.budget import BuildBudget
from restorer.models.candidates import Candidate
from restorer.models.checkpoint import read_state

MEMORY_BYTES = 400 << 20  # beyond what the imports take; an archive of pickles takes 100 MiB
STATE = {"a.weight": torch.arange(6.0).view(2, 3), "b": torch.ones(2), "n": torch.tensor(3)}


def torch_bytes(value: Any, *, plain: bool = False) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=not plain)
    return file.getvalue()


def archive(program: bytes, storages: dict[str, bytes] | None = None, method: int = 0) -> bytes:
    """A zip archive of PyTorch around a hand-written pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as entries:
        entries.writestr("a/data.pkl", program)
        for key, data in (storages or {}).items():
            entries.writestr(f"a/data/{key}", data)
    return file.getvalue()


def text(value: str) -> bytes:
    return b"X" + pack("<I", len(value)) + value.encode()


def call(name: str, arguments: bytes) -> bytes:
    """The instructions that call a function with arguments between a mark and a tuple."""
    module, _, function = name.rpartition(".")
    return f"c{module}\n{function}\n".encode() + b"(" + arguments + b"tR"


def integer(value: int) -> bytes:
    data = value.to_bytes(200, "little", signed=True)
    return b"\x8a\xc8" + data


def tensor(numel: int, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> bytes:
    """A state dict of one tensor with any numbers."""

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(integer, values)) + b"t"

    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu")
    view = integer(offset) + numbers(size) + numbers(stride) + b"\x89}"
    rebuild = call("torch._utils._rebuild_tensor_v2", storage + integer(numel) + b"tQ" + view)
    return b"}" + text("w") + rebuild + b"s."


def chain(depth: int, key: str = "params") -> bytes:
    """Nested dicts, each the only value of the next one."""
    return (b"}" + text(key)) * depth + b"}" + b"s" * depth + b"."


def wide_wrappers() -> Any:
    """Twelve levels, at each of which nine names lead to the same next level."""
    names = "params_ema average params state_dict model_state_dict model network net generator"
    value: Any = {"x": 1}
    for _ in range(12):
        value = {**dict.fromkeys(names.split(), value), "x": 1}
    return value


def itself() -> Any:
    value: dict[str, Any] = {"epoch": 1}
    value["params"] = value["model"] = value
    return value


def safetensors(header: Any, data: bytes = b"") -> bytes:
    words = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(words).to_bytes(8, "little") + words + data


def entry(shape: list[int], start: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


class Marked(Tensor):
    """A subclass of tensors."""


def quantized() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch deprecates these tensors
        return torch_bytes({"w": torch.quantize_per_tensor(WEIGHT, 0.1, 0, torch.qint8)})


def shared(count: int, size: int = 1) -> dict[str, Tensor]:
    values = torch.zeros(size)
    return {f"w{number}": values for number in range(count)}


def torn_directory() -> bytes:
    """An archive in which an entry claims to be larger than the file."""
    data = bytearray(archive(tensor(1 << 30, (1 << 30,), (1,)), {"0": bytes(8)}))
    at = data.rindex(b"a/data/0") - 46
    data[at + 20 : at + 28] = pack("<II", 1 << 20, 1 << 20)
    return bytes(data)


def legacy(numel: int, stored: int) -> bytes:
    """A plain pickle of PyTorch whose storage states another size than its pickle."""
    data = bytearray(torch_bytes({"w": torch.zeros(4)}, plain=True))
    data[-24:-16] = pack("<q", stored)
    return bytes(data.replace(b"K\x04Nt", b"J" + pack("<i", numel) + b"Nt"))


WEIGHT = torch.arange(12.0).view(3, 4)
COMPLEX = torch.ones(2, dtype=torch.complex64)
HALVES = b"NN\x86q\x00" + b"h\x00h\x00\x86q\x00" * 40  # a tuple of twice the last tuple, 40 times
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    # Time and memory.
    "wrappers": (lambda: torch_bytes(wide_wrappers()), "no state dict"),
    "itself": (lambda: torch_bytes(itself()), "no state dict"),
    "deep": (lambda: archive(chain(100_000)), "no state dict"),
    "tuples as keys": (lambda: archive(HALVES + b"}h\x00Ns."), "keys of type tuple"),
    "long numbers as keys": (lambda: archive(b"}" + integer(1 << 61) + b"Ns."), "type int"),
    "bytearray": (
        lambda: archive(call("builtins.bytearray", integer(1 << 40)) + b"."),
        "no state dict",
    ),
    "large tensor": (
        lambda: archive(call("torch.FloatTensor", integer(1 << 40)) + b"."),
        "no state dict",
    ),
    "large storage": (
        lambda: archive(call("torch.storage.UntypedStorage", integer(1 << 40)) + b"."),
        "incomplete",
    ),
    "long text": (lambda: archive(b"X\xff\xff\xff\xff" + b"a."), "incomplete"),
    "memo": (lambda: archive(b"Nr\xff\xff\xff\xff."), "no state dict"),
    "instructions": (
        lambda: archive(b"}" * 5_000_000 + b".", method=zipfile.ZIP_STORED),
        "more than 1,000,000 values",
    ),
    "copied lists": (
        lambda: archive(
            b"](" + (text("a") + b"N\x86") * 30_000 + b"eq\x00\x85q\x01"
            b"ccollections\nOrderedDict\nq\x02" + b"h\x02h\x01R" * 30_000 + b"."
        ),
        "no state dict",
    ),
    "bomb": (
        lambda: archive(
            tensor(8 << 20, (8 << 20,), (1,)), {"0": bytes(32 << 20)}, zipfile.ZIP_DEFLATED
        ),
        "would inflate",
    ),
    "names": (lambda: torch_bytes(shared(10_001)), "10,001 tensors"),
    "shared values": (lambda: torch_bytes(shared(1000, 10_000)), "share values"),
    "long name": (lambda: torch_bytes({"n" * 300: WEIGHT}), "invalid name"),
    "control characters": (lambda: torch_bytes({"a\n\x1b[2J": WEIGHT}), "invalid name"),
    "block number": (lambda: torch_bytes({"body.999999999.weight": WEIGHT}), "numbers more parts"),
    # Tensors.
    "stride 0": (lambda: torch_bytes({"w": torch.ones(1).expand(4000, 4000)}), "w repeats"),
    "overlap": (lambda: torch_bytes({"w": WEIGHT.as_strided((4, 4), (1, 2))}), "w repeats"),
    "beyond its storage": (lambda: archive(tensor(9, (9,), (1,)), {"0": bytes(8)}), "larger"),
    "offset": (lambda: archive(tensor(2, (2,), (1,), 1 << 62), {"0": bytes(8)}), "larger"),
    "huge shape": (lambda: archive(tensor(2, (0, 1 << 70), (1, 1)), {"0": bytes(8)}), "larger"),
    "negative stride": (lambda: archive(tensor(2, (2,), (-1,)), {"0": bytes(8)}), "incomplete"),
    "no storage": (lambda: archive(tensor(2, (2,), (1,))), "larger than its data"),
    "sparse": (lambda: torch_bytes({"w": WEIGHT.to_sparse()}), "w is a sparse tensor"),
    "meta": (lambda: torch_bytes({"w": WEIGHT.to("meta")}), "w is a meta tensor"),
    "float8": (lambda: torch_bytes({"w": WEIGHT.to(torch.float8_e5m2)}), "w is of type float8"),
    "complex": (lambda: torch_bytes({"w": COMPLEX}), "w is of type complex"),
    "conjugated": (lambda: torch_bytes({"w": COMPLEX.conj().imag}), "negated"),
    "quantized": (quantized, "w is a quantized tensor"),
    "subclass": (lambda: torch_bytes({"w": WEIGHT.as_subclass(Marked)}), "refused.*Marked"),
    "global with escapes": (lambda: archive(b"cos\r\x1b[2J\nsystem\n."), r"would call os\?\?\[2J"),
    "numbers as names": (lambda: torch_bytes({1: WEIGHT}), "no state dict"),
    "mixed names": (lambda: torch_bytes({"w": WEIGHT, 2: WEIGHT}), "no state dict"),
    # Files.
    "torn directory": (torn_directory, "incomplete"),
    "legacy size": (lambda: legacy(1 << 30, 1 << 30), "incomplete"),
    "legacy sizes": (lambda: legacy(1 << 30, 4), "incomplete"),
    "legacy complex": (lambda: torch_bytes({"w": COMPLEX}, plain=True), "type complexfloat"),
    "header": (lambda: safetensors(b"{" * 100_000), "incomplete"),
    "long header": (lambda: safetensors(b"{" * (5 << 20)), "header of 5,242,880 bytes"),
    "huge sides": (lambda: safetensors({"w": entry([1 << 40] * 9, 0, 4)}, bytes(4)), "shape"),
    "many sides": (lambda: safetensors({"w": entry([9] * 99_999, 0, 4)}, bytes(4)), "incomplete"),
    "overlapping": (
        lambda: safetensors({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, bytes(4)),
        "b overlap others",
    ),
    "gap": (lambda: safetensors({"a": entry([1], 4, 8)}, bytes(8)), "leave a gap"),
    "beyond the end": (lambda: safetensors({"a": entry([9], 0, 36)}, bytes(8)), "incomplete"),
    "float8 header": (lambda: safetensors({"a": entry([4], 0, 4, "F8_E4M3")}, bytes(4)), "F8_E4M3"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_reason(name: str, tmp_path: Path) -> None:
    make, words = HOSTILE[name]
    path = tmp_path / "file.pth"
    path.write_bytes(make())
    start = time.process_time()
    with pytest.raises(CheckpointError, match=words) as caught:
        identify_checkpoint(path)
    assert time.process_time() - start < 5
    assert len(str(caught.value)) < 400 + len(str(path))
    assert str(caught.value).isprintable()


_LIMITED = """
import resource, sys
from pathlib import Path
from restorer import CheckpointError
from restorer.models.checkpoint import read_state
status = Path("/proc/self/status").read_text()
used = int(status.split("VmSize:")[1].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[1]),) * 2)
for name in sys.argv[2:]:
    try:
        read_state(Path(name))
    except CheckpointError as error:
        assert "not enough memory" not in str(error), error
        print(Path(name).name)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the address space")
def test_hostile_files_take_little_memory(tmp_path: Path) -> None:
    """Every file is read within one limit, which an allocation of a stated size would exceed."""
    for number, (make, _) in enumerate(HOSTILE.values()):
        (tmp_path / f"{number}").write_bytes(make())
    names = [str(number) for number in range(len(HOSTILE))]
    result = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(MEMORY_BYTES), *names],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.stderr == ""
    assert result.stdout.split() == names


def test_views_within_their_storage_are_read_as_contiguous_tensors(tmp_path: Path) -> None:
    whole = torch.randn(4, 6, 5, 3)
    state = {
        "view": whole[1:, ::2],
        "turned": whole.mT,
        "last": whole.to(memory_format=torch.channels_last),
        "tied": whole,
        "one": whole[:1, :1].as_strided((1, 3), (0, 1)),
        "empty": torch.zeros(0, 3),
        "parameter": nn.Parameter(torch.randn(2), requires_grad=False),
    }
    state["attributes"] = torch.ones(2)
    state["attributes"].note = "text"  # type: ignore[attr-defined]
    kinds = (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool)
    state |= {str(kind): torch.ones(3).to(kind) for kind in kinds}
    scripts = {"epoch": 3, "losses": [0.5, None, True, (1, 2)], "lr": {0: {"exp_avg": whole}}}
    for plain in (False, True):
        path = tmp_path / f"{plain}.pth"
        path.write_bytes(torch_bytes({"state_dict": OrderedDict(state), **scripts}, plain=plain))
        read = read_state(path)
        torch.testing.assert_close(read, {key: value.detach() for key, value in state.items()})
        assert all(value.is_contiguous() for value in read.values())


def test_compressed_and_big_endian_archives_are_read(tmp_path: Path) -> None:
    values = torch.randn(50)
    big = values.numpy().astype(">f4").tobytes()
    program = tensor(50, (50,), (1,))
    path = tmp_path / "w.pth"
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path.write_bytes(archive(program, {"0": values.numpy().tobytes()}, method))
        torch.testing.assert_close(read_state(path), {"w": values})
    file = io.BytesIO(archive(program, {"0": big}))
    with zipfile.ZipFile(file, "a") as entries:
        entries.writestr("a/byteorder", "big")
    path.write_bytes(file.getvalue())
    torch.testing.assert_close(read_state(path), {"w": values})


VALID = {
    "archive": torch_bytes(STATE),
    "plain": torch_bytes(STATE, plain=True),
    "safetensors": save_safetensors(STATE),
    "program": tensor(6, (2, 3), (3, 1)),
}
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4), st.integers(0, 4)), max_size=4)


@pytest.mark.parametrize("kind", VALID)
@given(changes=CHANGES, keep=st.floats(0, 1) | st.just(1.0))
def test_damaged_files_raise_nothing_but_checkpoint_errors(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    changes: list[tuple[float, bytes, int]],
    keep: float,
) -> None:
    data = VALID[kind]
    for place, new, count in changes:
        at = int(place * len(data))
        data = data[:at] + new + data[at + count :]
    data = data[: int(keep * len(data))]
    path = tmp_path_factory.getbasetemp() / f"damaged-{kind}"
    path.write_bytes(archive(data, {"0": bytes(24)}) if kind == "program" else data)
    try:
        state = read_state(path)
    except CheckpointError:
        pass
    else:
        assert all(value.is_contiguous() for value in state.values())
        assert sum(t.nbytes for t in state.values()) <= 8 * path.stat().st_size + (1 << 20)


def test_many_blocks_are_not_built_to_name_the_most_similar_network() -> None:
    """A thousand blocks take about a second for each architecture."""
    shapes = {f"body.{n}.body.0.weight": (8, 8, 3, 3) for n in range(1001)}
    shapes |= {"tail.0.weight": (3, 8, 3, 3), "body.0.conv_match_1.0.weight": (4, 8, 1, 1)}
    found = Candidate.of("panet", shapes)
    assert found.problems
    assert len(found.network.state_dict()) < 1001


@pytest.mark.skipif(not community.available(), reason="needs the extra `community`")
def test_networks_far_larger_than_their_file_are_not_built() -> None:
    """An ESRGAN of 6,000 channels takes 12 GB a block."""
    state = {
        "conv_first.weight": torch.zeros(6000, 3, 3, 3, dtype=torch.uint8),
        "body.0.rdb1.conv1.weight": torch.zeros(1, 6000, 3, 3, dtype=torch.uint8),
        "body.0.rdb3.conv5.weight": torch.zeros(1, dtype=torch.uint8),
        "conv_body.weight": torch.zeros(6000, 1, 3, 3, dtype=torch.uint8),
        "conv_last.weight": torch.zeros(3, 6000, 3, 3, dtype=torch.uint8),
    }
    with pytest.raises(CheckpointError, match="far larger than the file"):
        community.identify_checkpoint(state)


@pytest.mark.parametrize(
    "build",
    [
        lambda: torch.empty(1 << 40),
        lambda: torch.zeros(3).new_zeros((1 << 40,)),
        lambda: torch.arange(1 << 40),
        lambda: torch.linspace(0, 1, 1 << 40),
        lambda: torch.ones(1 << 20, 1) - torch.ones(1 << 20),
        lambda: torch.ones(5).repeat(1 << 40),
        lambda: torch.ones(1, 8).expand(1 << 36, 8).contiguous(),
        lambda: [torch.ones(1 << 20) for _ in range(1 << 10)],
        lambda: [torch.ones(1).view(1, 1) for _ in range(1 << 20)],
    ],
)
def test_the_budget_stops_operations_before_they_allocate(build: Callable[[], object]) -> None:
    with pytest.raises(CheckpointError, match="far larger"), BuildBudget({}):
        build()
