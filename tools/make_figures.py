"""Draw the opening page's figures into book/figures.

    python tools/make_figures.py

The page runs no code, so its pictures are made here, from the same arrays and
recorded runs that the sections use.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import torch

import d2l_helpers as d2l
from d2l_helpers.plotting import HAIR, INPUT, KERNEL, LINE, MUTED, TEXT

FOLDER = Path(__file__).resolve().parents[1] / "book" / "figures"
WIDTH = 6.9


def grey(ax, picture, title: str = "") -> None:
    d2l.show_array(ax, picture, title, numbers=False, vmin=0).set_cmap("gray")


def a_list() -> None:
    """The boot as a grid and as a list, with one pixel and its lower neighbour."""
    boot = d2l.boot()
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3), width_ratios=(3, 4))
    grey(left, boot, "a grid")
    d2l.outline(left, 19, 0, 1, 1, KERNEL)
    d2l.outline(left, 20, 0, 1, 1, INPUT)
    # The list, broken into lines to fit the page: entries 525 to 566.
    first, columns = 525, 14
    cells = boot.flatten()[first : first + 3 * columns].view(3, columns)
    grey(right, cells, "a piece of the list, entries 525 to 566")
    right.images[0].set_clim(0, 1)
    for entry, colour in ((532, KERNEL), (560, INPUT)):
        i, j = divmod(entry - first, columns)
        d2l.outline(right, i, j, 1, 1, colour)
        right.text(j, -0.75 if entry == 532 else 2.95, entry, ha="center", va="center",
                   color=TEXT)  # fmt: skip
    right.set_ylim(3.4, -1.2)
    for spine in right.spines.values():
        spine.set_visible(False)
    save(fig, "list")


def scrambled() -> None:
    """Boot and plaid shirt, plain and shuffled with the secret permutation."""
    secret = torch.randperm(784, generator=torch.Generator().manual_seed(0))
    pictures = [d2l.boot(), d2l.plaid()]
    fig, axes = plt.subplots(1, 4, figsize=(WIDTH, 1.9))
    for k, picture in enumerate(pictures):
        grey(axes[2 * k], picture, "plain")
        grey(axes[2 * k + 1], picture.flatten()[secret].view(28, 28), "shuffled")
    save(fig, "scrambled")


def result() -> None:
    """Both networks, plain and scrambled: three seeds, 4,500 steps."""
    record = d2l.recorded("scramble")["results"]
    fig, ax = plt.subplots(figsize=(WIDTH, 1.9))
    rows = [
        (f"{net}, {name}", [run[-1] for run in record[layout][net]["10000"]], net)
        for net in ("MLP", "LeNet")
        for layout, name in (("plain", "plain"), ("scrambled", "shuffled"))
    ]
    for y, (_, scores, net) in enumerate(rows):
        colour, marker = {"MLP": (KERNEL, "s"), "LeNet": (INPUT, "o")}[net]
        ax.plot(scores, [y] * 3, marker, color=colour)
    ax.set_yticks(range(4), [name for name, _, _ in rows])
    ax.set(xlim=(0.8, 0.9), ylim=(3.5, -0.5), title="test accuracy, three seeds")
    ax.grid(axis="x")
    save(fig, "result")


def strips() -> None:
    """Three things that are not pictures: sound, a sentence, a graph."""
    fig, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.4), width_ratios=(3, 4, 3))
    sound, window = d2l.call(seconds=1.0, hann=False), torch.hann_window(128)
    loud = torch.stft(sound, 128, 32, window=window, return_complex=True).abs()
    axes[0].imshow(loud, origin="lower", aspect="auto")
    axes[0].set(xlabel="time", ylabel="pitch", xticks=[], yticks=[], title="sound")
    words = ["the", "toe", "of", "the", "boot"]
    for k, word in enumerate(words):
        near = k in (1, 2, 3)
        box = {"boxstyle": "round", "fc": "#fbf0e6" if near else "white",
               "ec": KERNEL if near else LINE}  # fmt: skip
        axes[1].text(k, 0, word, ha="center", va="center", bbox=box)
    axes[1].set(xlim=(-0.6, 4.6), ylim=(-1, 1), title="a sentence")
    place = {0: (0, 0), 1: (1, 0.7), 2: (1, -0.7), 3: (2, 0), 4: (-1, 0.6),
             5: (2.8, 0.9)}  # fmt: skip
    for i, j in ((0, 1), (0, 2), (0, 4), (1, 3), (3, 5)):
        axes[2].plot(*zip(place[i], place[j], strict=True), "-", color=MUTED, lw=1.2,
                     marker="", zorder=1)  # fmt: skip
    for k, (x, y) in place.items():
        near = k in (0, 1, 2, 4)
        axes[2].plot(x, y, "o", ms=15, mfc="#fbf0e6" if near else "white",
                     mec=KERNEL if near else LINE, mew=1.4)  # fmt: skip
    axes[2].set(xlim=(-1.5, 3.3), ylim=(-1.3, 1.5), title="a graph")
    for ax in axes:
        ax.grid(False)
        for spine in ax.spines.values():
            spine.set(visible=ax is axes[0], color=HAIR)
    for ax in axes[1:]:
        ax.set(xticks=[], yticks=[])
    save(fig, "strips")


def filters() -> None:
    """One photograph, three small sums."""
    coffee = d2l.coffee().mean(0)
    binomial = torch.tensor([1.0, 4, 6, 4, 1]) / 16
    soft = coffee
    for _ in range(4):
        soft = d2l.corr2d(d2l.corr2d(soft, binomial[None]), binomial[:, None])
    sobel = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    rim = torch.hypot(d2l.corr2d(soft, sobel), d2l.corr2d(soft, sobel.T))
    fig, axes = plt.subplots(1, 3, figsize=(WIDTH, 1.95))
    pictures = {"photograph": coffee, "grain gone": soft, "rim found": rim}
    for ax, (name, picture) in zip(axes, pictures.items(), strict=True):
        grey(ax, picture, name)
    save(fig, "filters")


def save(fig, name: str) -> None:
    fig.savefig(FOLDER / f"{name}.png", dpi=160, metadata={"Software": None})
    plt.close(fig)


def main() -> None:
    mpl.use("agg")
    d2l.use_style()
    FOLDER.mkdir(exist_ok=True)
    for draw in (a_list, scrambled, result, strips, filters):
        draw()


if __name__ == "__main__":
    main()
