"""A small set of files, and a server on the loopback interface that misbehaves."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from d2l_helpers.filespecs import FULL, FileSpec
from d2l_helpers.idx import header_of

HTML = b"<!doctype html><title>Welcome</title><p>Please accept our terms.</p>" * 9


def fake_set(n_train: int = 40, n_test: int = 20, seed: int = 0):
    """Specs named like the full set's, and {name: decompressed bytes}, tiny."""
    rng = np.random.default_rng(seed)
    specs, payloads = [], {}
    for spec in FULL:
        n = n_train if spec.name.startswith("train") else n_test
        shape = (n, *spec.shape[1:])
        top = 256 if len(shape) == 3 else 10
        values = rng.integers(0, top, shape, dtype=np.uint8)
        payload = header_of(shape) + values.tobytes()
        specs.append(FileSpec(spec.name, shape, hashlib.sha256(payload).hexdigest()))
        payloads[spec.name] = payload
    return tuple(specs), payloads


BOMB = gzip.compress(bytes(32 << 20), 9)
"""A gzip file of zeros: a thousandth of what it unpacks to."""


class Server:
    """`with Server(payloads) as server`: serves each payload as NAME.gz.

    `faults` maps a file name, or "*" for every file, to the list of faults of
    its first answers, one each; the last stays in force if `forever`. A fault
    is a status code or one of: html, truncate, flip, other, trailing, bomb,
    endless, stall, trickle, redirect. `hits` counts the requests by file name.
    """

    def __init__(self, payloads, faults=None, forever=True):
        self.files = {f"{n}.gz": gzip.compress(p, 6) for n, p in payloads.items()}
        self.faults = {k: list(v) for k, v in (faults or {}).items()}
        self.forever = forever
        self.hits: Counter[str] = Counter()
        self.closing = threading.Event()

    def __enter__(self) -> Server:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def log_message(self, *args):
                """Stay silent."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = False  # server_close waits for the handlers
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.closing.set()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def fault_of(self, name):
        """The fault of this answer, or None."""
        faults = self.faults.get(f"{name}", self.faults.get("*", []))
        k = self.hits[name] - 1
        if k < len(faults):
            return faults[k]
        return faults[-1] if faults and self.forever else None

    def answer(self, request):
        """One request; a client that has gone away is no error."""
        try:
            self._answer(request)
        except (BrokenPipeError, ConnectionResetError):
            request.close_connection = True

    def _answer(self, request):
        name = request.path.rsplit("/", 1)[-1]
        self.hits[name] += 1
        fault = self.fault_of(name)
        body = self.files.get(name)
        if body is None:
            fault = 404
        if fault == "stall":
            self.closing.wait(20)
            return
        if isinstance(fault, int) or fault == "redirect":
            request.send_response(302 if fault == "redirect" else fault)
            request.send_header("Location", self.url + "portal")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        length = len(body)
        if fault == "html":
            body, length = HTML, len(HTML)
        elif fault == "truncate":
            body = body[: length // 2]
        elif fault == "flip":
            middle = length // 2
            body = body[:middle] + bytes([body[middle] ^ 4]) + body[middle + 1 :]
        elif fault == "other":  # well-formed, of the right shape, another set
            whole = gzip.decompress(body)
            body = gzip.compress(whole[:-1] + bytes([whole[-1] ^ 1]))
            length = len(body)
        elif fault == "trailing":
            body, length = body + b"more", length + 4
        elif fault == "bomb":
            body, length = BOMB, len(BOMB)
        request.send_response(200)
        if fault not in ("endless", "trickle"):
            request.send_header("Content-Length", str(length))
        request.end_headers()
        if fault == "endless":
            while not self.closing.is_set():
                request.wfile.write(bytes(1 << 16))
        elif fault == "trickle":
            while not self.closing.wait(0.05):
                request.wfile.write(bytes(1 << 9))
        else:
            request.wfile.write(body)
