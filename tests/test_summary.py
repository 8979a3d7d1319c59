"""The table of layers against independent counts: NaNs, PyTorch's FLOPs, `numel`."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations
from torch.utils.flop_counter import FlopCounterMode

from d2l_helpers import layer_rules
from d2l_helpers.fields import BEYOND, Seen
from d2l_helpers.layers import Conv2D, Pool2D
from d2l_helpers.models import MLP, LeNet
from d2l_helpers.summary import layer_table


class By(nn.Module):
    """Named layers and a function of them and the input."""

    def __init__(self, function, **layers):
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, X):
        return self.function(self, X)


def conv(ci, co, k=3, **more):
    return nn.Conv2d(ci, co, k, **({"padding": k // 2} | more))


def residual(ci=1, co=4, stride=2, short=None):
    def add(m, X):
        Y = m.second(F.relu_(m.norm(m.first(X))))
        Y += m.short(X)
        return m.relu(Y)

    return By(
        add,
        first=conv(ci, co, stride=stride),
        norm=nn.BatchNorm2d(co),
        second=conv(co, co),
        short=conv(ci, co, 1, stride=stride) if short is None else short,
        relu=nn.ReLU(inplace=True),
    )


def dense_block():
    def grow(m, X):
        Y = torch.cat([X, m.a(X)], 1)
        Z = torch.cat([Y, m.b(Y)], dim=1)
        return m.c(Z)

    return By(grow, a=conv(1, 2), b=conv(3, 2), c=conv(5, 2, 1))


def u_net(up):
    def run(m, X):
        fine = m.down(X)
        coarse = m.low(m.pool(fine))
        return m.out(torch.cat([fine, m.up(coarse)], 1))

    return By(
        run,
        down=conv(1, 4),
        pool=nn.MaxPool2d(2),
        low=conv(4, 4),
        up=up,
        out=conv(8, 1),
    )


def inception():
    def run(m, X):
        return m.end(torch.cat([m.one(X), m.three(X), m.five(X), m.pool(X)], 1))

    return By(
        run,
        one=conv(1, 2, 1),
        three=nn.Sequential(conv(1, 2, 1), nn.ReLU(), conv(2, 3)),
        five=conv(1, 2, 5),
        pool=nn.MaxPool2d(3, stride=1, padding=1),
        end=conv(8, 2),
    )


def mobile():
    def run(m, X):
        Y = m.deep(m.wide(X))
        return m.narrow(Y * m.gate(Y)) + X

    return By(
        run,
        wide=nn.Sequential(conv(2, 6, 1), nn.BatchNorm2d(6), nn.ReLU6()),
        deep=conv(6, 6, groups=6),
        gate=nn.Sequential(nn.AdaptiveAvgPool2d(1), conv(6, 6, 1), nn.Hardsigmoid()),
        narrow=conv(6, 2, 1),
    )


def twice():
    return By(lambda m, X: m.head(m.conv(m.conv(X)).mean((2, 3))), conv=conv(2, 2),
              head=nn.Linear(2, 3))  # fmt: skip


def tied():
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(36, 4), nn.Tanh(), nn.Linear(4, 36), nn.Linear(36, 4)
    )
    model[4].weight = model[1].weight
    return model


def by_functions():
    def run(m, X):
        X = F.max_pool2d(F.relu(m.a(X)), 2)
        X = F.avg_pool2d(torch.tanh(m.b(X)), 3, stride=2, padding=1)
        return m.c(torch.flatten(X, 1))

    return By(run, a=conv(1, 3, 5), b=conv(3, 4), c=nn.Linear(4 * 5 * 5, 10))


def shuffled():
    def run(m, X):
        a, b = X.chunk(2, dim=1)
        return m.mix(torch.cat([a, m.conv(b)], 1))

    return By(run, conv=conv(2, 2), mix=nn.ChannelShuffle(2))


def norms():
    norm = nn.BatchNorm2d(4), nn.PReLU(4), nn.LocalResponseNorm(2)
    return nn.Sequential(conv(1, 4), *norm, conv(4, 4), nn.GroupNorm(2, 4))


def stack(*layers):
    return nn.Sequential(*layers)


MODELS = {
    "lenet": (LeNet, (1, 28, 28)),
    "modern lenet": (LeNet.modern, (1, 28, 28)),
    "mlp": (MLP, (1, 28, 28)),
    "features": (lambda: stack(nn.Linear(9, 5), nn.ReLU(), nn.Linear(5, 2)), (9,)),
    "residual": (
        lambda: stack(residual(), residual(4, 4, 1, nn.Sequential())), (1, 30, 30)
    ),
    "dense block": (dense_block, (1, 12, 12)),
    "u-net": (lambda: u_net(nn.ConvTranspose2d(4, 4, 2, stride=2)), (1, 24, 24)),
    "u-net, nearest": (lambda: u_net(nn.Upsample(scale_factor=2)), (1, 24, 24)),
    "inception": (inception, (1, 14, 14)),
    "mobile": (mobile, (2, 10, 10)),
    "one axis": (
        lambda: stack(
            nn.ConstantPad1d((4, 0), 0.0), nn.Conv1d(2, 4, 3, dilation=2),
            nn.GELU(), nn.MaxPool1d(3, 2, dilation=2), nn.Conv1d(4, 2, 2, stride=3),
        ),
        (2, 60),
    ),
    "three axes": (
        lambda: stack(
            nn.Conv3d(1, 2, (1, 2, 3), padding=(0, 1, 1)), nn.ReLU(),
            nn.AvgPool3d(2), nn.Conv3d(2, 4, 2, groups=2, bias=False),
        ),
        (1, 7, 8, 9),
    ),
    "decoder": (
        lambda: stack(
            nn.Conv2d(1, 2, 3, stride=2),
            nn.ConvTranspose2d(2, 4, 3, stride=2, groups=2),
            nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 3, padding=1, output_padding=1),
            conv(1, 1, 3),
        ),
        (1, 17, 17),
    ),
    "up and down": (
        lambda: stack(nn.ConvTranspose1d(1, 1, 3, 2), nn.Conv1d(1, 1, 1, 2),
                      nn.Conv1d(1, 1, 3), nn.ReLU(), nn.Conv1d(1, 1, 2, 2)),
        (1, 20),
    ),
    "a layer twice": (twice, (2, 11, 11)),
    "tied weights": (tied, (1, 6, 6)),
    "nin": (
        lambda: stack(
            conv(1, 4), nn.ReLU(), conv(4, 4, 1), nn.MaxPool2d(3, 2, ceil_mode=True),
            conv(4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        ),
        (1, 16, 16),
    ),
    "parametrized": (
        lambda: stack(parametrizations.weight_norm(conv(1, 3)), nn.SiLU(), conv(3, 1)),
        (1, 9, 9),
    ),
    "functions": (by_functions, (1, 20, 20)),
    "chunks": (shuffled, (4, 9, 9)),
    "norms": (norms, (1, 9, 9)),
    "even and same": (
        lambda: stack(
            conv(1, 1, 4, padding="same"), nn.ZeroPad2d((1, 2, 0, -1)),
            conv(1, 2, 2, padding="same", dilation=3), nn.LPPool2d(2, 3),
        ),
        (1, 31, 31),
    ),
    "padding modes": (
        lambda: stack(conv(1, 1, 3, padding_mode="reflect"), nn.ReflectionPad2d(2),
                      conv(1, 1, 5, padding_mode="replicate"), nn.Flatten(),
                      nn.Linear(169, 2)),
        (1, 9, 9),
    ),
    "uneven pools": (
        lambda: stack(conv(1, 1, 2, padding=0), nn.AdaptiveMaxPool2d((7, 5)),
                      conv(1, 1)),
        (1, 34, 34),
    ),
    "pixels": (
        lambda: stack(conv(1, 8), nn.PixelShuffle(2), conv(2, 1)),
        (1, 20, 20),
    ),
    "lazy": (
        lambda: stack(nn.LazyConv2d(3, 3), nn.LazyBatchNorm2d(), nn.Flatten(),
                      nn.LazyLinear(4)),
        (2, 8, 8),
    ),
}  # fmt: skip


def measured(model, shape):
    """For each call of a layer, the largest stretch of cells that reach a unit.

    One input for each row of cells, which is NaN in it: what it reaches is NaN.
    Per axis (largest stretch, whether every unit is reached from end to end).
    """
    found = []
    for axis in range(1, max(2, len(shape))):
        n = shape[axis] if len(shape) > 1 else shape[0]
        X = torch.zeros(n, *shape, dtype=torch.float64)
        for i in range(n):
            X[i].select(axis if len(shape) > 1 else 0, i).fill_(torch.nan)
        reached, calls = [], []

        def note(module, args, Y, calls=calls):
            calls.append(Y.isnan().flatten(1))

        hooks = [
            m.register_forward_hook(note)
            for m in model.modules()
            if layer_rules.kind_of(m)
        ]
        model(X)
        for hook in hooks:
            hook.remove()
        for Y in calls:
            cells = torch.arange(n)[:, None]
            first = torch.where(Y, cells, n).amin(0)
            last = torch.where(Y, cells, -1).amax(0)
            size = int((last - first + 1).max())
            reached.append((size, bool((last - first + 1 == n).all())))
        found.append(reached)
    return [
        (max(size for size, _ in call), all(whole for _, whole in call))
        for call in zip(*found, strict=True)
    ]


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even")
@pytest.mark.parametrize("name", MODELS)
def test_the_table_agrees_with_three_independent_counts(name):
    make, shape = MODELS[name]
    torch.manual_seed(0)
    model = make().double().eval()
    with torch.no_grad():
        model(torch.zeros(2, *shape, dtype=torch.float64))
        table = layer_table(model, (2, *shape))
        calls = measured(model, shape)
        with FlopCounterMode(display=False) as counter:
            model(torch.zeros(2, *shape, dtype=torch.float64))
    assert table.parameters == sum(p.numel() for p in model.parameters())
    assert (table.complete, 2 * table.macs) == (True, counter.get_total_flops())
    assert len(table.rows) == len(calls)
    for row, (size, whole) in zip(table.rows, calls, strict=True):
        assert row.field == (None if whole else size), row


def spans_of(X, Y):
    """First and last NaN of Y's places, per place; X has one NaN cell a picture."""
    Y = Y.isnan().any(1)
    cells = torch.arange(len(X))[:, None]
    first = torch.where(Y, cells, len(X)).amin(0).tolist()
    last = torch.where(Y, cells, -1).amax(0).tolist()
    nothing = (float("inf"), -float("inf"))
    return [(a, b) if b >= 0 else nothing for a, b in zip(first, last, strict=True)]


