"""The command line: it trains what the library trains, and nothing spoils a run."""

import json
import signal

import pytest
import torch
from launch import SCRIPTS, SMALL, STEPS, at_step, launch, threads  # noqa: F401
from training_scripts.toy import curve, same_weights

import d2l_helpers as d2l
from d2l_helpers import train, train_files
from d2l_helpers.checkpoint import load_checkpoint, save_model
from d2l_helpers.distributed import Place
from d2l_helpers.history import COLUMNS, History
from d2l_helpers.run_state import read_run
from d2l_helpers.train import main
from d2l_helpers.train_options import parse

# one epoch is 40 steps of 25 images and takes a fraction of a second
FAST = (
    *("--source", "sample", "--held-out", "4000", "--batch-size", "25"),
    *("--model", "mlp", "--threads", "1", "--device", "cpu"),
)
# ReLU, AdamW and a schedule: whatever a resumed run forgets shows in the weights
MODERN = (*SMALL, "--dtype", "float32")
FILES = {"run.safetensors", "model.safetensors", "history.json", "log.jsonl"}


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr(d2l.data, "_said", set())
    yield
    assert handlers == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]


@pytest.fixture
def out(tmp_path):
    return tmp_path / "run"


def command(out, *more, epochs=2):
    return [*FAST, "--epochs", str(epochs), "--output", str(out), *map(str, more)]


def contents(folder) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def weights(folder) -> dict[str, torch.Tensor]:
    return load_checkpoint(folder / "model.safetensors")[0]


def log(folder) -> list[dict]:
    lines = (folder / "log.jsonl").read_text().split("\n")
    assert lines.pop() == ""
    return [json.loads(line) for line in lines]


def one_line(capsys) -> str:
    """What stderr holds, which must be a single line."""
    text = capsys.readouterr().err
    assert text.count("\n") == 1, text
    assert text.startswith("d2l_helpers.train: ")
    return text


# a run


def test_it_trains_what_the_library_trains(out, capsys):
    assert main(command(out, "--seed", 4)) == 0
    data = d2l.FashionMNIST(25, source="sample").split(4000, 4)
    d2l.seed_everything(4)
    model = d2l.MLP()
    expected = d2l.Trainer(2, seed=4).fit(model, data)

    saved = History.from_dict(json.loads((out / "history.json").read_text()))
    assert curve(saved) == curve(expected)
    assert same_weights(d2l.load_model(d2l.MLP(), out / "model.safetensors"), model)
    assert same_weights(d2l.load_model(d2l.MLP(), out / "run.safetensors"), model)
    assert log(out) == list(saved)
    assert {p.name for p in out.iterdir()} == FILES

    printed = capsys.readouterr()
    assert printed.err == ""
    lines = [line for line in printed.out.splitlines() if line.startswith("epoch")]
    for line, row in zip(lines, expected, strict=True):
        assert line.startswith(f"epoch {row['epoch']}/2  ")
        for text in (
            f"train loss {row['train_loss']:.4f}  ",
            f"train acc {row['train_acc']:.4f}  ",
            f"val acc {row['val_acc']:.4f}  ",
        ):
            assert text in line
        assert line.endswith(" s  lr 0.1")


def test_the_options_reach_the_run(tmp_path):
    def first_loss(*more):
        out = tmp_path / "-".join(map(str, more))
        assert main(command(out, *more, epochs=1)) == 0
        return log(out)[0]

    plain = first_loss("--seed", 0)
    assert first_loss("--seed", 1)["train_loss"] != plain["train_loss"]
    assert first_loss("--lr", 0.3)["lr"] == 0.3
    assert first_loss("--model", "lenet-modern")["lr"] != plain["lr"]
    hits = 1000 * first_loss("--held-out", 0, "--batch-size", 250)["val_acc"]
    assert hits == pytest.approx(round(hits))  # of the sample's 1,000 test images
    assert torch.get_num_threads() == 1
    first_loss("--threads", 2, "--batch-size", 250)
    assert torch.get_num_threads() == 2


