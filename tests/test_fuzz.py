"""Random and mutated input to everything that reads what others wrote.

Only the documented error may come, and what was there before stays.
"""

import copy
import gzip
import hashlib
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from traitlets import TraitError

from d2l_helpers import explorers
from d2l_helpers.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from d2l_helpers.idx import DataError, header_of, read_idx

BOUNDED = settings(max_examples=150, derandomize=True, deadline=2000, database=None)
PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
IDX = header_of(PIXELS.shape) + PIXELS.tobytes()


@st.composite
def mutated(draw, data: bytes) -> bytes:
    """`data` with up to three pieces changed, lost, doubled or put in."""
    out = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(out)))
        upto = min(len(out), at + draw(st.integers(0, 12)))
        n = upto - at
        same_length = st.binary(min_size=n, max_size=n)
        twice = st.just(bytes(out[at:upto] * 2))
        out[at:upto] = draw(same_length | st.binary(max_size=12) | twice)
    return bytes(out)


@BOUNDED
@given(st.binary(max_size=200) | mutated(IDX) | mutated(gzip.compress(IDX, mtime=0)))
def test_the_idx_reader_refuses_or_returns_what_the_header_says(data):
    try:
        found = read_idx(data, max_bytes=10_000)
    except DataError:
        return
    assert found.dtype == np.uint8
    raw = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    assert header_of(found.shape) + found.tobytes() == raw


@BOUNDED
@given(mutated(gzip.compress(IDX, mtime=0)) | mutated(IDX))
def test_no_mutation_passes_a_checksum(data):
    try:
        found = read_idx(data, sha256=hashlib.sha256(IDX).hexdigest(), max_bytes=10_000)
    except DataError:
        return
    assert np.array_equal(found, PIXELS)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "a.safetensors"
    tensors = {"w": torch.arange(6.0).view(2, 3), "n": torch.tensor([3])}
    save_checkpoint(path, tensors, {"epoch": 3})
    return path, path.read_bytes(), tensors


@BOUNDED
@given(change=st.data())
def test_the_checkpoint_reader_refuses_whatever_is_not_whole(checkpoint, change):
    path, whole, tensors = checkpoint
    data = change.draw(st.binary(max_size=300) | mutated(whole))
    other = path.with_name("b.safetensors")
    other.write_bytes(data)
    refused = None
    try:
        found, meta = load_checkpoint(other)
    except CheckpointError as error:
        refused = str(error)
    if refused is not None:
        assert str(other) in refused
    else:  # the mutation changed nothing that counts
        assert found.keys() == tensors.keys()
        assert all(torch.equal(found[name], tensors[name]) for name in tensors)
        assert meta == {"epoch": 3}
    assert other.read_bytes() == data


LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats()
    | st.sampled_from(["", "__proto__", "</script>", "<img onerror=x>", "max", "1e9"])
    | st.text(max_size=8)
)
JSON = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)
MADE = {
    "correlate": lambda: explorers.Correlate([[0, 1, 2], [3, 4, 5], [6, 7, 8]],
                                             [[0, 1], [2, 3]]),
    "geometry": explorers.Geometry,
    "field": explorers.Field,
    "weights": explorers.Weights,
}  # fmt: skip


def spoiled(value, data):
    """`value` with one thing in it replaced, however deep."""
    if not isinstance(value, list) or not value:
        return data.draw(LEAF)
    at = data.draw(st.integers(0, len(value) - 1))
    return [*value[:at], spoiled(value[at], data), *value[at + 1 :]]


@pytest.mark.parametrize("name", MADE)
def test_an_explorer_takes_no_state_that_breaks_it(name):
    """A variable is what it was, or something that another one like it accepts."""
    explorer = MADE[name]()
    variables = sorted(explorer.trait_names(variable=True))
    assert variables

    @BOUNDED
    @given(variable=st.sampled_from(variables), data=st.data())
    def attempt(variable, data):
        before = copy.deepcopy(explorer.state())
        wild = data.draw(st.booleans())
        value = data.draw(JSON) if wild else spoiled(before[variable], data)
        try:
            setattr(explorer, variable, value)
        except TraitError:
            assert explorer.state() == before
        after = explorer.state()
        assert json.loads(json.dumps(after, allow_nan=False)) == after
        for other, good in after.items():
            setattr(explorer, other, good)
        assert explorer.state() == after

    attempt()
