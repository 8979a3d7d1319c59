/** What the explorer "pooling" computes: four ways to halve a picture, before and after a shift. */
import { tensor, pool2d, poolBackward, blurPool } from "./core.js";

export const MARGIN = 4; // blank pixels around the picture: no shift cuts it off
export const MOST = 3; // pixels of shift; the blurred maximum reads one more
export const KINDS = ["strided", "max", "average", "blurred"];
export const NAMES = {
  strided: "every second pixel", max: "maximum 2/2", average: "average 2/2", blurred: "maximum 2/1, blur 3/2",
};
const SAME = 1e-6; // numbers closer than this count as equal, as in the page's test

/**
 * A picture on its canvas, moved down and to the right.
 * @param {Uint8Array} bytes  grey levels @param {[number, number]} size  its rows and columns
 */
export function placed(bytes, [rows, cols], dy, dx) {
  const X = tensor([rows + 2 * MARGIN, cols + 2 * MARGIN]);
  for (let i = 0; i < rows; i++) {
    const at = (i + MARGIN + dy) * X.shape[1] + MARGIN + dx;
    for (let j = 0; j < cols; j++) X.data[at + j] = bytes[i * cols + j] / 255;
  }
  return X;
}

/** Half the rows and columns, by one of the KINDS. The canvas is blank beyond its border. */
export function shrink(X, kind) {
  if (kind === "strided") return pool2d(X, { kind: "max", k: 1, s: 2 });
  if (kind === "blurred") return blurPool(pool2d(X, { kind: "max", k: 2, s: 1, p: 0 }), { k: 3, s: 2, mode: "zeros" });
  return pool2d(X, { kind, k: 2 });
}

/** A map moved down and to the right by whole cells; zeros come in. */
function moved(Z, di, dj) {
  const [rows, cols] = Z.shape;
  const out = tensor(Z.shape);
  for (let i = Math.max(0, di); i < Math.min(rows, rows + di); i++) {
    for (let j = Math.max(0, dj); j < Math.min(cols, cols + dj); j++) {
      out.data[i * cols + j] = Z.data[(i - di) * cols + j - dj];
    }
  }
  return out;
}

function distance(A, B = null) {
  let sum = 0;
  for (let n = 0; n < A.length; n++) sum += (A[n] - (B ? B[n] : 0)) ** 2;
  return Math.sqrt(sum);
}

/**
 * @param before, Z  maps of one shape
 * @returns {{change: Float64Array, cells: number, changed: number, size: number}}
 *   change: Z − before; cells: not blank in one or the other; changed: how many of them differ;
 *   size: ‖change‖/‖before‖, NaN for a blank map
 */
export function compare(before, Z) {
  const change = new Float64Array(Z.data.length);
  let [cells, changed] = [0, 0];
  for (let n = 0; n < change.length; n++) {
    change[n] = Z.data[n] - before.data[n];
    if (before.data[n] !== 0 || Z.data[n] !== 0) cells++;
    if (Math.abs(change[n]) > SAME) changed++;
    else change[n] = 0;
  }
  return { change, cells, changed, size: distance(change) / distance(before.data) };
}

/** Of the moves by whole cells nearest to a shift by pixels the one that fits Z best. */
export function bestMove(before, Z, dy, dx) {
  const near = (d) => [...new Set([Math.floor(d / 2), Math.ceil(d / 2)])];
  const all = near(dy).flatMap((di) => near(dx).map((dj) => ({ di, dj, map: moved(before, di, dj) })));
  const far = (move) => distance(Z.data, move.map.data);
  return all.reduce((best, move) => (far(move) < far(best) - SAME ? move : best));
}

/** The map's sum at the grid's four phases (rows even or odd, columns even or odd). */
export function phaseSums(bytes, size, kind) {
  return [[0, 0], [0, -1], [-1, 0], [-1, -1]].map(([dy, dx]) =>
    shrink(placed(bytes, size, dy, dx), kind).data.reduce((a, b) => a + b, 0));
}

/** (largest − smallest)/mean, NaN for blank maps. */
export function range(sums) {
  const mean = sums.reduce((a, b) => a + b) / sums.length;
  return (Math.max(...sums) - Math.min(...sums)) / mean;
}

/** The pixels that cell [i, j] reads: {i, j, rows, cols}, within a canvas of [rows, cols]. */
export function windowOf(kind, i, j, [rows, cols]) {
  if (kind === "strided") return { i: 2 * i, j: 2 * j, rows: 1, cols: 1 };
  if (kind !== "blurred") return { i: 2 * i, j: 2 * j, rows: 2, cols: 2 };
  const [top, left] = [Math.max(0, 2 * i - 1), Math.max(0, 2 * j - 1)];
  return { i: top, j: left, rows: Math.min(rows, 2 * i + 3) - top, cols: Math.min(cols, 2 * j + 3) - left };
}

/** The gradient of cell [i, j] by the pixels: who gets what of a 1. */
export function gradientOf(X, kind, i, j) {
  const one = (shape, cells) => {
    const G = tensor(shape);
    for (const [r, c, v] of cells) if (r >= 0 && c >= 0 && r < shape[0] && c < shape[1]) G.data[r * shape[1] + c] = v;
    return G;
  };
  const [rows, cols] = X.shape;
  if (kind === "blurred") {
    const blur = [1, 2, 1].flatMap((u, a) => [1, 2, 1].map((v, b) => [2 * i - 1 + a, 2 * j - 1 + b, (u * v) / 16]));
    return poolBackward(X, one([rows - 1, cols - 1], blur), { kind: "max", k: 2, s: 1 });
  }
  const options = kind === "strided" ? { kind: "max", k: 1, s: 2 } : { kind, k: 2 };
  return poolBackward(X, one([rows / 2, cols / 2], [[i, j, 1]]), options);
}
