"""The public modules, for type checkers and for lazy loading."""

from .efficient import EfficientNonLocalAttention as EfficientNonLocalAttention
from .nonlocal_block import NonLocalBlock as NonLocalBlock
from .pyramid import PyramidAttention as PyramidAttention
from .sparse import NonLocalSparseAttention as NonLocalSparseAttention
from .texture import SearchTransfer as SearchTransfer
from .texture import TransferredTextures as TransferredTextures
