"""The optimiser: orthogonalised momentum for matrices, Adam for the rest.

Keeps true: a matrix step has singular values near one whatever the gradient's scale, so one
learning rate serves all matrices. It holds no schedule; the caller sets the rate.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

_MOMENTUM = 0.95
_BETAS = (0.9, 0.95)


def orthogonalise(m: Tensor, rounds: int = 5) -> Tensor:
    """Push the singular values of a stack of matrices towards one (a quintic iteration)."""
    a, b, c = 3.4445, -4.775, 2.0315
    x = (m / (m.norm(dim=(-2, -1), keepdim=True) + 1e-7)).bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    for _ in range(rounds):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if tall else x).float()


class Optimiser:
    """One `step` per batch; `rate` scales both kinds of update, 1.0 being the full rate."""

    def __init__(
        self, parameters: Iterable[torch.nn.Parameter], matrix: float, other: float
    ) -> None:
        self.matrix, self.other = matrix, other
        self.count = 0
        self.matrices: list[tuple[torch.nn.Parameter, Tensor]] = []
        self.others: list[tuple[torch.nn.Parameter, Tensor, Tensor]] = []
        for p in parameters:
            if p.dim() == 3:
                self.matrices.append((p, torch.zeros_like(p)))
            else:
                self.others.append((p, torch.zeros_like(p), torch.zeros_like(p)))

    def step(self, rate: float) -> None:
        """Move every parameter and clear its gradient."""
        self.count += 1
        with torch.no_grad():
            self._move_matrices(rate)
            self._move_others(rate)

    def _move_matrices(self, rate: float) -> None:
        groups: dict[torch.Size, list[tuple[torch.nn.Parameter, Tensor]]] = {}
        for p, momentum in self.matrices:
            assert p.grad is not None
            momentum.lerp_(p.grad, 1 - _MOMENTUM)
            groups.setdefault(p.shape[1:], []).append((p, p.grad.lerp(momentum, _MOMENTUM)))
            p.grad = None
        for shape, members in groups.items():
            # One product for all matrices of a shape: far fewer, larger kernels.
            update = orthogonalise(torch.cat([g for _, g in members]))
            scale = self.matrix * rate * max(1.0, shape[0] / shape[1]) ** 0.5
            for (p, _), u in zip(members, update.split([len(p) for p, _ in members]), strict=True):
                p.mul_(1 - 0.1 * self.matrix * rate).add_(u, alpha=-scale)

    def _move_others(self, rate: float) -> None:
        low, high = _BETAS
        for p, first, second in self.others:
            assert p.grad is not None
            first.lerp_(p.grad, 1 - low)
            second.lerp_(p.grad.square(), 1 - high)
            size = (second / (1 - high**self.count)).sqrt_().add_(1e-10)
            p.addcdiv_(first / (1 - low**self.count), size, value=-self.other * rate)
            p.grad = None
