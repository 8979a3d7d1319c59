"""Run somebody else's function, whatever it does, and be as before afterwards."""

from __future__ import annotations

import contextlib
import copy
import inspect
import random
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from ._timebox import time_limit

LIMIT = 10.0  # seconds for one case


class Raised:
    """An exception in the place of a value."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __repr__(self) -> str:
        kind = type(self.error).__name__
        try:
            text = str(self.error).strip().split("\n", 1)[0][:120]
        except Exception:  # even an exception's text may be the reader's own
            text = ""
        return f"{kind}: {text}" if text else kind

    def like(self, other: Raised) -> bool:
        """The same error, if not at the same numbers; one without words is any."""
        mine, theirs = (re.sub(r"\d+", "#", repr(raised)) for raised in (self, other))
        kind = type(other.error)
        return mine == theirs or (type(self.error) is kind and theirs == kind.__name__)


def run(function: Callable, arguments: tuple, limit: float | None = None) -> Any:
    """What a function gives for these arguments, or `Raised`.

    Ctrl-C still interrupts; any other exception, of whatever kind, is caught.
    """
    try:
        with _standard(), time_limit(LIMIT if limit is None else limit):
            result = function(*arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and pytest's own are some of them
        return Raised(error)
    if inspect.iscoroutine(result):
        result.close()
        return Raised(TypeError("a coroutine came: write def, not async def"))
    return result


@contextlib.contextmanager
def _standard() -> Iterator[None]:
    """Float32 on the CPU with gradients; and as it was, whatever happens inside."""
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    home = None if device.type == "cpu" else device
    grad = torch.is_grad_enabled()
    try:
        torch.set_default_dtype(torch.float32)
        if home:
            torch.set_default_device(None)
        torch.set_grad_enabled(True)
        yield
    finally:
        torch.set_default_dtype(dtype)
        if torch.get_default_device() != device:
            torch.set_default_device(home)
        torch.set_grad_enabled(grad)


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """A trial: on one thread, without warnings, and with random numbers of its own.

    Waking a second thread takes a hundred times as long as the small cases here.
    """
    threads = torch.get_num_threads()
    python, numpy = random.getstate(), np.random.get_state()
    torch.set_num_threads(1)
    try:
        with _standard(), torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_num_threads(threads)
        random.setstate(python)
        np.random.set_state(numpy)


def copied(arguments: tuple) -> tuple:
    """Copies, to be changed at will; a tensor that wants a gradient still does."""
    return tuple(
        a.detach().clone().requires_grad_(a.requires_grad)
        if isinstance(a, torch.Tensor)
        else copy.deepcopy(a)
        for a in arguments
    )


def safely(test: Callable, *values: Any) -> Any:
    """A comparison with values that may refuse to be compared; False then."""
    try:
        return test(*values)
    except Exception:
        return False
