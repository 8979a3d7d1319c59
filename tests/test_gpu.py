"""On a CUDA device: the CPU's results, and no waiting inside the training loop."""

import pytest
import torch
from strategies import randn

import d2l_helpers as d2l

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]

X, K = randn(2, 4, 9, 8, seed=0), randn(6, 2, 3, 3, seed=1)
CASES = {
    "corr2d": (d2l.corr2d, X[0, 0], K[0, 0]),
    "corr2d_multi_in": (d2l.corr2d_multi_in, X[0, :2], K[0]),
    "corr2d_multi_in_out": (d2l.corr2d_multi_in_out, X[0, :2], K),
    "conv2d": (lambda X, K: d2l.conv2d(X, K, None, 2, 1, 1, 2), X, K),
    "circular": (
        lambda X, K: d2l.conv2d(X[:, :2], K, padding=1, padding_mode="circular"),
        X,
        K,
    ),
    "conv_transpose2d": (lambda X, K: d2l.conv_transpose2d(X, K[:4]), X, K),
    "max": (lambda X, K: d2l.pool2d(X, 2), X, K),
    "avg": (lambda X, K: d2l.pool2d(X, 3, "avg", 2, 1), X, K),
    "blur": (lambda X, K: d2l.blur_pool2d(X), X, K),
}


@pytest.mark.parametrize("name", CASES)
def test_helpers_give_the_cpu_s_values_and_gradients(name):
    f, *inputs = CASES[name]
    results = []
    for device in ("cpu", d2l.try_gpu()):
        leaves = [x.to(device).requires_grad_() for x in inputs]
        Y = f(*leaves)
        assert Y.device.type == torch.device(device).type
        gradients = torch.autograd.grad(Y.sum(), leaves, allow_unused=True)
        results.append([Y, *(g for g in gradients if g is not None)])
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b.cpu())


def test_tensors_on_two_devices_are_refused():
    with pytest.raises(ValueError, match="same device, got cuda:0 and cpu"):
        d2l.corr2d(d2l.X3().to("cuda:0"), d2l.K2())


@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")
def test_training_learns_and_never_waits_inside_a_step():
    device = d2l.try_gpu()
    data = d2l.FashionMNIST(100, source="sample", device=device)
    d2l.seed_everything(0)
    model = d2l.LeNet.modern()
    history = d2l.Trainer(2, live=False).fit(model, data)
    assert next(model.parameters()).is_cuda
    assert history["val_acc"][-1] > 0.6
    batches = iter(data.train_dataloader())
    optimizer, schedule = model.configure_optimizers(10)
    X, y = next(batches)  # the epoch's order is copied here
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(3):
            X, y = next(batches)
            optimizer.zero_grad(set_to_none=True)
            model.loss(model(X), y).backward()
            optimizer.step()
            schedule.step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
