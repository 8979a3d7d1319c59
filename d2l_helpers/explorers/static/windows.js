/**
 * The inner loops: windows that step over one plane of a flat array. Nothing is checked here.
 *
 * A plan says how windows step along one zero-padded axis of n cells: k taps, stride s, `out`
 * outputs; for each tap `start`, the cell it reads for output 0, and the outputs from `first`
 * to before `end` for which its cell lies inside; from `low` to before `high` the cells of all
 * taps do. So no padding is stored, and no inner loop asks where it is.
 *
 * @typedef {{n: number, k: number, s: number, out: number, low: number, high: number,
 *   start: Int32Array, first: Int32Array, end: Int32Array}} Plan
 */

// Small functions, because an engine compiles those first; it meets them once a row.
function addTap(Y, y, end, X, x, step, weight) {
  for (; y < end; y++, x += step) Y[y] += weight * X[x];
}

/** Four taps at once write each output a quarter as often. */
function addFourTaps(Y, y, count, X, step, at, weights, tap) {
  const [a, b, c, d] = [at[tap], at[tap + 1], at[tap + 2], at[tap + 3]];
  const [p, q, r, s] = [weights[tap], weights[tap + 1], weights[tap + 2], weights[tap + 3]];
  for (let n = 0, x = 0; n < count; n++, x += step) {
    Y[y + n] += p * X[a + x] + q * X[b + x] + r * X[c + x] + s * X[d + x];
  }
}

// The taps that one row of outputs uses: where they start to read, and their weights.
let tapStarts = new Int32Array(64);
let tapWeights = new Float64Array(64);

/**
 * Y += K ⋆ X for one plane of each, at the offsets yAt, xAt, kAt; `turn` turns K by 180°.
 * Outputs near the sides, whose windows lie partly outside, are added up tap by tap.
 * @param {Plan} rows @param {Plan} cols
 */
export function addCorrelation(Y, yAt, X, xAt, K, kAt, rows, cols, turn = false) {
  const size = rows.k * cols.k;
  if (tapStarts.length < size) {
    tapStarts = new Int32Array(size);
    tapWeights = new Float64Array(size);
  }
  const { s: step, low, high } = cols;
  for (let i = 0; i < rows.out; i++) {
    const y = yAt + i * cols.out;
    let taps = 0;
    for (let a = 0; a < rows.k; a++) {
      const r = i * rows.s + rows.start[a];
      if (r < 0 || r >= rows.n) continue;
      for (let b = 0; b < cols.k; b++) {
        const tap = a * cols.k + b;
        const weight = K[kAt + (turn ? size - 1 - tap : tap)];
        const x = xAt + r * cols.n + cols.start[b];
        const sooner = cols.first[b];
        const later = Math.min(low, cols.end[b]);
        addTap(Y, y + sooner, y + later, X, x + sooner * step, step, weight);
        addTap(Y, y + high, y + cols.end[b], X, x + high * step, step, weight);
        tapStarts[taps] = x + low * step;
        tapWeights[taps++] = weight;
      }
    }
    let tap = 0;
    for (; tap + 4 <= taps; tap += 4) {
      addFourTaps(Y, y + low, high - low, X, step, tapStarts, tapWeights, tap);
    }
    for (; tap < taps; tap++) {
      addTap(Y, y + low, y + high, X, tapStarts[tap], step, tapWeights[tap]);
    }
  }
}

/**
 * The two gradients of the same sum, for the gradient G of its result: dX is stamped with
 * K·G, dK collects X·G. @param {Plan} rows @param {Plan} cols
 */
export function addGradients(dX, xAt, dK, X, K, G, gAt, rows, cols, turn = false) {
  const last = rows.k * cols.k - 1;
  const step = cols.s;
  for (let i = 0; i < rows.out; i++) {
    const gRow = gAt + i * cols.out;
    for (let a = 0; a < rows.k; a++) {
      const r = i * rows.s + rows.start[a];
      if (r < 0 || r >= rows.n) continue;
      for (let b = 0; b < cols.k; b++) {
        const tap = a * cols.k + b;
        const k = turn ? last - tap : tap;
        const weight = K[k];
        const end = gRow + cols.end[b];
        let g = gRow + cols.first[b];
        let x = xAt + r * cols.n + cols.start[b] + cols.first[b] * step;
        let sum = 0;
        for (; g < end; g++, x += step) {
          dX[x] += weight * G[g];
          sum += X[x] * G[g];
        }
        dK[k] += sum;
      }
    }
  }
}

/**
 * Where the largest number of window (i, j) lies in X; of equals the first in reading order,
 * of NaNs the last, as in PyTorch. @param {Plan} rows @param {Plan} cols @returns {number}
 */
export function maximumAt(X, xAt, rows, cols, i, j) {
  let best = -1;
  for (let a = 0; a < rows.k; a++) {
    const r = i * rows.s + rows.start[a];
    if (r < 0 || r >= rows.n) continue;
    for (let b = 0; b < cols.k; b++) {
      const c = j * cols.s + cols.start[b];
      if (c < 0 || c >= cols.n) continue;
      const x = xAt + r * cols.n + c;
      if (best < 0 || X[x] > X[best] || X[x] !== X[x]) best = x;
    }
  }
  return best;
}

/** Y = the largest number of each window of X. @param {Plan} rows @param {Plan} cols */
export function setMaxima(Y, yAt, X, xAt, rows, cols) {
  let y = yAt;
  for (let i = 0; i < rows.out; i++) {
    for (let j = 0; j < cols.out; j++) Y[y++] = X[maximumAt(X, xAt, rows, cols, i, j)];
  }
}
