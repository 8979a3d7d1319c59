"""The explorer "lenet": the trained network in the page, against PyTorch."""

from __future__ import annotations

import base64
import copy
import gzip
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from explorer_fixtures import show  # noqa: F401 - fixtures
from traitlets import TraitError

import d2l_helpers as d2l
from d2l_helpers.explorers import LeNetInside, _bundle

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
BOOT, NAMES = 9, d2l.FashionMNIST.labels
NEUTRAL = {"right": 0, "down": 0, "angle": 0, "mirror": False, "noise": 0.0}


@pytest.fixture(scope="module")
def garments():
    data = d2l.FashionMNIST()
    return data.val[:300]


@pytest.fixture
def inside(garments):
    """The chapter's network with twenty garments."""
    X, y = garments
    return LeNetInside(d2l.pretrained_lenet(0), X[:20], y[:20])


def rounded(model):
    """The same network with the weights that the page has, in double precision.

    Half precision, but 8 bits for the two large layers, a step for each unit.
    """
    half = copy.deepcopy(model)
    for weight in half.parameters():
        if weight.shape in ((120, 400), (84, 120)):
            step = (weight.data.abs().amax(1, keepdim=True) / 127).half().double()
            weight.data = (weight.data.double() / step).round().clamp(-127, 127) * step
        else:
            weight.data = weight.data.half().double()
    return half.eval()


def parts(page):
    """The page's own functions, joined as for the site."""
    names = _bundle.order("lenet-unit", "lenet-picture")
    code = "".join(_bundle._wrapped(name) for name in names)
    page.evaluate(
        f"() => {{ {code} globalThis.parts = {{ ...$lenet_unit, ...$lenet_picture }} }}"
    )


def test_python_moves_pictures_as_torch_does(inside, garments):
    X = garments[0][:1].double()
    np.testing.assert_allclose(inside.pixels, X[0, 0], atol=1e-7)
    inside.mirror, inside.right, inside.down = True, 3, -2
    want = F.pad(X.flip(3), (3, -3, -2, 2))[0, 0]
    np.testing.assert_allclose(inside.pixels, want, atol=1e-7)
    inside.set_trait("mirror", False)
    inside.right = inside.down = 0
    for quarter in (1, 2, 3):  # rot90 turns the other way
        inside.angle = 90 * quarter if quarter < 3 else -90
        want = X.rot90(-quarter, (2, 3))[0, 0]
        np.testing.assert_allclose(inside.pixels, want, atol=1e-7)
    inside.angle, inside.cover, inside.cover_row, inside.cover_column = 0, True, 3, 21
    want = X[0, 0].clone()
    want[3:10, 21:28] = 0
    np.testing.assert_allclose(inside.pixels, want, atol=1e-7)
    inside.garment, inside.cover = 20, False
    assert (inside.pixels == 1).all()
    inside.garment = 21
    assert abs(inside.pixels.mean() - 0.5) < 0.05
    inside.drawing, inside.noise = np.full(784, 0.5), 0.1
    noise = inside.pixels - 0.5
    assert abs(noise.std() - 0.1) < 0.01
    assert not np.array_equal(np.sort(noise.ravel()), noise.ravel())


@pytest.mark.parametrize("seed", [0, 1])
def test_the_page_has_pytorchs_logits_on_real_images(chromium, garments, inside, seed):
    """To 1e-5 with the weights as they are stored; nearly the same without."""
    X, y = garments
    if seed == 0:
        model = d2l.pretrained_lenet(0)
    else:  # sigmoids and averages, with weights large enough to tell pictures apart
        d2l.seed_everything(3)
        model = d2l.LeNet()
        for weight in model.parameters():
            weight.data *= 4
    explorer = LeNetInside(model, X[:20], y[:20])
    page = chromium.new_page()
    parts(page)
    pixels = (X[:40, 0].double() * 255).round().int().reshape(-1, 784).tolist()
    got = page.evaluate(
        """([data, pictures]) => {
          const net = parts.network(data);
          return pictures.map((p) =>
            Array.from(net.forward(p.map((v) => v / 255)).logits));
        }""",
        [explorer.data, pixels],
    )
    page.close()
    with torch.no_grad():
        pictures = torch.tensor(pixels).double().view(-1, 1, 28, 28) / 255
        want = rounded(model).double()(pictures)
        whole = model(X[:40])
    assert np.abs(np.array(got) - want.double().numpy()).max() < 1e-5
    if seed == 0:
        assert np.array_equal(np.argmax(got, 1), whole.argmax(1))
        share, trained = torch.tensor(got).softmax(1), whole.softmax(1)
        assert (share - trained).abs().amax() < 0.03
        assert (share - trained).abs().amax(1).mean() < 0.003
    assert len(gzip.compress(json.dumps(explorer.state()).encode())) < 90_000


