"""Two real processes train one model: the numbers of one, and no rank left waiting."""

import json
import signal
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from launch import SCRIPTS, SMALL, STEPS, at_step, launch, threads  # noqa: F401
from training_scripts.toy import Batches, ToyData, ToyModel

from d2l_helpers import distributed, train, train_options
from d2l_helpers.checkpoint import load_checkpoint
from d2l_helpers.distributed import Place, Ranks
from d2l_helpers.guards import DelayedInterrupt
from d2l_helpers.run_state import read_run
from d2l_helpers.tally import Tally
from d2l_helpers.training import Trainer

EPOCHS = ("--epochs", "3")


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(path / "model.safetensors")[0]


def history(path: Path) -> dict[str, list]:
    return json.loads((path / "history.json").read_text())["columns"]


def assert_same_run(a: Path, b: Path) -> None:
    """Weights and losses to 1e-12, counts exactly."""
    torch.testing.assert_close(weights(a), weights(b), rtol=0, atol=1e-12)
    one, two = history(a), history(b)
    for name in ("train_loss", "val_loss"):
        assert one[name] == pytest.approx(two[name], rel=0, abs=1e-12), name
    for name in ("epoch", "train_acc", "val_acc", "lr"):
        assert one[name] == two[name], name


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Path:
    """Three epochs in this process."""
    folder = tmp_path_factory.mktemp("alone")
    assert train.main([*SMALL, *EPOCHS, "--output", str(folder)]) == 0
    return folder


def test_two_ranks_train_what_one_process_trains(alone, tmp_path):
    """Every batch is uneven; of the last, of one image, the first rank has nothing."""
    done = launch("-m", "d2l_helpers.train", *SMALL, *EPOCHS, "--output", tmp_path,
                  ranks=2)  # fmt: skip
    assert done.status == 0, done.err
    assert done.err == ""
    lines = done.out.splitlines()
    epochs = [line.split("  ")[0] for line in lines[1:4]]
    assert epochs == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert lines[0].startswith("Fashion-MNIST: the embedded sample")
    assert lines[4].startswith("finished:")
    assert len(lines) == 5
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in alone.iterdir()}
    assert_same_run(alone, tmp_path)


def test_one_begins_two_go_on_a_rank_dies_and_one_finishes(alone, tmp_path):
    """Three owners of one checkpoint, which the death of a rank leaves as it was."""
    out, report = tmp_path / "run", tmp_path / "report"
    options = (*SMALL, *EPOCHS, "--output", str(out))
    with at_step(STEPS + 9, lambda: signal.raise_signal(signal.SIGINT)):
        assert train.main(options) == 130

    # between gradient and update, in epoch 3
    done = launch(SCRIPTS / "rank.py", report, f"SIGKILL@1@{STEPS + 9}", *options,
                  ranks=2)  # fmt: skip
    assert done.status != 0
    assert done.seconds < 60  # the start of three processes is most of it
    assert "rank 0 lost another rank" in done.err
    survivor = json.loads((tmp_path / "report.0").read_text())
    assert (survivor["status"], survivor["steps"]) == (1, STEPS + 9)
    assert not (tmp_path / "report.1").exists()
    state = read_run(out / "run.safetensors")
    assert state["history"]["columns"]["epoch"] == [1, 2]

    with at_step(0, lambda: None) as steps:
        assert train.main(options) == 0
    assert len(steps) == STEPS
    assert_same_run(alone, out)


