"""One pass through a model, watched: the layers called and what tensors see.

Level 6: what is known about single layers stands in `layer_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from d2l_helpers import layer_rules as rules
from d2l_helpers.fields import Seen, sliding
from d2l_helpers.layer_rules import View

UNKNOWN = "?"


@dataclass(frozen=True)
class Row:
    """One call of a layer: its output shape for one batch, its cost, what it sees.

    "?" stands for what is not known of this layer.
    """

    layer: str
    shape: tuple[int, ...]
    parameters: int  # those that no row above has counted
    macs: int | str  # multiply–adds for the whole batch
    field: int | str | None  # side of the receptive field; None: the whole input
    unread: tuple[int, ...] | str  # cells that no window reads, per input axis
    shared: int = 0  # parameters that a row above has counted


# PyTorch's own modules that only call others, and those that only hold weights.
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
HOLDERS = (nn.ParameterList, nn.ParameterDict)
# Operations that may multiply and that PyTorch's list of formulas does not have.
MAY_MULTIPLY = re.compile(r"rnn|lstm|gru|attention|former|linear|mm|mv|dot|conv|dist")


def _is_unit(module: nn.Module) -> bool:
    """Whether a module is one row; else its children are."""
    if type(module) in CONTAINERS:
        return False
    # PyTorch's own layers with children (attention …) may use them without a call.
    theirs = type(module).__module__.startswith("torch.nn.modules")
    return bool(theirs or rules.kind_of(module) or not list(module.children()))


def _units(module: nn.Module, into: dict[nn.Module, bool]) -> dict[nn.Module, bool]:
    """Every module that may get a row, and whether it is a unit."""
    into[module] = _is_unit(module)
    if not into[module]:
        for child in module.children():
            if child not in into and not isinstance(child, HOLDERS):
                _units(child, into)
    return into


def _weights(module: nn.Module, unit: bool) -> list[nn.Parameter]:
    """The parameters of a unit, or those that a container holds itself."""
    if unit:
        return list(module.parameters())
    lists = (c for c in module.children() if isinstance(c, HOLDERS))
    return [p for m in (module, *lists) for p in m.parameters(recurse=m is not module)]


def _key(x: Tensor) -> int:
    """The storage that holds a tensor; a sparse one stands for itself."""
    return x.untyped_storage()._cdata if x.layout is torch.strided else id(x)


class _Watch(TorchDispatchMode):
    """Follows what tensors see through one pass, and collects the rows.

    A view is noted by the tensor's storage, so that what is written into it by
    another name is noticed. Between the layers only element-wise operations,
    pooling and `cat` over channels are followed; after any other the view is
    None: not known. A tensor that is not noted does not depend on the input.
    """

    def __init__(self, units: dict[nn.Module, bool]) -> None:
        super().__init__()
        self.units, self.rank = units, 2
        self.rows: list[Row] = []
        self.notes: dict[int, tuple[Tensor, tuple, View | None]] = {}
        self.counted: set[nn.Parameter] = set()
        self.calls: list[list] = []  # [module, is a unit, its own multiply–adds]

    def start(self, X: Tensor) -> None:
        """Note the input: each cell sees itself."""
        axes = tuple(map(Seen.picture, X.shape[2:] if X.ndim != 2 else X.shape[1:]))
        self.note(X, View(axes, flat=X.ndim == 2) if axes else None)
        self.rank = len(axes)

    @staticmethod
    def _layout(x: Tensor) -> tuple:
        dense = x.layout is torch.strided
        return (x.shape, x.stride(), x.storage_offset()) if dense else (x.shape,)

    def note(self, x: Tensor, view: View | None) -> None:
        self.notes[_key(x)] = x, self._layout(x), view

    def view(self, x: Tensor) -> View | None:
        """What the units of `x` see, as far as it is known."""
        old, layout, view = self.notes.get(_key(x), (x, None, None))
        if view is None or view.whole or layout == self._layout(x):
            return view
        batch = x.shape[:1] == old.shape[:1]
        if x.shape[2:] == old.shape[2:] and x.stride() == old.stride() and batch:
            return view if x.ndim > 2 else None  # a slice of the channels
        dense = x.is_contiguous() and old.is_contiguous() and x.numel() == old.numel()
        return View(view.axes, flat=True) if dense and batch and x.ndim == 2 else None

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        given, made = (
            [t for t in tree_leaves(x) if isinstance(t, Tensor)]
            for x in ((args, kwargs), out)
        )
        if self.calls and not self.calls[-1][1]:
            self._work(func, args, kwargs or {}, out)
        views = [self.view(t) for t in given if _key(t) in self.notes]
        changed = func._schema.is_mutable
        if not views or (func.is_view and not changed):
            return out
        for Y in made or given * changed:
            self.note(Y, self._between(func, args, views, Y))
        return out

    def _between(self, func, args, views: list, Y: Tensor) -> View | None:
        """What `Y` sees, made by an operation that is no layer."""
        name = func._schema.name.removeprefix("aten::")
        first, *rest = views
        if None in views or Y.layout is not torch.strided:
            return None
        if name in ("avg_pool2d", "max_pool2d_with_indices") and not first.whole:
            k, s, p = args[1], args[2:3], (args[3:4] or [(0, 0)])[0]
            s = s[0] if s and s[0] else k
            d = args[4] if name != "avg_pool2d" and len(args) > 4 else (1, 1)
            if {len(k), len(s), len(p), len(d)} != {2}:
                return None
            steps = [sliding(*axis) for axis in zip(k, s, p, d, strict=True)]
            return first.through(steps, Y)
        if name == "mean" and args[1:] and args[1] and not first.flat:
            n = args[0].ndim
            spatial = set(range(2, n))
            if {dim % n for dim in args[1]} == spatial:
                return first.gathered(spatial, args[0])
        same = name in ("cat", "_to_copy", "copy_")
        if not same and torch.Tag.pointwise not in func.tags:
            return None
        if name == "cat" and len({view.whole for view in views}) == 2:
            return None  # some channels see all, some do not
        for other in rest:
            first = first and first.merged(other)
        if first is None or first.whole or first.flat:
            return first
        fits = tuple(len(axis.real) for axis in first.axes) == Y.shape[2:]
        return first if fits else None

    def _work(self, func, args, kwargs, out) -> None:
        """Count what a module multiplies in its own `forward`."""
        call, name = self.calls[-1], func._schema.name
        if func.overloadpacket in flop_registry:
            flops = flop_registry[func.overloadpacket](*args, **kwargs, out_val=out)
            call[2] = call[2] if call[2] == UNKNOWN else call[2] + flops // 2
        elif not name.startswith("aten::") or (
            MAY_MULTIPLY.search(name) and "upsample" not in name
        ):
            call[2] = UNKNOWN

    def enter(self, module: nn.Module, args) -> None:
        if module in self.units:
            self.calls.append([module, self.units[module], 0])

    def leave(self, module: nn.Module, *given) -> None:
        """The row of a call that ends here, be it by an exception (no kwargs then)."""
        *inputs, result = given
        if module not in self.units:
            return
        _, unit, work = self.calls.pop()
        tensors = [t for t in tree_leaves(inputs) if isinstance(t, Tensor)]
        X = next(iter(tensors), None)
        results = [t for t in tree_leaves(result) if isinstance(t, Tensor)]
        Y = next(iter(results), None)
        view, lost = None, UNKNOWN
        if not unit:
            view = None if Y is None else self.view(Y)
            if not work and not _weights(module, unit):
                return
        elif rules.kind_of(module) and X is not None and Y is not None:
            view = self.view(X)
            view = view and rules.follow(module, X, Y, view)
            self.note(Y, view)
            work, steps = rules.macs(module, X, Y), rules.windows(module, X, Y)
            lost = tuple(
                step.unread(n, m)
                for step, n, m in zip(
                    steps, X.shape[-len(steps) :], Y.shape[-len(steps) :], strict=False
                )
            )
            lost = lost or (0,) * max(X.ndim - 2, self.rank)
        else:
            work = UNKNOWN
            for t in results:  # the operations inside may not all have been seen
                self.note(t, None)
        self.add(module, Y, work, view, lost)

    def add(self, module, Y, work, view, lost, note: str = "") -> None:
        unit = self.units[module]
        name = type(module).__name__.removeprefix("Parametrized")
        weights = dict.fromkeys(_weights(module, unit))
        new = sum(p.numel() for p in weights if p not in self.counted)
        old = sum(p.numel() for p in weights if p in self.counted)
        self.counted.update(weights)
        shape = () if Y is None else tuple(Y.shape)
        field = view.field if view else UNKNOWN
        name += note if unit or note else " (own)"
        self.rows.append(Row(name, shape, new, work, field, lost, old))

    def finish(self) -> None:
        """Rows for weights that no call has used."""
        for module, unit in self.units.items():
            weights = _weights(module, unit)
            if any(p not in self.counted and not is_lazy(p) for p in weights):
                self.add(module, None, 0, None, (), " (not called)")


@contextmanager
def _untouched(model: nn.Module) -> Iterator[None]:
    """Evaluation without gradients that leaves modes, buffers and chance alone."""
    modes = [(m, m.training) for m in model.modules()]
    kept = [
        (m, name, b, b.clone())
        for m in model.modules()
        for name, b in m._buffers.items()
        if b is not None and not is_lazy(b)
    ]
    devices = {p.device for p in model.parameters() if p.device.type == "cuda"}
    try:
        with torch.random.fork_rng(list(devices)), torch.no_grad():
            model.eval()
            yield
    finally:
        for module, training in modes:
            module.training = training
        with torch.no_grad():
            for module, name, buffer, value in kept:
                module._buffers[name] = buffer.copy_(value)


def trace(model: nn.Module, X: Tensor) -> list[Row]:
    """The rows of one pass of `X` through `model`, which is left as it was.

    Raises what the model raises.
    """
    watch = _Watch(_units(model, {}))
    watch.start(X)
    hooks = [
        register_module_forward_pre_hook(watch.enter),
        register_module_forward_hook(watch.leave, with_kwargs=True, always_call=True),
    ]
    try:
        with _untouched(model), watch:
            model(X)
    finally:
        for hook in hooks:
            hook.remove()
    watch.finish()
    return watch.rows
