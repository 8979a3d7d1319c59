"""Run somebody else's function for a limited time, whatever it does."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import threading
import time
from collections.abc import Iterator


class OutOfTime(BaseException):
    """Not an Exception: the function under trial must not catch it by accident."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` inside the block once it has run for ``seconds``.

    On Unix's main thread, where kernels run cells, an alarm ends waiting too;
    elsewhere a second thread raises between two steps of Python.
    """
    main = threading.current_thread() is threading.main_thread()
    if main and hasattr(signal, "setitimer"):
        yield from _by_alarm(seconds)
    else:
        yield from _by_thread(seconds)


def _by_alarm(seconds: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise OutOfTime

    start, before = time.monotonic(), signal.signal(signal.SIGALRM, ring)
    # again and again: a bare `except:` may swallow the first one
    outer, again = signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer:  # a limit around this one goes on
            left = max(outer - (time.monotonic() - start), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, again)


def _by_thread(seconds: float) -> Iterator[None]:
    here = ctypes.c_ulong(threading.get_ident())
    lock, over, rung = threading.Lock(), threading.Event(), threading.Event()

    def ring() -> None:
        wait = seconds
        while not over.wait(wait):
            with lock:
                if not over.is_set():
                    rung.set()
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        here, ctypes.py_object(OutOfTime)
                    )
            wait = 0.2

    watch = threading.Thread(target=ring, daemon=True)
    watch.start()
    try:
        yield
    finally:
        with lock:
            over.set()
        if rung.is_set():
            # One may be on its way still. Only an exception that arrives clears
            # Python's mark for it, with which tracing would stand still in 3.11
            with contextlib.suppress(OutOfTime):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    here, ctypes.py_object(OutOfTime)
                )
                for _ in range(1000):
                    pass
