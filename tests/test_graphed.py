"""Training from recorded steps: the Trainer's run, made by work that can be recorded.

On the CPU the same steps are called one by one. That they can be recorded, that is,
do the same work on the same memory every time, is seen from the operations.
"""

import signal

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import d2l_helpers as d2l
from d2l_helpers import flat_update, graphed
from d2l_helpers.feed import Feed
from d2l_helpers.flat_update import FlatUpdate, rates
from d2l_helpers.guards import TrainingDiverged

SAMPLE = d2l.FashionMNIST(50, source="sample")


class Exact(nn.Module):
    """A network in float64, for pictures in float32; with an optimizer by name."""

    def __init__(self, net, optimizer=torch.optim.SGD, schedule=None, **options):
        super().__init__()
        self.net, self.kind, self.options = net.double(), optimizer, options
        self.schedule = schedule

    def forward(self, X):
        return self.net(X.double())

    def configure_optimizers(self, steps):
        made = self.kind(self.parameters(), **self.options)
        return made, self.schedule and self.schedule(made, steps)


def one_cycle(made, steps):
    """Of the rate, and for the Adams of beta1 too."""
    cycled = type(made) is not torch.optim.SGD
    return torch.optim.lr_scheduler.OneCycleLR(
        made, made.defaults["lr"], total_steps=steps, cycle_momentum=cycled
    )


def one_cycle_of_the_rate(made, steps):
    return torch.optim.lr_scheduler.OneCycleLR(
        made, made.defaults["lr"], total_steps=steps, cycle_momentum=False
    )


def network():
    """Every kind of state that a step can have: weights, buffers, random numbers.

    No bias where its gradient is zero: Adam would divide rounding by rounding.
    """
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 3, 5, stride=3, bias=False), nn.BatchNorm2d(3), nn.ReLU()),
        *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(192, 10)),
    )


