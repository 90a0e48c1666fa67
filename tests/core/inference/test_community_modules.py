"""The architectures of spandrel, small and with random weights, run as modules of a user."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from restorer import restore, wrap_model
from restorer.models import community
from restorer.models.adapter import seeded

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of the architectures themselves
    pytest.mark.skipif(not community.available(), reason="needs the extra `community`"),
]

SWIN: dict[str, Any] = {"embed_dim": 12, "depths": [2, 2], "num_heads": [2, 2]}
# The class in the module of each architecture, and the arguments of a small network.
NETWORKS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "Compact": ("Compact", {"num_feat": 8, "num_conv": 2}),
    "SwiftSRGAN": ("SwiftSRGAN", {"num_channels": 8, "num_blocks": 2}),
    "HAT": ("HAT", {**SWIN, "window_size": 8, "squeeze_factor": 6, "num_feat": 16, "upscale": 2}),
    "GRL": (
        "GRL",
        {
            "embed_dim": 12,
            "depths": [1],
            "num_heads_window": [2],
            "num_heads_stripe": [2],
            "upscale": 2,
            "upsampler": "pixelshuffledirect",
        },
    ),
    "Swin2SR": ("Swin2SR", {**SWIN, "window_size": 8, "upsampler": "pixelshuffledirect"}),
    "SwinIR": ("SwinIR", {**SWIN, "window_size": 8, "upscale": 2, "upsampler": "pixelshuffle"}),
    "OmniSR": ("OmniSR", {"num_feat": 16, "up_scale": 2}),
    "SCUNet": ("SCUNet", {"config": [2] * 7, "dim": 64}),
    "FBCNN": ("FBCNN", {"nc": [8, 8, 16, 512], "nb": 2}),
    "Uformer": ("Uformer", {"embed_dim": 8, "depths": [1] * 9, "num_heads": [1] * 9}),
    "RGT": ("RGT", {"embed_dim": 24, "depth": [2], "num_heads": [2]}),
    "DAT": ("DAT", {"embed_dim": 24, "depth": [2], "num_heads": [2], "split_size": [8, 8]}),
    "CRAFT": ("CRAFT", {"embed_dim": 24, "depths": [2], "num_heads": [6]}),
    "KBNet": (
        "KBNet_s",
        {"width": 16, "middle_blk_num": 1, "enc_blk_nums": [1] * 4, "dec_blk_nums": [1] * 4},
    ),
    "DITN": ("DITN", {"dim": 12, "ITL_blocks": 1, "SAL_blocks": 1, "upscale": 2}),
    "MMRealSR": (
        "MMRealSR",
        {
            "num_in_ch": 3,
            "num_out_ch": 3,
            "num_feat": 8,
            "num_block": 1,
            "num_grow_ch": 4,
            "num_feats": [8, 8, 8, 8],
            "num_blocks": [1, 1, 1, 1],
        },
    ),
    "SPAN": ("SPAN", {"num_in_ch": 3, "num_out_ch": 3, "feature_channels": 16, "upscale": 2}),
    "RealCUGAN": ("UpCunet2x", {}),
    "SAFMN": ("SAFMN", {"dim": 8, "n_blocks": 2}),
    "SAFMNBCIE": ("SAFMNBCIE", {"dim": 8, "n_blocks": 2, "num_layers": 2}),
    "DCTLSA": ("DCTLSA", {"nf": 20, "upscale": 2}),
    "FFTformer": ("FFTformer", {"dim": 8, "num_blocks": [1, 1, 1], "num_refinement_blocks": 1}),
    "NAFNet": ("NAFNet", {"width": 8, "enc_blk_nums": [1, 1], "dec_blk_nums": [1, 1]}),
    "ATD": ("ATD", {**SWIN, "num_tokens": 8, "upscale": 2, "upsampler": "pixelshuffledirect"}),
    "MixDehazeNet": ("MixDehazeNet", {"embed_dims": [8, 16, 32, 16, 8]}),
    "DRUNet": ("DRUNet", {"in_nc": 4, "out_nc": 3, "nc": [8, 8, 16, 16], "nb": 2}),
    "DnCNN": ("DnCNN", {"in_nc": 3, "out_nc": 3, "nc": 8, "nb": 8, "act_mode": "R"}),
    "IPT": ("IPT", {"n_feats": 8, "num_layers": 1, "num_heads": 2, "scale": [2]}),
    "DRCT": (
        "DRCT",
        {**SWIN, "window_size": 8, "gc": 4, "upscale": 2, "upsampler": "pixelshuffle"},
    ),
    "ESRGAN": ("ESRGAN", {"num_filters": 8, "num_blocks": 1, "scale": 2}),
    "PLKSR": ("PLKSR", {"dim": 16, "n_blocks": 2, "upscaling_factor": 2}),
    "RetinexFormer": ("RetinexFormer", {"n_feat": 8, "stage": 1}),
    "HVICIDNet": ("HVICIDNet", {"channels": [8, 8, 16, 32]}),
    "SeemoRe": ("SeemoRe", {"num_experts": 2, "num_layers": 2, "embedding_dim": 12, "scale": 2}),
    "MoSR": ("MoSR", {"n_block": 2, "dim": 16, "upscale": 2}),
    "MoESR": ("MoESR", {"dim": 16, "n_blocks": 1, "n_block": 1, "scale": 2}),
    "RCAN": ("RCAN", {"n_resgroups": 1, "n_resblocks": 1, "n_feats": 16, "scale": 2}),
    "FDAT": (
        "FDAT",
        {
            "embed_dim": 16,
            "num_groups": 1,
            "depth_per_group": 2,
            "num_heads": 2,
            "mid_dim": 16,
            "scale": 2,
        },
    ),
    "AuraSR": (
        "AuraSR",
        {
            "dim": 8,
            "image_size": None,
            "input_image_size": None,
            "style_network": {"dim_in": 8, "dim_out": 32, "depth": 1},
        },
    ),
}


# Their modules take or return more than pictures, or one size only; the descriptors do the rest.
ONLY_DESCRIBED = {"FBCNN", "MMRealSR", "DRUNet", "IPT", "Uformer", "AuraSR"}


def make(architecture: str) -> nn.Module:
    community._import_spandrel()
    module = importlib.import_module(f"spandrel.architectures.{architecture}")
    name, arguments = NETWORKS[architecture]
    network: nn.Module = getattr(module, name)(**arguments)
    for parameter in network.parameters():  # layers that start at zero would hide others
        if parameter.dim() > 1 and parameter.numel() and not parameter.any():
            nn.init.normal_(parameter, std=0.02)
    return network.eval()


def assert_restores_like(model: Any, call: Callable[[Tensor], Tensor]) -> None:
    x = torch.rand(1, 3, 64, 96)
    with torch.no_grad(), seeded(x, 0):
        expected = call(x.clone())  # some write into their input
    limit = 1e-5 * max(1.0, float(expected.abs().max()))
    assert float((restore(x, model) - expected).abs().max()) <= limit


def test_all_supported_architectures_are_here() -> None:
    registry = community._import_spandrel().MAIN_REGISTRY
    known = {support.architecture.id for support in registry.architectures()}
    if community.has_restricted():
        extra = importlib.import_module("spandrel_extra_arches")
        known -= {support.architecture.id for support in extra.EXTRA_REGISTRY.architectures()}
    assert known - set(NETWORKS) == {"GFPGAN", "RestoreFormer", "LaMa"}, "faces and inpainting"


@pytest.mark.parametrize("architecture", sorted(set(NETWORKS) - ONLY_DESCRIBED))
def test_modules_give_the_result_of_their_own_call(architecture: str) -> None:
    module = make(architecture)
    # The radius of SCUNet, which has none, would be searched for most of a minute.
    model = wrap_model(module, local=False) if architecture == "SCUNet" else module
    assert_restores_like(model, module)


@pytest.mark.parametrize("architecture", NETWORKS)
def test_descriptors_give_the_result_of_their_own_call(architecture: str) -> None:
    state = make(architecture).state_dict()
    descriptor = community._import_spandrel().MAIN_REGISTRY.load(state)
    assert descriptor.architecture.id == architecture
    assert_restores_like(descriptor, descriptor)
