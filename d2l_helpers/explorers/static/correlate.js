/** Correlation by hand: input, kernel, window, and the sum term by term. */
import { createFrame } from "./frame.js";
import { numberGrid } from "./grid.js";
import { slider, segmented, prediction } from "./controls.js";
import { cellColors, isDark, onScheme } from "./colors.js";
import { whole, flag, choice, grid } from "./store.js";
import { show, factor, formatFor, signed } from "./dom.js";
import { correlate2d, fromNested, toNested } from "./core.js";

const SIDE = 9;
const LIMIT = 999;
export const schema = {
  X: grid([1, SIDE], [1, SIDE], LIMIT),
  K: grid([1, SIDE], [1, SIDE], LIMIT),
  row: whole(0, SIDE - 1),
  column: whole(0, SIDE - 1),
  flip: flag(),
  shown: choice("predict", "step", "all"),
};

const size = (rows) => [rows.length, rows[0].length];
const turned = (rows) => rows.map((row) => [...row].reverse()).reverse();
const transposed = (rows) => rows[0].map((_, j) => rows.map((row) => row[j]));
const sum = (values) => values.reduce((a, b) => a + b, 0);
const near = (a, b) => Math.abs(a - b) < 5e-3;
const tidy = (v) => Math.round(v * 1e9) / 1e9; // 0.1 + 0.2 is meant as 0.3

/** The products under a window, [x, k] pairs in reading order. */
function pairs(X, K, i, j) {
  return K.flatMap((row, a) => row.map((k, b) => [X[i + a][j + b], k]));
}
const dot = (terms) => tidy(sum(terms.map(([x, k]) => x * k)));

/** Which slip gives this guess? One sentence. */
function explain(X, K, i, j, flip, guess, real) {
  const terms = pairs(X, K, i, j);
  const written = `${terms.map(([x, k]) => `${factor(x)}×${factor(k)}`).join(" + ")} = ${show(real)}.`;
  if (guess === undefined || near(guess, real)) return written;
  const slips = [
    [dot(pairs(X, turned(K), i, j)), flip ? "That is correlation: here the kernel is turned first." : "That is strict convolution: it turns the kernel first, correlation does not."],
    [K.length === K[0].length ? dot(pairs(X, transposed(K), i, j)) : NaN, "You met the kernel's columns as rows: that is the transposed kernel's answer."],
    [sum(terms.map(([x]) => x)), "That is the sum of the window: the weights are missing."],
    [sum(terms.map(([x]) => x)) / terms.length, "That is the window's mean: the weights are missing."],
    [sum(terms.slice(0, K[0].length).map(([x, k]) => x * k)), "That is the window's first row alone."],
    [-real, "The size is right, the sign is not."],
  ];
  const found = slips.find(([value]) => near(value, guess));
  return `${found ? `${found[1]} ` : ""}${written}`;
}