def test_a_signal_to_one_rank_stops_all_after_the_same_step(tmp_path):
    at = STEPS + 9
    out = tmp_path / "run"
    done = launch(
        SCRIPTS / "rank.py", tmp_path / "report", f"SIGTERM@1@{at}",
        *SMALL, *EPOCHS, "--output", out, ranks=2,
    )  # fmt: skip
    reports = [json.loads((tmp_path / f"report.{r}").read_text()) for r in (0, 1)]
    assert [(r["status"], r["steps"]) for r in reports] == [(143, at)] * 2
    assert done.status != 0
    assert done.err.count("stopped after epoch 1 of 3") == 1
    record = json.loads((out / "history.json").read_text())
    assert record["columns"]["epoch"] == [1]
    assert record["interrupted"]
    assert not (out / "model.safetensors").exists()

    written = [[n for n in r["changed"] if n.startswith(str(out))] for r in reports]
    assert any("run.safetensors" in name for name in written[0])
    assert written[1] == []


@pytest.fixture(scope="module")
def together(tmp_path_factory) -> list[dict]:
    """What each of two ranks reports of the toy model."""
    folder = tmp_path_factory.mktemp("together")
    done = launch(SCRIPTS / "together.py", folder, ranks=2)
    assert done.status == 0, done.err
    lines = done.out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        f"epoch {n}/4" for n in (1, 2, 3, 4)
    ]
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


def test_ranks_hold_one_model_running_means_included(together):
    first, second = together
    assert first["weights"] == second["weights"]
    assert first["curves"] == second["curves"]


def test_ranks_resume_to_the_same_weights_with_dropout(together):
    assert all(report["resumed"] for report in together)
    _, resumed, straight = together[0]["curves"]
    assert resumed == straight


def test_evaluation_on_uneven_parts_is_that_of_one_process(together):
    model, (X, y) = ToyModel(), ToyData().val
    state = together[0]["weights"]
    kept = model.state_dict()
    model.load_state_dict({n: kept[n].new_tensor(v) for n, v in state.items()})
    for i, (n, size) in enumerate(((50, 16), (49, 16), (1, 1), (3, 2))):
        loss, accuracy = Trainer(1).evaluate(model, Batches(X[:n], y[:n], size))
        for report in together:
            assert report["evaluated"][i][0] == pytest.approx(loss, rel=1e-6)
            assert report["evaluated"][i][1] == accuracy


# without processes


def rank_of(rank: int, count: int) -> Ranks:
    """A rank that is not connected to the others."""
    ranks = Ranks()
    ranks.rank, ranks.count = rank, count
    return ranks


@given(n=st.integers(1, 12), count=st.integers(1, 6))
def test_the_parts_of_a_batch_are_the_batch_and_their_gradients_its_gradient(n, count):
    generator = torch.Generator().manual_seed(n)
    X = torch.randn(n, 3, generator=generator, dtype=torch.float64)
    y = torch.randint(0, 4, (n,), generator=generator)
    W = torch.randn(3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    (whole,) = torch.autograd.grad(F.cross_entropy(X @ W, y), W)

    average, shares, seen = torch.zeros_like(W), [], []
    for ranks in (rank_of(r, count) for r in range(count)):
        part, labels, share = ranks.part(X, y)
        assert len(part) == len(labels) > 0  # each has something to pass backward
        loss = ranks.weigh(F.cross_entropy(part @ W, labels), share)
        average += torch.autograd.grad(loss, W)[0] / count
        shares.append(share)
        seen += [part] if share else []
    torch.testing.assert_close(average, whole, rtol=0, atol=1e-12)
    assert sum(shares) == pytest.approx(1)
    assert torch.equal(torch.cat(seen), X)
    assert (max(shares) - min(shares)) * n <= 1 + 1e-9  # as even as can be


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4), count=st.integers(2, 4)
)
def test_what_the_ranks_count_adds_up_to_what_one_counts(sizes, count):
    generator = torch.Generator().manual_seed(sum(sizes))
    batches = [
        (torch.randn(n, 5, generator=generator, dtype=torch.float64),
         torch.randint(0, 5, (n,), generator=generator))
        for n in sizes
    ]  # fmt: skip
    one, sent = Tally(rank_of(0, 1)), []
    for scores, y in batches:
        one.add(F.cross_entropy(scores, y), scores, y)
    tallies = [Tally(rank_of(r, count)) for r in range(count)]
    for tally in tallies:
        tally.ranks.sum = lambda values: (sent.append(values), values)[1]
        for scores, y in batches:
            part, labels, share = tally.ranks.part(scores, y)
            loss = F.cross_entropy(part, labels)
            tally.add(loss, part, labels, len(y), share)
        tally.read()
    total = sum(sent)
    tallies[0].ranks.sum = lambda values: total
    loss, accuracy, losses = tallies[0].read()
    assert accuracy == one.read()[1]
    assert [loss, *losses] == pytest.approx([one.read()[0], *one.read()[2]], abs=1e-12)


