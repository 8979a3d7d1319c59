"""The code behind an interactive textbook chapter on convolutional networks.

Every name that a notebook uses is here: `import d2l_helpers as d2l`. A module is
loaded when one of its names is first asked for, so that the import costs no more
than torch does.
"""

from __future__ import annotations

from importlib import import_module

_NAMES = {
    "batches": "Batches ImageData Images",
    "blocks": "Block draw_blocks",
    "checkpoint": "CheckpointError load_model save_model",
    "convolution": "conv1d conv2d conv2d_backward conv_transpose2d pad2d",
    "correlation": "corr2d corr2d_backward corr2d_loop corr2d_multi_in "
    "corr2d_multi_in_out corr2d_multi_in_out_1x1",
    "data": "DataError FashionMNIST",
    "devices": "Timer seed_everything synchronize time_call try_gpu",
    "diagrams": "draw_pyramid draw_windows",
    "exercises": "check",
    "fusion": "fuse",
    "examples": "K2 X3 boot call coffee dot fall plaid recording stripe",
    "graphed": "fit_graphed",
    "history": "History",
    "layers": "Conv2D Pool2D comp_conv2d",
    "missing": "begin_page",
    "models": "MLP LeNet Normalize init_cnn init_relu",
    "players": "Players",
    "plotting": "outline show_array show_images training_curves use_style",
    "pooling": "blur_pool2d pool2d",
    "pretrained": "pretrained_lenet",
    "records": "recorded",
    "shapes": "conv_macs conv_output_size conv_parameters "
    "conv_transpose_output_size receptive_field receptive_fields same_padding "
    "unread use_counts",
    "summary": "layer_summary layer_table",
    "training": "Trainer TrainingDiverged",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOME)  # noqa: PLE0605 - a list
__version__ = "0.1.0"


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