@st.composite
def layers_1d(draw):
    """A layer along one axis that keeps its one channel."""
    k, s, d = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    p, mode = draw(st.integers(0, 2)), draw(st.sampled_from(sorted(BEYOND)))
    kind = draw(
        st.sampled_from(["conv", "same", "T", "pool", "avg", "adapt", "pad", "up"])
    )
    return {
        "conv": lambda: nn.Conv1d(1, 1, k, s, p, d, padding_mode=mode),
        "same": lambda: nn.Conv1d(1, 1, k, 1, "same", d),
        "T": lambda: nn.ConvTranspose1d(1, 1, k, s, p, min(p, s - 1), 1, dilation=d),
        "pool": lambda: nn.MaxPool1d(k, s, min(p, k // 2), d, ceil_mode=p > 1),
        "avg": lambda: nn.AvgPool1d(k, s, min(p, k // 2), ceil_mode=d > 1),
        "adapt": lambda: nn.AdaptiveAvgPool1d(k + s),
        "pad": lambda: nn.ZeroPad1d((p, d - 2)),
        "up": lambda: nn.Upsample(scale_factor=s),
    }[kind]()


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even")
@given(st.lists(layers_1d(), min_size=1, max_size=4), st.integers(24, 30))
@settings(max_examples=150, deadline=None)
def test_what_each_unit_sees_is_what_reaches_it(layers, n):
    X = torch.zeros(n, 1, n, dtype=torch.float64)
    X[range(n), 0, range(n)] = torch.nan
    Y, view = X, layer_rules.View((Seen.picture(n),))
    for layer in layers:
        try:
            with torch.no_grad():
                Z = layer.double().eval()(Y)
        except RuntimeError:  # too small for this one
            return
        steps = layer_rules.windows(layer, Y, Z)
        alone = torch.zeros(Y.shape[2], 1, Y.shape[2], dtype=torch.float64)
        alone[range(Y.shape[2]), 0, range(Y.shape[2])] = torch.nan
        with torch.no_grad():
            lost = int((~layer(alone).isnan().flatten(1).any(1)).sum())
        assert steps[0].unread(Y.shape[2], Z.shape[2]) == lost, layer
        view = layer_rules.follow(layer, Y, Z, view)
        assert list(view.axes[0].real) == spans_of(X, Z), layer
        Y = Z
        sizes = [b - a + 1 for a, b in view.axes[0].real]
        if "circular" not in str(layers):  # there a border sees the other one
            assert view.axes[0].size >= max(sizes)


class Patches(nn.Module):
    """A vision transformer of one block."""

    def __init__(self):
        super().__init__()
        self.cut = nn.Conv2d(1, 8, 4, stride=4)
        self.places = nn.Parameter(torch.zeros(1, 49, 8))
        self.mix = nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 10)

    def forward(self, X):
        T = self.cut(X).flatten(2).transpose(1, 2) + self.places
        return self.head(self.mix(T, T, T)[0].mean(1))


@pytest.mark.parametrize(
    ("model", "shape", "unknown"),
    [
        (Patches(), (1, 1, 28, 28), ["MultiheadAttention"]),
        (nn.GRU(4, 3, batch_first=True), (1, 5, 4), ["GRU"]),
        (nn.Sequential(nn.Bilinear(2, 2, 3)), None, ["Bilinear"]),
    ],
)
def test_unknown_work_makes_the_total_a_lower_bound(model, shape, unknown):
    if shape is None:
        model, shape = By(lambda m, X: m.pair(X, X), pair=model[0]), (4, 2)
    table = layer_table(model, shape)
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(shape))
    assert table.parameters == sum(p.numel() for p in model.parameters())
    assert [r.layer for r in table.rows if r.macs == "?"] == unknown
    assert 2 * table.macs <= counter.get_total_flops()
    assert f"at least {table.macs:,}" in str(table)


def rows(model, shape):
    return layer_table(model, shape).rows


class Mystery(nn.Module):
    def forward(self, X):
        return X.flip(-1) * 2


class Beyond(nn.Module):
    """What PyTorch does not see."""

    def forward(self, X):
        return torch.from_numpy(X.numpy()[..., ::-1].copy())


class OwnConv(nn.Conv2d):
    def forward(self, X):
        return super().forward(X.flip(-1))


def hooked(layer):
    layer.register_forward_hook(lambda m, args, Y: Y.flip(-1))
    return layer


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Mystery(), (1, 2, 6, 6)),
        (OwnConv(2, 2, 3), (1, 2, 6, 6)),
        (nn.Unfold(2), (1, 2, 6, 6)),
        (nn.FractionalMaxPool2d(2, 3), (1, 2, 6, 6)),
        (nn.LSTM(6, 4, batch_first=True), (1, 5, 6)),
        (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (1, 5, 8)),
        (nn.GLU(1), (1, 2, 6, 6)),
        (nn.PixelUnshuffle(2), (1, 2, 6, 6)),
        (nn.Unflatten(1, (1, 2)), (1, 2, 6, 6)),
        (hooked(nn.Conv2d(2, 2, 3)), (1, 2, 6, 6)),
    ],
)
def test_what_is_not_known_says_so(layer, shape):
    (row,) = rows(layer, shape)
    assert (row.macs, row.field, row.unread) == ("?", "?", "?")
    assert row.parameters == sum(p.numel() for p in layer.parameters())
    table = layer_table(nn.Sequential(layer), shape)
    assert not table.complete
    assert str(table).splitlines()[-1].split()[-3:] == ["at", "least", "0"]


