/** Weights out of text, and LeNet: the forward pass of d2l_helpers.LeNet, in double precision. */

import { volume, checkChoice, checkLength } from "./checks.js";
import { addCorrelation, setMaxima } from "./windows.js";
import { planAxis } from "./core.js";

/**
 * @param {string} base64 @returns {Uint8Array} memory of its own
 * @throws {RangeError} for text that is not base64
 */
export function decodeBytes(base64) {
  let text;
  try {
    text = atob(base64);
  } catch {
    throw new RangeError("the text is not base64");
  }
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The numbers of `size` bytes each that a text holds, as `read(view, at)` reads them. */
function decodeNumbers(base64, size, read) {
  const bytes = decodeBytes(base64);
  if (bytes.length % size) {
    throw new RangeError(`${bytes.length} bytes are no whole number of ${8 * size}-bit numbers`);
  }
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / size }, (_, n) => read(view, n * size));
}

/** IEEE 754 binary16: sign, 5 bits of exponent biased by 15, 10 of fraction. */
function halfToNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * @param {string} base64  little-endian float16 @returns {Float32Array} exactly these numbers
 * @throws {RangeError} for other text and half a number
 */
export function decodeFloat16(base64) {
  return decodeNumbers(base64, 2, (view, at) => halfToNumber(view.getUint16(at, true)));
}

/** @param {string} base64  little-endian float32 @returns {Float32Array} @throws {RangeError} */
export function decodeFloat32(base64) {
  return decodeNumbers(base64, 4, (view, at) => view.getFloat32(at, true));
}

/** @param {string} base64  signed bytes @returns {Int8Array} @throws {RangeError} */
export function decodeInt8(base64) {
  return new Int8Array(decodeBytes(base64).buffer);
}

/**
 * Shares that add up to 1.
 * @param {ArrayLike<number>} logits @param {Float64Array} [out]  where they go
 * @returns {Float64Array}
 */
export function softmax(logits, out = new Float64Array(logits.length)) {
  let largest = -Infinity;
  for (let n = 0; n < logits.length; n++) largest = Math.max(largest, logits[n]);
  let sum = 0;
  for (let n = 0; n < logits.length; n++) {
    out[n] = Math.exp(logits[n] - largest); // cannot overflow
    sum += out[n];
  }
  for (let n = 0; n < logits.length; n++) out[n] /= sum;
  return out;
}

const ACTIVATIONS = {
  relu: (v) => (v < 0 ? 0 : v), // NaN stays NaN
  sigmoid: (v) => 1 / (1 + Math.exp(-v)),
  tanh: Math.tanh,
};

/** Channels, height and width, or the length, of what `forward` returns. */
export const LENET_SHAPES = {
  input: [1, 28, 28],
  conv1: [6, 28, 28], act1: [6, 28, 28], pool1: [6, 14, 14],
  conv2: [16, 10, 10], act2: [16, 10, 10], pool2: [16, 5, 5],
  act3: [120], act4: [84], logits: [10], probs: [10],
};

const WEIGHTS = { conv1: [6, 25], conv2: [16, 150], fc1: [120, 400], fc2: [84, 120], fc3: [10, 84] };

/**
 * A convolution as a matrix product: for each window of the axis (both ways), side by side,
 * the cells of X that it reads in each channel, −1 for a zero.
 */
function windowCells(channels, axis) {
  const { n, k, out, start } = axis;
  const cells = [];
  for (let i = 0; i < out; i++) {
    for (let j = 0; j < out; j++) {
      for (let m = 0; m < channels * k * k; m++) {
        const r = i + start[Math.floor(m / k) % k];
        const c = j + start[m % k];
        const inside = r >= 0 && r < n && c >= 0 && c < n;
        cells.push(inside ? (Math.floor(m / (k * k)) * n + r) * n + c : -1);
      }
    }
  }
  return { cells: Int32Array.from(cells), copied: new Float64Array(cells.length) };
}

/** Y[o, c] = bias[o] + Σ weight[o, m] P[c, m]; two rows at a time read P half as often. */
function multiply(Y, P, { weight, bias }) {
  const length = weight.length / bias.length;
  const columns = P.length / length;
  for (let o = 0; o < bias.length; o += 2) { // all of LeNet's layers have an even number
    const [upper, lower] = [o * length, (o + 1) * length];
    for (let c = 0; c < columns; c++) {
      const at = c * length;
      let [first, second] = [bias[o], bias[o + 1]];
      for (let m = 0; m < length; m++) {
        const value = P[at + m];
        first += weight[upper + m] * value;
        second += weight[lower + m] * value;
      }
      Y[o * columns + c] = first;
      Y[(o + 1) * columns + c] = second;
    }
  }
}

