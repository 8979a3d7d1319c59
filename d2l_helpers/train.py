"""`python -m d2l_helpers.train`: train on the command line, alone or in a group.

`--help` lists the options (`train_options`), `torchrun … -m d2l_helpers.train`
starts several processes that train one model together (`distributed`).

Level 5.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from argparse import Namespace
from types import FrameType

import torch
from torch import nn

from d2l_helpers.batches import ImageData
from d2l_helpers.checkpoint import CheckpointError
from d2l_helpers.data import DataError, FashionMNIST
from d2l_helpers.devices import seed_everything
from d2l_helpers.distributed import Place, Ranks, is_lost_rank, process_group
from d2l_helpers.train_files import RunFolder
from d2l_helpers.train_options import MODELS, parse
from d2l_helpers.training import Trainer, TrainingDiverged


def main(argv: list[str] | None = None) -> int:
    """The command line; returns the exit status, or exits with 2."""
    place = Place.from_environment() or Place()
    with StopSignals() as stop:
        try:
            with _only_first_speaks(place):
                return _status(argv, place, stop)
        except RuntimeError as error:
            if not is_lost_rank(error):
                raise
            print(
                f"d2l_helpers.train: rank {place.rank} lost another rank and stops; "
                "the same command goes on after the last finished epoch "
                f"({str(error).split('. ')[0]})",
                file=sys.stderr,
            )
            return 1


def _status(argv: list[str] | None, place: Place, stop: StopSignals) -> int:
    options = parse(argv, place)
    try:
        with process_group(options.device) as ranks:
            interrupted = run(options, ranks)
    except KeyboardInterrupt:
        interrupted = True
    except (DataError, CheckpointError, TrainingDiverged) as error:
        first, *more = str(error).splitlines()
        if more:  # what each source of the data answered
            first += " (python -m d2l_helpers.data --require-full says more)"
        print(f"d2l_helpers.train: {first}", file=sys.stderr)
        return 1
    return 128 + stop.number if interrupted else 0


def run(options: Namespace, ranks: Ranks) -> bool:
    """Train as the options say; True if a signal ended it before its last epoch.

    Raises DataError, CheckpointError and TrainingDiverged.
    """
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    folder = RunFolder(options.output, options.epochs)
    if options.resume and not folder.checkpoint.exists():
        raise CheckpointError(
            f"--resume: there is no {folder.checkpoint}; name the --output of that "
            "run, or leave --resume out to start one"
        )
    if ranks.first:
        folder.prepare()
    data = load_data(options, ranks)
    seed_everything(options.seed)
    model = build_model(options)
    # a restart by torchrun is no wish to start over
    if options.fresh and os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0":
        if ranks.first:
            folder.clear()
        ranks.agree(0)  # none looks for the file before it is gone
    trainer = Trainer(
        options.epochs,
        device=options.device,
        live=False,
        checkpoint=folder.checkpoint,
        seed=options.seed,
        settings=settings(options, model, data),
        on_epoch=folder.epoch,
    )
    try:
        history = trainer.fit(model, data)
    except TrainingDiverged as error:
        if ranks.first:
            folder.results(error.history)
        raise
    if ranks.first:
        done = len(history) >= options.epochs
        folder.results(history, model if done else None)
        _last_words(folder, len(history), done)
    return history.interrupted


def _last_words(folder: RunFolder, epochs: int, done: bool) -> None:
    if not done:
        print(
            f"stopped after epoch {epochs} of {folder.epochs}; "
            "the same command goes on from there",
            file=sys.stderr,
        )
    elif folder.trained:
        print(f"finished: {folder.model} holds the model after {epochs} epochs")
    else:
        print(
            f"nothing to do: the run in {folder.path} has finished its {epochs} epochs "
            "(a larger --epochs goes on, --fresh starts over)"
        )


def load_data(options: Namespace, ranks: Ranks) -> ImageData:
    """Fashion-MNIST on the device, split if images are to be held out.

    The first rank decides: it may have to fetch the set, and the others then
    take the one that it found. Raises DataError; exits with 2 if there are
    fewer images than the options ask for.
    """
    names, found, data = (None, "sample", "full"), 0, None
    try:
        if ranks.first:
            data = _images(options, options.source)
            found = names.index("full" if data.full else "sample")
    finally:
        found = ranks.agree(found)
    if data is None and not found:
        raise DataError("the first rank has no data")
    if data is None:
        data = _images(options, names[found])
    options.source = names[found]
    if not options.held_out:
        return data
    try:
        return data.split(options.held_out, options.seed)
    except ValueError as error:
        options.error(f"--held-out: {error}")


def _images(options: Namespace, source: str) -> FashionMNIST:
    try:
        return FashionMNIST(options.batch_size, device=options.device, source=source)
    except ValueError as error:
        options.error(str(error))


def build_model(options: Namespace) -> nn.Module:
    """The model of the options, which computes in their dtype.

    It takes float32 images in any case, and its weights have no other names.
    """
    rate = {} if options.lr is None else {"lr": options.lr}
    model = MODELS[options.model](**rate)
    forward = model.forward
    if options.dtype == "float64":
        model.double().forward = lambda X: forward(X.double())
    elif options.dtype == "bfloat16":
        low = torch.autocast(options.device.type, torch.bfloat16)(forward)
        model.forward = lambda X: low(X).float()  # the loss needs the digits
    return model


def settings(options: Namespace, model: nn.Module, data: ImageData) -> dict:
    """What must stay as it is for a run to go on, by option."""
    return {
        "--model": options.model,
        "--batch-size": options.batch_size,
        "--lr": model.lr,
        "--seed": options.seed,
        "--source": options.source,
        "--held-out": options.held_out,
        "--dtype": options.dtype,
        "training images": len(data.train),
    }


class StopSignals:
    """SIGINT and SIGTERM raise KeyboardInterrupt, once; `number` is the signal's.

    Later ones are ignored: what is left to do then is to write the results.
    """

    def __init__(self) -> None:
        self.number: int = 0
        self._previous: dict[int, object] = {}

    def __enter__(self) -> StopSignals:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self.number:
            self.number = number
            raise KeyboardInterrupt


@contextlib.contextmanager
def _only_first_speaks(place: Place):
    """Every rank would say the same; a traceback comes after this and is seen."""
    with contextlib.ExitStack() as stack:
        if place.rank:
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        yield


if __name__ == "__main__":
    sys.exit(main())
