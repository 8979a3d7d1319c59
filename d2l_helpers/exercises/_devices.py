"""Would an answer run where its input is? Asked without another device.

The input is treated as if it were on a device of its own: what is computed from it is
there too, what a factory makes is on the CPU unless it is told otherwise, and to mix
the two is noticed. Values are real, so that masks, `.item()` and the like work as
they do on a GPU.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ._run import copied, run

THERE = torch.device("meta")
HOME = torch.device("cpu")
# these take tensors of both sides: they copy, index, or look at a shape only
BOTH = {
    "__getitem__", "__setitem__", "copy_", "to", "type_as", "expand_as", "view_as",
    "reshape_as", "new_tensor", "tensor", "as_tensor", "asarray", "index_put_",
    "__get__", "__set__",
}  # fmt: skip
MOVES = {"to", "cpu", "type_as"}
LISTED = {"tensor", "as_tensor", "asarray"}  # of a list: at home


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _captured(function: Any) -> list:
    """Tensors that a function brings along: its defaults, its page's variables."""
    try:
        around = inspect.getclosurevars(inspect.unwrap(function))
    except (TypeError, ValueError):
        return []
    return [*around.nonlocals.values(), *around.globals.values()]


class Watch(TorchFunctionMode):
    """Follows tensors by their storages, which views share.

    Attributes:
        mixed: tensors of both sides met, where a GPU would stop.
    """

    def __init__(self, inputs: tuple) -> None:
        super().__init__()
        self.mixed = self.batched = False
        self.sides: dict[int, torch.device] = {}
        self._kept: list[Tensor] = []  # a storage's number is free for others after it
        self._put(inputs, THERE)

    def _put(self, value: Any, side: torch.device) -> None:
        for T in _tensors(value):
            self.sides.setdefault(self._key(T), side)
            self._kept.append(T)

    def bring(self, values: list) -> None:
        """What comes from outside is on the CPU, unless it is an input."""
        self._put(values, HOME)

    @staticmethod
    def _key(T: Tensor) -> int:
        try:
            return T.untyped_storage()._cdata
        except (RuntimeError, NotImplementedError):  # sparse ones have none
            return id(T)

    def side(self, T: Tensor) -> torch.device | None:
        """Where a tensor is; None for one of unknown origin."""
        return self.sides.get(self._key(T))

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if func == Tensor.device.__get__:
            return self.side(args[0]) or HOME
        given = list(_tensors([list(args), kwargs]))
        self.batched |= any(map(torch._C._functorch.is_functorch_wrapped_tensor, given))
        sides = [self.side(T) for T in given]
        if name in ("numpy", "__array__") and THERE in sides:
            self.mixed = True
        if THERE in sides and name not in BOTH:
            self.mixed |= any(
                T.dim() and (s is HOME or (s is None and not self.batched))
                for T, s in zip(given, sides, strict=True)
            )
        elif name == "__getitem__" and sides[0] is not THERE and THERE in sides:
            self.mixed = True
        args, kwargs, told = _without_device(args, kwargs)
        result = func(*args, **kwargs)
        if name == "cpu" or told == HOME:
            side = HOME
        else:
            follows = told == THERE or self._follows(name, args, sides)
            side = THERE if follows else HOME
        if name in MOVES and self.side(result) not in (side, None):
            result = result.clone()  # a move to another device is a copy
        self._put(result, side)
        return result

    @staticmethod
    def _follows(name: str, args: tuple, sides: list) -> bool:
        if name in LISTED and args and not isinstance(args[0], Tensor):
            return False
        if name in ("to", "type_as") and len(sides) > 1:
            return sides[1] is THERE
        if name in BOTH:
            return sides[:1] == [THERE]
        return THERE in sides


def _without_device(args: tuple, kwargs: dict) -> tuple[tuple, dict, Any]:
    """The arguments for a call on the CPU, and the device that was asked for."""
    told = kwargs.pop("device", None)
    if any(isinstance(a, torch.device) for a in args[1:]):
        told = next(a for a in args[1:] if isinstance(a, torch.device))
        args = tuple(HOME if isinstance(a, torch.device) else a for a in args)
    elif any(isinstance(a, str) and a == "cpu" for a in args[1:]):
        told = HOME
    return args, kwargs, told if told is None else torch.device(told)


def stays_home(answer: Callable, case: tuple) -> bool:
    """Does a right answer compute, or leave its result, on the CPU in any case?"""
    case = copied(case)
    watch = Watch(case)
    watch.bring(_captured(answer))
    with watch:
        result = run(answer, case)
    return watch.mixed or any(watch.side(T) is HOME for T in _tensors(result))
