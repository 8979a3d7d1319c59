"""A table of mistakes, and a map of what must not be covered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from .._exercise import FunctionExercise
from .._forms import tensor
from .probes import Net, settle


def confusion(guess, truth, classes=10):
    cells = truth * classes + guess
    return cells.bincount(minlength=classes**2).view(classes, classes)


def _confusion_cases(g: torch.Generator) -> Iterator[tuple]:
    yield torch.tensor([1, 1, 0, 2]), torch.tensor([0, 1, 0, 0]), 4
    yield torch.tensor([2, 0, 2, 2]), torch.tensor([1, 1, 2, 1]), 3
    yield torch.tensor([3, 9, 7]), torch.tensor([5, 9, 3]), 10
    for n, classes in ((30, 3), (50, 5), (200, 10), (77, 7), (300, 10)):
        guess, truth = torch.randint(classes, (2, n), generator=g)
        yield guess, truth, classes


def _once(guess, truth, classes=10):
    """What ``M[truth, guess] += 1`` does: a cell met twice is raised once."""
    M = torch.zeros(classes, classes)
    M[truth, guess] += 1
    return M


def _shares(axis: int) -> Callable:
    def table(guess, truth, classes=10):
        M = confusion(guess, truth, classes).float()
        return M / M.sum(axis, keepdim=True).clamp(min=1)

    return table


def _bare_shares(axis: int, keep: bool = True) -> Callable:
    """Without a thought for classes that do not occur: 0/0 is no number."""

    def table(guess, truth, classes=10):
        M = confusion(guess, truth, classes).float()
        return M / M.sum(axis, keepdim=keep)

    return table


def _cells(guess, truth, classes=10):
    return truth * classes + guess


def _present(guess, truth, classes=10):
    """As large as the largest label that happens to be there."""
    return confusion(guess, truth, int(torch.cat([guess, truth]).max()) + 1)


def _loop(guess, truth, classes=10):
    M = torch.zeros(classes, classes, dtype=torch.long)
    for j, i in zip(guess.tolist(), truth.tolist(), strict=True):
        M[i, j] += 1
    return M


CONFUSION = FunctionExercise(
    name="confusion",
    right=confusion,
    cases=_confusion_cases,
    mistakes={
        "the axes are swapped: rows are the truth, columns the answers": (
            lambda guess, truth, classes=10: confusion(truth, guess, classes)
        ),
        "you divided by the sums of the columns: counts were asked for": _shares(0),
        "you divided by the sums of the rows: counts were asked for": _shares(1),
        "you divided by the sums of the columns, some of them 0: counts were asked "
        "for": _bare_shares(0),
        "you divided by the sums of the rows, some of them 0: counts were asked for": (
            _bare_shares(1)
        ),
        "you divided column j by the sum of row j: counts were asked for": (
            _bare_shares(1, keep=False)
        ),
        "you divided by the number of pictures: counts were asked for": (
            lambda guess, truth, classes=10: (
                confusion(guess, truth, classes) / len(guess)
            )
        ),
        "the counts stand in one row: .view(classes, classes) makes the table": (
            lambda *case: confusion(*case).flatten()
        ),
        "the counts stand in one row, which ends at the last cell that is met: "
        "minlength=classes**2, then .view(classes, classes)": (
            lambda *case: _cells(*case).bincount()
        ),
        "bincount ends at the last cell that is met, and the table lacks numbers: "
        "minlength=classes**2": lambda *case: (
            _cells(*case).bincount().view(case[2], case[2])
        ),
        "these are nested lists: a tensor was asked for": (
            lambda *case: confusion(*case).tolist()
        ),
        "a cell that is met twice is counted once: += with an index list does not "
        "add up, bincount and accumulate=True do": _once,
        "the last picture is lost": lambda guess, truth, classes=10: confusion(
            guess[:-1], truth[:-1], classes
        ),
        "the table ends at the largest label that is there: it has `classes` rows": (
            _present
        ),
        "only the diagonal is filled: mistakes were asked for": (
            lambda guess, truth, classes=10: (
                confusion(guess, truth, classes).diag().diag()
            )
        ),
        "the right answers are left out: they belong on the diagonal": (
            lambda guess, truth, classes=10: confusion(
                guess[guess != truth], truth[guess != truth], classes
            )
        ),
    },
    only={"right for ten classes only": lambda guess, truth, classes: classes == 10},
    form=(tensor,),
    others=(_loop, lambda *case: _loop(*case).float()),
)


def _cover(
    *,
    black: Callable[[Tensor], Tensor | float] = lambda X: 0.0,
    fresh: bool = True,
    over: bool = False,
    fewer: int = 0,
    rest: bool = False,
    swap: bool = False,
    corner: Callable[[int, int, int, int], tuple] = lambda i, j, rows, columns: (i, j),
    shape: Callable[[int, int], tuple] = lambda rows, columns: (rows, columns),
    scores: Callable[[Tensor], Tensor] = lambda Y: Y.softmax(1),
    column: Callable[[Tensor, int], Tensor] = lambda p, label: p[:, label],
) -> Callable:
    """The map, with one thing or another done in another way."""

    @torch.no_grad()
    def occlusion(net, X, label, side=7):
        h, w = X.shape
        rows, columns = (h, w) if over else (h - side + 1, w - side + 1)
        rows, columns = rows - fewer, columns - fewer
        pictures, Z = [], X.clone()
        for i in range(rows):
            for j in range(columns):
                Z = X.clone() if fresh else Z.clone()
                a, b = corner(i, j, rows, columns)
                window = (slice(a, a + side), slice(b, b + side))
                if rest:
                    Z = torch.zeros_like(X)
                    Z[window] = X[window]
                else:
                    Z[window] = black(X)
                pictures.append(Z[None])
        watched = column(scores(net(torch.stack(pictures))), label)
        watched = watched.view(shape(rows, columns))
        return watched.T if swap else watched

    return occlusion


def _one_by_one(net, X, label, side=7):
    h, w = X.shape
    chances = torch.zeros(h - side + 1, w - side + 1)
    for i in range(h - side + 1):
        for j in range(w - side + 1):
            mask = torch.ones_like(X)
            mask[i : i + side, j : j + side] = 0
            with torch.no_grad():
                scores = net((X * mask)[None, None])[0]
            chances[i, j] = scores.softmax(0)[label]
    return chances


def _occlusion_cases(g: torch.Generator) -> Iterator[tuple]:
    shapes = ((6, 9, 3), (8, 8, 7), (9, 7, 2), (7, 7, 4), (8, 11, 7), (5, 5, 5))
    for n, (h, w, side) in enumerate(shapes):
        net = settle(Net(nn.Flatten(), nn.Linear(h * w, 4)), g).eval()
        yield net, 0.2 + 0.8 * torch.rand(h, w, generator=g), n % 4, side


OCCLUSION = FunctionExercise(
    name="occlusion",
    right=_cover(),
    cases=_occlusion_cases,
    mistakes={
        "the square hangs over the border: its corner has h − side + 1 rows": _cover(
            over=True
        ),
        "the last row and column of places are missing: add one": _cover(fewer=1),
        "the square has the picture's mean grey: black is 0": _cover(black=Tensor.mean),
        "the square is white: black is 0": _cover(black=lambda X: 1.0),
        "you watch the class with the highest probability: `label` was asked for": (
            _cover(column=lambda p, label: p.amax(1))
        ),
        "the squares add up: every place needs a fresh copy of the picture": _cover(
            fresh=False
        ),
        "the map is transposed: rows are the corner's rows": _cover(swap=True),
        "the square's row and column are exchanged: i goes down, j to the side": _cover(
            corner=lambda i, j, rows, columns: (j, i)
        ),
        "divmod by the number of rows: there are `columns` places in a row": _cover(
            corner=lambda i, j, rows, columns: divmod(i * columns + j, rows)
        ),
        "the map has the shape (columns, rows): rows come first": _cover(
            shape=lambda rows, columns: (columns, rows)
        ),
        "the map is one row of numbers: .view(rows, columns) gives it a shape": _cover(
            shape=lambda rows, columns: (-1,)
        ),
        ".view(columns, rows).T puts places elsewhere: .view(rows, columns)": _cover(
            shape=lambda rows, columns: (columns, rows), swap=True
        ),
        "the places go down the columns, and the map is filled along its rows: divmod "
        "by `columns`": _cover(
            corner=lambda i, j, rows, columns: divmod(i * columns + j, rows)[::-1]
        ),
        "the map has an axis too many: (rows, columns) was asked for": _cover(
            shape=lambda rows, columns: (1, rows, columns)
        ),
        "these are nested lists: a tensor was asked for": (
            lambda *case: _cover()(*case).tolist()
        ),
        "these are scores: a softmax makes them probabilities": _cover(
            scores=lambda Y: Y
        ),
        "the softmax goes over the places: the classes are axis 1": _cover(
            scores=lambda Y: Y.softmax(0)
        ),
        "you cover everything but the square": _cover(rest=True),
        "this is one minus the probability": _cover(
            column=lambda p, label: 1 - p[:, label]
        ),
    },
    only={
        "right for square pictures only": (
            lambda net, X, label, side: X.shape[0] == X.shape[1]
        ),
        "right for a square of side 7 only": lambda net, X, label, side: side == 7,
    },
    form=(tensor,),
    others=(_one_by_one,),
)
