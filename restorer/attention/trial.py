"""Try the fast form of an operator against the plain form before a device uses it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

log = logging.getLogger(__name__)

_TOLERANCE = 1e-4  # of the largest value; sums of float32 in another order differ by 1e-6


def agrees(
    name: str,
    fast: Callable[[], Tensor],
    plain: Callable[[], Tensor],
    tolerance: float = _TOLERANCE,
) -> bool:
    """Whether the two forms give the same result; a warning says why they do not.

    The fast form may raise anything: it depends on compilers, drivers and the device.
    """
    with torch.no_grad():
        expected = plain()
        try:
            error = float((fast() - expected).abs().max() / expected.abs().max())
        except Exception as error_of_form:  # noqa: BLE001  see above
            log.warning("%s: %s; the plain form is used", name, error_of_form)
            return False
    if not error <= tolerance:  # nor NaN
        log.warning("%s: differs by %.1e; the plain form is used", name, error)
        return False
    log.debug("%s: differs by %.1e", name, error)
    return True


def waves(*shape: int, device: torch.device) -> Tensor:
    """Return values between -1 and 1 that do not repeat; no random generator is touched."""
    place = torch.arange(torch.Size(shape).numel(), device=device, dtype=torch.float32)
    return (0.7 * place + 0.001 * place.square()).sin().view(shape)
