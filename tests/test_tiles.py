"""The GPU kernel in Triton: the library's values, by interpreter and on a GPU."""

import importlib
import importlib.util
import os
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F

TRITON = importlib.util.find_spec("triton") is not None
# Triton decides when it is imported whether it interprets, so: another process.
PROGRAM = """
import random
import torch
import torch.nn.functional as F
from d2l_helpers.tiles import conv2d_tiles

torch.manual_seed(0)
draw = random.Random(0).randint
torch.backends.cudnn.allow_tf32 = False
for trial in range(12):
    n, ci, co, kh, kw = draw(0, 3), draw(1, 70), draw(1, 140), draw(1, 4), draw(1, 4)
    h, w = draw(kh, 9), draw(kw, 9)
    s, p = (draw(1, 3), draw(1, 3)), (draw(0, 2), draw(0, 2))
    X, K = torch.randn(n, ci, h, w), torch.randn(co, ci, kh, kw)
    if trial % 2:
        X = X.to(memory_format=torch.channels_last)
    for dtype, room in ((torch.float32, 1e-4), (torch.float16, 5e-2)):
        x, k = X.to(dtype), K.to(dtype)
        Y = conv2d_tiles(x, k, s, p)
        assert Y.dtype == dtype
        exact = F.conv2d(x.double(), k.double(), stride=s, padding=p)
        torch.testing.assert_close(Y.double(), exact, rtol=2e-3, atol=room)
for inputs, kind, said in (
    ((X, K.double()), TypeError, "the same dtype"),
    ((X.double(), K.double()), TypeError, "summed in float32"),
    ((X, K[:, :1].repeat(1, 99, 1, 1)), ValueError, "but K has 99"),
    ((X.requires_grad_(), K), ValueError, "no gradient"),
    ((X.detach(), torch.randn(1, ci, 30, 30)), ValueError, "a kernel of 30"),
):
    try:
        conv2d_tiles(*inputs)
    except kind as error:
        assert said in str(error), error
    else:
        raise AssertionError(said)
print("equal")
"""


@pytest.mark.skipif(not TRITON, reason="no Triton: PyTorch for CUDA brings it")
def test_its_tiles_are_the_library_s_convolution():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "equal\n"


@pytest.mark.skipif(TRITON, reason="Triton is here")
def test_without_triton_it_says_what_to_install():
    with pytest.raises(ModuleNotFoundError, match="`pip install triton`"):
        importlib.import_module("d2l_helpers.tiles")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(4, 64, 128, 56, 3), (2, 3, 10, 31, 5)])
def test_on_a_gpu_too(dtype, shape, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    from d2l_helpers.tiles import conv2d_tiles

    n, ci, co, side, k = shape
    X = torch.randn(n, ci, side, side, device="cuda").to(dtype)
    K = torch.randn(co, ci, k, k, device="cuda").to(dtype)
    exact = F.conv2d(X.double(), K.double(), stride=2, padding=1)
    room = {torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 1e-2}[dtype]
    Y = conv2d_tiles(X, K, 2, 1)
    scale = exact.abs().max().item()
    torch.testing.assert_close(Y.double(), exact, rtol=0, atol=room * scale)
    with pytest.raises(ValueError, match="CUDA device, X is on cpu"):
        conv2d_tiles(X.cpu(), K.cpu())
