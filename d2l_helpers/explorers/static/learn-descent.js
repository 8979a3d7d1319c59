/** Gradient descent on Σ(X ⋆ K − Y)², and what it looks like in its bowl. */
import { correlate2d, convBackward, tensor } from "./core.js";

const STOP = 1e12; // a loss above this has exploded: the run ends, as in Python
const dot = (a, b) => a.reduce((sum, v, n) => sum + v * b[n], 0);

/** What the page was given, as tensors, and the bowl that the loss is over the weights. */
export function readCase({ name, x, k, X, Y, K, starts, curvatures, directions }) {
  // not nets.js, which would bring a whole network along
  const numbers = (text) => Float64Array.from(new Float32Array(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer));
  const [h, w] = [x[0] - k[0] + 1, x[1] - k[1] + 1];
  const size = k[0] * k[1];
  const all = numbers(starts);
  const rows = numbers(directions);
  const found = {
    name, curvatures, size, shape: k, X: tensor(x, numbers(X)), Y: tensor([h, w], numbers(Y)), K: numbers(K),
    starts: Array.from({ length: all.length / size }, (_, n) => all.slice(n * size, (n + 1) * size)),
    directions: curvatures.map((_, n) => rows.slice(n * size, (n + 1) * size)),
    flat: curvatures.filter((c) => c === 0).length,
  };
  return { ...found, limit: 2 / curvatures.at(-1), ...bowl(found) };
}

/**
 * The loss is KᵀAK − 2bᵀK + c. With E a kernel of one 1, its answer correlated with the
 * picture once more (the backward pass) is a column of A; the target gives b.
 */
function bowl({ X, Y, shape, size }) {
  const back = (K, G) => convBackward(X, K, G).K.data;
  const unit = (n) => tensor(shape, Float64Array.from({ length: size }, (_, m) => Number(m === n)));
  const A = Array.from({ length: size }, (_, n) => back(unit(n), correlate2d(X, unit(n))));
  return { A, b: back(unit(0), Y), c: dot(Y.data, Y.data) };
}

/** Y − target, and the sum of its squares, for one kernel. */
export function answerOf({ X, Y, shape }, K) {
  const output = correlate2d(X, tensor(shape, Float64Array.from(K)));
  const error = output.data.map((v, n) => v - Y.data[n]);
  return { output: output.data, error, loss: dot(error, error) };
}

/** The two directions that are drawn: the steepest, and the flattest that the start errs along. */
export function plane({ directions, flat, K }, start) {
  const steep = directions.at(-1);
  if (!flat) return [steep, directions[0]];
  const off = start.map((v, n) => v - K[n]);
  const inFlat = new Float64Array(off.length);
  for (const direction of directions.slice(0, flat)) {
    const share = dot(direction, off);
    direction.forEach((v, n) => { inFlat[n] += share * v; });
  }
  const length = Math.sqrt(dot(inFlat, inFlat)) || 1;
  return [steep, inFlat.map((v) => v / length)];
}

/**
 * @param {Object} task  from readCase @param {ArrayLike<number>} start  its weights
 * @param {number} rate @param {number} steps
 * @returns {{K: Float64Array, losses: number[], worst: number[], path: [number, number][],
 *   axes: Float64Array[]}} before each step and after the last; shorter where the loss exploded
 */
export function descend(task, start, rate, steps) {
  const { A, b, c, size, K: goal } = task;
  const axes = plane(task, start);
  let K = Float64Array.from(start);
  const slope = new Float64Array(size); // half the gradient
  const [losses, worst, path] = [[], [], []];
  for (let step = 0; step <= steps; step++) {
    let [loss, far, u, v] = [c, 0, 0, 0];
    for (let n = 0; n < size; n++) {
      let sum = 0;
      for (let m = 0; m < size; m++) sum += A[n][m] * K[m];
      slope[n] = sum - b[n];
      loss += K[n] * (sum - 2 * b[n]);
      const off = K[n] - goal[n];
      far = Math.max(far, Math.abs(off));
      u += off * axes[0][n];
      v += off * axes[1][n];
    }
    losses.push(Math.max(0, loss));
    worst.push(far);
    path.push([u, v]);
    if (loss > STOP) break;
    if (step < steps) K = K.map((weight, n) => weight - rate * 2 * slope[n]);
  }
  return { K, losses, worst, path, axes };
}