function render({ model, el, signal }) {
  const ui = createFrame({ model, el, signal }, {
    title: "Slide a window by hand",
    task: "Multiply what lies on top of each other, add up, say what comes out.",
    role: "kernel",
    hint: "Arrows move in a grid · Enter edits · . steps",
    schema,
    conflict: ({ X, K }) => (K.length > X.length || K[0].length > X[0].length ? "K larger than X" : ""),
  });
  const { store } = ui;
  let seen = new Set();
  let Y = [[0]];

  const edit = (name) => (i, j, value) => {
    const rows = store.get(name).map((row) => [...row]);
    rows[i][j] = value;
    store.set({ [name]: rows });
  };
  const outSize = () => {
    const [[n, m], [kh, kw]] = [size(store.get("X")), size(store.get("K"))];
    return [n - kh + 1, m - kw + 1];
  };
  const place = () => {
    const [rows, cols] = outSize();
    return [Math.min(store.get("row"), rows - 1), Math.min(store.get("column"), cols - 1)];
  };
  const moveTo = (i, j) => {
    const [rows, cols] = outSize();
    store.set({ row: Math.max(0, Math.min(i, rows - 1)), column: Math.max(0, Math.min(j, cols - 1)) }, "window");
  };
  const entry = { editable: true, limit: () => LIMIT, warn: ui.warn };
  const input = numberGrid({ name: "Input", role: "input", ...entry, edit: edit("X"), pick: moveTo });
  const kernel = numberGrid({ name: "Kernel", role: "kernel", ...entry, edit: edit("K") });
  const output = numberGrid({ name: "Output", role: "output", pick: moveTo });
  const sign = signed("⋆", kernel.el);
  ui.stage.append(input.el, sign.el, signed("=", output.el).el);

  const asked = prediction({
    question: "What lands at [0, 0]?",
    truth: () => { const [i, j] = place(); return Y[i][j]; },
    explain: (guess, real) => {
      const [i, j] = place();
      const K = store.get("flip") ? turned(store.get("K")) : store.get("K");
      return explain(store.get("X"), K, i, j, store.get("flip"), guess, real);
    },
    done: () => { see(); draw(new Set(["seen"])); },
  });
  ui.stage.append(asked.el);

  const at = (i, j) => i * Y[0].length + j;
  const see = () => seen.add(at(...place()));
  const isOpen = (i, j) => store.get("shown") === "all" || seen.has(at(i, j));
  const step = (by) => {
    const [rows, cols] = outSize();
    const [i, j] = place();
    const next = i * cols + j + by;
    if (next < 0 || next >= rows * cols) return false;
    moveTo(Math.floor(next / cols), next % cols);
    return next + by >= 0 && next + by < rows * cols;
  };
  ui.button("←", () => { ui.stop(); step(-1); }, { "aria-label": "Step back" });
  ui.button("Step", () => { ui.stop(); step(1); }, { class: "cnn-main" });
  ui.player(() => {
    if (store.get("shown") === "predict") store.set({ shown: "step" });
    return step(1);
  });
  ui.keys({ ".": () => step(1), ",": () => step(-1) });

  const shown = segmented({ label: "Output", options: [["predict", "Ask me"], ["step", "As I step"], ["all", "Show all"]],
    value: () => store.get("shown"), set: (v) => store.set({ shown: v }) });
  const flip = segmented({ label: "Operation", options: [[false, "Correlation ⋆"], [true, "Strict convolution ∗"]],
    value: () => store.get("flip"), set: (v) => store.set({ flip: v }) });
  const resize = (axis) => (n) => {
    const K = store.get("K");
    const [rows, cols] = axis ? [K.length, n] : [n, K[0].length];
    store.set({ K: Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (_, j) => K[i]?.[j] ?? 0)) }, `size ${axis}`);
  };
  const most = (axis) => Math.min(axis ? store.get("X")[0].length : store.get("X").length, 5);
  const rows = slider({ label: "Kernel rows", low: 1, high: most(0), value: () => store.get("K").length, set: resize(0) });
  const cols = slider({ label: "Kernel columns", low: 1, high: most(1), value: () => store.get("K")[0].length, set: resize(1) });
  ui.setting(shown.el, flip.el, rows.el, cols.el);
  ui.onReset(() => { seen = new Set(); });

  function draw(changed) {
    const [X, K, turn] = [store.get("X"), store.get("K"), store.get("flip")];
    const used = turn ? turned(K) : K;
    const [kh, kw] = size(K);
    const ask = store.get("shown") === "predict";
    if (["X", "K", "flip"].some((name) => changed.has(name))) {
      Y = toNested(correlate2d(fromNested(X), fromNested(K), { flip: turn })).map((row) => row.map(tidy));
      seen = new Set();
      rows.update({ high: Math.max(most(0), kh) });
      cols.update({ high: Math.max(most(1), kw) });
    }
    const [i, j] = place();
    if (store.get("shown") === "step") see();
    const [fx, fk, fy] = [formatFor(X), formatFor(K), formatFor(Y)];
    const top = Math.max(1e-9, ...K.flat().map(Math.abs));
    const dark = isDark(el);
    const under = (a, b) => a >= i && a < i + kh && b >= j && b < j + kw;
    input.update({ rows: X.length, cols: X[0].length, text: (a, b) => fx(X[a][b]),
      look: (a, b) => (under(a, b) ? "covered" : ""), window: { i, j, rows: kh, cols: kw } });
    kernel.update({ rows: kh, cols: kw, text: (a, b) => fk(used[a][b]),
      shape: `${kh} × ${kw}${turn ? ", turned" : ""}`,
      fill: (a, b) => cellColors("div", dark, 0.5 + (0.25 * used[a][b]) / top) });
    output.update({ rows: Y.length, cols: Y[0].length, at: [i, j],
      text: (a, b) => (isOpen(a, b) ? fy(Y[a][b]) : a === i && b === j ? "?" : "·"),
      label: (a, b) => (isOpen(a, b) ? fy(Y[a][b]) : "not shown yet"),
      look: (a, b) => (a === i && b === j ? "current" : isOpen(a, b) ? "" : "tocome") });
    output.el.classList.toggle("cnn-wide", Y.flat().some((v) => fy(v).length > 4));
    sign.set(turn ? "∗" : "⋆");
    const terms = pairs(X, used, i, j).map(([x, k]) => `${factor(x)}×${factor(k)}`).join(" + ");
    const value = isOpen(i, j) ? show(Y[i][j]) : "?";
    const corner = turn ? " The kernel lies turned by 180°." : "";
    ui.say(`Output [${i}, ${j}] = ${value}`, `[${i}, ${j}]: ${terms} = ${value}.${corner}`,
      `Output row ${i}, column ${j}: ${isOpen(i, j) ? value : "not shown yet"}.`);
    ui.result(`[${i}, ${j}] = ${value}`);
    if (!changed.has("seen")) {
      if (ask && !isOpen(i, j)) asked.ask(`What number lands at [${i}, ${j}]?`);
      else if (!ask) asked.hide();
      else if (changed.has("row") || changed.has("column")) asked.hide();
    }
    shown.update();
    flip.update();
  }
  ui.draw(draw);
  onScheme(() => draw(new Set()), signal);
}

export default { render, schema };
