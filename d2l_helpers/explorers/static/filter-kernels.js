/** Kernels that people have designed, in two sizes, and what turns one size into the other. */

const outer = (column, row) => column.map((a) => row.map((b) => a * b));
const scaled = (K, by) => K.map((row) => row.map((v) => (v ? by * v : 0)));
const plus = (A, B) => A.map((row, i) => row.map((v, j) => v + B[i][j]));
const diagonal = (n) => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)));
const alone = (n) => embedded([[1]], n);
const LAPLACE = {
  3: [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
  5: [[0, 0, 1, 0, 0], [0, 1, 2, 1, 0], [1, 2, -16, 2, 1], [0, 1, 2, 1, 0], [0, 0, 1, 0, 0]],
};
const BELL = { 3: [1, 2, 1], 5: [1, 4, 6, 4, 1] };
const SLOPE = { 3: [1, 0, -1], 5: [1, 2, 0, -2, -1] };
const EMBOSS = {
  3: [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
  5: [[-2, -1, 0, 0, 0], [-1, -1, -1, 0, 0], [0, -1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 0, 1, 2]],
};
const minus = (K) => scaled(K, -1);

/** n × n zeros with K in the middle, or the middle n × n of a larger K. */
export function embedded(K, n) {
  const [up, left] = [Math.floor((K.length - n) / 2), Math.floor((K[0].length - n) / 2)];
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => K[i + up]?.[j + left] ?? 0));
}

/**
 * name → title, kernel of side n, how its output is best shown, and whether its weights are
 * to be divided by their sum. The 3 × 3 and the bell are those of the chapter.
 */
export const PRESETS = {
  copy: { title: "Copy", make: alone, view: "picture" },
  box: { title: "Box", make: (n) => outer(Array(n).fill(1), Array(n).fill(1)), view: "picture", normed: true },
  gauss: { title: "Gauss", make: (n) => outer(BELL[n], BELL[n]), view: "picture", normed: true },
  motion: { title: "Motion", make: diagonal, view: "picture", normed: true },
  sharpen: { title: "Sharpen", make: (n) => plus(alone(n), minus(LAPLACE[n])), view: "picture" },
  emboss: { title: "Emboss", make: (n) => EMBOSS[n], view: "picture" },
  edge: { title: "[1, −1]", make: (n) => embedded([[0, 1, -1]], n), view: "signed" },
  vertical: { title: "Sobel", make: (n) => outer(BELL[n], SLOPE[n]), view: "signed" },
  horizontal: { title: "Sobel transposed", make: (n) => outer(SLOPE[n], BELL[n]), view: "signed" },
  laplace: { title: "Laplace", make: (n) => LAPLACE[n], view: "signed" },
};

const equal = (A, B) => A.length === B.length && A[0].length === B[0].length
  && A.every((row, i) => row.every((v, j) => v === B[i][j]));

const MADE = Object.entries(PRESETS).flatMap(([name, { make }]) => [3, 5].map((n) => [name, make(n)]));

/** Which preset this is; undefined for one of the reader's own. */
export function presetOf(K) {
  return MADE.find(([, kernel]) => equal(kernel, K))?.[0];
}