function convolve(Y, X, layer, { cells, copied }) {
  for (let m = 0; m < cells.length; m++) copied[m] = cells[m] < 0 ? 0 : X[cells[m]];
  multiply(Y, copied, layer);
}

const QUARTERS = Float64Array.of(0.25, 0.25, 0.25, 0.25);

function halve(Y, X, kind, axis) {
  const [area, field] = [axis.out ** 2, axis.n ** 2];
  if (kind === "average") Y.fill(0);
  for (let y = 0, x = 0; y < Y.length; y += area, x += field) {
    if (kind === "max") setMaxima(Y, y, X, x, axis, axis);
    else addCorrelation(Y, y, X, x, QUARTERS, 0, axis, axis);
  }
}

/**
 * LeNet for 28×28 grey pictures: (convolution, activation, pooling) twice, then dense layers
 * of 120, 84 and 10 units with the activation between them; conv1 is padded by 2.
 *
 * @param {Object<string, {weight: ArrayLike<number>, bias: ArrayLike<number>}>} params  conv1
 *   (6·25 weights), conv2 (16·6·25), fc1 (120·400), fc2 (84·120), fc3 (10·84), in the order of
 *   PyTorch's tensors
 * @param {{activation?: "relu" | "sigmoid" | "tanh", pool?: "max" | "average", mean?: number,
 *   std?: number}} [options]  with mean and std the first step is (pixel − mean)/std
 * @returns {{forward: (pixels: ArrayLike<number>) => Object<string, Float64Array>}} `forward`
 *   takes 784 pixels and returns input, conv1, act1, pool1, conv2, act2, pool2, act3, act4,
 *   logits and probs, with the shapes LENET_SHAPES, in buffers that the next call overwrites
 * @throws {RangeError} for other numbers of weights or pixels, an unknown option, a std of 0
 */
export function makeLeNet(params, { activation = "relu", pool = "max", mean = 0, std = 1 } = {}) {
  checkChoice(activation, "the activation", Object.keys(ACTIVATIONS));
  checkChoice(pool, "the pooling", ["max", "average"]);
  if (!(std > 0) || !Number.isFinite(mean)) {
    throw new RangeError(`mean must be a number and std positive, got ${mean} and ${std}`);
  }
  const layers = {};
  for (const [name, [units, each]] of Object.entries(WEIGHTS)) {
    const { weight, bias } = params[name] ?? {};
    checkLength(weight, `${name}.weight`, units * each);
    checkLength(bias, `${name}.bias`, units);
    // doubles throughout: loops that see one kind of array only are compiled better
    layers[name] = { weight: Float64Array.from(weight), bias: Float64Array.from(bias) };
  }
  const buffers = {};
  for (const [name, shape] of Object.entries(LENET_SHAPES)) {
    buffers[name] = new Float64Array(volume(shape));
  }
  const windows1 = windowCells(1, planAxis(28, 5, 2));
  const windows2 = windowCells(6, planAxis(14, 5));
  const [halved1, halved2] = [planAxis(28, 2, 0, 2), planAxis(10, 2, 0, 2)];
  const act = ACTIVATIONS[activation];

  function activate(Y, X) {
    for (let n = 0; n < X.length; n++) Y[n] = act(X[n]);
  }

  function forward(pixels) {
    checkLength(pixels, "the picture", 784);
    const { input, conv1, act1, pool1, conv2, act2, pool2, act3, act4, logits, probs } = buffers;
    for (let n = 0; n < 784; n++) input[n] = (pixels[n] - mean) / std;
    convolve(conv1, input, layers.conv1, windows1);
    activate(act1, conv1);
    halve(pool1, act1, pool, halved1);
    convolve(conv2, pool1, layers.conv2, windows2);
    activate(act2, conv2);
    halve(pool2, act2, pool, halved2);
    multiply(act3, pool2, layers.fc1);
    activate(act3, act3);
    multiply(act4, act3, layers.fc2);
    activate(act4, act4);
    multiply(logits, act4, layers.fc3);
    softmax(logits, probs);
    return buffers;
  }

  return { forward };
}
