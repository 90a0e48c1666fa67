"""Attention operators as modules for any network: exact results in bounded memory.

`PyramidAttention` compares patches across scales, `NonLocalSparseAttention` pixels with similar
hash codes, `EfficientNonLocalAttention` all pixels in linear time, `NonLocalBlock` all pixels with
one of four pairwise functions; `SearchTransfer` pastes the textures of a reference. All take and
return (N, C, H, W) features in float64, float32 or bfloat16, and all are differentiable.

A module computes with the type of its parameters, or in float32 under autocast; scores, hashes and
normalizers are never computed in less than float32, because half precision selects other pixels.
Without gradients, the memory beyond input and output is a constant (64 MiB or less of scores) plus
a few copies of the features. With gradients, blocks of scores are recomputed in the backward pass.
An exported module (`torch.export`, `torch.onnx`, `torch.jit.trace`) computes all scores at once.

Names are loaded at first use; the first one loads PyTorch.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
