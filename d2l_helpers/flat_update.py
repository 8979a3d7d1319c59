"""An optimizer's step that needs nothing from the host: one vector, one table.

All parameters lie one behind the other in one vector, which makes few large kernels
of many small ones. Learning rate and beta1 come from a table on the device, which
the real scheduler has filled, by a counter on the device. So the step can be
recorded once and played back (`graphed`), and is `torch.optim`'s own all the same.

Level 3: imports `run_state`, which is level 2.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor, nn

from d2l_helpers.run_state import make_optimizer

ALIGN = 128  # floats; PyTorch's allocator too begins every tensor at 512 bytes
ADAMS = (torch.optim.Adam, torch.optim.AdamW)
Rates = list[tuple[float, float]]


def rates(optimizer: torch.optim.Optimizer, scheduler: Any, steps: int) -> Rates:
    """Learning rate and momentum (beta1 for Adam) of each of `steps` steps.

    The scheduler, if there is one, is stepped to its end; the parameters must have
    no gradients, so that the optimizer leaves them alone.
    """
    group, table = optimizer.param_groups[0], []
    optimizer.step()  # a scheduler that is stepped first would complain
    for _ in range(steps):
        momentum = group["betas"][0] if "betas" in group else group["momentum"]
        table.append((float(group["lr"]), float(momentum)))
        if scheduler is not None:
            scheduler.step()
    return table


class FlatUpdate:
    """The step of a model's own optimizer, `update(loss)`, under its own schedule.

    model  parameters of one dtype and device, which become views of `flat`, one
           vector, until `release`; values and names stay
    steps  for which the schedule is made, as `configure_optimizers` is told

    Taken are SGD, Adam and AdamW with one group; under a schedule of the learning
    rate, and for the Adams of beta1 too (`OneCycleLR` moves both). TypeError names
    another optimizer, ValueError another setting.
    """

    def __init__(self, model: nn.Module, steps: int) -> None:
        model.zero_grad(set_to_none=True)
        optimizer, scheduler = make_optimizer(model, steps)
        self.params = _checked(optimizer)
        self.names = {p: name for name, p in model.named_parameters()}
        self.rates = rates(optimizer, scheduler, steps)
        if type(optimizer) is torch.optim.SGD and len({m for _, m in self.rates}) > 1:
            raise ValueError(
                "the schedule moves SGD's momentum, which is recorded as a constant: "
                "use OneCycleLR(…, cycle_momentum=False), or d2l.Trainer"
            )
        device = self.params[0].device
        self.fused = one_kernel(type(optimizer), self.rates)
        kind = rate_dtype(self.fused, device)
        self.table = torch.tensor(self.rates, dtype=kind).to(device)
        self.row = self.table[:1].clone()
        self.at = torch.zeros(1, dtype=torch.int64, device=device)
        self._flatten()
        self.optimizer = self._rebuilt(optimizer)

    def __call__(self, loss: Tensor) -> None:
        """Move the weights by one step down the gradient of `loss`, a scalar."""
        torch.index_select(self.table, 0, self.at, out=self.row)
        self.at.add_(1)
        gradients = torch.autograd.grad(loss, self.params, allow_unused=True)
        for p, gradient in zip(self.params, gradients, strict=True):
            if gradient is None:
                raise ValueError(
                    f"the loss does not depend on the parameter {self.names[p]}: take "
                    "it out of the model, or set its requires_grad to False"
                )
        torch.cat(self._spaced(gradients), out=self.flat.grad)
        self.optimizer.step()

    def restart(self) -> None:
        """To the first step. Memory that a recording knows stays where it is."""
        self.at.zero_()
        for state in self.optimizer.state.values():
            for value in state.values():
                value.zero_()

    def finite(self) -> Tensor:
        """Whether no parameter holds NaN or infinity, bool (), on the device."""
        return self.flat.detach().isfinite().all()

    def release(self) -> None:
        """Give each parameter memory of its own again."""
        for p in self.params:
            p.data = p.data.clone()

    def _flatten(self) -> None:
        self.gaps = [p.new_zeros(-p.numel() % ALIGN) for p in self.params]
        parts = self._spaced([p.detach() for p in self.params])
        self.flat = nn.Parameter(torch.cat(parts))
        self.flat.grad = torch.zeros_like(self.flat)
        places = self.flat.detach().split([len(part) for part in parts])
        for p, place in zip(self.params, places[::2], strict=True):
            p.data = place.view(p.shape)

    def _spaced(self, tensors: list[Tensor] | tuple[Tensor, ...]) -> list[Tensor]:
        """Flat, with a gap of zeros behind each."""
        pairs = zip(tensors, self.gaps, strict=True)
        return [part for x, gap in pairs for part in (x.flatten(), gap)]

    def _rebuilt(self, optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
        """The same optimizer for `flat`, reading from `row` what changes."""
        kind, group = type(optimizer), dict(optimizer.param_groups[0])
        group |= {"lr": self.rates[0][0], "foreach": False, "fused": self.fused}
        if kind in ADAMS:
            group["capturable"] = counts_on_device(self.flat.device)
        known = inspect.signature(kind).parameters.keys() - {"params"}
        made = kind([self.flat], **{k: v for k, v in group.items() if k in known})
        new = made.param_groups[0]
        if kind in ADAMS and not self.fused:
            new["betas"] = (self.row[0, 1], group["betas"][1])
        if kind in ADAMS or self.fused:
            new["lr"] = self.row[0, 0]
        return made


def counts_on_device(device: torch.device) -> bool:
    """Whether the Adams are `capturable`; PyTorch refuses that on the CPU."""
    return device.type != "cpu"


def one_kernel(kind: type, table: Rates) -> bool:
    """Whether the step takes the optimizer's fused form.

    It reads the learning rate on the device, but its other settings are constants, so
    beta1 must not move. SGD under a constant rate is as short without it.
    """
    moves_lr, moves_beta = (len(set(column)) > 1 for column in zip(*table, strict=True))
    return not moves_beta and (moves_lr or kind in ADAMS)


def rate_dtype(fused: bool, device: torch.device) -> torch.dtype:
    """Of the table's numbers; fused forms read their rate as float32 on CUDA."""
    narrow = fused and device.type == "cuda"
    return torch.float32 if narrow else torch.float64


def _checked(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    """The parameters that are trained, if the optimizer can be rebuilt."""
    kind = type(optimizer)
    if kind not in (torch.optim.SGD, *ADAMS):
        raise TypeError(
            "recorded steps are made for SGD, Adam and AdamW, the model asks for "
            f"{kind.__name__}; train it with d2l.Trainer"
        )
    if len(optimizer.param_groups) > 1:
        raise ValueError(
            "recorded steps take one group of parameters, the optimizer has "
            f"{len(optimizer.param_groups)}; train it with d2l.Trainer"
        )
    group = optimizer.param_groups[0]
    params = [p for p in group["params"] if p.requires_grad]
    kinds = {(p.dtype, p.device) for p in params}
    if len(kinds) != 1:
        raise ValueError(
            "recorded steps take parameters of one dtype and device, at least one; "
            f"the optimizer has {sorted(f'{d} on {where}' for d, where in kinds)}"
        )
    if group.get("momentum") and group["dampening"]:
        raise ValueError(
            f"SGD treats its first step differently with dampening = "
            f"{group['dampening']}: set it to 0, or train with d2l.Trainer"
        )
    return params
