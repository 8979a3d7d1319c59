/** The filter explorer's small parts: facts, drawing tools, tight numbers, roughness. */
import { h, freshId, setText, show, fixed, formatFor } from "./dom.js";

const SIDE = 28;

/** Named numbers in a row, all in sight. */
export function factRow(names) {
  const cells = names.map((name) => ({ name: h("span", { class: "cnn-shape", text: name }), value: h("b") }));
  const el = h("div", { class: "cnn-facts" }, ...cells.map(({ name, value }) => h("p", {}, name, value)));
  return { el, set: (texts) => texts.forEach((text, n) => {
    setText(cells[n].value, text);
    cells[n].value.parentElement.classList.toggle("cnn-facts-none", text === "");
  }) };
}

/** Numbers of a 5 × 5 grid in two digits that count; two decimals where there is room. */
export function tightFormat(values, roomy) {
  if (roomy || values.every((v) => Number.isInteger(v))) return formatFor(values);
  const top = Math.max(...values.map(Math.abs));
  const negative = values.some((v) => v < 0);
  const digits = top >= 9.95 ? 0 : top >= 0.995 || negative ? 1 : 2;
  return (v) => (v === 0 ? "0" : fixed(v, digits).replace(/^(−?)0\./, "$1."));
}

/** How much neighbouring pixels differ (root mean square) in rows i0…i1−1, columns j0…j1−1. */
export function roughness({ shape, data }, [i0, i1, j0, j1], up, left) {
  const cols = shape[1];
  let [sum, count] = [0, 0];
  for (let i = i0 - up; i < i1 - up; i++) {
    for (let j = j0 - left; j < j1 - left; j++) {
      const v = data[i * cols + j];
      if (j + 1 < j1 - left) { sum += (data[i * cols + j + 1] - v) ** 2; count++; }
      if (i + 1 < i1 - up) { sum += (data[(i + 1) * cols + j] - v) ** 2; count++; }
    }
  }
  return Math.sqrt(sum / count);
}

/** Pictures to start a drawing from: rows and columns that are lit. */
const STAMPS = {
  Dot: (i, j) => i === 14 && j === 14,
  Bar: (i, j) => i >= 4 && i < 24 && j >= 12 && j < 16,
  Cross: (i, j) => (i >= 4 && i < 24 && j >= 12 && j < 16) || (j >= 4 && j < 24 && i >= 12 && i < 16),
  Clear: () => false,
};
const stamped = (name) => Array.from({ length: SIDE * SIDE }, (_, n) =>
  Number(STAMPS[name](Math.floor(n / SIDE), n % SIDE)));

/** Stamps and the eraser. @returns {{el, erasing: () => boolean}} */
export function drawingTools(stamp) {
  let erase = false;
  const id = freshId("tools");
  const eraser = h("button", { type: "button", class: "cnn-segment", text: "Eraser", "aria-pressed": "false",
    onclick: () => { erase = !erase; eraser.setAttribute("aria-pressed", String(erase)); } });
  const buttons = Object.keys(STAMPS).map((name) => h("button", { type: "button", class: "cnn-segment", text: name,
    onclick: () => stamp(name, stamped(name)) }));
  const el = h("div", { class: "cnn-setting" }, h("span", { class: "cnn-label", id, text: "Draw" }),
    h("div", { class: "cnn-segments", role: "group", "aria-labelledby": id }, ...buttons, eraser));
  return { el, erasing: () => erase };
}

/** A copy of `drawing` with a line of `value` from one pixel to another. */
export function withLine(drawing, [i0, j0], [i1, j1], value) {
  const out = [...drawing];
  const steps = Math.max(Math.abs(i1 - i0), Math.abs(j1 - j0), 1);
  for (let s = 0; s <= steps; s++) {
    out[Math.round(i0 + ((i1 - i0) * s) / steps) * SIDE + Math.round(j0 + ((j1 - j0) * s) / steps)] = value;
  }
  return out;
}

/**
 * The sum written out: term by term for up to nine weights, row by row for more.
 * @param {number[][]} W  the pixels under the window @param {number[][]} K
 * @param {number} total  Σ W·K @param {number | null} divisor
 */
export function writtenSum(W, K, total, divisor) {
  const terms = K.flatMap((row, a) => row.map((k, b) => [W[a][b], k])).filter(([, k]) => k !== 0);
  const factor = (k) => (k < 0 ? `(${show(k)})` : show(k));
  let text = "Every weight is 0";
  if (terms.length > 9) {
    const rows = K.map((row, a) => row.reduce((sum, k, b) => sum + k * W[a][b], 0));
    text = `Products row by row: ${rows.map((v) => (v < 0 ? `(${fixed(v)})` : fixed(v))).join(" + ")}`;
  } else if (terms.length) text = terms.map(([w, k]) => `${Number.isInteger(w) ? w : fixed(w, 3)}×${factor(k)}`).join(" + ");
  return `${text} = ${fixed(total)}${divisor === null ? "" : `, divided by ${show(divisor)}: ${fixed(total / divisor)}`}.`;
}
