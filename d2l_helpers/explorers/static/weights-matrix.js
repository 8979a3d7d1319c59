/** The toy layer in numbers: its weight matrix, how many weights are left, what it answers. */

export const N = 6; // the toy's pictures are 6×6
export const CELLS = N * N;
export const REAL = 1000; // the real ones are 1,000×1,000
/** Lit cells of each pattern, from its upper left corner. */
export const PATTERNS = { dot: [[0, 0]], hook: [[0, 0], [1, 0], [1, 1]] };

/** [row, column] of a place in the list. */
export const placeOf = (n) => [Math.floor(n / N), n % N];

/** From the output place `unit` to the input place `pixel`: [rows down, columns right]. */
export function offsetOf(unit, pixel) {
  const [[i, j], [k, l]] = [placeOf(unit), placeOf(pixel)];
  return [k - i, l - j];
}

/** Is an offset within the radius? `near` = 0 stands for no limit. */
export const within = ([a, b], near) => !near || (Math.abs(a) <= near && Math.abs(b) <= near);

const side = 2 * N - 1;
// for each entry its offset's place in V, and the radius that reaches it
const [IN_V, REACH] = [new Uint8Array(CELLS * CELLS), new Uint8Array(CELLS * CELLS)];
for (let at = 0; at < CELLS * CELLS; at++) {
  const [a, b] = offsetOf(Math.floor(at / CELLS), at % CELLS);
  IN_V[at] = (a + N - 1) * side + b + N - 1;
  REACH[at] = Math.max(Math.abs(a), Math.abs(b));
}

/**
 * The layer's matrix, row by row: output places down, input places across.
 * @param {ArrayLike<number>} free  36·36 weights, one for each entry
 * @param {ArrayLike<number>} V  11·11 weights, one for each offset from −5 to 5
 * @param {Float64Array} out  takes the 36·36 numbers
 */
export function weightMatrix(free, V, tied, near, out) {
  const reach = near || N - 1;
  for (let at = 0; at < out.length; at++) {
    out[at] = REACH[at] > reach ? 0 : tied ? V[IN_V[at]] : free[at];
  }
  return out;
}

/** How many different weights a layer from n×n to n×n has, biases not counted. */
export function weightsLeft(n, tied, near) {
  const reach = near || n - 1;
  if (tied) return (2 * reach + 1) ** 2;
  // along one axis: 2Δ + 1 cells for each of n places, less what sticks out at the ends
  const axis = near ? n * (2 * reach + 1) - reach * (reach + 1) : n * n;
  return axis ** 2;
}

/** In how many entries the weight of one offset stands. */
export const sharedBy = ([a, b]) => (N - Math.abs(a)) * (N - Math.abs(b));

/** The nearest place where the whole pattern fits, and its lit cells as places in the list. */
export function placed(pattern, row, column) {
  const cells = PATTERNS[pattern];
  const most = (axis) => N - 1 - Math.max(...cells.map((cell) => cell[axis]));
  const [i, j] = [Math.max(0, Math.min(row, most(0))), Math.max(0, Math.min(column, most(1)))];
  return { at: [i, j], lit: cells.map(([a, b]) => (i + a) * N + j + b) };
}

/** W x for an x of zeros and ones: the lit pixels' columns, added. */
export function answer(W, lit, out = new Float64Array(CELLS)) {
  for (let unit = 0; unit < CELLS; unit++) {
    out[unit] = 0;
    for (const pixel of lit) out[unit] += W[unit * CELLS + pixel];
  }
  return out;
}

/**
 * How far an answer is from an older one that was moved by (di, dj).
 * @returns {{most: number, cells: number, differ: number[]}} the largest gap, the cells that
 *   both have, and which of them differ
 */
export function gapAfterMove(H, old, di, dj) {
  let [most, cells] = [0, 0];
  const differ = [];
  for (let unit = 0; unit < CELLS; unit++) {
    const [i, j] = placeOf(unit);
    const [k, l] = [i - di, j - dj];
    if (k < 0 || k >= N || l < 0 || l >= N) continue;
    cells++;
    const gap = Math.abs(H[unit] - old[k * N + l]);
    if (gap > 1e-6) differ.push(unit);
    most = Math.max(most, gap);
  }
  return { most, cells, differ };
}

/** Why so many weights are left at 6×6. */
export function reason(tied, near) {
  if (tied && near) {
    return `(2Δ + 1)² = (2 · ${near} + 1)² = ${(2 * near + 1) ** 2}, whatever the size of the picture. `
      + `Of the 1,296 entries ${weightsLeft(N, false, near)} are not zero.`;
  }
  if (tied) return "One weight for each offset. Both offsets run from −5 to 5, so (2 · 6 − 1)² = 11² = 121.";
  if (near) {
    const sizes = Array.from({ length: N }, (_, i) => Math.min(i + near, N - 1) - Math.max(i - near, 0) + 1);
    return `At the border the window sticks out. Along one axis the units keep ${sizes.join(" + ")} = `
      + `${sizes.reduce((a, b) => a + b)}, and ${sizes.reduce((a, b) => a + b)}² = ${weightsLeft(N, false, near)}.`;
  }
  return "Each of the 36 output places has a weight for each of the 36 input places: 36 · 36 = 6⁴ = 1,296.";
}

/** Which slip gives this count? One sentence, or "". */
export function slip(tied, near, guess) {
  const wide = 2 * near + 1;
  const slips = tied && near ? [
    [4 * near ** 2, "4Δ² is the famous misprint: it leaves out the middle row and column."],
    [wide, "That is one axis; the window has two."],
    [wide ** 2 - 1, "The unit's own place counts too."],
    [121, "That is the count without the second wish."],
    [weightsLeft(N, false, near), "That counts the entries that are not zero; many of them are the same weight."],
    [weightsLeft(N, false, 0), "That counts all entries of the matrix."],
  ] : tied ? [
    [CELLS, "That counts pixels; now there is a weight for each offset."],
    [N, "That is one side of the picture."],
    [2 * N - 1, "That is one axis; an offset has two parts."],
    [(2 * N) ** 2, "From −5 to 5 there are 11 steps, not 12."],
    [(2 * N - 2) ** 2, "From −5 to 5 there are 11 steps: the offset 0 counts."],
    [CELLS ** 2, "That counts the entries of the matrix; many of them are the same weight now."],
    [9, "That is both wishes at once; the second one is still off."],
  ] : [
    [CELLS * wide ** 2, "That gives every unit a whole window."],
    [wide ** 2, "That is for tied weights; here every unit has weights of its own."],
    [(N - 2 * near) ** 2 * wide ** 2, "That leaves out the units at the border."],
    [CELLS ** 2, "That is the count without any wish."],
  ];
  return slips.find(([value]) => value === guess)?.[1] ?? "";
}