BEYOND_TORCH = Beyond()


@pytest.mark.parametrize(
    "mix",
    [
        lambda X: X.transpose(2, 3),
        lambda X: X + X.transpose(2, 3),
        lambda X: X.flip(2),
        lambda X: X.sort(-1).values,
        lambda X: torch.cat([X, X], 2),
        lambda X: F.max_pool2d(X, 2) + F.avg_pool2d(X, 5, stride=1),
        lambda X: F.conv2d(X, torch.ones(2, 2, 8, 8)) + X,
        lambda X: F.avg_pool2d(X, 8, stride=1) + X,
        lambda X: (torch._foreach_copy_([X], [X.flip(2)]), X)[1],
        lambda X: X + BEYOND_TORCH(X),
        lambda X: F.interpolate(X, scale_factor=0.5),
        lambda X: X[..., 1:] - X[..., :-1],
        lambda X: X.cumsum(-1),
        lambda X: X.index_add_(2, torch.tensor([0]), X[:, :, :1].clone()),
        lambda X: X.view(1, 2, -1)[:, :, torch.randperm(64)].view(1, 2, 8, 8),
        lambda X: X.view(1, 2, 4, 16),
        lambda X: X * X.mean(2, keepdim=True),
    ],
)
def test_a_function_that_mixes_places_leaves_the_field_unknown(mix):
    model = By(lambda m, X: m.b(mix(m.a(X))), a=conv(1, 2), b=nn.Conv2d(2, 1, 1))
    model.far = BEYOND_TORCH
    a, *_, b = (r for r in rows(model, (1, 1, 8, 8)) if r.layer == "Conv2d")
    assert (a.field, b.field) == (3, "?")
    assert isinstance(b.macs, int)


