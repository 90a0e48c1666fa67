"""Losses of reference-based super-resolution (Yang et al. 2020, arXiv:2006.04139, section 3.3).

Reference: researchmm/TTSR@550e4c9 (MIT). The weights of the sum (equation 9) are those of its
training script, for images in [-1, 1]; convert an image with white = 1 by 2 x - 1.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.networks.ttsr import Textures, Transfer

RECONSTRUCTION_WEIGHT = 1.0
PERCEPTUAL_WEIGHT = 1e-2
TRANSFERAL_WEIGHT = 1e-2
ADVERSARIAL_WEIGHT = 1e-3
GRADIENT_PENALTY_WEIGHT = 10.0  # Gulrajani et al. 2017, arXiv:1704.00028
CRITIC_STEPS = 2  # discriminator updates per generator update


def reconstruction_loss(sr: Tensor, hr: Tensor) -> Tensor:
    """Return the mean absolute error (equation 10)."""
    return F.l1_loss(sr, hr)


def perceptual_loss(sr: Tensor, hr: Tensor, features: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the mean squared error of features (first term of equation 13).

    Args:
        sr: The result, (N, 3, H, W).
        hr: The ground truth, with the same shape; without gradients.
        features: Feature extractor; the authors use relu5_1 of a fixed VGG19.
    """
    with torch.no_grad():
        target = features(hr)
    return F.mse_loss(features(sr), target)


def transferal_perceptual_loss(
    textures: Textures, transfer: Transfer, *, weigh_by_soft: bool = False
) -> Tensor:
    """Return the distance of a result's textures from those transferred (2nd term of equation 13).

    This is the mean squared error, averaged over the three levels. Gradients reach both sides, as
    in the reference code.

    Args:
        textures: Textures of the result, from `TTSR.texture_features`.
        transfer: Transfer of the same run of the network.
        weigh_by_soft: Whether to multiply both by the sigmoid of the soft attention; False in the
            published training.
    """
    loss = transfer.soft.new_zeros(())
    for found, wanted in zip(textures, (transfer.lv1, transfer.lv2, transfer.lv3), strict=True):
        if weigh_by_soft:
            weight = F.interpolate(transfer.soft, size=found.shape[2:], mode="bicubic").sigmoid()
            found, wanted = found * weight, wanted * weight
        loss = loss + F.mse_loss(found, wanted)
    return loss / 3


def generator_loss(critic: Callable[[Tensor], Tensor], sr: Tensor) -> Tensor:
    """Return the adversarial loss of the generator (WGAN, equation 12)."""
    return -critic(sr).mean()


def critic_loss(critic: Callable[[Tensor], Tensor], sr: Tensor, hr: Tensor, *, seed: int) -> Tensor:
    """Return the loss of the critic (WGAN-GP, equation 11); no gradient reaches `sr`.

    The gradient is penalized at one point between each pair of images, drawn with `seed`.
    """
    sr = sr.detach()
    generator = torch.Generator().manual_seed(seed)
    ratio = torch.rand(len(hr), 1, 1, 1, generator=generator).to(hr)
    penalty = gradient_penalty(critic, torch.lerp(sr, hr, ratio))
    return critic(sr).mean() - critic(hr).mean() + GRADIENT_PENALTY_WEIGHT * penalty


def gradient_penalty(critic: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Return the mean of (|gradient of the score| - 1)**2 at (N, C, H, W) images."""
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(images).sum(), images, create_graph=True)
    norms: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1)
    return (norms - 1).square().mean()