def test_a_signal_waits_until_all_ranks_stop():
    ranks, done = rank_of(0, 2), []
    ranks.agree = lambda number: (done.append(number), number)[1]

    def steps(interrupt):
        signal.raise_signal(signal.SIGINT)
        done.append("goes on")
        with interrupt.delayed():
            done.append("update")
        done.append("not reached")

    with DelayedInterrupt(ranks) as interrupt, pytest.raises(KeyboardInterrupt):
        steps(interrupt)
    assert done == ["goes on", "update", signal.SIGINT]


def test_a_rank_stops_for_a_signal_that_another_got():
    ranks = rank_of(1, 2)
    ranks.agree = lambda number: signal.SIGTERM

    def step(interrupt):
        with interrupt.delayed():
            pass

    with DelayedInterrupt(ranks) as interrupt, pytest.raises(KeyboardInterrupt):
        step(interrupt)


def test_a_signal_after_the_last_step_is_not_lost():
    ranks = rank_of(0, 2)
    with pytest.raises(KeyboardInterrupt), DelayedInterrupt(ranks):
        signal.raise_signal(signal.SIGINT)


def test_torchrun_is_noticed_by_its_environment(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    monkeypatch.setenv("RANK", "3")  # other launchers set this too
    assert Place.from_environment() is None
    for name, value in {
        "TORCHELASTIC_RUN_ID": "x", "WORLD_SIZE": "8",
        "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert Place.from_environment() == Place(3, 8, 1, 2)


def test_without_processes_nothing_is_wrapped():
    model = ToyModel()
    with distributed.process_group(torch.device("cpu")) as ranks:
        assert ranks.wrap(model) is model
        assert (ranks.rank, ranks.count, ranks.first) == (0, 1, True)
        assert ranks.agree(5) == 5
    assert not torch.distributed.is_initialized()


@pytest.mark.parametrize(
    ("gpus", "place", "name", "expected"),
    [
        (0, Place(), "auto", "cpu"),
        (1, Place(), "auto", "cuda:0"),
        (2, Place(1, 2, 1, 2), "auto", "cuda:1"),
        (1, Place(1, 2, 1, 2), "auto", "cpu"),  # too few: none for anyone
        (8, Place(9, 16, 1, 8), "cuda", "cuda:1"),
        (8, Place(1, 2, 1, 2), "cpu", "cpu"),
        (0, Place(), "cuda", "need a GPU each, and torch finds 0"),
        (1, Place(0, 2, 0, 2), "cuda", "2 process.*torch finds 1"),
        (0, Place(0, 2, 0, 2), "mps", "only one process"),
    ],
)
def test_which_device_each_process_gets(monkeypatch, gpus, place, name, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    if " " in expected:
        with pytest.raises(ValueError, match=expected):
            train_options.choose_device(name, place)
    else:
        device = train_options.choose_device(name, place)
        assert device == torch.device(expected)


def test_fewer_images_in_a_batch_than_processes(monkeypatch, capsys):
    with pytest.raises(SystemExit) as caught:
        train_options.parse(["--batch-size", "3"], Place(0, 4, 0, 4))
    assert caught.value.code == 2
    assert "--batch-size 3 gives the 4 processes" in capsys.readouterr().err
