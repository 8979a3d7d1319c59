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
from contextlib import contextmanager, suppress
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

CHUNK = 1 << 18
"""Bytes taken from the file, and at most handed out by the gunzip, at a time."""

MAX_BYTES = 1 << 28
"""No file of this family holds more than 256 MiB once it is decompressed."""


MAX_MEMBERS = 4096
"""The most parts that a gzip file may have been put together from."""

UNPACK = "unpack it and use the files inside"
FETCH = "fetch the file itself again"
STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"version https://git-lfs", "a Git LFS pointer", "run `git lfs pull`"),
    (b"/annex/objects/", "a git-annex pointer", "run `git annex get`"),
    (b"<?xml", "an XML document, perhaps a server's error message", FETCH),
    (b"<error", "an XML document, perhaps a server's error message", FETCH),
    (b"<", "a web page", FETCH),
    (b"{", "JSON, perhaps a server's error message", FETCH),
    (b"[", "JSON, perhaps a server's error message", FETCH),
    (b"label,", "a CSV table", "use the IDX edition"),
    (b"\x1f\x8b", "packed with gzip twice", "unpack it once"),
    (b"pk\3\4", "a zip archive", UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", UNPACK),
    (b"rar!", "a RAR archive", UNPACK),
    (b"bzh", "packed with bzip2", "unpack it"),
    (b"\xfd7zxz", "packed with xz", "unpack it"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it"),
    (b"par1", "a Parquet table", "use the IDX edition"),
    (b"arrow1", "an Arrow table", "use the IDX edition"),
    (b"\x93numpy", "a NumPy array", "use the IDX edition"),
    (b"\x89hdf", "an HDF5 file", "use the IDX edition"),
    (b"\x89png", "a picture", "use the IDX edition"),
    (b"\xff\xd8\xff", "a picture", "use the IDX edition"),
)
"""How other files begin, in lower case, what they are, and what to do."""


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
        link = ""
        with suppress(OSError):  # what is no link has no end
            link = f", a link to {Path(source).readlink()},"
        raise DataError(
            f"{source}{link} cannot be read ({error.strerror or error}); "
            "check that it is there and readable"
        ) from error


def _chunks(stream: BinaryIO, where: str) -> Iterator[bytes]:
    """The decompressed contents, never more than `CHUNK` bytes at a time.

    Whether the stream is gzip is told by its first two bytes, not by its name; it
    may have several members. Raises DataError for a damaged or shortened gzip
    stream and for other bytes after its end.
    """
    data = stream.read(CHUNK)
    if data[:2] != b"\x1f\x8b":
        while data:
            yield data
            data = stream.read(CHUNK)
        return
    gunzip, members = zlib.decompressobj(wbits=31), 1
    while data:
        try:
            out = gunzip.decompress(data, CHUNK)
        except zlib.error as error:
            raise DataError(f"{where} is a damaged gzip file ({error})") from error
        if out:
            yield out
        if gunzip.eof:
            data = gunzip.unused_data or stream.read(CHUNK)
            if not data:
                return
            if data[:1] != b"\x1f":
                raise DataError(f"{where} has bytes after the end of its gzip stream")
            gunzip, members = zlib.decompressobj(wbits=31), members + 1
            if members > MAX_MEMBERS:  # each costs time, even an empty one
                raise DataError(f"{where} has over {MAX_MEMBERS:,} gzip members")
        else:
            data = gunzip.unconsumed_tail or stream.read(CHUNK)
    raise DataError(f"{where} is truncated: its gzip stream has no end")


def _what_it_is(data: bytes) -> tuple[str, str]:
    """What a file that starts with `data` and is no IDX file is, and the mend."""
    if not data.strip(b"\0"):
        return "nothing but zeros, an unfinished download", FETCH
    if data[257:262] == b"ustar":
        return "a tar archive", UNPACK
    if data[:2] == b"\0\0" and data[2] in (0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E):
        return "an IDX file of another type", FETCH
    # A byte order mark, and the zeros between the letters of UTF-16.
    text = data[:512].replace(b"\0", b"").lower()
    text = text.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").strip()
    text = text[max(0, text.find(b"/annex/objects/")) :]
    kinds = ((kind, mend) for start, kind, mend in STARTS if text.startswith(start))
    return next(kinds, ("a file of an unknown kind", FETCH))


def _shape_from(data: bytes, where: str) -> tuple[int, ...]:
    """The shape that a header claims; DataError unless it is unsigned bytes."""
    header = data[:20]
    if header[:2] != b"\0\0" or header[2] != 8 or not 1 <= header[3] <= 4:
        kind, mend = _what_it_is(data)
        raise DataError(
            f"{where} is {kind}, not an IDX file of unsigned bytes "
            f"(it starts with {header[:4].hex(' ')}): {mend}"
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
                break
            head += piece
            if len(head) >= 4:
                need = 4 + 4 * min(head[3], 4)
        if not head:
            raise DataError(f"{where} is empty: {FETCH}")
        if len(head) < 4 or (len(head) < need and head[:3] == b"\0\0\x08"):
            raise DataError(
                f"{where} is truncated: {len(head)} bytes are no IDX header"
            )
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
            f"{where} is an IDX file of {'×'.join(map(str, claimed))} bytes, but not "
            "the one wanted: damaged, or of another data set (those of MNIST's kind "
            "share names and shapes). The SHA-256 of its contents is "
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
        raise DataError(f"{where} has trailing bytes: {promise} (a copy as text?)")


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
