"""IDX files: hand-made bytes, and every way to lie in them."""

import gzip
import hashlib
import time
import tracemalloc
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2l_helpers.idx import DataError, header_of, payload_sha256, read_idx

# Two images of 2×3: written out by hand from the description of the format.
BY_HAND = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(range(12))


@contextmanager
def allocating_at_most(megabytes):
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes << 20


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("on_disk", [True, False])
def test_bytes_written_by_hand(tmp_path, pack, on_disk):
    source = pack(BY_HAND)
    if on_disk:
        path = tmp_path / "two-images"
        path.write_bytes(source)
        source = path
    X = read_idx(source, (2, 2, 3), sha256=hashlib.sha256(BY_HAND).hexdigest())
    assert X.dtype == np.uint8
    assert X.tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    assert X.flags.writeable  # torch.from_numpy warns about arrays that are not


def test_header_of_a_shape_is_the_one_written_by_hand():
    assert header_of((2, 2, 3)) == BY_HAND[:16]
    assert header_of((60000,)) == bytes([0, 0, 8, 1, 0, 0, 0xEA, 0x60])


@given(shape=st.lists(st.integers(0, 5), min_size=1, max_size=4), zipped=st.booleans())
def test_what_is_written_is_read(shape, zipped):
    X = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    data = header_of(tuple(shape)) + X.tobytes()
    back = read_idx(gzip.compress(data) if zipped else data)
    assert back.shape == tuple(shape)
    assert (back == X).all()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_cut_anywhere_is_refused(tmp_path, pack):
    whole = pack(BY_HAND)
    path = tmp_path / "cut-images"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        for source in (path, whole[:length]):
            with pytest.raises(DataError):
                read_idx(source)
    with pytest.raises(DataError, match=r"cut-images .*truncated"):
        read_idx(path)


def test_contents_of_another_length_or_shape_are_refused():
    with pytest.raises(DataError, match="trailing bytes: 29 bytes here, 28"):
        read_idx(BY_HAND + b"!")
    with pytest.raises(DataError, match="more than the 28 bytes"):
        read_idx(gzip.compress(BY_HAND + b"!"))
    with pytest.raises(DataError, match="truncated: 27 of 28 bytes"):
        read_idx(gzip.compress(BY_HAND[:-1]))
    with pytest.raises(DataError, match=r"shape is \(2, 2, 3\), not \(2, 3, 2\)"):
        read_idx(BY_HAND, (2, 3, 2))


def test_bytes_after_the_gzip_stream_are_refused():
    with pytest.raises(DataError, match="after the end of its gzip stream"):
        read_idx(gzip.compress(BY_HAND) + b"!")
    with pytest.raises(DataError, match=r"damaged gzip|no end"):
        read_idx(gzip.compress(BY_HAND) + b"\x1f\x8b")
    with pytest.raises(DataError, match="more than the 28 bytes"):
        read_idx(gzip.compress(BY_HAND) + gzip.compress(b"more"))


@given(cuts=st.lists(st.integers(0, 28), max_size=5))
def test_a_gzip_file_of_several_members_is_one_file(cuts):
    ends = [0, *sorted(cuts), 28]
    parts = [BY_HAND[a:b] for a, b in pairwise(ends)]
    packed = b"".join(gzip.compress(part, 1) for part in parts)
    assert read_idx(packed).tobytes() == BY_HAND[16:]
    assert payload_sha256(packed) == hashlib.sha256(BY_HAND).hexdigest()


def test_a_file_of_empty_members_does_not_keep_us_waiting():
    start = time.monotonic()
    with pytest.raises(DataError, match="over 4,096 gzip members"):
        read_idx(gzip.compress(b"") * 300_000)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("shape", [None, (2, 2, 3)])
def test_a_header_that_lies_is_refused_before_anything_is_allocated(shape, zipped):
    liar = header_of((9000, 100, 200)) + bytes(12)  # claims 180 MB, holds 12 bytes
    liar = gzip.compress(liar) if zipped else liar
    with allocating_at_most(2), pytest.raises(DataError, match=r"lies|says its shape"):
        read_idx(liar, shape)
    with pytest.raises(DataError, match="more than the 268,435,456 allowed"):
        read_idx(header_of((60000, 280, 280)) + bytes(12))


def test_a_gzip_bomb_is_stopped_at_the_first_byte_too_many():
    bomb = gzip.compress(header_of((2, 2, 3)) + bytes(64 << 20), 9)
    with allocating_at_most(2), pytest.raises(DataError, match="more than the 28"):
        read_idx(bomb)
    with allocating_at_most(2), pytest.raises(DataError, match="more than 1,000 bytes"):
        payload_sha256(bomb, max_bytes=1000)


@pytest.mark.parametrize(
    "start", ["3c21646f", "00000d03", "00000800", "00000805", "01000803", "80000000"]
)
def test_another_format_is_named_by_its_first_bytes(start):
    with pytest.raises(DataError, match=r"not an IDX file.*" + start[:2]):
        read_idx(bytes.fromhex(start) + bytes(40))


def test_a_flipped_bit_is_noticed(tmp_path):
    sha256 = hashlib.sha256(BY_HAND).hexdigest()
    path = tmp_path / "flipped"
    for k in range(len(BY_HAND)):
        bad = BY_HAND[:k] + bytes([BY_HAND[k] ^ 1]) + BY_HAND[k + 1 :]
        path.write_bytes(bad)
        with pytest.raises(DataError, match="flipped"):
            read_idx(path, (2, 2, 3), sha256=sha256)
    with pytest.raises(DataError, match=f"expected {sha256}"):
        read_idx(path, sha256=sha256)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(DataError, match="nowhere cannot be read"):
        read_idx(tmp_path / "nowhere")
    with pytest.raises(DataError, match=f"{tmp_path.name} cannot be read"):
        payload_sha256(tmp_path)


@given(st.binary(max_size=60), st.sampled_from([b"", b"\0\0\x08", b"\x1f\x8b\x08"]))
def test_no_bytes_raise_anything_but_a_data_error(data, start):
    try:
        X = read_idx(start + data)
    except DataError:
        return
    assert header_of(X.shape) + X.tobytes() == start + data


def test_the_hash_is_that_of_the_contents(tmp_path):
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(b"abc"))
    # NIST's example, FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert payload_sha256(path) == expected
    assert payload_sha256(b"abc") == expected