def test_the_page_moves_pictures_as_python_does(chromium, inside):
    page = chromium.new_page()
    parts(page)
    rng = np.random.default_rng(5)
    for _ in range(12):
        inside.garment = int(rng.integers(0, 22))
        inside.right, inside.down = (int(v) for v in rng.integers(-6, 7, 2))
        inside.angle = int(rng.integers(-180, 181)) * int(rng.integers(0, 2))
        inside.noise = float(rng.random() * rng.integers(0, 2))
        inside.seed = int(rng.integers(0, 1000))
        inside.mirror, inside.cover = (bool(v) for v in rng.integers(0, 2, 2))
        inside.cover_row, inside.cover_column = (int(v) for v in rng.integers(0, 22, 2))
        state = inside.state() | {"data": None}
        base = inside._base().ravel().tolist()
        got = page.evaluate(
            """([s, base]) => Array.from(parts.compose(
              s.garment === 21 ? parts.snow(s.seed) : Float64Array.from(base),
              s, new Float64Array(784)))""",
            [state, base],
        )
        np.testing.assert_allclose(got, inside.pixels.ravel(), atol=1e-9)
    page.close()


def test_every_unit_is_the_sum_that_is_shown(chromium, inside, garments):
    """The parts of units of every layer add up to what PyTorch gives them."""
    model = rounded(d2l.pretrained_lenet(0)).double()
    page = chromium.new_page()
    parts(page)
    X = (garments[0][:1].double() * 255).round() / 255
    outputs, H = {}, X
    with torch.no_grad():
        for number, layer in enumerate(model.net):
            H = outputs[number] = layer(H)
    after = {"conv1": 2, "pool1": 3, "conv2": 5, "pool2": 6}
    after |= {"dense1": 9, "dense2": 11, "scores": 12}
    rng = np.random.default_rng(7)
    for layer, number in after.items():
        want = outputs[number].flatten()
        units = rng.integers(0, len(want), 20).tolist()
        got = page.evaluate(
            """([data, pixels, layer, units]) => {
              const net = parts.network(data);
              const H = net.forward(pixels);
              return units.map((u) => parts.partsOf(net, H, layer, u, [9, 7]).out);
            }""",
            [inside.data, X.flatten().tolist(), layer, units],
        )
        np.testing.assert_allclose(got, want[units], atol=1e-5, err_msg=layer)
    field = page.evaluate("() => parts.fieldOf('pool2', 12)")
    assert field == {"i": 6, "j": 6, "rows": 16, "cols": 16}
    page.close()


def test_other_networks_and_pictures_are_refused(inside, garments):
    X, y = garments
    net = d2l.pretrained_lenet(0)
    strange = d2l.LeNet.modern()
    strange.net[5] = torch.nn.Tanh()
    broken = d2l.LeNet.modern()
    broken.net[1].weight.data[0] = float("nan")
    for model, message in (
        (d2l.MLP(), "its layers must be conv, act"),
        (strange, "one kind"),
        (broken, "finite"),
        (d2l.LeNet(num_classes=7), "shape"),
        (object(), "no layers"),
        ("<b>", "no layers"),
    ):
        with pytest.raises(TraitError, match=message):
            LeNetInside(model, X[:2], y[:2])
    for images, labels in (
        (X[:2, :, :20], y[:2]),
        (X[:2] * 9, y[:2]),
        (X[:30], y[:30]),
        (X[:3], y[:2]),
        (X[:2], [1, 11]),
        (X[:2] * float("nan"), y[:2]),
    ):
        with pytest.raises(TraitError):
            LeNetInside(net, images, labels)
    before = inside.state()
    for name, bad in (("drawing", [0.5]), ("garment", 22), ("noise", 2)):
        with pytest.raises(TraitError):
            setattr(inside, name, bad)
    assert inside.state() == before
    assert base64.b64decode(inside.data["images"])[:784] == bytes(
        (X[0] * 255).round().byte().flatten().tolist()
    )


