"""Two ranks train the toy model, which has running means and dropout.

torchrun --nproc-per-node 2 together.py FOLDER leaves FOLDER/<rank>.json with
what the tests compare.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from toy import Batches, ToyData, ToyModel, curve, same_weights

from d2l_helpers.distributed import process_group
from d2l_helpers.training import Trainer

torch.set_num_threads(1)


def data() -> ToyData:
    """Uneven parts, so that dropout draws more numbers on one rank than the other."""
    return ToyData(batch_size=15)


def main(folder: Path) -> None:
    with process_group(torch.device("cpu")) as ranks:
        whole = ToyModel(schedule=True)
        curves = [curve(Trainer(4, seed=0, live=True).fit(whole, data()))]

        # the same in two halves: the second knows only what the file holds
        path, first, second = folder / "c", ToyModel(), ToyModel()
        Trainer(2, seed=0, live=False, checkpoint=path).fit(first, data())
        torch.rand(7 * (ranks.rank + 1))  # generators stand elsewhere, as after a kill
        ranks.agree(0)
        trainer = Trainer(4, live=False, checkpoint=path)
        curves.append(curve(trainer.fit(second, data())))
        straight = ToyModel()
        curves.append(curve(Trainer(4, seed=0, live=False).fit(straight, data())))

        X, y = ToyData().val
        evaluated = [
            trainer.evaluate(second, Batches(X[:n], y[:n], size))
            for n, size in ((50, 16), (49, 16), (1, 1), (3, 2))
        ]
        report = {
            "evaluated": evaluated,
            "curves": curves,
            "resumed": same_weights(second, straight),
            "weights": {n: v.tolist() for n, v in second.state_dict().items()},
        }
    (folder / f"{ranks.rank}.json").write_text(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
