"""Fashion-MNIST as the pages see it, on the embedded sample."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from servers import fake_set

from d2l_helpers import data as data_module
from d2l_helpers.batches import Batches, ImageData, Images
from d2l_helpers.data import FashionMNIST, to_images
from d2l_helpers.idx import DataError, read_idx
from d2l_helpers.sources import Loaded, Places

SPECS, PAYLOADS = fake_set()


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(data_module, "_said", set())
    monkeypatch.delenv("D2L_DATA_DIR", raising=False)
    monkeypatch.setenv("D2L_OFFLINE", "1")


@pytest.fixture(scope="module")
def sample():
    return FashionMNIST(batch_size=64, source="sample")


def tiny(n=10, seed=0, **options):
    """n images of 4×4 whose label is their own number modulo 10."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (n, 4, 4), generator=generator, dtype=torch.uint8)
    return Images(pixels, torch.arange(n) % 10, **options)


def test_shapes_types_and_ranges(sample):
    assert (len(sample.train), len(sample.val), sample.full) == (5000, 1000, False)
    X, y = sample.train[3]
    assert (X.shape, X.dtype) == ((1, 28, 28), torch.float32)
    assert (y.shape, y.dtype) == ((), torch.int64)
    X, y = next(iter(sample.train_dataloader()))
    assert (X.shape, X.dtype) == ((64, 1, 28, 28), torch.float32)
    assert (y.shape, y.dtype) == ((64,), torch.int64)
    assert X.is_contiguous()
    assert X.min() == 0
    assert X.max() == 1
    assert sample.train.pixels.dtype == torch.uint8
    assert sample.device == torch.device("cpu")
    assert sample.val is sample.test


def test_the_first_test_image_is_the_boot_and_the_eighth_a_shirt(sample):
    wanted = [int(sample.val[i][1]) for i in (0, 7)]
    assert FashionMNIST.text_labels(wanted) == ["ankle boot", "shirt"]
    assert FashionMNIST.text_labels(torch.tensor([0, 9])) == ["t-shirt", "ankle boot"]
    for wrong in ([10], [-1]):
        with pytest.raises(ValueError, match="numbered 0 to 9"):
            FashionMNIST.text_labels(wrong)


def test_bytes_become_exactly_byte_over_255():
    ramp = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    X, _ = Images(ramp, torch.zeros(1, dtype=torch.int64))[0]
    exact = np.arange(256, dtype=np.float32) / np.float32(255)
    assert X.flatten().numpy().tobytes() == exact.tobytes()


def test_one_epoch_gives_every_image_once_and_the_last_batch_is_short():
    loader = Batches(tiny(10), 4, shuffle=True)
    batches = list(loader)
    assert [len(y) for _, y in batches] == [4, 4, 2]
    assert len(loader) == 3
    assert sorted(torch.cat([y for _, y in batches]).tolist()) == list(range(10))
    whole = Batches(tiny(10), 4, shuffle=True, drop_last=True)
    assert [len(y) for _, y in whole] == [4, 4]
    assert len(whole) == 2


def test_pictures_stay_with_their_labels():
    images = tiny(10)
    for X, y in Batches(images, 3, shuffle=True):
        assert torch.equal(X, images.pixels[y].unsqueeze(1) / 255)


def order(loader):
    return torch.cat([y for _, y in loader]).tolist()


def test_the_order_is_fixed_by_the_seed_alone():
    images = tiny(10)
    first, second = (Batches(images, 4, shuffle=True, seed=7) for _ in range(2))
    torch.manual_seed(1)
    a = [order(first), order(first)]
    torch.manual_seed(2)
    torch.rand(99)
    before = torch.get_rng_state()
    assert [order(second), order(second)] == a
    assert torch.equal(torch.get_rng_state(), before)  # draws nothing from it
    assert a[0] != a[1]  # a new order in each epoch
    assert order(Batches(images, 4, shuffle=True, seed=8)) != a[0]
    assert order(Batches(images, 4)) == list(range(10))