def test_a_mirrored_boot_is_guessed_and_explained(show, inside):
    shown = show(inside)
    assert "ankle boot, 1.000" in shown.line()
    shown.button("Mirror it").click()
    hidden = shown.page.locator(".cnn-share-value").all_inner_texts()
    assert hidden == ["?"] * 10
    assert "bag" not in shown.line()
    shown.button("ankle boot").click()
    verdict = shown.page.locator(".cnn-verdict").inner_text()
    assert "You said ankle boot; it is bag" in verdict
    assert "left and right" in verdict
    assert "bag, 1.000" in shown.line()
    shown.key("z")  # asked again
    assert shown.page.locator(".cnn-share-value").first.inner_text() == "?"


def test_the_picture_is_dragged_covered_and_drawn_on(show, inside):
    shown = show(inside)
    box = shown.page.locator(".cnn-mapbox").first
    edge = box.bounding_box()
    mouse = shown.page.mouse
    mouse.move(edge["x"] + 80, edge["y"] + 80)
    mouse.down()
    mouse.move(edge["x"] + 80 + 3 * 7, edge["y"] + 80)
    mouse.up()
    assert "moved 3 right" in shown.line()
    assert "sneaker, 1.000" in shown.line()  # as PyTorch says for this boot
    box.focus()
    shown.key("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowDown")
    assert "moved 1 down" in shown.line()
    shown.button("Plain").click()
    shown.button("Cover").click()
    assert "sandal, 1.000" in shown.line()  # the exercise's worst place, [11, 14]
    box.focus()
    shown.key(*["ArrowUp"] * 12)
    assert "Shown: ankle boot, covered. Scores: ankle boot" in shown.line()
    frame = shown.page.locator("div.cnn-frame-cover").bounding_box()
    assert abs(frame["y"] - box.bounding_box()["y"]) < 3
    shown.button("Draw").click()
    shown.button("Clear").click()
    black = shown.line()
    assert "your drawing" in black
    box.focus()
    shown.key(" ")
    assert shown.line() != black
    shown.button("Reset").click()
    assert "Shown: ankle boot. " in shown.line()


def test_a_unit_is_picked_by_mouse_and_keys(show, inside):
    shown = show(inside)
    words = shown.page.locator(".cnn-unit-words")
    pool = shown.page.locator(".cnn-net-pool2 .cnn-mapbox")
    pool.click(position={"x": 3, "y": 3})
    assert "pool 2, map 0, [0, 0]" in words.inner_text()
    shown.key("ArrowDown", "End", "ArrowRight")
    assert "pool 2, map 1, [1, 0]" in words.inner_text()
    assert "It sees 16×16 pixels: rows 2 to 17, columns 0 to 13" in words.inner_text()
    field = shown.page.locator("div.cnn-frame-field").bounding_box()
    assert abs(field["height"] - 16 * 7) < 2
    shown.button("Why not sneaker?").click()
    assert "ankle boot before sneaker" in words.inner_text()
    lead = inside._forward(inside.pixels)["scores"]
    lead = np.sort(lead)[-1] - np.sort(lead)[-2]
    assert f"{lead:.1f}" in shown.line()


