"""Networks of ncnn for tests: a writer of ``.param`` and ``.bin`` files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TAG_FP16 = 0x01306B47


class Writer:
    """Collects layers and their weights; blobs are named by numbers, the input is 0."""

    def __init__(self, seed: int = 0, *, half: bool = False) -> None:
        self.rng = np.random.default_rng(seed)
        self.half = half
        self.lines = ["Input in 0 1 0"]
        self.data = b""
        self.blobs = 1

    def add(self, kind: str, params: str = "", inputs: Sequence[int] = (), outputs: int = 1) -> int:
        """Add a layer, by default of the newest blob; return its last output."""
        taken = list(inputs) or [self.blobs - 1]
        given = range(self.blobs, self.blobs + outputs)
        self.blobs += outputs
        names = " ".join(map(str, [*taken, *given]))
        name = f"{kind.lower()}{len(self.lines)}"
        self.lines.append(f"{kind} {name} {len(taken)} {outputs} {names} {params}".rstrip())
        return self.blobs - 1

    def memory(self, params: str, values: NDArray[np.float32]) -> int:
        """Add constants."""
        self.lines.append(f"MemoryData memory{len(self.lines)} 0 1 {self.blobs} {params}")
        self.blobs += 1
        self.plain(values)
        return self.blobs - 1

    def convolution(
        self, ins: int, outs: int, side: int = 3, params: str = "", kind: str = "Convolution"
    ) -> int:
        """Add a convolution with a bias and random weights that keep the size of the values."""
        count = ins * outs * side * side
        self.weights(self.rng.normal(0, (ins * side * side) ** -0.5, count))
        self.plain(self.rng.normal(0, 0.1, outs))
        return self.add(kind, f"0={outs} 1={side} 5=1 6={count} {params}")

    def weights(self, values: NDArray[np.float64]) -> None:
        """Append tagged weights, of half precision if the writer has that."""
        if self.half:
            part = np.asarray(values, "<f2").tobytes()
            self.data += TAG_FP16.to_bytes(4, "little") + part + bytes(-len(part) % 4)
        else:
            self.data += bytes(4) + np.asarray(values, "<f4").tobytes()

    def plain(self, values: NDArray[np.floating]) -> None:
        """Append weights without a tag."""
        self.data += np.asarray(values, "<f4").tobytes()

    @property
    def text(self) -> str:
        """The ``.param`` file."""
        return "\n".join(["7767517", f"{len(self.lines)} {self.blobs}", *self.lines]) + "\n"

    def save(self, folder: Path, name: str = "net") -> Path:
        """Write both files; return the ``.param`` file."""
        path = folder / f"{name}.param"
        path.write_text(self.text)
        path.with_suffix(".bin").write_bytes(self.data)
        return path


def enlarger(scale: int = 2, *, half: bool = False) -> Writer:
    """Return a network that repeats pixels and adds small details, as SRVGGNetCompact does."""
    net = Writer(half=half)
    net.add("Split", outputs=2)
    net.convolution(3, 8, params="4=1")
    net.plain(np.full(8, 0.2))
    net.add("PReLU", "0=8")
    net.convolution(8, 3 * scale**2, params="4=1")
    net.add("BinaryOp", "0=2 1=1 2=0.1")
    details = net.add("PixelShuffle", f"0={scale}")
    large = net.add("Interp", f"0=1 1={scale}.0 2={scale}.0", [1])
    net.add("BinaryOp", "0=0", [details, large])
    return net


def shrinking() -> Writer:
    """Return a network like UpConv7: no padding, and a deconvolution for scale 2."""
    net = Writer()
    weights = np.zeros((8, 3, 3, 3))
    weights[:3, :, 1, 1] = np.eye(3)
    weights[3:] = net.rng.normal(0, 0.1, (5, 3, 3, 3))
    net.weights(weights.ravel())
    net.plain(np.zeros(8))
    net.add("Convolution", "0=8 1=3 5=1 6=216 9=2 -23310=1,0.1")
    kernel = np.zeros((3, 8, 4, 4))
    kernel[:, :3, 1:3, 1:3] = np.eye(3)[..., None, None]
    kernel[:, 3:] = net.rng.normal(0, 0.01, (3, 5, 4, 4))
    net.weights(kernel.ravel())
    net.plain(np.zeros(3))
    net.add("Deconvolution", "0=3 1=4 3=2 4=3 5=1 6=384")
    return net
