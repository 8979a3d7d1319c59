"""The explorers' numerics in a real browser, against PyTorch, seeded and at random."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import d2l_helpers as d2l

STATIC = Path(d2l.__file__).parent / "explorers" / "static"
MODULES = ("checks", "padding", "windows", "core", "sizes", "nets")
HOME = "http://explorers.test/"
MODES = ("zeros", "reflect", "replicate", "circular")

# Calls [module, function, arguments] in a row; an error answers with its name. JSON has
# no word for what is not finite, so those numbers travel as text.
CALLS = """async (text) => {
  const revive = (key, v) => v?.typed
    ? { shape: v.shape, data: new globalThis[v.typed](v.data) }
    : v;
  const answer = [];
  for (const [module, name, args] of JSON.parse(text, revive)) {
    const { [name]: run } = await import(`./${module}.js`);
    try {
      answer.push({ value: run(...args) });
    } catch (error) {
      answer.push({ error: error.name, message: error.message });
    }
  }
  return JSON.stringify(answer, (key, v) =>
    ArrayBuffer.isView(v) ? Array.from(v)
      : typeof v === "number" && !Number.isFinite(v) ? String(v) : v);
}"""


@pytest.fixture(scope="module")
def page(chromium):
    """A blank page beside the modules; nothing is served but these files."""

    def answer(route):
        name = route.request.url.removeprefix(HOME)
        if name.removesuffix(".js") in MODULES:
            route.fulfill(path=STATIC / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>numbers</title>")

    page = chromium.new_page()
    page.route("**/*", answer)
    page.goto(HOME)
    yield page
    page.close()


def tensor(array, typed="Float64Array"):
    """An array or tensor as an argument for the page."""
    array = np.asarray(array.detach() if isinstance(array, torch.Tensor) else array)
    return {"typed": typed, "shape": array.shape, "data": array.ravel().tolist()}


def call(page, calls, module="core"):
    """The values of calls (function, *arguments); tensors come back as arrays."""
    text = json.dumps([(module, name, arguments) for name, *arguments in calls])
    answers = json.loads(page.evaluate(CALLS, text))
    assert not [a["message"] for a in answers if "error" in a]
    return [a.get("value") for a in answers]


def array(value):
    """A tensor of the page as an array."""
    return np.array(value["data"], dtype=float).reshape(value["shape"])


def close(got, want, tolerance=1e-9):
    want = np.asarray(want.detach() if isinstance(want, torch.Tensor) else want)
    got = array(got)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=0, atol=tolerance)


def randn(rng, *shape):
    return torch.from_numpy(rng.standard_normal(shape))


def steps(rng, kernel, mode="zeros"):
    """Stride, padding and dilation for each axis, and the least sides that serve."""
    stride, dilation = rng.integers(1, 4, 2).tolist(), rng.integers(1, 4, 2).tolist()
    padding = rng.integers(0, 5, 2).tolist()
    span = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    enough = {"zeros": 1, "replicate": 1}
    least = [
        max(m - 2 * p, enough.get(mode, p + 1), 1)
        for m, p in zip(span, padding, strict=True)
    ]
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    return options, least


def torch_conv(X, W, bias, options, mode="zeros", groups=1):
    """F.conv2d of one example (ci, h, w) with any padding mode."""
    ph, pw = options["padding"]
    if ph or pw:
        kind = {"zeros": "constant"}.get(mode, mode)
        X = F.pad(X[None], (pw, pw, ph, ph), mode=kind)[0]
    steps = options["stride"], 0, options["dilation"]
    return F.conv2d(X[None], W, bias, *steps, groups)[0]


def test_modules_are_plain():
    """Short, of nobody but each other, and without a word about a page."""
    for module in MODULES:
        text = (STATIC / f"{module}.js").read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300
        code = re.sub(r"/\*.*?\*/|//.*", "", text, flags=re.DOTALL)
        assert not re.search(r"\b(window\.|document\.|export default|await )", code)
        for line in re.findall(r"^import.*", code, re.MULTILINE):
            match = re.fullmatch(r'import \{ [\w, ]+ \} from "\./(\w+)\.js";', line)
            assert match
            assert match[1] in MODULES


def test_output_sizes(page):
    rng = np.random.default_rng(0)
    cases, want = [], []
    for _ in range(200):
        n, k, s, d = rng.integers(1, 7, 4).tolist()
        p = int(rng.integers(0, 4))
        try:
            want.append(d2l.conv_output_size(n + 5, k, s, p, d))
        except ValueError:
            continue
        cases.append(("outSize", n + 5, k, p, s, d))
    assert len(cases) > 100
    assert call(page, cases) == want
    assert call(page, [("outSize", 28, 5)]) == [24]


def test_nested_arrays(page):
    rows = np.arange(24.0).reshape(2, 3, 4).tolist()
    built, one = call(page, [("fromNested", rows), ("fromNested", [1.5, -2])])
    assert built == {"shape": [2, 3, 4], "data": list(range(24))}
    assert one == {"shape": [2], "data": [1.5, -2]}
    back = call(page, [("toNested", tensor(np.array(rows))), ("tensor", [2, 2])])
    assert back == [rows, {"shape": [2, 2], "data": [0] * 4}]


@pytest.mark.parametrize("mode", MODES)
def test_padding(page, mode):
    rng = np.random.default_rng(1)
    cases, want = [], []
    for n in range(24):
        h, w = rng.integers(2, 7, 2).tolist()
        most = {"reflect": (h - 1, w - 1), "circular": (h, w)}.get(mode, (7, 7))
        padding = [int(rng.integers(0, m + 1)) for m in most]
        if n < 2:
            padding = list(most)  # the largest that is allowed
        top, left = padding
        X = randn(rng, 3, h, w)[slice(None) if n % 2 else 0]
        cases.append(("pad2d", tensor(X), padding, mode))
        want.append(d2l.pad2d(X, padding, mode))
        kind = {"zeros": "constant"}.get(mode, mode)
        theirs = F.pad(X.view(1, -1, h, w), (left, left, top, top), mode=kind)
        assert torch.equal(want[-1].flatten(), theirs.flatten())
    for sides in ([1, 0, 2, 1], [0, 1, 0, 0]):
        X = randn(rng, 3, 4)
        cases.append(("pad2d", tensor(X), sides, mode))
        want.append(d2l.pad2d(X, sides, mode))
    for got, Y in zip(call(page, cases), want, strict=True):
        close(got, Y, 0)


@pytest.mark.parametrize("mode", MODES)
def test_correlation(page, mode):
    rng = np.random.default_rng(2)
    cases, want = [], []
    for n in range(40):
        kernel = rng.integers(1, 5, 2).tolist()
        options, least = steps(rng, kernel, mode)
        h, w = (int(m + rng.integers(0, 6)) for m in least)
        X, K, bias = randn(rng, h, w), randn(rng, *kernel), randn(rng, 1)
        flip = bool(n % 3 == 0)
        given = {**options, "mode": mode, "bias": bias.item(), "flip": flip}
        cases.append(("correlate2d", tensor(X), tensor(K), given))
        turned = K.flip(0, 1) if flip else K
        want.append(torch_conv(X[None], turned[None, None], bias, options, mode)[0])
    for got, Y in zip(call(page, cases), want, strict=True):
        close(got, Y)


def test_plain_correlation_takes_numbers_and_float32(page):
    rng = np.random.default_rng(3)
    X, K = randn(rng, 9, 7).float(), randn(rng, 3, 2).float()
    args = tensor(X, "Float32Array"), tensor(K, "Float32Array")
    options = {"stride": 2, "padding": 1, "dilation": 2}
    plain, stepped = call(
        page, [("correlate2d", *args), ("correlate2d", *args, options)]
    )
    X, K = X.double()[None, None], K.double()[None, None]
    close(plain, F.conv2d(X, K)[0, 0])
    close(stepped, F.conv2d(X, K, None, 2, 1, 2)[0, 0])


def test_large_kernels(page):
    """More taps than most pictures meet, and more than their own picture has cells."""
    rng = np.random.default_rng(12)
    cases, want = [], []
    for h, w, kernel, padding in (
        (30, 40, (9, 11), (0, 0)),
        (12, 13, (9, 11), (4, 5)),
        (3, 2, (13, 9), (6, 4)),
        (1, 1, (5, 5), (2, 2)),
    ):
        X, K = randn(rng, h, w), randn(rng, *kernel)
        cases.append(("correlate2d", tensor(X), tensor(K), {"padding": padding}))
        want.append(F.conv2d(X[None, None], K[None, None], padding=padding)[0, 0])
    for got, Y in zip(call(page, cases), want, strict=True):
        close(got, Y)


def test_out_is_reused(page):
    assert page.evaluate(
        """async () => {
          const { tensor, correlate2d } = await import("./core.js");
          const X = tensor([3, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
          const K = tensor([2, 2], [0, 1, 2, 3]);
          const out = new Float64Array(4).fill(99);
          const Y = correlate2d(X, K, { out });
          return [Y.data === out, [...out], Y.shape, [...X.data]];
        }"""
    ) == [True, [19, 25, 37, 43], [2, 2], list(range(9))]


@pytest.mark.parametrize("mode", MODES)
def test_many_channels(page, mode):
    rng = np.random.default_rng(4)
    cases, want = [], []
    for n in range(16):
        kernel = rng.integers(1, 4, 2).tolist()
        options, least = steps(rng, kernel, mode)
        groups, slices, each = rng.integers(1, 4, 3).tolist()
        h, w = (int(m + rng.integers(0, 5)) for m in least)
        X = randn(rng, groups * slices, h, w)
        W = randn(rng, groups * each, slices, *kernel)
        bias = randn(rng, len(W)) if n % 2 else None
        given = {**options, "mode": mode, "groups": groups}
        numbers = None if bias is None else bias.tolist()
        cases.append(("conv2d", tensor(X), tensor(W), numbers, given))
        want.append(torch_conv(X, W, bias, options, mode, groups))
    for got, Y in zip(call(page, cases), want, strict=True):
        close(got, Y)


def test_gradients_of_correlation(page):
    rng = np.random.default_rng(5)
    cases, want = [], []
    for n in range(50):
        kernel = rng.integers(1, 5, 2).tolist()
        options, least = steps(rng, kernel)
        h, w = (int(m + rng.integers(0, 6)) for m in least)
        X = randn(rng, h, w).requires_grad_()
        K = randn(rng, *kernel).requires_grad_()
        bias = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        flip = bool(n % 2)
        turned = K.flip(0, 1) if flip else K
        Y = torch_conv(X[None], turned[None, None], bias, options)[0]
        G = randn(rng, *Y.shape)
        want.append(torch.autograd.grad(Y, (X, K, bias), G))
        args = tensor(X), tensor(K), tensor(G)
        cases.append(("convBackward", *args, {**options, "flip": flip}))
    for got, (dX, dK, db) in zip(call(page, cases), want, strict=True):
        close(got["X"], dX)
        close(got["K"], dK)
        assert got["bias"] == pytest.approx(db.item(), abs=1e-9)


@pytest.mark.parametrize("kind", ["max", "average"])
def test_pooling_with_ties(page, kind):
    """Few distinct values, so that many windows hold several maxima."""
    rng = np.random.default_rng(6)
    forward, backward, want, slopes = [], [], [], []
    pool = {"max": F.max_pool2d, "average": F.avg_pool2d}[kind]
    for n in range(40):
        k, s = rng.integers(1, 5, 2).tolist(), rng.integers(1, 4, 2).tolist()
        p = [int(rng.integers(0, side // 2 + 1)) for side in k]
        h, w = (int(side + rng.integers(0, 5)) for side in k)
        X = (randn(rng, 2, h, w) * 2).round()[slice(None) if n % 2 else 0]
        X = X.requires_grad_()
        options = {"kind": kind, "k": k, "s": s, "p": p}
        if n % 5 == 0:
            del options["s"]
            s = k
        if n % 7 == 0:
            options["k"], k = 2, [2, 2]
            p = options["p"] = [1, 0]
            s = options.get("s", k)
        Y = pool(X if X.ndim == 3 else X[None], k, s, p)
        Y = Y if X.ndim == 3 else Y[0]
        G = randn(rng, *Y.shape)
        forward.append(("pool2d", tensor(X), options))
        backward.append(("poolBackward", tensor(X), tensor(G), options))
        want.append(Y)
        slopes.append(torch.autograd.grad(Y, X, G)[0])
    for got, Y in zip(call(page, forward), want, strict=True):
        close(got, Y)
    for got, dX in zip(call(page, backward), slopes, strict=True):
        close(got, dX)


def test_pooling_of_what_is_not_finite(page):
    """All −∞: still the first of equals; NaN wins, as in PyTorch."""
    dull, G = "X = tensor([2, 2], [-1/0, -1/0, -1/0, -1/0])", "tensor([1, 1], [3])"
    got = page.evaluate(
        f"""async () => {{
          const {{ tensor, pool2d, poolBackward }} = await import("./core.js");
          const options = {{ kind: "max", k: 2 }};
          const {dull};
          const holed = tensor([2, 2], [1, NaN, 5, 2]);
          return [poolBackward(X, {G}, options), poolBackward(holed, {G}, options)]
            .map((t) => [...t.data]).concat(pool2d(holed, options).data[0]);
        }}"""
    )
    assert got[:2] == [[3, 0, 0, 0], [0, 3, 0, 0]]
    assert np.isnan(got[2])


def test_blur(page):
    rng = np.random.default_rng(7)
    cases, want = [], []
    for n in range(30):
        k, (h, w) = int(rng.integers(1, 6)), rng.integers(4, 9, 2).tolist()
        s, mode = rng.integers(1, 4, 2).tolist(), MODES[n % 4]
        X = randn(rng, 2, h, w)[slice(None) if n % 2 else 0]
        cases.append(("blurPool", tensor(X), {"k": k, "s": s, "mode": mode}))
        want.append(d2l.blur_pool2d(X, k, s, mode))
    X = randn(rng, 9, 12)
    cases.append(("blurPool", tensor(X)))
    want.append(d2l.blur_pool2d(X))
    (sharp,) = call(page, [("pool2d", tensor(X), {"kind": "max", "k": 2, "s": 1})])
    cases.append(("blurPool", tensor(array(sharp))))
    want.append(d2l.blur_pool2d(d2l.pool2d(X, 2, stride=1)))
    for got, Y in zip(call(page, cases), want, strict=True):
        close(got, Y)


def test_receptive_fields(page):
    rng = np.random.default_rng(8)
    stacks = [[], [[3]], [[5, 1, 2], [2, 2], [5], [2, 2]]]
    for _ in range(40):
        stacks.append(
            [
                [int(rng.integers(low, 5)) for low in (1, 1, 0, 1)]
                for _ in range(rng.integers(1, 7))
            ]
        )
    got = call(page, [("receptiveFields", stack) for stack in stacks], "sizes")
    for fields, stack in zip(got, stacks, strict=True):
        want = [field._asdict() for field in d2l.receptive_fields(stack)]
        assert fields == want


def test_uses_of_cells(page):
    rng = np.random.default_rng(9)
    sizes = []
    while len(sizes) < 60:
        n, k, s, d = rng.integers(1, 6, 4).tolist()
        p = int(rng.integers(0, 5))
        if d * (k - 1) + 1 <= n + 7 + 2 * p:
            sizes.append((n + 7, k, s, p, d))
    for name, ours in (("useCounts", d2l.use_counts), ("unread", d2l.unread)):
        cases = [(name, n, k, {"p": p, "s": s, "d": d}) for n, k, s, p, d in sizes]
        assert call(page, cases, "sizes") == [ours(*size) for size in sizes]
    assert call(page, [("useCounts", 5, 3)], "sizes") == [[1, 2, 3, 2, 1]]


def test_uses_of_copies(page):
    """A copy's use is the pixel's: the gradient of a sum of all windows."""
    cases, want = [], []
    for mode in MODES:
        for n in range(2, 8):
            for k in range(1, 6):
                p, s, d = k // 2, 1 + (n + k) % 3, 1 + n % 2
                if (mode == "reflect" and p >= n) or d * (k - 1) + 1 > n + 2 * p:
                    continue
                X = torch.zeros(1, 1, 1, n, requires_grad=True)
                padded, ones = d2l.pad2d(X, (0, p), mode), torch.ones(1, 1, 1, k)
                plain = F.conv2d(padded, ones).sum()
                stepped = F.conv2d(padded, ones, stride=s, dilation=d).sum()
                cases.append(("useCountsMode", n, k, p, mode))
                cases.append(("useCountsMode", n, k, p, mode, {"s": s, "d": d}))
                for uses in (plain, stepped):
                    (counts,) = torch.autograd.grad(uses, X, retain_graph=True)
                    want.append(counts.flatten().int().tolist())
    assert call(page, cases, "sizes") == want


def test_effective_field_of_threes(page):
    """The numbers that the page on padding and strides prints."""
    depths = {1: 3, 3: 7, 5: 9, 10: 13, 20: 17}
    cases = [("effectiveField", [[3]] * depth) for depth in depths]
    for field, (depth, side) in zip(
        call(page, cases, "sizes"), depths.items(), strict=True
    ):
        assert field["size"] == len(field["profile"]) == 2 * depth + 1
        assert field["sd"] == pytest.approx((2 * depth / 3) ** 0.5, abs=1e-9)
        assert field["side95"] == side
        assert sum(field["profile"]) == pytest.approx(1, abs=1e-12)


def test_effective_field_is_the_gradient_of_averages(page):
    rng = np.random.default_rng(10)
    stacks = [
        [
            [int(rng.integers(low, 4)) for low in (1, 1, 0, 1)]
            for _ in range(rng.integers(1, 5))
        ]
        for _ in range(25)
    ]
    got = call(page, [("effectiveField", stack) for stack in stacks], "sizes")
    for field, stack in zip(got, stacks, strict=True):
        size = d2l.receptive_field(stack)
        X = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
        Y = X
        for k, s, _, d in stack:
            K = torch.full((1, 1, k), 1 / k, dtype=torch.float64)
            Y = F.conv1d(Y, K, stride=s, dilation=d)
        Y.sum().backward()
        profile = X.grad.flatten().numpy()
        np.testing.assert_allclose(field["profile"], profile, atol=1e-12)
        at = np.arange(size) - (size - 1) / 2
        assert field["sd"] == pytest.approx((profile * at**2).sum() ** 0.5, abs=1e-9)
        for key, share in (("width95", 0.95), ("side95", 0.95**0.5)):
            inside = {
                size - 2 * cut: profile[cut : size - cut].sum()
                for cut in range((size + 1) // 2)
            }
            least = min(side for side, sum_ in inside.items() if sum_ >= share - 1e-12)
            assert field[key] == least


def text_of(numbers, dtype):
    return base64.b64encode(np.asarray(numbers, dtype=dtype).tobytes()).decode()


def test_every_half_is_decoded(page):
    """All 65,536 of them: subnormal numbers, infinities, both zeros."""
    halves = np.arange(65536, dtype="<u2")
    bits = page.evaluate(
        """async (text) => {
          const { decodeFloat16 } = await import("./nets.js");
          return Array.from(new Uint32Array(decodeFloat16(text).buffer)).join();
        }""",
        text_of(halves, "<u2"),
    )
    got = np.array(bits.split(","), dtype=np.uint32).view(np.float32)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        want = halves.view("<f2").astype(np.float32)
    number = ~np.isnan(want)
    assert (np.isnan(got) == ~number).all()
    assert (got[number].view(np.uint32) == want[number].view(np.uint32)).all()


def test_other_numbers_are_decoded(page):
    rng = np.random.default_rng(11)
    floats = np.append(rng.standard_normal(1000).astype("<f4"), np.float32(1e-42))
    whole = np.arange(-128, 128)
    got = call(
        page,
        [
            ("decodeFloat32", text_of(floats, "<f4")),
            ("decodeInt8", text_of(whole, "i1")),
            ("decodeBytes", text_of(range(256), "u1")),
            ("decodeBytes", ""),
        ],
        "nets",
    )
    assert np.array_equal(np.array(got[0], dtype=np.float32), floats)
    assert got[1:] == [whole.tolist(), list(range(256)), []]


NAMES = {"Conv2d": "conv", "Linear": "fc"}


def lenet_of(model, dtype):
    """A model's weights as base64 texts, under the names that the page uses."""
    params, seen = {}, {"conv": 0, "fc": 0}
    for layer in model.net:
        if kind := NAMES.get(type(layer).__name__):
            seen[kind] += 1
            params[f"{kind}{seen[kind]}"] = {
                name: text_of(getattr(layer, name).detach().numpy(), dtype)
                for name in ("weight", "bias")
            }
    return params


RUN = """async ({ params, bits, options, images }) => {
  const nets = await import("./nets.js");
  const decode = nets[`decodeFloat${bits}`];
  const weights = {};
  for (const [name, { weight, bias }] of Object.entries(params)) {
    weights[name] = { weight: decode(weight), bias: decode(bias) };
  }
  const net = nets.makeLeNet(weights, options);
  const pixels = nets.decodeFloat32(images);
  const answers = [];
  for (let n = 0; n < pixels.length; n += 784) {
    const made = net.forward(pixels.subarray(n, n + 784));
    answers.push(n ? { logits: [...made.logits], probs: [...made.probs] }
      : Object.fromEntries(Object.entries(made).map(([k, v]) => [k, [...v]])));
  }
  return JSON.stringify({ answers, shapes: nets.LENET_SHAPES });
}"""


def halved(model):
    """The model with its weights rounded to half precision."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    return model


def classic(activation=None):
    torch.manual_seed(0)
    model = d2l.LeNet().eval()
    if activation is not None:
        for n, layer in enumerate(model.net):
            if isinstance(layer, torch.nn.Sigmoid):
                model.net[n] = activation
    return model


MODERN = {"activation": "relu", "pool": "max", "mean": 0.2860, "std": 0.3530}
CLASSIC = {"activation": "sigmoid", "pool": "average"}


@pytest.mark.parametrize(
    ("make", "bits", "options"),
    [
        (lambda: d2l.pretrained_lenet(0), 32, MODERN),
        (lambda: halved(d2l.pretrained_lenet(0)), 16, MODERN),
        (classic, 32, CLASSIC),
        (lambda: halved(classic()), 16, CLASSIC),
        (lambda: classic(torch.nn.Tanh()), 32, {**CLASSIC, "activation": "tanh"}),
    ],
    ids=["modern", "modern-half", "classic", "classic-half", "tanh"],
)
def test_lenet(page, make, bits, options):
    model = make()
    X, _ = d2l.FashionMNIST(source="sample").val[:100]
    images = text_of(X.numpy(), "<f4")
    given = {"bits": bits, "options": options, "images": images}
    given["params"] = lenet_of(model, f"<f{bits // 8}")
    got = json.loads(page.evaluate(RUN, given))
    logits = np.array([a["logits"] for a in got["answers"]])
    probs = np.array([a["probs"] for a in got["answers"]])
    with torch.no_grad():
        single = model(X).numpy()
        model = model.double()
        double = model(X.double())
    np.testing.assert_allclose(logits, single, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(logits, double.numpy(), rtol=0, atol=1e-9)
    np.testing.assert_allclose(probs, double.softmax(1).numpy(), rtol=0, atol=1e-9)

    # every buffer on the way, for one image
    first, shapes = got["answers"][0], got["shapes"]
    assert list(first) == list(shapes)
    stages = [X[:1].double()]
    with torch.no_grad():
        for layer in model.net:
            made = layer(stages[-1])
            if isinstance(layer, d2l.Normalize):
                stages = []
            elif isinstance(layer, torch.nn.Flatten):
                stages[-1] = made
                continue
            elif made.ndim == 2 and not isinstance(layer, torch.nn.Linear):
                stages.pop()  # only the activation of a dense layer is kept
            stages.append(made)
    stages.append(stages[-1].softmax(1))
    for (name, shape), want in zip(shapes.items(), stages, strict=True):
        assert want.numel() == np.prod(shape)
        np.testing.assert_allclose(first[name], want.flatten(), rtol=0, atol=1e-9)


def test_softmax_does_not_overflow(page):
    got = call(page, [("softmax", [1000, 1000, 0]), ("softmax", [-1000] * 4)], "nets")
    assert got == [[0.5, 0.5, 0], [0.25] * 4]


def square(n, *lead):
    return tensor(np.ones((*lead, n, n)))


BAD = [
    ("core", "outSize", 3, 5),
    ("core", "outSize", 5, 3, 0, 0),
    ("core", "outSize", 4, 5),
    ("core", "outSize", 5, 3, -1),
    ("core", "outSize", 5, 3, 0, 1, 0),
    ("core", "outSize", 5, 2.5),
    ("core", "outSize", 5, 0),
    ("core", "tensor", [2, 2], [1, 2, 3]),
    ("core", "tensor", [2, 0]),
    ("core", "fromNested", [[1, 2], [3]]),
    ("core", "fromNested", [[1, 2], 3]),
    ("core", "fromNested", [[1, 2], [3, 4, 5], [6]]),
    ("core", "fromNested", 3),
    ("core", "fromNested", []),
    ("core", "pad2d", square(3), 3, "reflect"),
    ("core", "pad2d", square(3), 4, "circular"),
    ("core", "pad2d", square(3), -1),
    ("core", "pad2d", square(3), [1, 2, 3]),
    ("core", "pad2d", square(3), [1, 1, 0, 0.5]),
    ("core", "pad2d", square(3), 1, "mirror"),
    ("core", "pad2d", square(3, 1, 1), 1),
    ("core", "correlate2d", square(3), square(4)),
    ("core", "correlate2d", square(3), square(2), {"dilation": 3}),
    ("core", "correlate2d", square(3, 1), square(2)),
    ("core", "correlate2d", square(3), square(2), {"stride": 0}),
    ("core", "correlate2d", square(3), square(2), {"padding": [1, -1]}),
    ("core", "correlate2d", square(3), square(2), {"mode": "same"}),
    ("core", "correlate2d", square(3), square(2), {"mode": "reflect", "padding": 3}),
    ("core", "correlate2d", square(3), square(2), {"out": [0] * 4}),
    ("core", "correlate2d", None, square(2)),
    ("core", "correlate2d", {"shape": [2, 2], "data": [1]}, square(2)),
    ("core", "conv2d", square(3, 4), square(2, 2, 3)),
    ("core", "conv2d", square(3, 4), square(2, 3, 2), None, {"groups": 2}),
    ("core", "conv2d", square(3, 4), square(2, 2, 4), None, {"groups": 0}),
    ("core", "conv2d", square(3, 4), square(2, 2, 4), [1]),
    ("core", "conv2d", square(3), square(2, 2, 4)),
    ("core", "convBackward", square(3), square(2), square(3)),
    ("core", "convBackward", square(3), square(2), square(2), {"mode": "reflect"}),
    ("core", "pool2d", square(4), {"kind": "min", "k": 2}),
    ("core", "pool2d", square(4), {"kind": "max", "k": 5}),
    ("core", "pool2d", square(4), {"kind": "max", "k": 2, "p": 2}),
    ("core", "pool2d", square(4), {"kind": "max", "k": [3, 1], "p": 1}),
    ("core", "pool2d", square(4), {"kind": "average"}),
    ("core", "pool2d", square(4)),
    ("core", "poolBackward", square(4), square(3), {"kind": "max", "k": 2}),
    ("core", "blurPool", square(3), {"k": 0}),
    ("core", "blurPool", square(3), {"s": 0}),
    ("core", "blurPool", square(1)),
    ("sizes", "receptiveFields", [[3, 0]]),
    ("sizes", "receptiveFields", [[]]),
    ("sizes", "useCounts", 3, 5),
    ("sizes", "useCountsMode", 3, 3, 3, "reflect"),
    ("sizes", "useCountsMode", 3, 3, 1, "same"),
    ("sizes", "unread", 3, 2, {"s": -1}),
    ("sizes", "effectiveField", [[3, 1, 0, 0]]),
    ("nets", "decodeBytes", "not base64!"),
    ("nets", "decodeFloat16", text_of([1, 2, 3], "u1")),
    ("nets", "decodeFloat32", text_of([1, 2, 3], "u1")),
    ("nets", "makeLeNet", {}),
]


def test_bad_input_is_a_range_error(page):
    calls = [(module, name, arguments) for module, name, *arguments in BAD]
    answers = json.loads(page.evaluate(CALLS, json.dumps(calls)))
    for answer, case in zip(answers, BAD, strict=True):
        assert answer.get("error") == "RangeError", (case, answer)
    messages = [answer["message"] for answer in answers]
    assert "⌊(n + 2p − d(k−1) − 1)/s⌋ + 1" in messages[0]
    assert "a kernel of 5" in messages[0]
    assert "3 + 2·0 = 3" in messages[0]


def test_lenet_refuses_what_does_not_fit(page):
    assert page.evaluate(
        """async () => {
          const { makeLeNet } = await import("./nets.js");
          const zeros = (n, m) => (
            { weight: new Float32Array(n * m), bias: new Float32Array(n) });
          const params = { conv1: zeros(6, 25), conv2: zeros(16, 150),
            fc1: zeros(120, 400), fc2: zeros(84, 120), fc3: zeros(10, 84) };
          const name = (work) => {
            try { work(); return "none"; } catch (error) { return error.name; }
          };
          const net = makeLeNet(params);
          const kept = net.forward(new Float32Array(784));
          return [
            name(() => net.forward(new Float32Array(783))),
            name(() => net.forward()),
            name(() => makeLeNet({ ...params, fc2: { weight: params.fc2.weight } })),
            name(() => makeLeNet({ ...params, fc2: { bias: params.fc2.bias } })),
            name(() => makeLeNet({ ...params, fc2: { ...params.fc2, weight: [0] } })),
            name(() => makeLeNet(params, { activation: "elu" })),
            name(() => makeLeNet(params, { pool: "min" })),
            name(() => makeLeNet(params, { mean: 0.3, std: 0 })),
            name(() => makeLeNet(params, { mean: NaN })),
            kept === net.forward(new Float32Array(784)) && kept.probs[3] === 0.1,
          ];
        }"""
    ) == [*["RangeError"] * 9, True]


# Milliseconds of [a sum of 1,500,000 products, a correlation with as many, LeNet]:
# the best of rounds that take turns, until all is compiled: that takes long while
# others have the processor.
TIMES = """async () => {
  const { tensor, correlate2d } = await import("./core.js");
  const { makeLeNet } = await import("./nets.js");
  const noise = (n) => Float64Array.from({ length: n }, (_, i) => Math.sin(i));
  const [X, K, out] = [tensor([200, 300], noise(60000)), tensor([5, 5], noise(25)),
    new Float64Array(60000)];
  const layer = (n, m) => ({ weight: noise(n * m), bias: noise(n) });
  const net = makeLeNet({ conv1: layer(6, 25), conv2: layer(16, 150),
    fc1: layer(120, 400), fc2: layer(84, 120), fc3: layer(10, 84) });
  const picture = noise(784);
  const bare = () => {
    let sum = 0;
    for (const weight of K.data) {
      for (let n = 0; n < out.length; n++) sum += weight * X.data[n];
    }
    return sum;
  };
  const works = [bare, () => correlate2d(X, K, { padding: 2, out }),
    () => net.forward(picture)];
  const best = works.map(() => Infinity);
  const end = performance.now() + 20000;
  const slow = () => best[1] > 5 || best[2] > 2;
  for (let n = 0; n < 30 || (slow() && performance.now() < end); n++) {
    works.forEach((work, which) => {
      const began = performance.now();
      work();
      best[which] = Math.min(best[which], performance.now() - began);
    });
  }
  return best;
}"""


def test_fast_enough_to_follow_a_pointer(page):
    """5 and 2 ms; where a bare loop crawls too, the machine is busy, not the code."""
    bare, correlation, forward = page.evaluate(TIMES)
    assert correlation <= max(5, 6 * bare), f"200×300, 5×5: {correlation} of {bare} ms"
    assert forward <= max(2, 3 * bare), f"LeNet: {forward} of {bare} ms"
