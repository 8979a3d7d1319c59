/** Any small kernel over a picture, live; every output pixel can be written out. */
import { createFrame } from "./frame.js";
import { numberGrid } from "./grid.js";
import { valueMap, mapScale } from "./maps.js";
import { slider, segmented, toggle } from "./controls.js";
import { cellColors, isDark, onScheme } from "./colors.js";
import { whole, flag, choice, grid, list } from "./store.js";
import { h, setText, show, fixed, signed } from "./dom.js";
import { correlate2d, tensor } from "./core.js";
import { PRESETS, presetOf, embedded } from "./filter-kernels.js";
import { factRow, tightFormat, roughness, drawingTools, withLine, writtenSum } from "./filter-parts.js";

const SIDE = 28;
const LIMIT = 999;
export const schema = {
  K: grid([1, 5], [1, 5], LIMIT),
  normed: flag(),
  source: choice("coffee", "boot", "plaid", "drawing"),
  drawing: list([SIDE * SIDE, SIDE * SIDE], 0, 1),
  view: choice("picture", "signed", "size"),
  row: whole(0, 99),
  column: whole(0, 149),
};
const TITLES = { coffee: "Coffee", boot: "Boot", plaid: "Plaid", drawing: "Drawing" };
const WOOD = [74, 96, 122, 146]; // rows and columns of the photograph, first and past the last
const RIM = [26, 54, 44, 76];
const MIDDLE = { coffee: { row: 48, column: 74 }, garment: { row: 13, column: 13 } };
const REACH = 5; // of the weight's slider
const GOAL = { grain: 0.35, rim: 0.65 }; // a box of 3 × 3 meets it
const TASK = `Make the grain of the wood vanish, below ×${GOAL.grain}, but keep the rim of the cup, above ×${GOAL.rim}.`;
const LOOK = "Choose a kernel or change a weight; point at a pixel to see its sum written out.";

const clamp = (v, n) => Math.min(n - 1, Math.max(0, v));
const tidy = (v, to = 1e9) => Math.round(v * to) / to;
const percent = (part) => `${fixed(100 * part, part > 0 && part < 0.0995 ? 1 : 0)} %`;

/** Where a patch of the photograph lies, as a frame with a name. */
function patch(name, [i0, i1, j0, j1]) {
  const el = h("span", { class: "cnn-patch", "aria-hidden": "true" }, h("small", { text: name }));
  Object.assign(el.style, { top: `${i0}%`, height: `${i1 - i0}%`, left: `${j0 / 1.5}%`, width: `${(j1 - j0) / 1.5}%` });
  return el;
}