def test_the_panels_say_what_they_hold(show, inside):
    shown = show(inside)
    heads = shown.page.locator(".cnn-unit .cnn-head b")
    shown.page.locator(".cnn-net-pool1 .cnn-mapbox").click(position={"x": 9, "y": 9})
    assert heads.all_inner_texts() == ["It reads conv 1", "picks one", "products"]
    shown.button("Why not sneaker?").click()
    lead = "weights: ankle boot − sneaker"
    assert heads.all_inner_texts() == ["It reads dense 84", lead, "products"]
    shown.slide("Shift right", 3)  # another pair is ahead
    assert heads.nth(1).inner_text() == "weights: sneaker − ankle boot"
    shown.page.locator(".cnn-net-scores .cnn-mapbox").click()
    assert heads.nth(1).inner_text() == "its weights"
    keys = shown.page.locator(".cnn-frame-key").evaluate_all(
        "all => all.map(e => getComputedStyle(e).borderTopStyle)"
    )
    assert keys == ["solid", "solid", "dashed"]  # unit, reads, sees


def test_the_ten_scores_lie_in_a_row_on_a_phone(show, inside):
    shown = show(inside, width=360)
    words = shown.page.locator(".cnn-unit-words")
    scores = shown.page.locator(".cnn-net-scores .cnn-mapbox")
    box = scores.bounding_box()
    assert min(box["width"] / 10, box["height"]) >= 24
    scores.click(position={"x": box["width"] * 0.85, "y": box["height"] / 2})
    assert words.inner_text().startswith("score of bag")
    shown.key("ArrowLeft")
    assert words.inner_text().startswith("score of sneaker")
    frame = shown.page.locator(".cnn-net-scores .cnn-frame-unit").bounding_box()
    assert frame["x"] == pytest.approx(box["x"] + 0.7 * box["width"], abs=3)
    shown.page.set_viewport_size({"width": 1280, "height": 900})
    shown.page.wait_for_function(
        "() => { const e = document.querySelector('.cnn-net-scores .cnn-mapbox');"
        " return e.offsetHeight > 5 * e.offsetWidth; }"
    )
    shown.key("ArrowDown")
    assert words.inner_text().startswith("score of bag")


def test_on_a_phone(show, inside):
    shown = show(inside, width=360)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
    shown.slide("Shift right", 3)
    assert shown.page.locator(".cnn-result").inner_text() == "sneaker, 1.000"
    bar = shown.page.locator(".cnn-transport").bounding_box()
    assert bar["height"] <= 60
    tile = shown.page.locator(".cnn-pic").first.bounding_box()
    assert min(tile["width"], tile["height"]) >= 24


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show, inside, scheme):
    shown = show(inside)
    shown.scheme(scheme)
    shown.button("Draw").click()
    assert shown.axe() == []


@pytest.mark.parametrize(
    "hostile",
    [
        {"drawing": [0.5] * 10},
        {"drawing": [[0]] * 784},
        {"garment": 25},
        {"layer": "<img src=x onerror=alert(1)>", "hand": "__proto__"},
        7,
    ],
)
def test_a_hostile_link_is_refused(show, inside, hostile):
    shown = show(inside, link=hostile)
    assert "impossible" in shown.page.locator(".cnn-message").inner_text()
    assert "Shown: ankle boot. " in shown.line()


def test_a_hostile_start_leaves_the_picture(show, inside):
    data = {**inside.data, "weights": "AAAA"}
    shown = show(inside, state={"data": data}, faulty=True)
    assert "could not start" in shown.page.locator(".cnn-message").inner_text()
    assert shown.page.locator(".cnn-still-picture").is_visible()


def test_a_link_brings_back_what_was_seen(show, inside):
    drawing = [float(n % 28 < 14) for n in range(784)]
    shown = show(inside, link={"drawing": drawing, "noise": 0.2, "layer": "conv1"})
    assert "your drawing, with noise" in shown.line()
    inside.drawing, inside.noise = drawing, 0.2
    scores = inside._forward(inside.pixels)["scores"]
    share = np.exp(scores - scores.max())
    got = shown.page.locator(".cnn-share-value").all_inner_texts()
    np.testing.assert_allclose(
        [float(t) for t in got], share / share.sum(), atol=6e-4
    )  # three digits are shown