def test_the_order_goes_on_from_a_saved_generator_state():
    first = Batches(tiny(10), 4, shuffle=True)
    list(first)
    state = first.generator.get_state()
    expected = order(first)
    resumed = Batches(tiny(10), 4, shuffle=True)
    resumed.generator.set_state(state)
    assert order(resumed) == expected


def test_a_batch_larger_than_the_set_is_an_error_not_zero_batches():
    for drop_last in (False, True):
        with pytest.raises(ValueError, match=r"batch_size = 11 .* 10 images"):
            Batches(tiny(10), 11, drop_last=drop_last)
    with pytest.raises(ValueError, match=r"5001 .* 5000"):
        FashionMNIST(batch_size=5001, source="sample")
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Batches(tiny(10), 0)
    assert len(ImageData(tiny(10), tiny(3), 8).val_dataloader()) == 1


def test_slices_numbers_and_index_tensors(sample):
    X, y = sample.val[2:5]
    assert X.shape == (3, 1, 28, 28)
    for k, i in enumerate((2, np.int64(3), torch.tensor(4))):
        assert torch.equal(sample.val[i][0], X[k])
        assert sample.val[i][1] == y[k]
    assert torch.equal(sample.val[torch.tensor([4, 2])][0], X[[2, 0]])
    assert torch.equal(sample.val[-1][0], sample.val[999][0])
    assert len(list(tiny(10))) == 10
    for beyond in (1000, -1001):
        with pytest.raises(IndexError, match="1000 images"):
            sample.val[beyond]


def test_half_size_is_the_mean_of_each_block():
    images = tiny(10, resize=(2, 2))
    X, _ = images[:]
    by_hand = (images.pixels / 255).reshape(10, 2, 2, 2, 2).mean((2, 4))
    assert images.shape == (2, 2)
    assert torch.allclose(X[:, 0], by_hand, atol=1e-6)


def test_other_sizes_keep_a_flat_picture_flat():
    flat = torch.full((1, 28, 28), 51, dtype=torch.uint8)
    label = torch.zeros(1, dtype=torch.int64)
    for size in ((32, 32), (96, 64), (20, 20)):
        X, _ = Images(flat, label, resize=size)[0]
        assert X.shape == (1, *size)
        assert torch.allclose(X, torch.tensor(0.2))
    X, _ = FashionMNIST(32, resize=32, source="sample").val[0]
    assert X.shape == (1, 32, 32)


def test_a_permutation_moves_pixels_as_written():
    m = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    plain, moved = tiny(10), tiny(10, permutation=m)
    assert torch.equal(moved[:][0].flatten(1), plain[:][0].flatten(1)[:, m])
    for wrong in (torch.zeros(16, dtype=torch.int64), torch.arange(15)):
        with pytest.raises(ValueError, match="each of 0 … 15 once"):
            tiny(10, permutation=wrong)


def test_normalize_subtracts_and_divides():
    X, Z = tiny(10)[:][0], tiny(10, normalize=(0.25, 0.5))[:][0]
    assert torch.allclose(Z, (X - 0.25) / 0.5)
    with pytest.raises(ValueError, match="std above 0"):
        tiny(10, normalize=(0.5, 0.0))


def test_nothing_a_reader_does_with_a_batch_changes_the_images():
    images = tiny(10)
    before = images.pixels.clone()
    for X, y in Batches(images, 5):
        X.zero_()
        y += 1
    for part in images[0]:
        part.fill_(9)
    assert torch.equal(images.pixels, before)
    assert images.labels.tolist() == list(range(10))


def test_a_split_parts_the_training_images_and_keeps_the_test_set(sample):
    parted = sample.split(1000, seed=3)
    assert (len(parted.train), len(parted.val)) == (4000, 1000)
    assert parted.test is sample.val
    both = torch.cat([parted.train.pixels, parted.val.pixels]).flatten(1)
    whole = sample.train.pixels.flatten(1)
    assert torch.equal(both.sum(1).sort().values, whole.sum(1).sort().values)
    again = sample.split(1000, seed=3)
    assert torch.equal(again.val.pixels, parted.val.pixels)
    assert not torch.equal(sample.split(1000, seed=4).val.pixels, parted.val.pixels)
    with pytest.raises(ValueError, match=r"5000 .*leaves none of the 5000"):
        sample.split(5000)