function render({ model, el, signal }) {
  const ui = createFrame({ model, el, signal }, {
    title: "One question, asked everywhere",
    task: LOOK,
    role: "output",
    hint: "Arrows move in a picture or grid · Enter edits a weight",
    schema,
  });
  const { store } = ui;
  const photos = {};
  const { task = false, ...given } = model.get("data");
  ui.card.classList.toggle("cnn-filter-task", task);
  for (const [name, { rows, cols, pixels }] of Object.entries(given)) {
    photos[name] = tensor([rows, cols], Float64Array.from(atob(pixels), (byte) => byte.charCodeAt(0) / 255));
  }
  let X = photos.coffee;
  let Y = X;
  let kernel = X; // K, divided where that is asked for
  let divisor = null;
  let picked = [1, 1];
  let pen = [0, 0];
  let stroke = 0;
  const plain = { wood: roughness(X, WOOD, 0, 0), rim: roughness(X, RIM, 0, 0) };

  const place = () => [clamp(store.get("row"), Y.shape[0]), clamp(store.get("column"), Y.shape[1])];
  const half = () => kernel.shape.map((k) => Math.floor((k - 1) / 2));
  const cornerFor = ([i, j]) => [clamp(i - half()[0], Y.shape[0]), clamp(j - half()[1], Y.shape[1])];
  const look = ([row, column]) => store.set({ row, column }, null);

  const input = valueMap({ name: "Picture", role: "input",
    move: (i, j) => { pen = [i, j]; look(cornerFor(pen)); },
    paint: (i, j, first) => {
      if (store.get("source") !== "drawing") return;
      if (first) stroke++;
      const drawing = withLine(store.get("drawing"), first ? [i, j] : pen, [i, j], tools.erasing() ? 0 : 1);
      pen = [i, j];
      const [row, column] = cornerFor(pen);
      store.set({ drawing, row, column }, `stroke ${stroke}`);
    } });
  const output = valueMap({ name: "Output", role: "output", move: (i, j) => look([i, j]) });
  const [inScale, outScale] = [mapScale("gray"), mapScale("gray")];
  inScale.update(0, 1);
  const patches = [patch("wood", WOOD), patch("rim", RIM)];
  const nib = h("div", { class: "cnn-pen", "aria-hidden": "true", hidden: true });
  input.box.append(...patches, nib);
  input.el.append(inScale.el);
  output.el.append(outScale.el);

  const weights = numberGrid({ name: "Kernel", role: "kernel", editable: true, limit: () => LIMIT, warn: ui.warn,
    edit: (a, b, value) => { picked = [a, b]; setWeight(value); },
    pick: (a, b) => pickWeight(a, b) });
  const patchGrid = numberGrid({ name: "Window", role: "input" });
  const products = numberGrid({ name: "Products", role: "ink" });
  const facts = factRow(["Weights sum to", "Mean before", "Mean after", "Outside 0…1", "Grain of wood", "Rim of cup"]);
  const board = h("div", { class: "cnn-filter" }, input.el, output.el, weights.el,
    signed("×", patchGrid.el).el, signed("=", products.el).el, facts.el);
  ui.stage.append(board);

  function setWeight(value, gesture) {
    const [a, b] = picked;
    const K = store.get("K").map((row) => [...row]);
    K[a][b] = tidy(value, 1e12); // so that nine times 1/9 sum to 1
    store.set({ K }, gesture);
  }
  function pickWeight(a, b) {
    if (picked[0] === a && picked[1] === b) return;
    picked = [a, b];
    drawKernel();
  }
  weights.box.addEventListener("focusin", ({ target }) => {
    if (target.dataset.i !== undefined) pickWeight(Number(target.dataset.i), Number(target.dataset.j));
  });

  const source = segmented({ label: "Picture", options: Object.entries(TITLES),
    value: () => store.get("source"), set: (v) => store.set({ source: v, ...MIDDLE[v] ?? MIDDLE.garment }) });
  const tools = drawingTools((name, drawing) => {
    pen = [14, 14];
    store.set({ drawing, source: "drawing", ...MIDDLE.garment });
    ui.announce(name === "Clear" ? "Drawing cleared." : `${name} drawn.`);
  });
  const side = () => (store.get("K").length > 3 || store.get("K")[0].length > 3 ? 5 : 3);
  const preset = segmented({ label: "Kernel", options: Object.entries(PRESETS).map(([name, { title }]) => [name, title]),
    value: () => presetOf(store.get("K")),
    set: (name) => usePreset(name, side()) });
  function usePreset(name, n) {
    const { make, view, normed = false } = PRESETS[name];
    store.set({ K: make(n), normed, view });
  }
  const size = segmented({ label: "Size", options: [[3, "3 × 3"], [5, "5 × 5"]],
    value: () => (store.get("K").length === store.get("K")[0].length ? store.get("K").length : 0),
    set: (n) => {
      const name = presetOf(store.get("K"));
      if (name) store.set({ K: PRESETS[name].make(n) });
      else store.set({ K: embedded(store.get("K"), n) });
    } });
  const normed = toggle({ label: "Divide the weights by their sum",
    value: () => store.get("normed"), set: (v) => store.set({ normed: v }) });
  const weight = slider({ label: "Weight", low: -REACH, high: REACH, step: 0.1,
    value: () => store.get("K")[picked[0]]?.[picked[1]] ?? 0,
    set: (v) => setWeight(v, `weight ${picked}`) });
  const weightName = weight.el.querySelector(".cnn-label");
  const view = segmented({ label: "Show output", options: [["picture", "as a picture"], ["signed", "with signs"], ["size", "size only"]],
    value: () => store.get("view"), set: (v) => store.set({ view: v }) });
  ui.settings.classList.add("cnn-filter-settings");
  ui.setting(preset.el, size.el, normed.el, weight.el, view.el, source.el, tools.el);

  function drawPicture() {
    const name = store.get("source");
    X = name === "drawing" ? tensor([SIDE, SIDE], Float64Array.from(store.get("drawing"))) : photos[name];
    const [rows, cols] = X.shape;
    board.classList.toggle("is-square", rows === cols);
    input.draw(X.data, rows, cols, 0, 1);
    input.box.style.touchAction = name === "drawing" ? "none" : "pan-y";
    input.describe(`${TITLES[name]}, ${rows} by ${cols} grey pixels${name === "drawing" ? "; space draws" : ""}`);
    for (const frame of patches) frame.hidden = name !== "coffee";
    nib.hidden = name !== "drawing";
    source.update();
  }

  function drawKernel() {
    const K = store.get("K");
    const [kh, kw] = [K.length, K[0].length];
    if (kh !== kernel.shape[0] || kw !== kernel.shape[1]) picked = [kh >> 1, kw >> 1];
    const flat = K.flat();
    const sum = tidy(flat.reduce((a, b) => a + b, 0));
    divisor = store.get("normed") && sum !== 0 ? sum : null;
    kernel = tensor([kh, kw], Float64Array.from(flat, (v) => v / (divisor ?? 1)));
    const top = Math.max(1e-9, ...flat.map(Math.abs));
    board.style.setProperty("--n", Math.max(kh, kw));
    const text = tightFormat(flat, Math.max(kh, kw) < 4);
    weights.update({ rows: kh, cols: kw, text: (a, b) => text(K[a][b]),
      shape: divisor === null ? `${kh} × ${kw}` : `${kh} × ${kw}, ÷ ${show(divisor)}`,
      look: (a, b) => (a === picked[0] && b === picked[1] ? "picked" : ""),
      fill: (a, b) => cellColors("div", dark, 0.5 + (0.25 * K[a][b]) / top) });
    const reach = Math.max(REACH, Math.ceil(Math.abs(K[picked[0]][picked[1]])));
    setText(weightName, `Weight [${picked}]`.replace(",", ", "));
    weight.update({ low: -reach, high: reach });
    for (const control of [preset, size, normed]) control.update();
    return sum;
  }

  /** Lowest, highest, mean and share outside 0…1 of the output. */
  function statistics() {
    let [low, high, sum, outside] = [Infinity, -Infinity, 0, 0];
    for (const v of Y.data) {
      if (v < low) low = v;
      if (v > high) high = v;
      if (v < -1e-9 || v > 1 + 1e-9) outside++;
      sum += v;
    }
    return { low, high, mean: sum / Y.data.length, outside: outside / Y.data.length };
  }

  /** The mean of the pixels that stand in the middle of a window. */
  function meanBefore() {
    const [[up, left], [rows, cols]] = [half(), Y.shape];
    let sum = 0;
    for (let i = 0; i < rows; i++) {
      const at = (i + up) * X.shape[1] + left;
      for (let j = 0; j < cols; j++) sum += X.data[at + j];
    }
    return sum / (rows * cols);
  }

  function drawOutput(sum) {
    const [rows, cols] = [X.shape[0] - kernel.shape[0] + 1, X.shape[1] - kernel.shape[1] + 1];
    const out = Y !== X && Y.data.length === rows * cols ? Y.data : undefined;
    Y = correlate2d(X, kernel, { out });
    const { low, high, mean, outside } = statistics();
    const largest = Math.max(-low, high) || 1;
    const mode = store.get("view");
    output.box.style.setProperty("--size", `calc(var(--full) * ${cols / X.shape[1]})`);
    if (mode === "picture") {
      output.draw(Y.data, rows, cols, 0, 1, "gray");
      outScale.update(0, 1, "", "gray");
    } else if (mode === "signed") {
      output.draw(Y.data, rows, cols, -largest, largest, "div");
      outScale.update(-largest, largest, "", "div");
    } else {
      output.draw(Y.data.map(Math.abs), rows, cols, 0, largest, "seq");
      outScale.update(0, largest, "", "seq");
    }
    const onPhoto = store.get("source") === "coffee";
    const [grain, rim] = onPhoto ? [[WOOD, plain.wood], [RIM, plain.rim]].map(([box, whole]) => roughness(Y, box, ...half()) / whole) : [];
    const times = (v) => (onPhoto ? `×${fixed(v, v < 9.995 ? 2 : 1)}` : "");
    facts.set([
      show(sum),
      fixed(meanBefore()),
      fixed(mean),
      percent(outside),
      times(grain),
      times(rim),
    ]);
    if (task && onPhoto) ui.task(TASK, grain < GOAL.grain && rim > GOAL.rim ? "✓ Met." : "");
    else ui.task(LOOK);
    const range = `from ${show(low)} to ${show(high)}, mean ${fixed(mean)}`;
    output.describe(`Output, ${rows} by ${cols}, ${range}`);
    view.update();
    return `${PRESETS[presetOf(store.get("K"))]?.title ?? "Kernel"}: the weights sum to ${show(sum)}. Output ${range}.`;
  }

  function drawPixel(aloud) {
    const [i, j] = place();
    const [kh, kw] = kernel.shape;
    const K = store.get("K");
    const W = K.map((row, a) => row.map((_, b) => X.data[(i + a) * X.shape[1] + j + b]));
    const P = K.map((row, a) => row.map((k, b) => k * W[a][b]));
    const total = tidy(P.flat().reduce((a, b) => a + b, 0));
    const value = Y.data[i * Y.shape[1] + j];
    const corner = cornerFor(pen);
    if (corner[0] !== i || corner[1] !== j) pen = [i + half()[0], j + half()[1]];
    input.cursorAt(...pen);
    output.cursorAt(i, j);
    input.cross(i, j, kh, kw);
    output.cross(i, j);
    nib.style.transform = `translate(${100 * pen[1]}%, ${100 * pen[0]}%)`;
    const roomy = Math.max(kh, kw) < 4;
    const [wText, pText] = [tightFormat(W.flat(), roomy), tightFormat(P.flat(), roomy)];
    const top = Math.max(1e-9, ...P.flat().map(Math.abs));
    patchGrid.update({ rows: kh, cols: kw, text: (a, b) => wText(W[a][b]), shape: `at [${i}, ${j}]`,
      fill: (a, b) => cellColors("gray", dark, W[a][b]) });
    products.update({ rows: kh, cols: kw, text: (a, b) => pText(P[a][b]), shape: `sum ${fixed(total, Math.abs(total) < 100 ? 2 : 1)}`,
      fill: (a, b) => cellColors("div", dark, 0.5 + (0.25 * P[a][b]) / top) });
    const idle = store.get("normed") && divisor === null ? " The weights sum to 0: nothing to divide by." : "";
    const cut = store.get("view") === "picture" && (value < 0 || value > 1)
      ? ` A screen cannot show that: it is cut to ${value < 0 ? 0 : 1}.` : "";
    ui.say(`Output [${i}, ${j}] = ${fixed(value)}`, writtenSum(W, K, total, divisor) + cut + idle,
      aloud ?? `Output row ${i}, column ${j}: ${fixed(value)}.`);
  }

  let sum = 0;
  let dark = false;
  function draw(changed) {
    dark = isDark(el); // before anything is written: then it costs nothing
    const has = (...names) => names.some((name) => changed.has(name));
    const newPicture = has("source") || (has("drawing") && store.get("source") === "drawing");
    const newKernel = has("K", "normed");
    if (newPicture) drawPicture();
    if (newKernel) sum = drawKernel();
    const aloud = newPicture || newKernel || has("view") ? drawOutput(sum) : undefined;
    drawPixel(aloud);
  }
  ui.draw(draw);
  onScheme(() => draw(new Set(["source", "K", "view"])), signal);
}

export default { render, schema };