def data(n=230, batch_size=50, seed=1) -> d2l.ImageData:
    """Four whole batches and a smaller one; two and a smaller one for validation."""
    return d2l.ImageData(
        SAMPLE.train.draw(n), SAMPLE.val.draw(n // 2), batch_size, seed=seed
    )


RECIPES = {
    "SGD": {"lr": 0.1},
    "SGD, momentum": {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3},
    "SGD, Nesterov, one cycle": {
        "lr": 0.1,
        "momentum": 0.9,
        "nesterov": True,
        "schedule": one_cycle,
    },
    "Adam": {"optimizer": torch.optim.Adam, "lr": 1e-3, "amsgrad": True},
    "AdamW, one cycle": {
        "optimizer": torch.optim.AdamW,
        "lr": 3e-3,
        "weight_decay": 0.05,
        "schedule": one_cycle,
    },
    "AdamW, one cycle of the rate": {
        "optimizer": torch.optim.AdamW,
        "lr": 3e-3,
        "weight_decay": 0.05,
        "schedule": one_cycle_of_the_rate,
    },
}
FUSED = {  # those whose optimizer is one kernel
    "SGD, Nesterov, one cycle",
    "Adam",
    "AdamW, one cycle of the rate",
}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("together", [1, 3])
def test_weights_and_history_are_the_trainer_s(recipe, together):
    model, other = (Exact(network(), **RECIPES[recipe]) for _ in range(2))
    expected = d2l.Trainer(3, live=False, seed=5).fit(model, data())
    history = d2l.fit_graphed(other, data(), 3, seed=5, steps_per_graph=together)
    torch.testing.assert_close(
        other.state_dict(), model.state_dict(), rtol=0, atol=1e-12
    )
    for name in ("train_loss", "train_acc", "val_loss", "val_acc", "lr"):
        assert history[name] == pytest.approx(expected[name], rel=1e-12), name
    for (at, loss), (place, value) in zip(history.steps, expected.steps, strict=True):
        assert (at, loss) == pytest.approx((place, value))
    assert min(history["seconds"]) > 0
    assert model.training == other.training


def test_the_classic_network_in_float32_and_without_validation():
    class Unwatched:
        def __init__(self, data):
            self.train_dataloader = data.train_dataloader

    runs = []
    for fit in (
        lambda m, d: d2l.Trainer(2, live=False, seed=0).fit(m, d),
        lambda m, d: d2l.fit_graphed(m, d, 2, seed=0),
    ):
        d2l.seed_everything(0)
        model = d2l.LeNet()
        runs.append((fit(model, Unwatched(data())), model.state_dict()))
    (one, weights), (other, same) = runs
    torch.testing.assert_close(weights, same, rtol=0, atol=1e-6)
    assert one["train_loss"] == pytest.approx(other["train_loss"], rel=1e-6)
    assert other["val_acc"] == [None, None]


def owns_its_memory(model) -> bool:
    own = [p.untyped_storage() for p in model.parameters()]
    sizes = [8 * p.numel() for p in model.parameters()]
    return [s.nbytes() for s in own] == sizes and len({s.data_ptr() for s in own}) == 5


def test_parameters_keep_names_and_get_memory_of_their_own_back():
    model = Exact(network(), lr=0.1)
    before = [(name, p, p.shape) for name, p in model.named_parameters()]
    d2l.fit_graphed(model, data(), 1)
    after = [(name, p, p.shape) for name, p in model.named_parameters()]
    for (name, p, shape), (same, q, unchanged) in zip(before, after, strict=True):
        assert (name, shape) == (same, unchanged)
        assert p is q
    assert owns_its_memory(model)


def test_the_table_holds_what_the_scheduler_says():
    model = Exact(network(), torch.optim.AdamW, one_cycle, lr=0.01)
    made, schedule = model.configure_optimizers(7)
    expected = []
    for _ in range(7):
        group = made.param_groups[0]
        expected.append((group["lr"], group["betas"][0]))
        made.step()
        schedule.step()
    table = rates(*model.configure_optimizers(7), 7)
    torch.testing.assert_close(torch.tensor(table), torch.tensor(expected))
    assert len({beta for _, beta in expected}) > 3


# what makes a step recordable


class Watch(TorchDispatchMode):
    """Every operation with what is not a tensor, and the places of tensors known."""

    def __init__(self, known):
        super().__init__()
        self.known = {t.data_ptr(): name for name, t in known.items()}
        self.seen = []

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        def name(x):
            if isinstance(x, torch.Tensor):
                return self.known.get(x.data_ptr(), tuple(x.shape))
            return [name(v) for v in x] if isinstance(x, (list, tuple)) else x

        kwargs = kwargs or {}
        if op.namespace != "profiler":  # the optimizer tells when it begins
            self.seen.append((str(op), name(args), name(list(kwargs.values()))))
        return op(*args, **kwargs)


@pytest.mark.parametrize("recipe", sorted(FUSED))
def test_a_step_does_the_same_work_on_the_same_memory_every_time(recipe):
    """No number of the host's changes between steps, and none is asked for."""
    model = Exact(network(), **RECIPES[recipe])
    source = data()
    run = graphed.Run(model, source.train_dataloader(), source.val_dataloader(), 2)
    known = {"flat": run.update.flat, "gradient": run.update.flat.grad}
    for name, feed in ("train", run.train), ("val", run.val):
        known |= {f"{name} at": feed.at, f"{name} notes": feed.notes}
    run.record(1)
    model.train()
    work = []
    for _ in range(3):
        with Watch(known) as watch:
            run.train_step(True)
        work.append(watch.seen)
    assert work[0] == work[1] == work[2]
    text = str(work[0])
    assert "'flat'" in text
    assert "'train notes'" in text
    for op in ("_local_scalar_dense", "nonzero", "_to_copy.default', ['cpu"):
        assert op not in text


def test_the_warm_up_leaves_no_trace():
    model = Exact(network(), torch.optim.Adam, lr=0.01)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    source, random = data(), torch.get_rng_state()
    run = graphed.Run(model, source.train_dataloader(), source.val_dataloader(), 1)
    run.record(2)
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), random)
    state = run.update.optimizer.state[run.update.flat]
    assert {name: value.abs().max().item() for name, value in state.items()} == {
        "step": 0, "exp_avg": 0, "exp_avg_sq": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("n", "batch_size", "together", "expected"),
    [
        (20, 5, 1, [(1, True, 4)]),
        (23, 5, 2, [(2, True, 2), (1, False, 1)]),
        (17, 5, 2, [(2, True, 1), (1, True, 1), (1, False, 1)]),
        (17, 5, 9, [(1, True, 3), (1, False, 1)]),
        (4, 4, 3, [(1, True, 1)]),
    ],
)
def test_what_an_epoch_plays(monkeypatch, n, batch_size, together, expected):
    feed = Feed(data(n, batch_size).train_dataloader())
    work, recorded = [], []

    def record(run, device):
        work.clear()
        run()
        recorded.append(tuple(work))
        return run

    monkeypatch.setattr(graphed, "_recorded", record)
    calls = graphed._calls(work.append, feed, together, torch.device("cpu"))
    assert recorded == [(whole,) * k for k, whole, _ in expected]
    assert [times for _, times in calls] == [times for *_, times in expected]


