/** The transposed convolution: each input cell stamps the kernel into the output. */
import { createFrame } from "./frame.js";
import { numberGrid } from "./grid.js";
import { slider, segmented, prediction } from "./controls.js";
import { cellColors, isDark, onScheme } from "./colors.js";
import { whole, choice, grid } from "./store.js";
import { show, factor, count, formatFor, signed } from "./dom.js";

const [SIDE, KERNEL, STRIDE, PADDING, LIMIT] = [3, 4, 3, 3, 999];
export const schema = {
  X: grid([1, SIDE], [1, SIDE], LIMIT),
  K: grid([1, KERNEL], [1, KERNEL], LIMIT),
  stride: whole(1, STRIDE),
  padding: whole(0, PADDING),
  at: whole(0, SIDE * SIDE - 1),
  row: whole(0, 9),
  column: whole(0, 9),
  about: choice("cell", "stamp"),
  shown: choice("ask", "step", "all"),
  cells: choice("sums", "stamps"),
};

const TASK = "With a stride above 1, make all inner cells of the output get equally many stamps. Is there a second way?";
const size = (rows) => [rows.length, rows[0].length];
const near = (a, b) => Math.abs(a - b) < 5e-3;
const tidy = (v) => Math.round(v * 1e9) / 1e9; // 0.1 + 0.2 is meant as 0.3
const block = (rows, cols, value) => Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (_, j) => value(i, j)));
/** Rows and columns of all stamps together. */
const reach = (X, K, s) => [0, 1].map((axis) => (size(X)[axis] - 1) * s + size(K)[axis]);
/** The most that can be cut off on each side. */
const mostPadding = (X, K, s) => Math.min(PADDING, Math.floor((Math.min(...reach(X, K, s)) - 1) / 2));

/** What lands on cell (i, j) of all stamps: [x, k, where in X, where in K] in the stamps' order. */
function landing(X, K, s, i, j) {
  const found = [];
  X.forEach((row, a) => row.forEach((x, b) => {
    const [u, v] = [i - a * s, j - b * s];
    if (u >= 0 && v >= 0 && u < K.length && v < K[0].length) found.push({ x, k: K[u][v], a, b, u, v, n: a * row.length + b });
  }));
  return found;
}
const total = (terms) => tidy(terms.reduce((sum, { x, k }) => sum + x * k, 0));
const product = ({ x, k }) => `${factor(x)}×${factor(k)}`;

/** Which slip gives this guess? One sentence, or nothing. */
function slip(X, K, s, [i, j], guess, real) {
  const terms = landing(X, K, s, i, j);
  const turned = [...K].reverse().map((row) => [...row].reverse());
  const found = [
    [total(landing(X, turned, s, i, j)), "That is what a turned kernel would stamp: here it lies as it is."],
    [total(terms.map(({ k }) => ({ x: 1, k }))), "That is the kernel alone: each stamp is multiplied by the input cell that it comes from."],
    ...terms.map((term) => [tidy(term.x * term.k), `That is the stamp of X[${term.a}, ${term.b}] alone: ${count(terms.length, "stamp lands", "stamps land")} here, and they add up.`]),
    [-real, "The size is right, the sign is not."],
  ].find(([value]) => near(value, guess) && !near(value, real));
  return found ? `${found[1]} ` : "";
}