def test_a_dense_layer_sees_all_only_where_it_reads_all():
    assert rows(nn.Linear(6, 3), (1, 2, 6, 6))[-1].field == "?"
    part = By(lambda m, X: m.dense(X.flatten(1)[:, :10]), dense=nn.Linear(10, 3))
    assert rows(part, (1, 1, 6, 6))[-1].field == "?"
    # The stride leaves the last row and column out: 7 of 8 cells are seen.
    strided = nn.Sequential(nn.Conv2d(1, 1, 3, stride=2), nn.Flatten(), nn.Linear(9, 2))
    assert [r.field for r in rows(strided, (1, 1, 8, 8))] == [3, 3, 7]
    assert rows(strided, (1, 1, 8, 8))[0].unread == (1, 1)


def test_repeated_and_tied_weights_are_counted_once_and_shown():
    layer = nn.Linear(3, 3, bias=False)
    table = layer_table(nn.Sequential(layer, nn.ReLU(), layer), (1, 3))
    assert [(r.parameters, r.shared) for r in table.rows] == [(9, 0), (0, 0), (0, 9)]
    assert (table.parameters, table.macs) == (9, 18)
    assert "   9 shared" in str(table)
    table = layer_table(tied(), (1, 1, 6, 6))
    assert (table.rows[-1].parameters, table.rows[-1].shared) == (4, 144)
    assert "4 + 144 shared" in str(table)