# what goes wrong


def test_a_loss_that_explodes_ends_with_the_last_good_weights():
    model = Exact(network(), lr=0.1)
    d2l.fit_graphed(model, data(), 1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.options = {"lr": 1e300}
    with pytest.raises(TrainingDiverged, match=r"in epoch 1, batch \d of 5") as caught:
        d2l.fit_graphed(model, data(), 2)
    assert len(caught.value.history) == 0
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)


def test_ctrl_c_ends_the_run_after_the_epoch(monkeypatch):
    epoch = graphed.Run.epoch

    def interrupted(run, history):
        if len(history) == 1:
            signal.raise_signal(signal.SIGINT)
        epoch(run, history)

    monkeypatch.setattr(graphed.Run, "epoch", interrupted)
    model = Exact(network(), lr=0.1)
    history = d2l.fit_graphed(model, data(), 5)
    assert len(history) == 2
    assert history.interrupted
    assert all(
        p.untyped_storage().nbytes() == 8 * p.numel() for p in model.parameters()
    )


class Two(Exact):
    def configure_optimizers(self, steps):
        groups = [{"params": [p]} for p in self.parameters()]
        return torch.optim.SGD(groups, lr=0.1)


@pytest.mark.parametrize(
    ("model", "error", "said"),
    [
        (lambda: Exact(network(), torch.optim.RMSprop, lr=0.1), TypeError, "RMSprop"),
        (lambda: Two(network()), ValueError, "the optimizer has 5"),
        (
            lambda: Exact(network(), lr=0.1, momentum=0.9, dampening=0.5),
            ValueError,
            "dampening = 0.5: set it to 0",
        ),
        (
            lambda: Exact(
                network(),
                schedule=lambda made, steps: torch.optim.lr_scheduler.OneCycleLR(
                    made, 0.1, total_steps=steps
                ),
                lr=0.1,
                momentum=0.9,
            ),
            ValueError,
            "cycle_momentum=False",
        ),
    ],
)
def test_what_cannot_be_recorded_is_refused(model, error, said):
    model = model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(error, match=said):
        d2l.fit_graphed(model, data(), 1)
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)


def test_a_parameter_without_part_in_the_loss_is_named():
    model = Exact(network(), lr=0.1)
    model.idle = nn.Parameter(torch.zeros(3, dtype=torch.float64))
    with pytest.raises(ValueError, match="does not depend on the parameter idle"):
        d2l.fit_graphed(model, data(), 1)


def test_loaders_that_bring_batches_from_elsewhere_are_refused():
    class Elsewhere:
        def train_dataloader(self):
            return [(torch.zeros(2, 1, 28, 28), torch.zeros(2, dtype=torch.int64))]

    with pytest.raises(TypeError, match=r"must be d2l\.Batches.* got list"):
        d2l.fit_graphed(Exact(network(), lr=0.1), Elsewhere(), 1)
    with pytest.raises(ValueError, match="the data lie on mps"):
        graphed._recordable(torch.device("mps"))
    with pytest.raises(ValueError, match="steps_per_graph must be at least 1"):
        d2l.fit_graphed(Exact(network(), lr=0.1), data(), 1, steps_per_graph=0)


