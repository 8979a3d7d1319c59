/**
 * Tensors, and the sums behind padding, convolution and pooling, as PyTorch means them.
 *
 * Pure numbers: no page, no state. A tensor is a shape and its numbers in row-major order;
 * results hold a Float64Array of their own. Bad shapes and settings raise a RangeError that
 * names the numbers.
 *
 * @typedef {{shape: number[], data: Float64Array | Float32Array}} Tensor
 * @typedef {number | [number, number]} Pair  one number, or one each for rows and columns
 * @typedef {{stride?: Pair, padding?: Pair, dilation?: Pair, mode?: PaddingMode}} Steps
 * @typedef {{kind: "max" | "average", k: Pair, s?: Pair, p?: Pair}} Pooling  s is k by default
 */

import { volume, checkWhole, asPair, checkChoice, checkLength, checkTensor, checkShape } from "./checks.js";
import { PADDING_MODES, sourceIndex } from "./padding.js";
import { addCorrelation, addGradients, maximumAt, setMaxima } from "./windows.js";

// Loops that only ever see doubles are compiled to code that is twice as fast.
const doubles = ({ data }) => (data instanceof Float64Array ? data : Float64Array.from(data));

/** [channels, height, width] of a picture with or without a channel axis. */
function planesOf(X) {
  checkTensor(X, "X", "[h, w] or [c, h, w]", 2, 3);
  return X.shape.length === 2 ? [1, ...X.shape] : X.shape;
}

/**
 * @param {number[]} shape
 * @param {Float64Array | Float32Array | number[]} [data]  zeros by default; a typed array is kept
 * @returns {Tensor}
 * @throws {RangeError} for sides below 1 and another number of numbers
 */
export function tensor(shape, data) {
  shape.forEach((n) => checkWhole(n, "each side of a tensor", 1));
  const size = volume(shape);
  const numbers = Array.isArray(data) ? Float64Array.from(data) : data ?? new Float64Array(size);
  checkLength(numbers, `a tensor of shape [${shape}]`, size);
  return { shape: [...shape], data: numbers };
}

/**
 * Nested arrays as a tensor. @param {number[] | Array} rows @returns {Tensor}
 * @throws {RangeError} for rows of unequal length
 */
export function fromNested(rows) {
  const shape = [];
  for (let level = rows; Array.isArray(level); level = level[0]) shape.push(level.length);
  const fits = (part, axis) => axis === shape.length ? typeof part === "number"
    : Array.isArray(part) && part.length === shape[axis] && part.every((p) => fits(p, axis + 1));
  if (!shape.length || !fits(rows, 0)) {
    throw new RangeError(`nested rows must form a full grid of numbers of shape [${shape}]`);
  }
  return tensor(shape, rows.flat(Infinity));
}

/** A tensor as nested arrays. @param {Tensor} T @returns {Array} */
export function toNested({ shape, data }) {
  let parts = Array.from(data);
  for (const n of shape.slice(1).reverse()) {
    parts = Array.from({ length: parts.length / n }, (_, i) => parts.slice(i * n, (i + 1) * n));
  }
  return parts;
}

/**
 * Output cells along one axis: ⌊(n + 2p − d(k−1) − 1)/s⌋ + 1, padding counted per side.
 * @param {number} n input cells @param {number} k kernel @param {number} [p] padding
 * @param {number} [s] stride @param {number} [d] dilation
 * @throws {RangeError} for numbers out of range and a window that does not fit
 */
export function outSize(n, k, p = 0, s = 1, d = 1) {
  checkWhole(n, "the input size n", 0);
  checkWhole(k, "the kernel size k", 1);
  checkWhole(p, "the padding p", 0);
  checkWhole(s, "the stride s", 1);
  checkWhole(d, "the dilation d", 1);
  const span = d * (k - 1) + 1;
  if (span > n + 2 * p) {
    throw new RangeError(`a kernel of ${k} with dilation ${d} spans ${span} cells and does not ` +
      `fit into ${n} + 2·${p} = ${n + 2 * p}: the output size ` +
      "⌊(n + 2p − d(k−1) − 1)/s⌋ + 1 would be below 1");
  }
  return Math.floor((n + 2 * p - span) / s) + 1;
}

/**
 * A picture with rows and columns added around it.
 * @param {Tensor} X  [h, w] or [c, h, w]
 * @param {number | number[]} padding  cells per side: one number, [rows, columns], or
 *   [top, bottom, left, right]
 * @param {PaddingMode} [mode]  reflect does not repeat the edge, replicate repeats nothing else
 * @returns {Tensor}
 * @throws {RangeError} as `sourceIndex`
 */
export function pad2d(X, padding, mode = "zeros") {
  const [c, h, w] = planesOf(X);
  const four = Array.isArray(padding) && padding.length === 4;
  const [ph, pw] = four ? [] : asPair(padding, "the padding", 0);
  const [top, bottom, left, right] = four ? padding : [ph, ph, pw, pw];
  const rows = sourceIndex(h, top, bottom, mode);
  const cols = sourceIndex(w, left, right, mode);
  const Y = tensor([...X.shape.slice(0, -2), rows.length, cols.length]);
  let y = 0;
  for (let plane = 0; plane < c; plane++) {
    for (const row of rows) {
      for (const col of cols) {
        Y.data[y++] = row < 0 || col < 0 ? 0 : X.data[(plane * h + row) * w + col];
      }
    }
  }
  return Y;
}

