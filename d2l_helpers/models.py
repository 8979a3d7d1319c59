"""The networks that the chapter trains: LeNet, twice, and the MLP beside it.

Level 3. A model knows its layers, its loss and the optimiser of its recipe; the
trainer takes the model as an argument.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from d2l_helpers.validation import as_int

# Mean and standard deviation of the 60,000 training images, pixels in 0…1.
FASHION_MEAN, FASHION_STD = 0.2860, 0.3530


def init_cnn(module: nn.Module) -> None:
    """Xavier-uniform weights and zero biases for dense and convolution layers.

    Used as `model.apply(init_cnn)`. Glorot and Bengio, "Understanding the
    difficulty of training deep feedforward neural networks" (2010).
    """
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def init_relu(module: nn.Module) -> None:
    """Kaiming-normal weights and zero biases: the start that suits ReLU.

    He et al., "Delving deep into rectifiers" (2015).
    """
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class Normalize(nn.Module):
    """(X − mean) / std with two fixed numbers; no parameters, any shape."""

    def __init__(self, mean: float, std: float) -> None:
        super().__init__()
        self.mean, self.std = mean, std

    def forward(self, X: Tensor) -> Tensor:
        return (X - self.mean) / self.std

    def extra_repr(self) -> str:
        return f"mean={self.mean}, std={self.std}"


class Classifier(nn.Module):
    """A stack of layers with cross-entropy loss and an optimiser.

    `net` maps (n, 1, h, w) to logits (n, num_classes). With `lr` alone the
    optimiser is plain SGD; with `one_cycle=True` it is AdamW (weight decay
    0.01) under a one-cycle schedule whose peak is `lr`.
    """

    def __init__(self, net: nn.Sequential, lr: float, one_cycle: bool = False) -> None:
        super().__init__()
        if not lr > 0:
            raise ValueError(f"lr must be positive, got {lr}")
        self.net, self.lr, self.one_cycle = net, lr, one_cycle

    def forward(self, X: Tensor) -> Tensor:
        return self.net(X)

    def loss(self, y_hat: Tensor, y: Tensor) -> Tensor:
        """Mean cross-entropy in nats of logits (n, c) against classes (n,)."""
        return nn.functional.cross_entropy(y_hat, y)

    def configure_optimizers(self, total_steps: int):
        """The recipe's optimiser, and its schedule (one step a batch) if any."""
        if not self.one_cycle:
            return torch.optim.SGD(self.parameters(), lr=self.lr)
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.lr, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=self.lr, total_steps=total_steps
        )
        return optimizer, schedule


class LeNet(Classifier):
    """LeNet for 28×28 grey images: 6-16-120-84-10, 61,706 parameters.

    The classic form has sigmoids, average pooling and Xavier weights, and trains
    with plain SGD. It follows LeCun, Bottou, Bengio and Haffner, "Gradient-based
    learning applied to document recognition" (1998), in its shapes; that paper's
    subsampling, connection table, squashing and output units differ.
    `LeNet.modern` keeps the shapes and changes everything around them.
    """

    def __init__(self, lr: float = 0.1, num_classes: int = 10) -> None:
        as_int(num_classes, "num_classes", 1)
        super().__init__(self._stack(nn.Sigmoid, nn.AvgPool2d, num_classes), lr)
        self.apply(init_cnn)

    @staticmethod
    def _stack(activation, pool, num_classes: int, first=()) -> nn.Sequential:
        return nn.Sequential(
            *first,
            nn.Conv2d(1, 6, kernel_size=5, padding=2),  # (n, 6, 28, 28)
            activation(),
            pool(2),  # (n, 6, 14, 14)
            nn.Conv2d(6, 16, kernel_size=5),  # (n, 16, 10, 10)
            activation(),
            pool(2),  # (n, 16, 5, 5)
            nn.Flatten(),  # (n, 400)
            nn.Linear(400, 120),
            activation(),
            nn.Linear(120, 84),
            activation(),
            nn.Linear(84, num_classes),
        )

    @classmethod
    def modern(cls, lr: float = 1e-2, num_classes: int = 10) -> LeNet:
        """The same shapes and parameter count with what was learnt since.

        Normalised input, ReLU, max pooling, Kaiming weights; AdamW under a
        one-cycle schedule with peak `lr`, whose default scored best on images
        held out of the training set (`recorded("modern_rate")`).
        """
        model = cls(lr, num_classes)
        model.net = cls._stack(
            nn.ReLU, nn.MaxPool2d, num_classes, [Normalize(FASHION_MEAN, FASHION_STD)]
        )
        model.one_cycle = True
        model.apply(init_relu)
        return model


class MLP(Classifier):
    """One hidden ReLU layer on the flattened image; 784-256-10 has 203,530 weights.

    Starts from PyTorch's default weights; plain SGD unless `one_cycle=True`.
    """

    def __init__(
        self,
        lr: float = 0.1,
        num_classes: int = 10,
        num_hiddens: int = 256,
        num_inputs: int = 784,
        one_cycle: bool = False,
    ) -> None:
        net = nn.Sequential(
            nn.Flatten(),
            nn.Linear(num_inputs, as_int(num_hiddens, "num_hiddens", 1)),
            nn.ReLU(),
            nn.Linear(num_hiddens, as_int(num_classes, "num_classes", 1)),
        )
        super().__init__(net, lr, one_cycle)
