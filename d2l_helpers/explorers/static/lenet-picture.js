/** Pictures to ask the network about, and what can be done to them: pixels in 0 to 1, 28×28. */

export const SIDE = 28;
export const CELLS = SIDE * SIDE;
export const COVER = 7;
const MIDDLE = (SIDE - 1) / 2;

/** 32 bits stirred: the same in Python, so that both sides see the same noise. */
function stirred(n) {
  let x = n >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** The n-th number of a seed, evenly spread over 0 to 1. */
const uniform = (seed, n) => (stirred(Math.imul(seed + 1, 0x9e3779b1) + n) + 0.5) / 2 ** 32;

/** A card of noise: every pixel evenly spread over 0 to 1. */
export const snow = (seed) => Float64Array.from({ length: CELLS }, (_, n) => uniform(seed, n));

/** 784 normal numbers (Box and Muller), of mean 0 and deviation 1. */
function normal(seed) {
  return Float64Array.from({ length: CELLS }, (_, n) => {
    const [u, v] = [uniform(seed, CELLS + 2 * n), uniform(seed, CELLS + 2 * n + 1)];
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  });
}
let kept = { seed: -1, values: null };

/**
 * The picture that the network gets: mirrored, turned about its middle (clockwise, degrees,
 * between four pixels), shifted, with noise added and cut to 0…1, then covered.
 * @param {Float64Array} base  @param {Object} s  angle, mirror, right, down, noise, seed, cover,
 *   cover_row, cover_column  @param {Float64Array} out
 */
export function compose(base, s, out) {
  const turn = (s.angle * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const at = (i, j) => (i < 0 || i >= SIDE || j < 0 || j >= SIDE ? 0
    : base[i * SIDE + (s.mirror ? SIDE - 1 - j : j)]);
  for (let n = 0; n < CELLS; n++) {
    const y = Math.floor(n / SIDE) - s.down - MIDDLE;
    const x = (n % SIDE) - s.right - MIDDLE;
    if (s.angle === 0) {
      out[n] = at(y + MIDDLE, x + MIDDLE);
      continue;
    }
    const [row, col] = [MIDDLE + cos * y - sin * x, MIDDLE + cos * x + sin * y];
    const [i, j] = [Math.floor(row), Math.floor(col)];
    const [v, u] = [row - i, col - j];
    out[n] = (1 - v) * ((1 - u) * at(i, j) + u * at(i, j + 1))
      + v * ((1 - u) * at(i + 1, j) + u * at(i + 1, j + 1));
  }
  if (s.noise > 0) {
    if (kept.seed !== s.seed) kept = { seed: s.seed, values: normal(s.seed) };
    for (let n = 0; n < CELLS; n++) out[n] = Math.min(1, Math.max(0, out[n] + s.noise * kept.values[n]));
  }
  if (s.cover) {
    for (let i = s.cover_row; i < s.cover_row + COVER; i++) {
      out.fill(0, i * SIDE + s.cover_column, i * SIDE + s.cover_column + COVER);
    }
  }
  return out;
}

/** Nothing done to the picture. */
export const PLAIN = { right: 0, down: 0, angle: 0, mirror: false, noise: 0, cover: false };

/** What was done, in words: "mirrored, moved 3 right"; "" for nothing. */
export function changes(s) {
  const way = (n, more, less) => `moved ${Math.abs(n)} ${n > 0 ? more : less}`;
  return [
    s.mirror && "mirrored",
    s.angle && `turned ${String(s.angle).replace("-", "−")}°`,
    s.right && way(s.right, "right", "left"),
    s.down && way(s.down, "down", "up"),
    s.noise > 0 && "with noise",
    s.cover && "covered",
  ].filter(Boolean).join(", ");
}

/** Stamps for a drawing: the cells, as (row, column) from the middle, that each covers. */
const inside = (fits) => Array.from({ length: 15 * 15 }, (_, n) => [Math.floor(n / 15) - 7, (n % 15) - 7])
  .filter(([i, j]) => fits(i, j));
export const STAMPS = {
  "Upright bar": inside((i, j) => Math.abs(j) <= 1),
  "Flat bar": inside((i) => Math.abs(i) <= 1),
  Disc: inside((i, j) => i * i + j * j < 20),
  Ring: inside((i, j) => i * i + j * j < 30 && i * i + j * j > 11),
};

/** A copy with cells around each of `places` set to `value`; what lies outside is left out. */
export function painted(pixels, places, cells, value) {
  const next = Array.from(pixels, (v) => Math.round(v * 1000) / 1000);
  for (const [row, col] of places) {
    for (const [i, j] of cells) {
      const [r, c] = [row + i, col + j];
      if (r >= 0 && r < SIDE && c >= 0 && c < SIDE) next[r * SIDE + c] = value;
    }
  }
  return next;
}
/** A brush of 2×2, so that a line is as thick as a garment's seam. */
export const BRUSH = [[0, 0], [0, 1], [1, 0], [1, 1]];

/** The cells on the straight way from one to another. */
export function line([i, j], [r, c]) {
  const steps = Math.max(Math.abs(r - i), Math.abs(c - j), 1);
  return Array.from({ length: steps + 1 }, (_, n) =>
    [Math.round(i + ((r - i) * n) / steps), Math.round(j + ((c - j) * n) / steps)]);
}