def test_the_default_folder_is_named_after_the_model(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main([*FAST, "--epochs", "1"]) == 0
    assert {p.name for p in (tmp_path / "runs" / "mlp").iterdir()} == FILES


def test_dtypes(tmp_path):
    kinds = ("float32", "float64", "bfloat16")
    for kind in kinds:
        assert main(command(tmp_path / kind, "--dtype", kind, epochs=1)) == 0
    loss = {kind: log(tmp_path / kind)[0]["train_loss"] for kind in kinds}
    assert loss["float32"] == pytest.approx(loss["float64"], rel=1e-4)
    assert loss["bfloat16"] == pytest.approx(loss["float64"], rel=2e-2)
    assert len(set(loss.values())) == 3
    stored = [{v.dtype for v in weights(tmp_path / kind).values()} for kind in kinds]
    assert stored == [{torch.float32}, {torch.float64}, {torch.float32}]
    assert log(tmp_path / "bfloat16")[0]["val_acc"] > 0.4


def test_bfloat16_ends_before_the_loss():
    options = ["--model", "mlp", "--device", "cpu", "--dtype", "bfloat16"]
    model = train.build_model(parse(options, Place()))
    scores = model(torch.rand(8, 1, 28, 28))
    assert scores.dtype == torch.float32
    assert torch.equal(scores, scores.bfloat16().float())  # computed in fewer digits


# going on


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Two epochs without a break."""
    folder = tmp_path_factory.mktemp("whole")
    assert main([*MODERN, "--epochs", "2", "--output", str(folder)]) == 0
    return folder


def assert_same(a, b) -> None:
    """Bit for bit, but for the seconds."""
    torch.testing.assert_close(weights(a), weights(b), rtol=0, atol=0)
    rows = [[{**row, "seconds": 0} for row in log(folder)] for folder in (a, b)]
    assert rows[0] == rows[1]


def test_a_killed_run_ends_with_the_weights_it_would_have_had(whole, out, tmp_path):
    options = (*MODERN, "--epochs", "2", "--output", out)
    fault = f"SIGKILL@0@{STEPS + 9}"  # between gradient and update, in epoch 2
    done = launch(SCRIPTS / "rank.py", tmp_path / "report", fault, *options)
    assert done.status == -signal.SIGKILL
    assert done.out.count("epoch ") == 1
    assert {p.name for p in out.iterdir()} == {"run.safetensors", "log.jsonl"}
    with at_step(0, lambda: None) as steps:
        assert main(list(map(str, options))) == 0
    assert len(steps) == STEPS
    assert_same(out, whole)


@pytest.mark.parametrize(
    ("number", "status", "epoch"),
    [(signal.SIGINT, 130, 0), (signal.SIGINT, 130, 1), (signal.SIGTERM, 143, 1)],
)
def test_a_signal_finishes_the_step_and_the_same_command_goes_on(
    whole, out, capsys, number, status, epoch
):
    options = [*MODERN, "--epochs", "2", "--output", str(out)]
    with at_step(epoch * STEPS + 9, lambda: signal.raise_signal(number)) as steps:
        assert main(options) == status
    assert len(steps) == epoch * STEPS + 9
    printed = capsys.readouterr()
    assert printed.err == (
        f"stopped after epoch {epoch} of 2; the same command goes on from there\n"
    )
    assert "finished" not in printed.out
    record = json.loads((out / "history.json").read_text())
    assert record["interrupted"]
    assert len(record["columns"]["epoch"]) == len(log(out)) == epoch
    assert not (out / "model.safetensors").exists()
    if epoch:
        assert len(read_run(out / "run.safetensors")["history"]["steps"]) > 0
    assert main(options) == 0
    assert_same(out, whole)


def test_the_process_has_the_exit_status_of_the_signal(out, tmp_path):
    done = launch(SCRIPTS / "rank.py", tmp_path / "r", "SIGINT@0@9", *command(out))
    assert done.status == 130
    assert done.err.count("\n") == 1


def test_further_signals_while_it_stops_change_nothing(out, monkeypatch):
    results = train_files.RunFolder.results

    def slow(*args):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        results(*args)

    monkeypatch.setattr(train_files.RunFolder, "results", slow)
    with at_step(50, lambda: signal.raise_signal(signal.SIGTERM)):
        assert main(command(out)) == 143
    assert len(log(out)) == 1


def test_a_finished_run_says_so_and_does_nothing_more(out, capsys):
    assert main(command(out)) == 0
    before = [(p.name, p.stat().st_ino, p.stat().st_mtime_ns) for p in out.iterdir()]
    capsys.readouterr()
    with at_step(0, lambda: None) as steps:
        assert main(command(out)) == 0
        assert main(command(out, "--resume", epochs=1)) == 0
    assert steps == []
    after = [(p.name, p.stat().st_ino, p.stat().st_mtime_ns) for p in out.iterdir()]
    assert after == before
    printed = capsys.readouterr()
    assert printed.out.count("nothing to do: ") == 2
    assert "has finished its 2 epochs" in printed.out
    assert "epoch 1/" not in printed.out


@pytest.mark.parametrize("model", ["missing", "of an earlier run"])
def test_a_kill_between_checkpoint_and_the_other_files_is_mended(out, model):
    assert main(command(out)) == 0
    before, right = contents(out), weights(out)
    (out / "history.json").unlink()
    (out / "log.jsonl").write_bytes(before["log.jsonl"][:50])
    if model == "missing":
        (out / "model.safetensors").unlink()
    else:
        save_model(d2l.MLP(), out / "model.safetensors")
    assert main(command(out)) == 0
    after = contents(out)
    # safetensors orders its header at random
    assert after.pop("model.safetensors")
    assert before.pop("model.safetensors")
    assert after == before
    torch.testing.assert_close(weights(out), right, rtol=0, atol=0)


def test_the_log_of_a_killed_run_is_mended_with_the_next_epoch(tmp_path):
    folder, history = train_files.RunFolder(tmp_path, 3), History()
    (tmp_path / "log.jsonl").write_text('{"epoch": 1, "tra')  # the disk was full
    for _ in range(2):
        history.append(**dict.fromkeys(COLUMNS[1:], 0.5))
    folder.epoch(history)
    assert log(tmp_path) == list(history)
    history.append(**dict.fromkeys(COLUMNS[1:], 0.25))
    folder.epoch(history)
    assert log(tmp_path) == list(history)


def test_more_epochs_go_on(out, tmp_path):
    assert main(command(out, epochs=1)) == 0
    with at_step(0, lambda: None) as steps:
        assert main(command(out, epochs=3)) == 0
    assert len(steps) == 2 * 40
    assert main(command(tmp_path / "whole", epochs=3)) == 0
    assert_same(out, tmp_path / "whole")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--lr", 0.2), ("--lr 0.1", "--lr 0.2")),
        (("--seed", 1), ("--seed 0", "--seed 1")),
        (("--batch-size", 20), ("--batch-size 25", "--batch-size 20")),
        (("--held-out", 3000), ("--held-out 4000", "--held-out 3000", "images 1000")),
        (("--model", "lenet"), ("--model mlp", "--model lenet")),
        (("--dtype", "float64"), ("--dtype float32", "--dtype float64")),
    ],
    ids=lambda v: v[0] if str(v[0]).startswith("--") else None,
)
def test_another_configuration_is_refused_and_the_run_kept(out, capsys, change, said):
    assert main(command(out, epochs=1)) == 0
    before = contents(out)
    capsys.readouterr()
    for _ in range(2):
        assert main(command(out, *change, epochs=2)) == 1
        message = one_line(capsys)
        for part in (*said, "--output", "--fresh"):
            assert part in message
        assert ("--batch-size" in message) == (change[0] == "--batch-size")
    assert contents(out) == before


def test_fresh_starts_over(out, tmp_path):
    assert main(command(out, epochs=2)) == 0
    assert main(command(out, "--lr", 0.2, "--fresh", epochs=1)) == 0
    assert main(command(tmp_path / "new", "--lr", 0.2, epochs=1)) == 0
    assert_same(out, tmp_path / "new")
    with at_step(50, lambda: signal.raise_signal(signal.SIGINT)):
        assert main(command(out, "--fresh", epochs=3)) == 130
    assert not (out / "model.safetensors").exists()  # none of an older run


def test_fresh_deletes_nothing_if_the_new_run_cannot_start(out, monkeypatch, tmp_path):
    assert main(command(out)) == 0
    before = contents(out)
    monkeypatch.setenv("D2L_DATA_DIR", str(tmp_path))
    assert main([*command(out, "--fresh"), "--source", "full"]) == 1
    with pytest.raises(SystemExit):
        main(command(out, "--fresh", "--held-out", 5000))
    assert contents(out) == before


def test_a_restart_by_torchrun_goes_on_with_a_fresh_run(out, monkeypatch):
    assert main(command(out, epochs=1)) == 0
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    with at_step(0, lambda: None) as steps:
        assert main(command(out, "--fresh", epochs=2)) == 0
    assert len(steps) == 40


def test_resume_needs_a_run(out, capsys):
    assert main(command(out, "--resume")) == 1
    assert f"--resume: there is no {out / 'run.safetensors'}" in one_line(capsys)
    assert not out.exists()


# what goes wrong


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--epochs", "0"], "--epochs: must be a whole number of at least 1, got '0'"),
        (["--epochs", "1.5"], "--epochs: must be a whole number"),
        (["--batch-size", "-3"], "--batch-size: must be a whole number of at least 1"),
        (["--batch-size", "5001"], "batch_size = 5001 is more than the 5000 images"),
        (["--held-out", "5000"], "n_val = 5000 leaves none of the 5000"),
        (["--held-out", "-1"], "--held-out: must be a whole number of at least 0"),
        (["--lr", "0"], "--lr: must be a number above 0, got '0'"),
        (["--lr", "nan"], "--lr: must be a number above 0, got 'nan'"),
        (["--lr", "inf"], "--lr: must be a number above 0, got 'inf'"),
        (["--lr", "fast"], "--lr: must be a number above 0, got 'fast'"),
        (["--seed", "-1"], "--seed: must be a whole number of at least 0"),
        (["--seed", str(2**63)], "--seed: must be a whole number"),
        (["--threads", "0"], "--threads: must be a whole number of at least 1"),
        (["--model", "resnet"], "invalid choice: 'resnet'"),
        (["--dtype", "float16"], "invalid choice: 'float16'"),
        (["--resume", "--fresh"], "not allowed with"),
        (["--rate", "1"], "unrecognized arguments"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else None,
)
def test_bad_options_end_with_status_2(tmp_path, capsys, options, said):
    with pytest.raises(SystemExit) as caught:
        main(["--source", "sample", "--output", str(tmp_path / "o"), *options])
    assert caught.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "o" / "run.safetensors").exists()


def test_a_device_that_is_not_there(out, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit) as caught:
        main(command(out, "--device", "cuda"))
    assert caught.value.code == 2
    assert "torch finds 0; use --device cpu" in capsys.readouterr().err
    assert not out.exists()


def test_bad_data(out, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("D2L_DATA_DIR", str(tmp_path))  # which holds no data
    assert main([*command(out), "--source", "full"]) == 1
    message = one_line(capsys)
    assert f"{tmp_path}, does not hold the full Fashion-MNIST" in message
    assert "python -m d2l_helpers.data" in message


def test_a_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder")
    with at_step(0, lambda: None) as steps:
        assert main(command(tmp_path / "file" / "run")) == 1
    assert "choose another folder with --output" in one_line(capsys)
    assert not steps
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_log_that_cannot_be_written(out, capsys):
    """The checkpoint is there by then, and goes on when the disk is mended."""
    (out / "log.jsonl").mkdir(parents=True)
    assert main(command(out)) == 1
    assert "cannot write to" in one_line(capsys)
    (out / "log.jsonl").rmdir()
    with at_step(0, lambda: None) as steps:
        assert main(command(out)) == 0
    assert len(steps) == 40
    assert len(log(out)) == 2


@pytest.mark.parametrize("damage", ["cut", "model"])
def test_a_checkpoint_that_is_none(out, capsys, damage):
    assert main(command(out)) == 0
    path = out / "run.safetensors"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        save_model(d2l.MLP(), path)
    before = contents(out)
    capsys.readouterr()
    assert main(command(out, epochs=3)) == 1
    assert str(path) in one_line(capsys)
    assert contents(out) == before


def test_a_run_that_diverges(out, capsys):
    assert main(command(out, "--lr", 1e38)) == 1
    message = one_line(capsys)
    assert "epoch 1" in message
    assert "Try a smaller learning rate" in message
    assert {p.name for p in out.iterdir()} == {"history.json", "log.jsonl"}
    assert log(out) == []


def test_an_error_of_ours_is_not_hidden(out, monkeypatch):
    def wrong(*args):
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(train, "build_model", wrong)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        main(command(out))


def test_help_names_what_matters(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for word in (
        *("--model", "--held-out", "--resume", "--fresh", "default: 64"),
        *("torchrun --standalone", "130 or 143"),
    ):
        assert word in text
