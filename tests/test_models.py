"""LeNet and the MLP: shapes, starts, recipes; the table of a stack's layers."""

import math

import pytest
import torch
from torch import nn

from d2l_helpers.layers import Conv2D, Pool2D
from d2l_helpers.models import MLP, LeNet, init_cnn
from d2l_helpers.summary import layer_summary, layer_table

IMAGE = (1, 1, 28, 28)


@pytest.mark.parametrize("make", [LeNet, LeNet.modern, MLP])
def test_logits_and_constant_guess(make):
    torch.manual_seed(0)
    model = make()
    y_hat = model(torch.rand(4, 1, 28, 28))
    assert y_hat.shape == (4, 10)
    assert make(num_classes=3)(torch.rand(2, 1, 28, 28)).shape == (2, 3)
    # Saying "one in ten" to every picture costs ln 10 nats.
    loss = model.loss(torch.zeros(4, 10), torch.tensor([0, 3, 5, 9]))
    assert loss.item() == pytest.approx(math.log(10))


def test_classic_and_modern_share_their_shapes():
    classic, modern = LeNet(), LeNet.modern()
    shapes = [[tuple(p.shape) for p in m.parameters()] for m in (classic, modern)]
    assert shapes[0] == shapes[1]
    kinds = [[type(layer) for layer in m.net] for m in (classic, modern)]
    assert kinds[0].count(nn.Sigmoid) == kinds[1].count(nn.ReLU) == 4
    assert kinds[0].count(nn.AvgPool2d) == kinds[1].count(nn.MaxPool2d) == 2


def test_init_cnn_is_xavier_uniform():
    layer = nn.Linear(300, 200)
    init_cnn(layer)
    bound = math.sqrt(6 / 500)
    assert 0.98 * bound < layer.weight.abs().max() <= bound
    assert not layer.bias.any()
    unbiased = nn.Conv2d(1, 1, 3, bias=False)
    init_cnn(unbiased)


def test_recipes():
    sgd = LeNet(lr=0.3).configure_optimizers(10)
    assert isinstance(sgd, torch.optim.SGD)
    assert sgd.param_groups[0]["lr"] == 0.3
    assert sgd.param_groups[0]["momentum"] == 0
    optimizer, schedule = LeNet.modern(lr=0.01).configure_optimizers(20)
    rates = []
    for _ in range(20):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert max(rates) == pytest.approx(0.01, rel=0.05)
    assert rates[0] < 0.001
    assert rates[-1] < 0.001


def test_lenet_table_adds_up():
    table = layer_table(LeNet(), IMAGE)
    assert table.parameters == 61_706
    assert table.macs == 416_520
    rows = {(r.layer, r.shape): r for r in table.rows}
    conv1 = rows["Conv2d", (1, 6, 28, 28)]
    conv2 = rows["Conv2d", (1, 16, 10, 10)]
    assert (conv1.parameters, conv1.macs, conv1.field) == (156, 117_600, 5)
    assert (conv2.parameters, conv2.macs, conv2.field) == (2_416, 240_000, 14)
    assert rows["AvgPool2d", (1, 16, 5, 5)].field == 16
    assert rows["Linear", (1, 120)].field is None
    assert layer_table(MLP(), IMAGE).parameters == 203_530


def test_table_reads_any_stack_of_both_kinds():
    ours = nn.Sequential(
        Conv2D(1, 4, 3, stride=2), Pool2D(2), Conv2D(4, 4, 3, padding="same")
    )
    theirs = nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3, padding="same"),
    )
    tables = [layer_table(m, (2, 1, 28, 30)) for m in (ours, theirs)]
    assert [r.shape for r in tables[0].rows] == [r.shape for r in tables[1].rows]
    assert [r.field for r in tables[0].rows] == [3, 5, 13]
    first, second, _ = tables[0].rows
    assert first.unread == (1, 1)  # 28 and 30 rows, kernel 3, stride 2
    assert second.unread == (1, 0)  # 13 rows and 14 columns in pairs
    assert tables[0].macs == 2 * (13 * 14 * 4 * 9 + 6 * 7 * 4 * 4 * 9)
    assert tables[0].macs == tables[1].macs
    text = str(tables[0])
    assert "1 row, 1 column" in text
    assert f"{tables[0].macs:,}" in text


def test_the_table_leaves_the_model_as_it_was(capsys):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).train()
    mean = model[1].running_mean.clone()
    layer_summary(model, (2, 1, 8, 8))
    assert model.training
    assert torch.equal(model[1].running_mean, mean)
    assert not model[0]._forward_hooks
    assert "Conv2d       output shape: (2, 2, 6, 6)" in capsys.readouterr().out


def test_a_shape_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"cannot take the shape \(1, 1, 20, 20\)"):
        layer_table(LeNet(), (1, 1, 20, 20))
    with pytest.raises(ValueError, match="lr must be positive, got 0"):
        LeNet(lr=0)
    with pytest.raises(TypeError, match="num_classes must be an integer"):
        LeNet(num_classes=2.5)