function render({ model, el, signal }) {
  const ui = createFrame({ model, el, signal }, {
    title: "Stamp by stamp",
    task: TASK,
    role: "output",
    hint: "Arrows move in a grid · Enter edits · . steps",
    schema,
    conflict: ({ X, K, stride, padding }) => (padding > mostPadding(X, K, stride) ? "more padding than output" : ""),
  });
  const { store } = ui;
  const get = (...names) => names.map(store.get);
  let seen = new Set();

  const edit = (name) => (i, j, value) => {
    const rows = store.get(name).map((row) => [...row]);
    rows[i][j] = value;
    store.set({ [name]: rows });
  };
  const last = () => store.get("X").flat().length - 1;
  const latest = () => Math.min(store.get("at"), last());
  const outSize = () => reach(...get("X", "K", "stride")).map((n) => n - 2 * store.get("padding"));
  const place = () => { const [rows, cols] = outSize(); return [Math.min(store.get("row"), rows - 1), Math.min(store.get("column"), cols - 1)]; };
  const stampAt = (n) => store.set({ at: Math.max(0, Math.min(n, last())), about: "stamp", ...(store.get("shown") === "ask" ? { shown: "step" } : {}) }, "stamp");
  /** A cell of the output; `i` and `j` count what is cut off as well. */
  const look = (i, j) => {
    const [p, [rows, cols]] = [store.get("padding"), outSize()];
    store.set({ row: Math.max(0, Math.min(i - p, rows - 1)), column: Math.max(0, Math.min(j - p, cols - 1)), about: "cell" }, "cell");
  };
  const entry = { editable: true, limit: () => LIMIT, warn: ui.warn };
  const input = numberGrid({ name: "Input", role: "input", ...entry, edit: edit("X"), pick: (i, j) => stampAt(i * store.get("X")[0].length + j),
    move: (di, dj) => { // the stamp follows; while values are asked for, the focus alone
      const [rows, cols] = size(store.get("X"));
      if (store.get("shown") !== "step") return false;
      const n = latest();
      const [i, j] = [Math.floor(n / cols) + di, (n % cols) + dj].map((v, axis) => Math.max(0, Math.min(v, [rows, cols][axis] - 1)));
      stampAt(i * cols + j);
      return true;
    } });
  const kernel = numberGrid({ name: "Kernel", role: "kernel", ...entry, edit: edit("K") });
  const output = numberGrid({ name: "Output", role: "output", pick: look });
  ui.stage.append(input.el, signed("×", kernel.el).el, signed("→", output.el).el);

  const terms = () => { const [X, K, s, p] = get("X", "K", "stride", "padding"); const [i, j] = place(); return landing(X, K, s, i + p, j + p); };
  const asked = prediction({
    question: "What lands at [0, 0]?",
    truth: () => total(terms()),
    explain: (guess, real) => {
      const [X, K, s, p] = get("X", "K", "stride", "padding");
      const [i, j] = place();
      return `${guess === undefined || near(guess, real) ? "" : slip(X, K, s, [i + p, j + p], guess, real)}The sum is written below.`;
    },
    done: () => { seen.add(String(place())); draw(new Set(["seen"])); },
  });
  ui.stage.append(asked.el);

  ui.button("←", () => { ui.stop(); stampAt(latest() - 1); }, { "aria-label": "Step back" });
  const step = () => {
    if (store.get("shown") === "step" && store.get("about") === "stamp") stampAt(latest() + 1);
    else store.set({ shown: "step", about: "stamp", at: 0 }, "stamp"); // from the first one
    return latest() < last();
  };
  ui.button("Step", () => { ui.stop(); step(); }, { class: "cnn-main" });
  ui.player(step);
  ui.keys({ ".": step, ",": () => stampAt(latest() - 1) });

  /** Another size or stride; the padding follows where it must. */
  const change = (patch, gesture) => {
    const [X, K, s] = ["X", "K", "stride"].map((name) => patch[name] ?? store.get(name));
    const p = Math.min(patch.padding ?? store.get("padding"), mostPadding(X, K, s));
    store.set({ ...patch, padding: p }, gesture);
  };
  const resized = (name) => (n) => { const old = store.get(name); return { [name]: block(n, n, (i, j) => old[i]?.[j] ?? 1) }; };
  const sliders = [
    slider({ label: "Input", symbol: "n", low: 1, high: SIDE, value: () => store.get("X").length, set: (n) => change(resized("X")(n), "n") }),
    slider({ label: "Kernel", symbol: "k", low: 1, high: KERNEL, value: () => store.get("K").length, set: (n) => change(resized("K")(n), "k") }),
    slider({ label: "Stride", symbol: "s", low: 1, high: STRIDE, value: () => store.get("stride"), set: (stride) => change({ stride }, "s") }),
    slider({ label: "Padding", symbol: "p", low: 0, high: PADDING, value: () => store.get("padding"), set: (padding) => change({ padding }, "p") }),
  ];
  const shown = segmented({ label: "Output", options: [["ask", "Ask me"], ["step", "As I step"], ["all", "Show all"]],
    value: () => store.get("shown"), set: (v) => store.set({ shown: v, about: v === "step" ? "stamp" : "cell" }) });
  const cells = segmented({ label: "Cells", options: [["sums", "sums"], ["stamps", "number of stamps"]],
    value: () => store.get("cells"), set: (v) => store.set({ cells: v }) });
  ui.setting(...sliders.map((s) => s.el), shown.el, cells.el);
  ui.button("All ones", () => store.set(Object.fromEntries(["X", "K"].map((name) => [name, store.get(name).map((row) => row.map(() => 1))]))));
  ui.onReset(() => { seen = new Set(); });

  const even = () => {
    const [X, K, s] = get("X", "K", "stride");
    return s > 1 && size(K).every((k) => k % s === 0) && Math.min(...size(X)) > 1;
  };
  function tell(X, K, s, p, open) {
    const [i, j] = place();
    if (store.get("about") === "stamp") {
      const n = latest();
      const [a, b] = [Math.floor(n / X[0].length), n % X[0].length];
      const [rows, cols] = reach(X, K, s);
      const cut = a * s < p || b * s < p || a * s + K.length > rows - p || b * s + K[0].length > cols - p ? " What lies outside the frame of the output is cut off." : "";
      ui.say(`Stamp ${n + 1} of ${last() + 1}: X[${a}, ${b}] = ${show(X[a][b])}`,
        `${show(X[a][b])} × K is added, its corner at [${show(a * s - p)}, ${show(b * s - p)}]: ${count(s, "cell", "cells")} further for each cell of X.${cut}`);
      return ui.result(`${n + 1} of ${last() + 1}`);
    }
    const all = terms();
    if (!open(i, j)) {
      ui.say(`Output [${i}, ${j}] = ?`, "Which stamps reach this cell, and which cell of the kernel does each of them bring?",
        `Output row ${i}, column ${j}: not shown yet.`);
      return ui.result(`[${i}, ${j}] = ?`);
    }
    const down = store.get("shown") === "step" ? all.filter(({ n }) => n <= latest()) : all;
    const value = show(total(down));
    const far = down.length < all.length ? ` So far ${down.length} of ${all.length}.` : "";
    const text = all.length === 0 ? "No stamp lands here." : `${count(all.length, "stamp lands", "stamps land")} here.${far} ` +
      (down.length ? `${down.map(({ a, b, u, v }) => `X[${a}, ${b}]·K[${u}, ${v}]`).join(" + ")} = ${down.map(product).join(" + ")} = ${value}.` : "");
    ui.say(`Output [${i}, ${j}] = ${value}`, text, `Output row ${i}, column ${j}: ${value}. ${count(all.length, "stamp")}.`);
    return ui.result(`[${i}, ${j}] = ${value}`);
  }

  function draw(changed) {
    const [X, K, s, p] = get("X", "K", "stride", "padding");
    if (["X", "K", "stride", "padding"].some((name) => changed.has(name))) seen = new Set();
    const [mode, counting, onStamp] = [store.get("shown"), store.get("cells") === "stamps", store.get("about") === "stamp"];
    const [rows, cols] = reach(X, K, s);
    const n = mode === "step" ? latest() : last();
    const fallen = block(rows, cols, (i, j) => landing(X, K, s, i, j).filter((term) => term.n <= n));
    const values = fallen.map((row) => row.map((all) => (counting ? all.length : total(all))));
    const open = (i, j) => mode !== "ask" || seen.has(String([i, j]));
    const kept = (i, j) => i >= p && j >= p && i < rows - p && j < cols - p;
    const readable = (i, j) => counting || open(i - p, j - p);
    const [ci, cj] = place();
    const [a, b] = [Math.floor(latest() / X[0].length), latest() % X[0].length];
    const under = open(ci, cj) ? terms() : []; // what is asked for is not given away
    const from = (i, j) => (onStamp ? i === a && j === b : under.some((term) => term.a === i && term.b === j));
    const [fx, fk, fy] = [formatFor(X), formatFor(K), formatFor(values)];
    const [dark, top] = [isDark(el), Math.max(1e-9, ...K.flat().map(Math.abs))];
    const most = Math.max(1, ...values.flat());
    input.update({ rows: X.length, cols: X[0].length, text: (i, j) => fx(X[i][j]), at: onStamp && mode === "step" ? [a, b] : undefined,
      look: (i, j) => (from(i, j) ? "picked" : mode === "step" && i * X[0].length + j > n ? "tocome" : "") });
    kernel.update({ rows: K.length, cols: K[0].length, text: (i, j) => fk(K[i][j]),
      look: (i, j) => (!onStamp && under.some((term) => term.u === i && term.v === j) ? "picked" : ""),
      fill: (i, j) => cellColors("div", dark, 0.5 + (0.25 * K[i][j]) / top) });
    output.update({ rows, cols, at: [ci + p, cj + p], shape: `${rows - 2 * p} × ${cols - 2 * p}${p ? `, cut from ${rows} × ${cols}` : ""}`,
      text: (i, j) => (!kept(i, j) ? "" : readable(i, j) ? fy(values[i][j]) : i === ci + p && j === cj + p ? "?" : "·"),
      label: (i, j) => (!kept(i, j) ? "cut off" : readable(i, j) ? fy(values[i][j]) : "not shown yet"),
      look: (i, j) => (!kept(i, j) ? "unused" : !onStamp && i === ci + p && j === cj + p ? "current" : readable(i, j) ? "" : "tocome"),
      fill: (i, j) => (counting && kept(i, j) && (onStamp || i !== ci + p || j !== cj + p) ? cellColors("seq", dark, values[i][j] / most) : null),
      window: onStamp ? { i: a * s, j: b * s, rows: K.length, cols: K[0].length } : null });
    output.el.classList.toggle("cnn-wide", cols < 8 && values.flat().some((v) => fy(v).length > 4));
    ui.task(TASK, even() ? "✓ Met: the stride divides the kernel." : "");
    tell(X, K, s, p, open);
    if (!changed.has("seen")) {
      if (mode === "ask" && !onStamp && !counting && !open(ci, cj)) asked.ask(`What number lands at [${ci}, ${cj}]?`);
      else asked.hide();
    }
    sliders[3].update({ high: mostPadding(X, K, s) });
    for (const part of [...sliders.slice(0, 3), shown, cells]) part.update();
  }
  ui.draw(draw);
  onScheme(() => draw(new Set()), signal);
}

export default { render, schema };
