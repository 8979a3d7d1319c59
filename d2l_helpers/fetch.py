"""One download, bounded in time and in size, and one atomic write.

Level 0: imports no other module of this package; pooch only when it is used.
"""

from __future__ import annotations

import contextlib
import os
import queue
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Limits:
    """How long a download may take, in seconds.

    `connect` bounds each attempt to connect, `first` the time to the first
    bytes (names are looked up in it, which no other limit covers), `stall`
    the silence between two pieces of 16 KiB, `total` the whole.
    """

    connect: float = 3.0
    first: float = 5.0
    stall: float = 8.0
    total: float = 300.0


class FetchError(RuntimeError):
    """A download that did not succeed; the message says why.

    `answered` tells whether the source had begun to send the file: asking the
    same source once more may then help.
    """

    def __init__(self, message: str, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


class _Sink:
    """What the downloader writes to: counts, refuses excess, can be abandoned."""

    def __init__(self, max_bytes: int) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.last = time.monotonic()
        self.max_bytes = max_bytes
        self.abandoned = False
        self.answered = False
        self.response: Any = None

    def on_response(self, response: Any, **_: object) -> None:
        """Called with the headers. A captive portal redirects; our sources do not."""
        self.response = response
        if response.is_redirect:
            raise FetchError(f"redirects to {response.headers.get('Location')}")
        self.answered = response.status_code == 200

    def write(self, piece: bytes) -> None:
        if self.abandoned:
            raise FetchError("abandoned")
        self.size += len(piece)
        if self.size > self.max_bytes:
            raise FetchError(f"sends more than {self.max_bytes:,} bytes")
        self.parts.append(piece)
        self.last = time.monotonic()

    def flush(self) -> None:
        """There is nothing between this sink and memory."""


def _run(url: str, sink: _Sink, limits: Limits, done: queue.SimpleQueue) -> None:
    """The thread's work: report None, or the exception that ended it."""
    import pooch

    try:
        pooch.HTTPDownloader(
            chunk_size=1 << 14,
            timeout=(limits.connect, limits.stall),
            allow_redirects=False,
            hooks={"response": sink.on_response},
        )(url, sink, None)
        error = None
    except BaseException as caught:
        error = caught
    if sink.response is not None:  # else a refused download goes on sending
        sink.response.close()
    done.put(error)


def fetch(url: str, max_bytes: int, limits: Limits | None = None) -> bytes:
    """What `url` answers, at most `max_bytes` of it.

    Only https is asked, and http on the loopback interface. The download runs
    in a thread that is left behind when a limit is passed, since a name server
    that never answers cannot be interrupted.

    Raises FetchError for any failure, and ValueError for another scheme.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ValueError(f"only https addresses are fetched, got {url}")
    # Imported before the clock starts: on a busy machine that takes a second.
    import pooch  # noqa: F401
    import requests  # noqa: F401

    limits = limits or Limits()
    sink = _Sink(max_bytes)
    done: queue.SimpleQueue = queue.SimpleQueue()
    start = time.monotonic()
    threading.Thread(target=_run, args=(url, sink, limits, done), daemon=True).start()
    while True:
        now = time.monotonic()
        quiet = limits.stall if sink.size else limits.first
        left = min(sink.last + quiet, start + limits.total) - now
        if left <= 0:
            sink.abandoned = True
            raise FetchError(f"no answer within {now - start:.0f} s")
        try:
            error = done.get(timeout=min(left, 0.5))
            break
        except queue.Empty:
            continue
    if error is not None:
        raise FetchError(_reason(error), sink.answered) from error
    return b"".join(sink.parts)


def _reason(error: BaseException) -> str:
    """The first line of what went wrong, short enough for a list of sources."""
    if isinstance(error, FetchError):
        return str(error)
    response = getattr(error, "response", None)
    if response is not None:
        return f"answers {response.status_code}"
    text = str(error).splitlines()[0] if str(error) else ""
    if "resolve" in text or "getaddrinfo" in text:
        return "cannot be reached: its name is not known here"
    return f"{type(error).__name__}: {text[:120]}"


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step, so that no reader sees half of it.

    The bytes go to a temporary file of the same folder (made if need be),
    reach the disk, and take the name at once. On OSError, which is raised on,
    nothing is left behind and an older file at `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    handle, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.", suffix=".part"
    )
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        os.replace(temporary, path)  # noqa: PTH105 - the tests make it fail
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _sweep(path: Path) -> None:
    """Remove what writers killed over an hour ago left beside `path`."""
    for part in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > 3600:
                part.unlink()
