"""Reading the IDX files of the MNIST family without trusting them.

An IDX file is two zero bytes, a type byte (8 = unsigned 8-bit), the number of
axes, one big-endian 32-bit length per axis, then the values in row-major
order. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section
"File formats". Only unsigned bytes with one to four axes are read here.

Level 0: imports NumPy only.
"""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

CHUNK = 1 << 18
"""Bytes taken from the file, and at most handed out by the gunzip, at a time."""

MAX_BYTES = 1 << 28
"""No file of this family holds more than 256 MiB once it is decompressed."""


class DataError(RuntimeError):
    """Data that are missing, damaged or not what they claim to be.

    The message names the file, the place and what to do about it.
    """


def header_of(shape: tuple[int, ...]) -> bytes:
    """The bytes that an IDX file of unsigned bytes with this shape starts with."""
    dims = b"".join(n.to_bytes(4, "big") for n in shape)
    return bytes((0, 0, 8, len(shape))) + dims


def _name_of(source: str | os.PathLike | bytes) -> str:
    return "the data" if isinstance(source, bytes) else str(Path(source))


@contextmanager
def _opened(source: str | os.PathLike | bytes) -> Iterator[BinaryIO]:
    """The bytes, or the file, as a binary stream."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    try:
        with Path(source).open("rb") as file:
            yield file
    except OSError as error:
        raise DataError(
            f"{source} cannot be read ({error.strerror or error}); "
            "check that it is there and readable"
        ) from error


def _chunks(stream: BinaryIO, where: str) -> Iterator[bytes]:
    """The decompressed contents, never more than `CHUNK` bytes at a time.

    Whether the stream is gzip is told by its first two bytes. Raises DataError
    for a damaged or shortened gzip stream and for bytes after its end.
    """
    data = stream.read(CHUNK)
    if data[:2] != b"\x1f\x8b":
        while data:
            yield data
            data = stream.read(CHUNK)
        return
    gunzip = zlib.decompressobj(wbits=31)
    while data:
        try:
            out = gunzip.decompress(data, CHUNK)
        except zlib.error as error:
            raise DataError(f"{where} is a damaged gzip file ({error})") from error
        if out:
            yield out
        if gunzip.eof:
            if gunzip.unused_data or stream.read(1):
                raise DataError(f"{where} has bytes after the end of its gzip stream")
            return
        data = gunzip.unconsumed_tail or stream.read(CHUNK)
    raise DataError(f"{where} is truncated: its gzip stream has no end")


def _shape_from(header: bytes, where: str) -> tuple[int, ...]:
    """The shape that a header claims; DataError unless it is unsigned bytes."""
    if header[:2] != b"\0\0" or header[2] != 8 or not 1 <= header[3] <= 4:
        raise DataError(
            f"{where} is not an IDX file of unsigned bytes: "
            f"it starts with {header[:4].hex(' ')}"
        )
    dims = header[4 : 4 + 4 * header[3]]
    return tuple(int.from_bytes(dims[i : i + 4], "big") for i in range(0, len(dims), 4))


def read_idx(
    source: str | os.PathLike | bytes,
    shape: tuple[int, ...] | None = None,
    *,
    sha256: str | None = None,
    max_bytes: int = MAX_BYTES,
    name: str | None = None,
) -> np.ndarray:
    """An IDX file, raw or gzip, as a uint8 array.

    `source` is a path or the file's bytes. `shape` is what the header must
    say and `sha256` the digest, in hex, of the *decompressed* file (a
    re-compressed copy keeps it). The header is compared with `shape`, with
    `max_bytes` and with the size of the file before anything is allocated,
    and reading stops at the first byte beyond what it promises. `name` is
    what messages call the file.

    Raises DataError, naming the file and the reason.
    """
    where = name or _name_of(source)
    with _opened(source) as stream:
        chunks = _chunks(stream, where)
        head = b""
        need = 4
        while len(head) < need:
            piece = next(chunks, None)
            if piece is None:
                raise DataError(
                    f"{where} is truncated: {len(head)} bytes are no IDX header"
                )
            head += piece
            if len(head) >= 4:
                need = 4 + 4 * min(head[3], 4)
        claimed = _shape_from(head, where)
        if shape is not None and claimed != tuple(shape):
            raise DataError(f"{where} says its shape is {claimed}, not {tuple(shape)}")
        total = need + prod(claimed)
        if total > max_bytes:
            raise DataError(
                f"{where} claims {total:,} bytes, more than the {max_bytes:,} allowed"
            )
        _check_size(stream, total, where)
        payload = np.empty(total, np.uint8)
        digest = hashlib.sha256()
        filled, piece = 0, head
        while piece is not None:
            if filled + len(piece) > total:
                raise DataError(
                    f"{where} holds more than the {total:,} bytes it claims"
                )
            payload[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
            digest.update(piece)
            filled += len(piece)
            piece = next(chunks, None)
    if filled != total:
        raise DataError(f"{where} is truncated: {filled:,} of {total:,} bytes")
    if sha256 is not None and digest.hexdigest() != sha256:
        raise DataError(
            f"{where} is not the file it should be: the SHA-256 of its contents is "
            f"{digest.hexdigest()}, expected {sha256}"
        )
    return payload[need:].reshape(claimed)


def _check_size(stream: BinaryIO, total: int, where: str) -> None:
    """The size of the file must fit what its header promises."""
    position = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    gzipped = stream.read(2) == b"\x1f\x8b"
    stream.seek(position)
    promise = f"{size:,} bytes here, {total:,} by its header"
    # Deflate shrinks to no less than 1/1032: a smaller file cannot be honest.
    if total > (1032 * size if gzipped else size):
        raise DataError(f"{where} is truncated or its header lies: {promise}")
    if not gzipped and size > total:
        raise DataError(f"{where} has trailing bytes: {promise}")


def payload_sha256(
    source: str | os.PathLike | bytes, *, max_bytes: int = MAX_BYTES
) -> str:
    """SHA-256, in hex, of a file's contents after any gzip is undone.

    Memory stays at a few hundred kilobytes. Raises DataError for a damaged
    gzip stream and for contents beyond `max_bytes`.
    """
    where = _name_of(source)
    digest, seen = hashlib.sha256(), 0
    with _opened(source) as stream:
        for piece in _chunks(stream, where):
            seen += len(piece)
            if seen > max_bytes:
                raise DataError(f"{where} holds more than {max_bytes:,} bytes")
            digest.update(piece)
    return digest.hexdigest()
