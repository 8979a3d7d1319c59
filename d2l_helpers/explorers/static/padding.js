/** Which cell of a picture each cell of its padding copies. */

import { checkWhole, checkChoice } from "./checks.js";

/** @typedef {"zeros" | "reflect" | "replicate" | "circular"} PaddingMode  PyTorch's meanings */
export const PADDING_MODES = ["zeros", "reflect", "replicate", "circular"];

/**
 * For each cell of a padded axis the cell it copies, −1 for a zero.
 * @param {number} n @param {number} before @param {number} after @param {PaddingMode} mode
 * @returns {Int32Array} of before + n + after cells
 * @throws {RangeError} where fewer cells are there than mirrored (p < n) or wrapped (p ≤ n)
 */
export function sourceIndex(n, before, after, mode = "zeros") {
  checkChoice(mode, "the padding mode", PADDING_MODES);
  const p = Math.max(checkWhole(before, "the padding", 0), checkWhole(after, "the padding", 0));
  const most = { zeros: Infinity, replicate: Infinity, reflect: n - 1, circular: n }[mode];
  if (p > most) {
    throw new RangeError(`${mode} padding of ${p} needs an input of more than ` +
      `${mode === "reflect" ? p : p - 1} cells, got ${n}`);
  }
  const copied = {
    zeros: (i) => (i < 0 || i >= n ? -1 : i),
    reflect: (i) => n - 1 - Math.abs(n - 1 - Math.abs(i)),
    replicate: (i) => Math.min(Math.max(i, 0), n - 1),
    circular: (i) => (i + n) % n,
  }[mode];
  return Int32Array.from({ length: before + n + after }, (_, i) => copied(i - before));
}