/**
 * How windows step along one zero-padded axis, for the loops of windows.js; see Plan there.
 * Arguments and errors as for `outSize`.
 */
export function planAxis(n, k, p = 0, s = 1, d = 1) {
  const out = outSize(n, k, p, s, d);
  const start = Int32Array.from({ length: k }, (_, tap) => tap * d - p);
  const first = start.map((at) => Math.max(0, Math.ceil(-at / s)));
  const end = start.map((at, tap) =>
    Math.max(first[tap], Math.min(out, Math.floor((n - 1 - at) / s) + 1)));
  const low = Math.max(...first);
  const high = Math.max(low, Math.min(...end));
  return { n, k, s, out, start, first, end, low, high };
}

/** X, padded where zeros will not do, and how the windows step over it. */
function planWindows(X, [kh, kw], { stride = 1, padding = 0, dilation = 1, mode = "zeros" }) {
  checkChoice(mode, "the padding mode", PADDING_MODES);
  const [sh, sw] = asPair(stride, "the stride", 1);
  const [dh, dw] = asPair(dilation, "the dilation", 1);
  let [ph, pw] = asPair(padding, "the padding", 0);
  let padded = X;
  if (mode !== "zeros") [padded, ph, pw] = [pad2d(X, [ph, pw], mode), 0, 0];
  const [h, w] = padded.shape.slice(-2);
  const [rows, cols] = [planAxis(h, kh, ph, sh, dh), planAxis(w, kw, pw, sw, dw)];
  return { data: doubles(padded), rows, cols };
}

/**
 * One picture with one kernel: Y[i,j] = bias + Σ K[a,b] X[i·s + a·d − p, j·s + b·d − p].
 * @param {Tensor} X  [h, w] @param {Tensor} K  [kh, kw]
 * @param {Steps & {bias?: number, flip?: boolean, out?: Float64Array}} [options]
 *   flip: strict convolution, the kernel turned by 180°; out: where the numbers go
 * @returns {Tensor} [oh, ow]
 * @throws {RangeError} for shapes and settings that do not fit, and an `out` of another length
 */
export function correlate2d(X, K, { bias = 0, flip = false, out, ...steps } = {}) {
  checkTensor(X, "X", "[h, w]", 2);
  checkTensor(K, "K", "[kh, kw]", 2);
  const { data, rows, cols } = planWindows(X, K.shape, steps);
  if (out !== undefined && (!(out instanceof Float64Array) || out === X.data)) {
    throw new RangeError("out must be a Float64Array other than the picture's own");
  }
  const Y = tensor([rows.out, cols.out], out);
  addCorrelation(Y.data.fill(bias), 0, data, 0, doubles(K), 0, rows, cols, flip);
  return Y;
}

/**
 * Many channels, as F.conv2d for one example.
 * @param {Tensor} X  [ci, h, w] @param {Tensor} W  [co, ci/groups, kh, kw]
 * @param {ArrayLike<number> | null} [bias]  co numbers
 * @param {Steps & {groups?: number}} [options]
 * @returns {Tensor} [co, oh, ow]
 * @throws {RangeError} for shapes and settings that do not fit
 */
export function conv2d(X, W, bias = null, { groups = 1, ...steps } = {}) {
  checkTensor(X, "X", "[ci, h, w]", 3);
  checkTensor(W, "W", "[co, ci/groups, kh, kw]", 4);
  const [ci, [co, slices, kh, kw]] = [X.shape[0], W.shape];
  checkWhole(groups, "groups", 1);
  if (ci !== slices * groups || co % groups) {
    throw new RangeError(`groups=${groups} must divide ${ci} input and ${co} output channels, ` +
      `and each kernel needs ${ci}/${groups} slices, got ${slices}`);
  }
  if (bias !== null) checkLength(bias, "bias", co);
  const { data, rows, cols } = planWindows(X, [kh, kw], steps);
  const [Y, weights] = [tensor([co, rows.out, cols.out]), doubles(W)];
  const [area, field] = [rows.out * cols.out, rows.n * cols.n];
  for (let o = 0; o < co; o++) {
    if (bias !== null) Y.data.fill(bias[o], o * area, (o + 1) * area);
    const firstChannel = Math.floor(o / (co / groups)) * slices;
    for (let c = 0; c < slices; c++) {
      addCorrelation(Y.data, o * area, data, (firstChannel + c) * field,
        weights, (o * slices + c) * kh * kw, rows, cols);
    }
  }
  return Y;
}

/**
 * Gradients of ΣG·Y by input, kernel and bias, for Y = correlate2d(X, K) with zero padding.
 * @param {Tensor} X  [h, w] @param {Tensor} K  [kh, kw] @param {Tensor} G  [oh, ow]
 * @param {Steps & {flip?: boolean}} [options]
 * @returns {{X: Tensor, K: Tensor, bias: number}}
 * @throws {RangeError} as `correlate2d`, for a G of another shape, for other modes than zeros
 */
