"""The trainer: it learns, it counts exactly, and nothing can spoil a run."""

import json
import math
import random
import signal
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from training_scripts.toy import Batches, ToyData, ToyModel, curve, same_weights

from d2l_helpers import training
from d2l_helpers.checkpoint import CheckpointError, load_model, save_model
from d2l_helpers.devices import seed_everything
from d2l_helpers.guards import DelayedInterrupt
from d2l_helpers.history import COLUMNS
from d2l_helpers.run_state import (
    pack,
    random_state,
    read_run,
    set_random_state,
    unpack,
)
from d2l_helpers.training import Trainer, TrainingDiverged

VICTIM = Path(__file__).parent / "training_scripts" / "victim.py"


@pytest.fixture(autouse=True)
def one_thread():
    """As in the processes that are compared with this one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Flat(nn.Module):
    """One dense layer from zero weights: every step can be worked out by hand."""

    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(784, 3)
        nn.init.zeros_(self.dense.weight)
        nn.init.zeros_(self.dense.bias)

    def forward(self, X):
        return self.dense(X.flatten(1))


class WithoutValidation:
    def __init__(self, **options):
        self.data = ToyData(**options)

    def train_dataloader(self):
        return self.data.train_dataloader()


# learning


def test_a_model_learns_and_every_column_is_filled():
    history = Trainer(max_epochs=6).fit(ToyModel(schedule=True), ToyData(n=300))
    assert history["epoch"] == [1, 2, 3, 4, 5, 6]
    assert history["train_loss"][-1] < history["train_loss"][0]
    assert history["val_acc"][-1] > 0.8
    for name in COLUMNS:
        assert all(math.isfinite(v) for v in history[name]), name
    assert all(s > 0 for s in history["seconds"])
    assert len(history.steps) == 6 * 19
    assert not history.interrupted


def test_an_epoch_is_the_loop_that_everyone_would_write():
    data, model, twin = ToyData(), Flat(), Flat()
    history = Trainer(max_epochs=2, gradient_clip_val=0.5).fit(model, data)

    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
    loader = data.train_dataloader()
    for epoch in range(2):
        total = hits = 0
        for X, y in loader:
            optimizer.zero_grad()
            y_hat = twin(X)
            F.cross_entropy(y_hat, y).backward()
            norm = torch.cat([p.grad.flatten() for p in twin.parameters()]).norm()
            for p in twin.parameters():
                p.grad *= min(1.0, 0.5 / (norm.item() + 1e-6))
            optimizer.step()
            total += F.cross_entropy(y_hat, y, reduction="sum").item()
            hits += (y_hat.argmax(1) == y).sum().item()
        assert history["train_loss"][epoch] == pytest.approx(total / 100, rel=1e-5)
        assert history["train_acc"][epoch] == hits / 100
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(p, q)


def test_evaluation_counts_samples_not_batches():
    data = ToyData()
    model = ToyModel()
    loss, accuracy = Trainer(1).evaluate(model, Batches(*data.val, 16))  # 16 16 16 2
    model.eval()
    X, y = data.val
    with torch.no_grad():
        assert loss == pytest.approx(F.cross_entropy(model(X), y).item(), rel=1e-6)
        assert accuracy == (model(X).argmax(1) == y).sum().item() / 50


def test_evaluation_leaves_no_trace():
    model = ToyModel()
    model.net[1].eval()  # a frozen layer in a model that trains
    before = {k: v.clone() for k, v in model.state_dict().items()}
    seen = []
    model.register_forward_hook(
        lambda m, a, out: seen.append((m.training, out.requires_grad))
    )
    Trainer(1).evaluate(model, ToyData().val_dataloader())
    assert set(seen) == {(False, False)}
    assert model.training
    assert not model.net[1].training
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_the_models_own_loss_is_used():
    class Doubled(Flat):
        def loss(self, y_hat, y):
            return 2 * F.cross_entropy(y_hat, y)

    loss, _ = Trainer(1).evaluate(Doubled(), ToyData().val_dataloader())
    assert loss == pytest.approx(2 * math.log(3))


def test_where_the_optimizer_comes_from():
    model, data = Flat(), ToyData()
    trainer = Trainer(1)
    assert trainer.fit(model, data)["lr"] == [0.1]  # nothing said: SGD at 0.1
    model.lr = 0.5
    assert Trainer(1).fit(model, data)["lr"] == [0.5]
    asked = []

    def make(parameters, total_steps):
        asked.append(total_steps)
        return torch.optim.Adam(parameters, lr=0.25)

    assert Trainer(4, optimizer=make).fit(ToyModel(), data)["lr"] == [0.25] * 4
    assert asked == [4 * 7]


def test_a_schedule_steps_once_per_batch_and_the_last_rate_is_recorded():
    def make(parameters, total_steps):
        optimizer = torch.optim.SGD(parameters, lr=1.0)
        return optimizer, torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: 1 - step / total_steps
        )

    history = Trainer(2, optimizer=make).fit(Flat(), ToyData())
    assert history["lr"] == pytest.approx([1 - 6 / 14, 1 - 13 / 14])


def test_without_validation_data():
    history = Trainer(1).fit(ToyModel(), WithoutValidation())
    assert history["val_loss"] == history["val_acc"] == [None]


def test_the_model_gets_its_modes_back():
    model = ToyModel().eval()
    Trainer(1).fit(model, ToyData())
    assert not any(module.training for module in model.modules())


def test_no_number_is_asked_for_between_the_steps(monkeypatch):
    asked = []
    for name in ("item", "tolist", "__bool__", "__float__", "cpu", "numpy"):
        real = getattr(torch.Tensor, name)
        monkeypatch.setattr(
            torch.Tensor,
            name,
            lambda *a, n=name, r=real, **k: (asked.append(n), r(*a, **k))[1],
        )
    Trainer(1).fit(Flat(), ToyData(n=100, batch_size=50))
    few = len(asked)
    asked.clear()
    Trainer(1).fit(Flat(), ToyData(n=100, batch_size=1))
    assert 0 < len(asked) == few


# the same curve again


def test_the_same_seed_gives_the_same_curve_and_another_seed_another():
    def run(seed):
        model = ToyModel()
        return curve(Trainer(3, seed=seed).fit(model, ToyData(seed=None))), model

    class Shuffled(ToyData):
        def train_dataloader(self):
            return torch.utils.data.DataLoader(
                torch.utils.data.TensorDataset(*self.train), 16, shuffle=True
            )

    def run_shuffled(seed):
        return curve(Trainer(2, seed=seed).fit(ToyModel(), Shuffled()))

    (first, model), (second, twin) = run(1), run(1)
    assert first == second
    assert same_weights(model, twin)
    assert run(2)[0] != first
    assert run_shuffled(1) == run_shuffled(1) != run_shuffled(2)


def test_the_seed_reaches_the_loaders_own_generator():
    def run(seed):
        return curve(Trainer(2, seed=seed).fit(Flat(), ToyData()))

    assert run(1) == run(1) != run(2)


@pytest.mark.parametrize("data", [ToyData, WithoutValidation])
def test_fit_twice_is_one_longer_fit(data):
    torch_state = torch.get_rng_state()
    model, images = ToyModel(), data()
    trainer = Trainer(2, seed=5)
    first = trainer.fit(model, images)
    assert len(first) == 2
    second = trainer.fit(model, images)
    assert second is first is trainer.history
    assert second["epoch"] == [1, 2, 3, 4]

    twin = ToyModel()
    assert curve(Trainer(4, seed=5).fit(twin, data())) == curve(second)
    assert same_weights(model, twin)
    torch.set_rng_state(torch_state)


def test_a_second_fit_starts_the_schedule_anew():
    trainer, model, data = Trainer(2), ToyModel(schedule=True), ToyData()
    trainer.fit(model, data)
    rates = trainer.fit(model, data)["lr"]
    assert rates[:2] == rates[2:]


def test_another_model_starts_another_history():
    trainer, data = Trainer(2), ToyData()
    first = trainer.fit(ToyModel(), data)
    second = trainer.fit(ToyModel(), data)
    assert curve(first) == curve(second)
    assert first is not second


# resuming


def wait_until_ready(process) -> None:
    assert process.stdout.readline() == "ready\n"


def test_a_killed_run_goes_on_to_the_same_curve(tmp_path):
    path = tmp_path / "run.safetensors"
    with subprocess.Popen(
        [sys.executable, VICTIM, "train", path], stdout=subprocess.PIPE, text=True
    ) as process:
        wait_until_ready(process)
        process.kill()  # SIGKILL in the third step of epoch 3
        assert process.wait() == -signal.SIGKILL

    model, twin = ToyModel(schedule=True), ToyModel(schedule=True)
    torch.rand(1000)  # the generators stand elsewhere in the new process
    trained = []
    model.register_forward_hook(lambda m, a, out: trained.append(m.training))
    resumed = Trainer(5, seed=0, checkpoint=path).fit(model, ToyData())
    assert sum(trained) == 3 * 7  # epochs 3, 4 and 5
    whole = Trainer(5, seed=0).fit(twin, ToyData())
    assert curve(resumed) == curve(whole)
    assert same_weights(model, twin)


@pytest.mark.parametrize("schedule", [False, True])
@pytest.mark.parametrize("done", [1, 2, 3, 4])
def test_a_script_with_two_fits_can_be_started_again(tmp_path, schedule, done):
    """It stopped after epoch `done` of 4, and runs again from its first line."""

    def script(checkpoint=None, stop_after=None):
        model, data = ToyModel(schedule=schedule), ToyData()
        trainer = Trainer(2, seed=0, checkpoint=checkpoint)
        save = trainer._save

        def stopping_save(model):
            save(model)
            if len(trainer.history) == stop_after:
                raise SystemExit

        trainer._save = stopping_save
        trainer.fit(model, data)
        trainer.fit(model, data)
        return curve(trainer.history), model

    with pytest.raises(SystemExit):
        script(tmp_path / "c", stop_after=done)
    (resumed, model), (whole, twin) = script(tmp_path / "c"), script()
    assert resumed == whole
    assert same_weights(model, twin)


def test_every_generator_goes_on_where_it_stood():
    seed_everything(3)
    device = torch.device("cpu")
    random.random(), np.random.rand(), torch.rand(1)

    def draw():
        return [random.random(), np.random.rand(), torch.rand(1).item()]

    tensors, rest = pack(random_state(device))
    first = draw()
    set_random_state(unpack(tensors, json.loads(json.dumps(rest))), device)
    assert draw() == first != draw()


def test_a_finished_run_is_not_run_again(tmp_path):
    path = tmp_path / "c"
    first, second = ToyModel(), ToyModel(seed=8)
    history = Trainer(2, checkpoint=path).fit(first, ToyData())
    steps = []
    second.register_forward_hook(lambda *args: steps.append(1))
    again = Trainer(2, checkpoint=path).fit(second, ToyData())
    assert again.to_dict() == history.to_dict()
    assert same_weights(first, second)
    assert not steps
    longer = Trainer(3, checkpoint=path).fit(second, ToyData())
    assert longer["epoch"] == [1, 2, 3]


def test_checkpoint_every_and_the_last_epoch(tmp_path, monkeypatch):
    written = []
    trainer = Trainer(5, checkpoint=tmp_path / "c", checkpoint_every=2)
    monkeypatch.setattr(
        training,
        "save_run",
        lambda *args: written.append(args[-1]["history"]["columns"]["epoch"][-1]),
    )
    trainer.fit(Flat(), ToyData())
    assert written == [2, 4, 5]


def test_a_run_of_another_model_or_optimizer_is_refused_and_kept(tmp_path):
    path = tmp_path / "c"
    Trainer(1, checkpoint=path).fit(ToyModel(), ToyData())
    before = path.read_bytes()
    for model, said in (
        (Flat(), "dense.weight is missing"),
        (ToyModel(schedule=True), "SGD and NoneType.*AdamW and OneCycleLR"),
    ):
        trainer = Trainer(1, checkpoint=path)
        for _ in range(2):  # asking again does not overwrite it either
            with pytest.raises(CheckpointError, match=said):
                trainer.fit(model, ToyData())
    save_model(Flat(), tmp_path / "m")
    with pytest.raises(CheckpointError, match="holds no training run"):
        Trainer(1, checkpoint=tmp_path / "m").fit(Flat(), ToyData())
    path.write_bytes(before[:-1])
    with pytest.raises(CheckpointError, match="not a usable checkpoint"):
        Trainer(1, checkpoint=path).fit(ToyModel(), ToyData())
    assert path.read_bytes() == before[:-1]


def test_a_run_with_other_settings_is_refused_and_kept(tmp_path):
    path = tmp_path / "c"
    old = {"seed": 1, "images": 100, "data": "toy"}
    Trainer(1, checkpoint=path, settings=old).fit(ToyModel(), ToyData())
    before, model = path.read_bytes(), ToyModel(seed=8)
    for new, said in (
        ({**old, "seed": 2}, "written with seed 1; this run has seed 2"),
        ({"seed": 1, "data": "toy"}, "written with images 100; .* images unknown"),
        ({**old, "lr": 0.5}, "written with lr unknown; this run has lr 0.5"),
    ):
        with pytest.raises(CheckpointError, match=said):
            Trainer(2, checkpoint=path, settings=new).fit(model, ToyData())
    assert path.read_bytes() == before
    assert same_weights(model, ToyModel(seed=8))
    assert len(Trainer(2, checkpoint=path, settings=old).fit(model, ToyData())) == 2
    assert len(Trainer(3, checkpoint=path).fit(ToyModel(), ToyData())) == 3


def test_what_is_called_after_an_epoch_finds_it_written(tmp_path):
    path, seen = tmp_path / "c", []

    def look(history):
        written = read_run(path)["history"]["columns"]["epoch"]
        seen.append((len(history), written))

    Trainer(2, checkpoint=path, on_epoch=look).fit(ToyModel(), ToyData())
    assert seen == [(1, [1]), (2, [1, 2])]


def test_the_weights_of_a_run_can_be_loaded_alone(tmp_path):
    model, other = ToyModel(), ToyModel(seed=8)
    Trainer(1, checkpoint=tmp_path / "c").fit(model, ToyData())
    assert same_weights(load_model(other, tmp_path / "c"), model)


def test_a_disk_that_fills_up_does_not_lose_the_model(tmp_path, monkeypatch):
    def full(*args):
        raise CheckpointError("could not write")

    monkeypatch.setattr(training, "save_run", full)
    model, trainer = ToyModel(), Trainer(2, checkpoint=tmp_path / "c")
    with pytest.raises(CheckpointError):
        trainer.fit(model, ToyData())
    assert len(trainer.history) == 1
    monkeypatch.undo()
    assert len(trainer.fit(model, ToyData())) == 3


# Ctrl-C


def test_a_real_ctrl_c_in_a_weight_update_waits_for_its_end(tmp_path):
    output = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, VICTIM, "interrupt", output], stdout=subprocess.PIPE, text=True
    ) as process:
        wait_until_ready(process)
        process.send_signal(signal.SIGINT)
        Path(f"{output}.sent").touch()
        assert process.wait(timeout=60) == 0
    report = json.loads(output.read_text())
    first = report["first"]
    assert first["interrupted"]
    assert first["epochs"] == 1
    assert (first["begin"], first["end"]) == (10, 10)  # no update was cut in two
    assert first["finite"]
    assert first["training"]
    assert 0 <= first["evaluated"] <= 1
    assert not report["second"]["interrupted"]
    assert report["second"]["curve"]["columns"]["epoch"] == [1, 2, 3, 4]


def interrupt_at(model: nn.Module, call: int) -> None:
    """Ctrl-C in the `call`-th forward pass."""
    calls = []

    def hook(*args):
        calls.append(1)
        if len(calls) == call:
            signal.raise_signal(signal.SIGINT)

    model.register_forward_hook(hook)


@pytest.mark.parametrize("schedule", [False, True])
@pytest.mark.parametrize(("call", "epochs"), [(3, 0), (9, 0), (15, 1)])
def test_ctrl_c_in_training_and_in_validation(schedule, call, epochs):
    model, data = ToyModel(schedule=schedule), ToyData()
    interrupt_at(model, call)  # 7 + 4 passes make an epoch
    trainer = Trainer(2)
    history = trainer.fit(model, data)
    assert history.interrupted
    assert len(history) == epochs
    assert model.training
    assert len(trainer.fit(model, data)) == epochs + 2
    assert not trainer.history.interrupted


def test_ctrl_c_works_as_before_after_a_fit():
    before = signal.getsignal(signal.SIGINT)
    Trainer(1).fit(Flat(), ToyData())
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_delayed_not_lost(number):
    done = []
    before = signal.signal(number, signal.default_int_handler)

    def update(interrupt):
        with interrupt.delayed():
            signal.raise_signal(number)
            done.append("the rest of the update")
        done.append("not reached")

    try:
        with DelayedInterrupt() as interrupt, pytest.raises(KeyboardInterrupt):
            update(interrupt)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)
    assert done == ["the rest of the update"]


def test_a_signal_that_ends_the_program_still_does():
    before = signal.getsignal(signal.SIGTERM)
    with DelayedInterrupt():
        assert signal.getsignal(signal.SIGTERM) is before is signal.SIG_DFL


# what goes wrong


class Poisoned(ToyData):
    """Batch 3 of every epoch after the first `good` ones holds a NaN."""

    def __init__(self, good):
        super().__init__()
        self.good = good

    def train_dataloader(self):
        outer = self

        class Loader(Batches):
            epochs = 0

            def __iter__(self):
                self.epochs += 1
                for i, (X, y) in enumerate(super().__iter__(), 1):
                    if i == 3 and self.epochs > outer.good:
                        X = torch.where(X > 0.5, torch.nan, X)
                    yield X, y

        return Loader(*self.train, self.batch_size, self.seed)


@pytest.mark.parametrize("good", [0, 2])
def test_a_nan_is_placed_and_the_good_weights_come_back(good):
    model, twin = ToyModel(), ToyModel()
    trainer = Trainer(4, seed=0)
    with pytest.raises(TrainingDiverged) as caught:
        trainer.fit(model, Poisoned(good))
    error = caught.value
    assert (error.epoch, error.batch) == (good + 1, 3)
    assert f"nan in epoch {good + 1}, batch 3 of 7" in str(error)
    assert error.history is trainer.history
    assert len(error.history) == good
    if good:
        Trainer(good, seed=0).fit(twin, ToyData())
    assert same_weights(model, twin)
    assert len(trainer.fit(model, ToyData())) == good + 4  # and it goes on from there


def test_a_learning_rate_that_explodes_is_noticed_without_validation_data():
    model = ToyModel(lr=1e38)
    with pytest.raises(TrainingDiverged, match="learning rate 1e\\+38"):
        Trainer(2).fit(model, WithoutValidation())
    assert same_weights(model, ToyModel())


@pytest.mark.parametrize("data", [ToyData, WithoutValidation])
def test_weights_that_break_in_the_very_last_step_are_not_kept(data):
    class Last(torch.optim.SGD):
        steps = 0

        def step(self, closure=None):
            super().step(closure)
            self.steps += 1
            if self.steps == 14:
                self.param_groups[0]["params"][0].data.fill_(torch.inf)

    model, twin = Flat(), Flat()
    trainer = Trainer(3, optimizer=lambda p, total: Last(p, lr=0.1))
    with pytest.raises(TrainingDiverged, match="epoch 2, batch 7 of 7"):
        trainer.fit(model, data())
    Trainer(1).fit(twin, data())
    assert same_weights(model, twin)


def test_ctrl_c_after_a_nan_gives_the_good_weights_back():
    model, twin = ToyModel(), ToyModel()
    interrupt_at(model, 5)
    assert Trainer(1).fit(model, Poisoned(0)).interrupted
    assert same_weights(model, twin)


class TooLarge(Flat):
    """Has room for `room` images at a time."""

    def __init__(self, room, only_when_training=True):
        super().__init__()
        self.room, self.only_when_training = room, only_when_training

    def forward(self, X):
        if len(X) > self.room and self.training == self.only_when_training:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate")
        return super().forward(X)


@pytest.mark.parametrize("training_mode", [True, False])
def test_too_little_memory_names_a_batch_size(training_mode):
    model, trainer = TooLarge(8, training_mode), Trainer(1)
    with pytest.raises(RuntimeError, match=r"a batch of 16 does not fit.*batch_size=8"):
        trainer.fit(model, ToyData(batch_size=16))
    assert all(p.grad is None for p in model.parameters())
    assert len(trainer.fit(model, ToyData(batch_size=8))) == 1
    with pytest.raises(RuntimeError, match=r"a batch of 1 .*smaller model"):
        trainer.fit(TooLarge(0, training_mode), ToyData(batch_size=1))


def test_the_memory_is_free_again_while_the_error_is_still_looked_at():
    kept = []

    class Greedy(Flat):
        def forward(self, X):
            activations = X * 2
            kept.append(weakref.ref(activations))
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(RuntimeError, match="does not fit") as caught:
        Trainer(1).fit(Greedy(), ToyData())
    assert caught.value is not None  # as in a notebook, which keeps the last error
    assert [ref() for ref in kept] == [None]


class Fixed:
    """The same two loaders every time."""

    def __init__(self, train, val=((),)):
        self.train, self.val = train, val

    def train_dataloader(self):
        return self.train

    def val_dataloader(self):
        return self.val


def test_zero_batches_are_an_error_never_an_epoch():
    batch = (torch.zeros(2, 1, 28, 28), torch.zeros(2, dtype=torch.int64))
    with pytest.raises(ValueError, match="training loader has no batches"):
        Trainer(1).fit(Flat(), Fixed([]))
    with pytest.raises(ValueError, match="validation loader has no batches"):
        Trainer(1).fit(Flat(), Fixed([batch], []))
    with pytest.raises(ValueError, match="no samples"):
        Trainer(1).fit(Flat(), Fixed([(batch[0][:0], batch[1][:0])], [batch]))
    with pytest.raises(ValueError, match="no samples"):
        Trainer(1).evaluate(Flat(), [])


def test_data_on_another_device():
    X, y = torch.zeros(2, 1, 28, 28), torch.zeros(2, dtype=torch.int64)
    for batch, said in (
        ((X.to("meta"), y.to("meta")), "on cpu, but a batch is on meta"),
        ((X, y.to("meta")), r"on cpu \(images\) and meta \(labels\)"),
    ):
        with pytest.raises(ValueError, match=said):
            Trainer(1).fit(Flat(), Fixed([batch], [batch]))
        with pytest.raises(ValueError, match=said):
            Trainer(1).evaluate(Flat(), [batch])


def test_which_device_is_used(monkeypatch):
    monkeypatch.setattr(training, "try_gpu", lambda: torch.device("meta"))
    data = ToyData()

    def device_of(data, **options):
        trainer, model = Trainer(1, **options), Flat()
        trainer._begin(model, data, data.train_dataloader())
        assert next(model.parameters()).device == trainer.device
        return trainer.device.type

    assert device_of(data) == "cpu"
    assert device_of(data, num_gpus=1) == "meta"
    assert device_of(data, num_gpus=1, device="cpu") == "cpu"
    data.device = torch.device("meta")
    assert device_of(data) == "meta"
    assert device_of(WithoutValidation()) == "cpu"  # says nothing about a device


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"max_epochs": 0}, ValueError, "max_epochs must be at least 1, got 0"),
        ({"max_epochs": 1.5}, TypeError, "max_epochs"),
        ({"num_gpus": -1}, ValueError, "num_gpus must be at least 0"),
        ({"num_gpus": 2}, ValueError, "one device, got num_gpus=2"),
        ({"gradient_clip_val": -1}, ValueError, "gradient_clip_val"),
        ({"gradient_clip_val": math.nan}, ValueError, "gradient_clip_val"),
        ({"checkpoint_every": 0}, ValueError, "checkpoint_every"),
    ],
)
def test_settings_that_make_no_sense(options, error, said):
    with pytest.raises(error, match=said):
        Trainer(**{"max_epochs": 1, **options})
