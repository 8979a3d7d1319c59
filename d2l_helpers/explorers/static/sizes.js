/**
 * Arithmetic on layers along one axis, with the figures of d2l_helpers.shapes.
 *
 * @typedef {{p?: number, s?: number, d?: number}} Steps1  padding per side, stride, dilation
 * @typedef {number[]} Layer  [kernel, stride, padding, dilation]; what is left out is 1, 0, 1
 */

import { checkWhole } from "./checks.js";
import { sourceIndex } from "./padding.js";
import { outSize } from "./core.js";

function layerOf([k, s = 1, p = 0, d = 1]) {
  return {
    k: checkWhole(k, "the kernel size k", 1),
    s: checkWhole(s, "the stride s", 1),
    p: checkWhole(p, "the padding p", 0),
    d: checkWhole(d, "the dilation d", 1),
  };
}

/**
 * The receptive field after each layer, in input cells: its side, the step between
 * neighbouring units, and the first cell that unit 0 reads (negative: padding).
 * @param {Layer[]} layers  from the input on
 * @returns {{size: number, jump: number, start: number}[]}
 * @throws {RangeError} for numbers out of range
 */
export function receptiveFields(layers) {
  let [size, jump, start] = [1, 1, 0];
  return layers.map((layer) => {
    const { k, s, p, d } = layerOf(layer);
    size += (k - 1) * d * jump;
    start -= p * jump;
    jump *= s;
    return { size, jump, start };
  });
}

/** How often windows read each cell of `source`, which says whose copy a padded cell is. */
function countReads(n, source, outputs, k, s, d) {
  const counts = new Array(n).fill(0);
  for (let o = 0; o < outputs; o++) {
    for (let a = 0; a < k; a++) {
      const cell = source[o * s + a * d];
      if (cell >= 0) counts[cell]++;
    }
  }
  return counts;
}

/**
 * How many windows read each of n cells, zero padding. On a picture the count of a pixel is
 * the product of its axes' counts.
 * @param {number} n @param {number} k @param {Steps1} [steps] @returns {number[]}
 * @throws {RangeError} as `outSize`
 */
export function useCounts(n, k, { p = 0, s = 1, d = 1 } = {}) {
  const outputs = outSize(n, k, p, s, d);
  return countReads(n, sourceIndex(n, p, p), outputs, k, s, d);
}

/**
 * The same for any padding: whoever reads a copy of a cell uses the cell.
 * @param {number} n @param {number} k @param {number} p
 * @param {string} mode  one of PADDING_MODES
 * @param {{s?: number, d?: number}} [steps] @returns {number[]}
 * @throws {RangeError} as `outSize` and `sourceIndex`
 */
export function useCountsMode(n, k, p, mode, { s = 1, d = 1 } = {}) {
  const outputs = outSize(n, k, p, s, d);
  return countReads(n, sourceIndex(n, p, p, mode), outputs, k, s, d);
}

/**
 * How many of n cells no window reads: left over at the end, or between distant windows.
 * @param {number} n @param {number} k @param {Steps1} [steps] @returns {number}
 * @throws {RangeError} as `outSize`
 */
export function unread(n, k, steps = {}) {
  return useCounts(n, k, steps).filter((count) => count === 0).length;
}

/** The smallest centred width whose cells add up to `share` of a symmetric profile. */
function widthHolding(profile, share) {
  let low = Math.floor((profile.length - 1) / 2);
  let high = profile.length - 1 - low;
  const inside = () => profile.subarray(low, high + 1).reduce((sum, v) => sum + v, 0);
  while (low > 0 && inside() < share - 1e-12) [low, high] = [low - 1, high + 1];
  return high - low + 1;
}

/**
 * What a unit on top of a stack of averages listens to: the share of the paths to it that
 * start at each input cell of its receptive field. Padding only moves the field and counts
 * for nothing here.
 * @param {Layer[]} layers  from the input on
 * @returns {{profile: Float64Array, size: number, sd: number, width95: number, side95: number}}
 *   profile adds up to 1; sd is its standard deviation in cells; width95 is the smallest
 *   centred width with 95 % of it, side95 the side of the smallest centred square with 95 %
 *   of the profile's product with itself, the influence on a picture
 * @throws {RangeError} for numbers out of range
 */
export function effectiveField(layers) {
  let profile = Float64Array.of(1);
  for (const { k, s, d } of layers.map(layerOf).reverse()) {
    const below = new Float64Array((profile.length - 1) * s + d * (k - 1) + 1);
    // shares, not counts of paths: those of a deep stack exceed 2**53
    profile.forEach((share, i) => {
      for (let a = 0; a < k; a++) below[i * s + a * d] += share / k;
    });
    profile = below;
  }
  const centre = (profile.length - 1) / 2;
  const variance = profile.reduce((sum, share, i) => sum + share * (i - centre) ** 2, 0);
  return {
    profile,
    size: profile.length,
    sd: Math.sqrt(variance),
    width95: widthHolding(profile, 0.95),
    side95: widthHolding(profile, Math.sqrt(0.95)),
  };
}
