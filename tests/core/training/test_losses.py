"""Losses of simple tensors; the critic has the authors' layout."""

from __future__ import annotations

import json

import pytest
import torch
from torch import Tensor

from restorer.networks.ttsr import Textures, Transfer
from restorer.training.discriminator import Discriminator
from restorer.training.losses import (
    GRADIENT_PENALTY_WEIGHT,
    critic_loss,
    generator_loss,
    gradient_penalty,
    perceptual_loss,
    reconstruction_loss,
    transferal_perceptual_loss,
)

from helpers import GOLDEN


def make_textures(value: float) -> Textures:
    sizes = ((64, 8, 12), (128, 4, 6), (256, 2, 3))
    return Textures(*(torch.full((2, *size), value) for size in sizes))


def make_transfer(value: float, soft: float = 0.5) -> Transfer:
    lv1, lv2, lv3 = make_textures(value)
    index = torch.zeros(2, 2, 3, dtype=torch.int64)
    return Transfer(torch.full((2, 1, 2, 3), soft), lv3, lv2, lv1, index)


def unit_critic(images: Tensor) -> Tensor:
    """Return a score whose gradient has length 1 everywhere."""
    return images.flatten(1).sum(1, keepdim=True) / images[0].numel() ** 0.5


def test_losses_of_equal_images_are_zero() -> None:
    x = torch.rand(2, 3, 8, 12)
    assert reconstruction_loss(x, x) == 0
    assert perceptual_loss(x, x, torch.square) == 0
    for weigh_by_soft in (False, True):
        loss = transferal_perceptual_loss(
            make_textures(0.3), make_transfer(0.3), weigh_by_soft=weigh_by_soft
        )
        assert loss == 0


def test_reconstruction_loss_is_the_mean_absolute_error() -> None:
    sr, hr = torch.tensor([[1.0, -1.0]]), torch.tensor([[0.5, 0.5]])
    assert reconstruction_loss(sr, hr) == 1.0


def test_perceptual_loss_is_the_mean_squared_error_of_features() -> None:
    sr = torch.full((1, 3, 2, 2), 3.0, requires_grad=True)
    hr = torch.full((1, 3, 2, 2), 1.0, requires_grad=True)
    loss = perceptual_loss(sr, hr, lambda x: 2 * x)
    assert loss == 16.0
    loss.backward()
    assert sr.grad is not None
    assert hr.grad is None


def test_transferal_perceptual_loss_is_the_mean_over_the_levels() -> None:
    assert transferal_perceptual_loss(make_textures(3.0), make_transfer(1.0)) == 4.0
    lv1, lv2, lv3 = make_textures(1.0)
    one_off = Textures(lv1, lv2 + 3, lv3)
    assert transferal_perceptual_loss(one_off, make_transfer(1.0)) == 3.0


def test_transferal_perceptual_loss_is_weighted_by_the_sigmoid_of_soft_attention() -> None:
    loss = transferal_perceptual_loss(
        make_textures(3.0), make_transfer(1.0, soft=0.0), weigh_by_soft=True
    )
    torch.testing.assert_close(loss, torch.tensor(1.0))  # (2 * sigmoid(0))**2


def test_transferal_perceptual_loss_reaches_result_and_transfer() -> None:
    textures, transfer = make_textures(1.0), make_transfer(0.0)
    leaves = [*textures, transfer.lv1, transfer.lv2, transfer.lv3]
    for leaf in leaves:
        leaf.requires_grad_()
    transferal_perceptual_loss(textures, transfer).backward()
    assert all(leaf.grad is not None and leaf.grad.any() for leaf in leaves)


def test_the_penalty_is_zero_for_a_critic_with_unit_gradient() -> None:
    x = torch.randn(3, 3, 4, 4)
    torch.testing.assert_close(gradient_penalty(unit_critic, x), torch.tensor(0.0))
    torch.testing.assert_close(gradient_penalty(lambda y: 3 * unit_critic(y), x), torch.tensor(4.0))


def test_critic_loss_is_the_difference_of_scores_and_ten_times_the_penalty() -> None:
    sr, hr = torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4)
    distance = 48**0.5
    loss = critic_loss(unit_critic, sr, hr, seed=0)
    torch.testing.assert_close(loss, torch.tensor(-distance))
    loss = critic_loss(lambda x: 2 * unit_critic(x), sr, hr, seed=0)
    torch.testing.assert_close(loss, torch.tensor(-2 * distance + GRADIENT_PENALTY_WEIGHT))


def test_generator_loss_is_the_negative_mean_score() -> None:
    torch.testing.assert_close(
        generator_loss(unit_critic, torch.ones(2, 3, 4, 4)), torch.tensor(-(48**0.5))
    )


def test_the_penalized_images_lie_between_and_depend_only_on_the_seed() -> None:
    seen: list[Tensor] = []

    def critic(images: Tensor) -> Tensor:
        seen.append(images.detach())
        return unit_critic(images)

    sr, hr = torch.zeros(4, 3, 4, 4), torch.ones(4, 3, 4, 4)
    for seed in (1, 1, 2):
        torch.rand(1)
        critic_loss(critic, sr, hr, seed=seed)
    first, again, other = seen[0], seen[3], seen[6]
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert ((first > 0) & (first < 1)).all()
    assert (first == first[:, :1, :1, :1]).all()


def test_the_critic_learns_and_leaves_the_result_alone() -> None:
    critic = Discriminator(side=32)
    sr = torch.randn(2, 3, 32, 32, requires_grad=True)
    critic_loss(critic, sr, torch.randn(2, 3, 32, 32), seed=0).backward()
    # The bias of the last layer shifts both scores equally.
    trained = {k for k, p in critic.named_parameters() if p.grad is not None}
    assert trained == {k for k, _ in critic.named_parameters()}
    assert sr.grad is None
    generator_loss(critic, sr).backward()
    assert sr.grad is not None


def test_the_critic_has_the_published_layout() -> None:
    layout = json.loads((GOLDEN / "keys" / "ttsr_discriminator_160.json").read_text("utf-8"))
    with torch.device("meta"):
        critic = Discriminator(side=160)
        assert critic(torch.empty(2, 3, 160, 160)).shape == (2, 1)
    assert {k: list(v.shape) for k, v in critic.state_dict().items()} == {
        entry["key"]: entry["shape"] for entry in layout["entries"]
    }
    assert sum(p.numel() for p in critic.parameters()) == 17_821_473


@pytest.mark.parametrize("side", [0, 16, 100])
def test_the_critic_refuses_sides_that_do_not_halve(side: int) -> None:
    with pytest.raises(ValueError, match=f"side {side}"):
        Discriminator(side=side)