def test_weights_outside_of_layers_and_layers_that_are_not_called_are_rows():
    model = By(lambda m, X: m.dense(X) @ m.more[1], dense=nn.Linear(4, 3))
    model.scale = nn.Parameter(torch.ones(5))
    model.more = nn.ParameterList([torch.ones(2), torch.ones(3, 2)])
    model.spare = nn.Conv3d(1, 1, 2)
    table = layer_table(model, (2, 4))
    assert [(r.layer, r.parameters, r.macs, r.field) for r in table.rows] == [
        ("Linear", 15, 24, None),
        ("By (own)", 13, 12, "?"),
        ("Conv3d (not called)", 9, 0, "?"),
    ]
    assert table.parameters == sum(p.numel() for p in model.parameters())
    assert table.complete


def test_work_in_a_function_is_counted_or_said_to_be_unknown():
    W = torch.ones(2, 1, 3, 3)
    model = By(lambda m, X: m.b(F.conv2d(X, W)), b=nn.Conv2d(2, 1, 1))
    table = layer_table(model, (1, 1, 8, 8))
    assert [(r.macs, r.field) for r in table.rows] == [(72, "?"), (648, "?")]
    mv = By(lambda m, X: m.b(X) @ torch.ones(8), b=nn.Conv2d(1, 1, 1))
    heads = By(
        lambda m, X: F.scaled_dot_product_attention(m.b(X), X, X), b=nn.Conv2d(1, 1, 1)
    )
    for model in (mv, heads):
        table = layer_table(model, (1, 1, 8, 8))
        assert not table.complete or table.macs > 64
        assert "By (own)" in str(table)


def test_the_batch_statistics_of_a_norm_see_the_whole_map():
    for norm in (
        nn.InstanceNorm2d(2),
        nn.GroupNorm(1, 2),
        nn.LayerNorm([2, 8, 8]),
        nn.BatchNorm2d(2, track_running_stats=False),
        nn.Sequential(nn.Softmax(2), nn.Softmax(3)),
    ):
        assert rows(nn.Sequential(conv(1, 2), norm), (1, 1, 8, 8))[-1].field is None
    for two in (
        (nn.Flatten(2), nn.Softmax(1)),
        (nn.Flatten(), nn.GroupNorm(2, 128)),
        (nn.Upsample(scale_factor=2.4), nn.ReLU()),
        (nn.Softmax(0),),
    ):
        last = rows(nn.Sequential(conv(1, 2, 1), *two), (1, 1, 8, 8))[-1]
        assert last.field == "?", two
    uneven = nn.Upsample(scale_factor=2.4)  # 2 → 4, not by copying each twice
    assert rows(uneven, (1, 1, 2, 2))[0].field == "?"
    for norm in (nn.Softmax(1), nn.InstanceNorm2d(2, track_running_stats=True)):
        assert rows(nn.Sequential(conv(1, 2), norm), (1, 1, 8, 8))[-1].field == 3