export function convBackward(X, K, G, { flip = false, ...steps } = {}) {
  checkTensor(X, "X", "[h, w]", 2);
  checkTensor(K, "K", "[kh, kw]", 2);
  checkChoice(steps.mode ?? "zeros", "the padding mode", ["zeros"]);
  const { data, rows, cols } = planWindows(X, K.shape, steps);
  checkShape(G, "G", [rows.out, cols.out]);
  const [dX, dK] = [tensor(X.shape), tensor(K.shape)];
  addGradients(dX.data, 0, dK.data, data, doubles(K), doubles(G), 0, rows, cols, flip);
  return { X: dX, K: dK, bias: G.data.reduce((sum, v) => sum + v, 0) };
}

function planPool(X, { kind, k, s = k, p = 0 } = {}) {
  checkChoice(kind, "the kind of pooling", ["max", "average"]);
  const [kh, kw] = asPair(k, "the window k", 1);
  const [sh, sw] = asPair(s, "the stride s", 1);
  const [ph, pw] = asPair(p, "the padding p", 0);
  if (2 * ph > kh || 2 * pw > kw) { // some window would hold padding alone
    throw new RangeError(`padding must be at most half the window, got ${p} for ${k}`);
  }
  const [c, h, w] = planesOf(X);
  const rows = planAxis(h, kh, ph, sh);
  const cols = planAxis(w, kw, pw, sw);
  const shape = [...X.shape.slice(0, -2), rows.out, cols.out];
  const mean = new Float64Array(kh * kw).fill(1 / (kh * kw));
  const [field, area] = [h * w, rows.out * cols.out];
  return { data: doubles(X), kind, c, rows, cols, shape, mean, field, area };
}

/**
 * Maximum (padded with −∞) or average (padded with zeros that count) over windows, channel by
 * channel, as F.max_pool2d and F.avg_pool2d.
 * @param {Tensor} X  [h, w] or [c, h, w] @param {Pooling} options
 * @returns {Tensor} with the sides outSize(n, k, p, s)
 * @throws {RangeError} for settings that do not fit, and padding over half the window
 */
export function pool2d(X, options) {
  const { data, kind, c, rows, cols, shape, mean, field, area } = planPool(X, options);
  const Y = tensor(shape);
  for (let n = 0; n < c; n++) {
    if (kind === "max") setMaxima(Y.data, n * area, data, n * field, rows, cols);
    else addCorrelation(Y.data, n * area, data, n * field, mean, 0, rows, cols);
  }
  return Y;
}

/**
 * Gradient of ΣG·pool2d(X) by X; a maximum hands all of it to the first of equals.
 * @param {Tensor} X @param {Tensor} G  the shape of the result @param {Pooling} options
 * @returns {Tensor} the shape of X
 * @throws {RangeError} as `pool2d`, and for a G of another shape
 */
export function poolBackward(X, G, options) {
  const { data, kind, c, rows, cols, shape, mean, field, area } = planPool(X, options);
  checkShape(G, "G", shape);
  const [dX, slope] = [tensor(X.shape), doubles(G)];
  for (let n = 0; n < c; n++) {
    if (kind === "average") {
      const ignored = new Float64Array(mean.length);
      addGradients(dX.data, n * field, ignored, data, mean, slope, n * area, rows, cols);
      continue;
    }
    for (let y = 0; y < area; y++) {
      const [i, j] = [Math.floor(y / cols.out), y % cols.out];
      dX.data[maximumAt(data, n * field, rows, cols, i, j)] += slope[n * area + y];
    }
  }
  return dX;
}

/**
 * Blur with a binomial filter ([1, 2, 1]/4 each way for k 3), then keep every s-th row and
 * column: d2l_helpers.blur_pool2d. For the blurred maximum give it a pool2d with s 1.
 * @param {Tensor} X  [h, w] or [c, h, w]
 * @param {{k?: number, s?: Pair, mode?: PaddingMode}} [options]
 * @returns {Tensor} with ⌈h/s⌉ rows
 * @throws {RangeError} where the padding does not fit the picture
 */
export function blurPool(X, { k = 3, s = 2, mode = "reflect" } = {}) {
  checkWhole(k, "the filter size k", 1);
  let row = [1];
  while (row.length < k) row = [...row, 0].map((v, i) => (v + (row[i - 1] ?? 0)) / 2);
  const [before, after] = [Math.floor((k - 1) / 2), Math.floor(k / 2)];
  const padded = pad2d(X, [before, after, before, after], mode);
  const [c, h, w] = planesOf(padded);
  const weights = row.flatMap((u) => row.map((v) => u * v));
  const kernels = tensor([c, 1, k, k], Array.from({ length: c }, () => weights).flat());
  const Y = conv2d(tensor([c, h, w], padded.data), kernels, null, { stride: s, groups: c });
  return tensor([...X.shape.slice(0, -2), ...Y.shape.slice(1)], Y.data);
}