def test_an_optimizer_of_several_dtypes_is_refused():
    model = Exact(network(), lr=0.1)
    model.net[0].float()
    with pytest.raises(ValueError, match="one dtype and device"):
        FlatUpdate(model, 1)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_fused_form_is_taken_where_beta1_stands_still(recipe):
    update = FlatUpdate(Exact(network(), **RECIPES[recipe]), 3)
    group = update.optimizer.param_groups[0]
    assert bool(group["fused"]) == (recipe in FUSED)
    moves = isinstance(group["lr"], torch.Tensor)
    assert moves == (recipe in FUSED or recipe == "AdamW, one cycle")


def test_on_cuda_fused_forms_read_their_rate_in_float32():
    cuda, cpu = torch.device("cuda"), torch.device("cpu")
    assert flat_update.rate_dtype(True, cuda) is torch.float32
    assert flat_update.rate_dtype(False, cuda) is torch.float64
    assert flat_update.rate_dtype(True, cpu) is torch.float64


@pytest.mark.parametrize("recipe", sorted(FUSED - {"Adam"}))
def test_a_rate_in_float32_moves_with_the_schedule(monkeypatch, recipe):
    monkeypatch.setattr(flat_update, "rate_dtype", lambda fused, device: torch.float32)
    model, other = (Exact(network(), **RECIPES[recipe]) for _ in range(2))
    group = FlatUpdate(other, 3).optimizer.param_groups[0]
    assert group["lr"].dtype is torch.float32
    d2l.Trainer(3, live=False, seed=5).fit(model, data())
    history = d2l.fit_graphed(other, data(), 3, seed=5)
    assert len(set(history["lr"])) == 3
    torch.testing.assert_close(
        other.state_dict(), model.state_dict(), rtol=0, atol=1e-6
    )


# on CUDA


needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def on_cuda(batch_size=100, source="sample"):
    return d2l.FashionMNIST(batch_size, source=source, device="cuda")


@pytest.mark.gpu
@needs_cuda
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("together", [1, 4])
def test_played_back_steps_are_the_trainer_s(recipe, together):
    model, other = (Exact(network(), **RECIPES[recipe]) for _ in range(2))
    for m in (model, other):
        m.net[4].p = 0.0  # a recording draws other random numbers
    # On CUDA the Adams' bias corrections and the fused forms' rate are float32.
    exact = recipe in ("SGD", "SGD, momentum")
    room, loss_room = (1e-9, 1e-9) if exact else (1e-6, 1e-5)
    source = on_cuda(230)
    expected = d2l.Trainer(2, live=False, seed=5).fit(model, source)
    history = d2l.fit_graphed(other, source, 2, seed=5, steps_per_graph=together)
    torch.testing.assert_close(
        other.state_dict(), model.state_dict(), rtol=0, atol=room
    )
    for name in ("train_acc", "val_acc", "lr"):
        assert history[name] == pytest.approx(expected[name], rel=1e-9), name
    for name in ("train_loss", "val_loss"):
        assert history[name] == pytest.approx(expected[name], rel=loss_room), name


@pytest.mark.gpu
@needs_cuda
@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")
@pytest.mark.filterwarnings("ignore:.*Profiler clears events")
def test_an_epoch_waits_twice_and_copies_one_order():
    source = on_cuda()
    model = d2l.LeNet.modern().cuda()
    run = graphed.Run(model, source.train_dataloader(), source.val_dataloader(), 3)
    run.record(5)
    history = d2l.History()
    run.epoch(history)
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with pytest.warns(UserWarning, match="synchroniz") as waits:
            run.epoch(history)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(waits) == 2
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CUDA]
    ) as profile:
        run._play(run.train, run.calls[0])
    events = [event.name for event in profile.events()]
    assert sum("HtoD" in name for name in events) == 1  # the order
    assert sum("DtoH" in name for name in events) == 1  # the notes


@pytest.mark.gpu
@needs_cuda
def test_ten_epochs_of_the_sample_learn():
    d2l.seed_everything(0)
    history = d2l.fit_graphed(d2l.LeNet.modern(), on_cuda(), 10, steps_per_graph=10)
    assert history["val_acc"][-1] > 0.8