def test_a_draw_is_without_repetition_and_repeatable():
    images = tiny(10)
    assert sorted(images.draw(10).labels.tolist()) == list(range(10))
    assert torch.equal(images.draw(4, 1).labels, images.draw(4, 1).labels)
    assert len(images.draw(4)) == 4
    with pytest.raises(ValueError, match="n = 11 images cannot be drawn from 10"):
        images.draw(11)


def test_labels_over_nine_and_unequal_counts_are_refused():
    pixels, labels = np.zeros((3, 28, 28), np.uint8), np.array([1, 10, 3], np.uint8)
    with pytest.raises(DataError, match="label 10 of image 1"):
        to_images(pixels, labels)
    with pytest.raises(DataError, match="3 images have 2 labels"):
        to_images(pixels, labels[:2] % 10)


def test_wrong_tensors_are_refused():
    with pytest.raises(ValueError, match=r"uint8 .* got torch.float32"):
        Images(torch.zeros(2, 4, 4), torch.zeros(2, dtype=torch.int64))
    with pytest.raises(ValueError, match="one for each of the 2 images"):
        Images(torch.zeros(2, 4, 4, dtype=torch.uint8), torch.zeros(3).long())


def test_which_source_serves_is_said_once(capsys):
    for _ in range(3):
        FashionMNIST(source="sample")
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "embedded sample of 5,000 + 1,000 images" in out
    assert "make data" in out


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No full copy is to be had."""
    places = Places(cache=tmp_path / "c", spare=tmp_path / "s", system=(), addresses=())
    monkeypatch.setattr(data_module.Places, "from_environment", lambda: places)
    return places


def test_without_a_full_copy_auto_is_the_sample_and_full_an_error(nowhere, capsys):
    assert FashionMNIST().full is False
    assert "sample" in capsys.readouterr().out
    with pytest.raises(DataError, match="no full copy") as caught:
        FashionMNIST(source="full")
    assert "t10k-labels-idx1-ubyte" in str(caught.value)
    assert str(nowhere.cache) in str(caught.value)
    nowhere.data = nowhere.cache  # a folder that was named is not passed over
    with pytest.raises(DataError, match="named by D2L_DATA_DIR"):
        FashionMNIST()
    assert FashionMNIST(source="sample").full is False
    with pytest.raises(ValueError, match="auto, full, sample"):
        FashionMNIST(source="torchvision")


def test_the_command_line(nowhere, monkeypatch, capsys):
    assert data_module.main([]) == 0
    assert "embedded sample" in capsys.readouterr().out
    assert data_module.main(["--require-full"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34" in (
        captured.err
    )
    arrays = [read_idx(PAYLOADS[s.name]) for s in SPECS]
    full = Loaded(arrays, "the cache")
    monkeypatch.setattr(data_module, "load_full", lambda *a, **k: full)
    assert data_module.main(["--require-full"]) == 0
    line = "Fashion-MNIST: 40 + 20 images from the cache\n"
    assert capsys.readouterr().out == line


def test_importing_reads_no_data_and_opens_no_connection(tmp_path):
    program = (
        "import sys; opened = []\n"
        "sys.addaudithook(lambda e, a: opened.append((e, str(a[0])))"
        " if e in ('open', 'socket.connect', 'socket.getaddrinfo') else None)\n"
        "import d2l_helpers.data, d2l_helpers.examples\n"
        "bad = [o for o in opened if 'ubyte' in o[1] or 'assets' in o[1]"
        " or o[0].startswith('socket')]\n"
        "assert not bad, bad\n"
        "assert 'pooch' not in sys.modules and 'requests' not in sys.modules"
        " and 'PIL.Image' not in sys.modules\n"
        "assert len(opened) > 10\n"
    )
    root = str(Path(data_module.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_environment_chooses_where_the_notebook_does_not(monkeypatch):
    monkeypatch.setenv("D2L_SOURCE", "sample")
    assert FashionMNIST().full is False
    monkeypatch.setenv("D2L_SOURCE", "torchvision")
    with pytest.raises(ValueError, match="D2L_SOURCE must be one of auto, full"):
        FashionMNIST()
