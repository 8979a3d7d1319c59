/** Small tools for building the page: elements, numbers in words, keys. */

let made = 0;
/** An id that no other explorer of the page has. */
export const freshId = (stem) => `cnn-${stem}-${++made}`;

/**
 * An element. Text is only ever set as text.
 * @param {string} tag  @param {Object} [props]  class, text, aria-…, data-…, on…
 * @param {...(Node|string)} children
 */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") el.className = value;
    else if (name === "text") el.textContent = value;
    else if (name === "style") el.style.cssText = value; // a page's policy refuses the attribute
    else if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else el.setAttribute(name, value === true ? "" : value);
  }
  el.append(...children);
  return el;
}

/** A panel with a sign before it ("⋆", "="), which wraps with it. `sign.set` changes it. */
export function signed(sign, panel) {
  const mark = h("span", { class: "cnn-symbol", "aria-hidden": "true", text: sign });
  return { el: h("div", { class: "cnn-signed" }, mark, panel), set: (text) => setText(mark, text) };
}

/** Set text only where it differs: most of a redraw changes little. */
export function setText(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/** "−0.50": a true minus, and never a negative zero. */
export function fixed(value, digits = 2) {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? (0).toFixed(digits) : text).replace("-", "−");
}

/** "−1" for a whole number, "0.25" for others. */
export const show = (value, digits = 2) =>
  Number.isInteger(value) ? String(value === 0 ? 0 : value).replace("-", "−") : fixed(value, digits);

/** A number in a sentence: "2,416", "105.8", "−0.25". */
export const plain = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 2 }).replace(/^-0$/, "0").replace("-", "−");

/** One format for all numbers of a grid (nested or flat): whole, or `digits` decimals, fewer from 100 on. */
export function formatFor(values, digits = 2) {
  const all = Array.isArray(values) ? values.flat(Infinity) : Array.from(values);
  const integers = all.every((v) => Number.isInteger(v) || !Number.isFinite(v));
  const top = Math.max(...all.filter(Number.isFinite).map(Math.abs));
  const few = Math.max(0, digits - (top >= 99.995) - (top >= 999.95));
  return (v) => (Number.isFinite(v) ? (integers ? show(v) : fixed(v, few)) : "·");
}

/** "1 cell", "3 cells" */
export const count = (n, one, many = `${one}s`) => `${group(n)} ${n === 1 ? one : many}`;

/** 61706 → "61,706" */
export const group = (n) => Math.round(n).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** A factor in a written sum: negative numbers stand in brackets. */
export const factor = (v, digits = 2) => (v < 0 ? `(${show(v, digits)})` : show(v, digits));

/** Does this element take text, so that letters and arrows belong to it? */
export const takesText = (el) =>
  el instanceof HTMLInputElement ? el.type !== "range" && el.type !== "checkbox"
    : el instanceof HTMLTextAreaElement || el instanceof HTMLSelectElement;

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