def test_global_and_local_branches_beside_each_other():
    def both(m, X):
        return m.after(torch.cat([X, X.mean((2, 3), keepdim=True).expand(X.shape)], 1))

    model = By(both, after=nn.ReLU())
    assert rows(model, (1, 1, 8, 8))[0].field == "?"
    assert rows(nn.Conv2d(1, 1, 5, padding=2), (1, 1, 3, 3))[0].field == 5


def test_a_call_that_fails_inside_a_model_is_no_more_than_that():
    def run(m, X):
        try:
            m.wrong(X)
        except RuntimeError:
            X = F.conv2d(X, torch.ones(1, 1, 3, 3))
        return m.right(X)

    model = By(run, wrong=nn.Conv2d(3, 1, 1), right=nn.Conv2d(1, 1, 1))
    wrong, right, own = rows(model, (1, 1, 4, 4))
    assert (wrong.macs, right.macs, own.macs) == ("?", 4, 36)


def test_our_own_layers_are_known():
    model = nn.Sequential(Conv2D(1, 2, 4, padding="same"), Pool2D(3, "avg", 2))
    assert [r.field for r in rows(model, (1, 1, 12, 12))] == [4, 6]


@pytest.mark.parametrize("error", [None, RuntimeError("in the middle")])
def test_nothing_of_the_model_is_changed(error):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("seen", torch.zeros(()))
            self.register_buffer("kept", torch.zeros(2))

        def forward(self, X):
            self.seen = self.seen + 1
            self.kept += 1
            X = F.dropout(X, training=True)
            if error:
                raise error
            return X

    model = nn.Sequential(conv(1, 2), nn.BatchNorm2d(2), Counting()).train()
    model[1].eval()  # frozen
    before = {k: v.clone() for k, v in model.state_dict().items()}
    state = torch.get_rng_state()
    if error:
        with pytest.raises(ValueError, match="in the middle"):
            layer_table(model, (2, 1, 8, 8))
    else:
        layer_table(model, (2, 1, 8, 8))
    assert torch.equal(torch.get_rng_state(), state)
    assert [m.training for m in model] == [True, False, True]
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    hooks = torch.nn.modules.module._global_forward_hooks
    assert not hooks
    assert not torch.nn.modules.module._global_forward_pre_hooks


def test_other_inputs_and_devices():
    words = nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 2))
    with pytest.raises(
        ValueError, match=r"the shape \(1, 5\) of torch.float32.*ndices"
    ):
        layer_table(words, (1, 5))
    table = layer_table(words, torch.zeros(1, 5, dtype=torch.int64))
    assert [(r.macs, r.field) for r in table.rows] == [("?", "?"), (40, "?")]
    with pytest.raises(ValueError, match="missing 1 required positional"):
        layer_table(nn.Bilinear(2, 2, 2), (1, 2))
    with pytest.raises(TypeError, match=r"must be a torch\.nn\.Module, got function"):
        layer_table(conv, (1, 2))
    with pytest.raises(ValueError, match="cannot take the shape 3"):
        layer_table(conv(1, 1), 3.5)
    meta = layer_table(LeNet().to("meta"), (1, 1, 28, 28))
    assert str(meta) == str(layer_table(LeNet(), (1, 1, 28, 28)))
    X = torch.ones(1, 1, 9, 9, requires_grad=True)
    model = By(lambda m, X: (m.a(X.mul_(2)), {"n": 3}), a=conv(1, 1))
    assert rows(model, X)[0].field == 3
    assert X.grad_fn is None
    assert X.sum() == 81


def test_unread_cells_of_one_and_three_axes_are_named():
    text = str(layer_table(nn.Conv1d(1, 1, 2, 3), (1, 1, 9)))
    assert text.splitlines()[2].endswith("3 cells")
    text = str(layer_table(nn.MaxPool3d(2), (1, 1, 3, 4, 5)))
    assert text.splitlines()[2].endswith("1 slice, 1 column")
    pads = rows(nn.ZeroPad2d((-1, 0, 2, -2)), (1, 1, 5, 5))
    assert pads[0].unread == (2, 1)
    ceil = rows(nn.MaxPool2d(2, ceil_mode=True), (1, 1, 5, 5))
    assert ceil[0].unread == (0, 0)
