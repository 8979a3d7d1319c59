/** Size, stride, padding and dilation: where windows stand, who is read how often, who never. */
import { createFrame } from "./frame.js";
import { slider, segmented, prediction } from "./controls.js";
import { mapScale } from "./maps.js";
import { onScheme } from "./colors.js";
import { whole, choice, list } from "./store.js";
import { h, setText } from "./dom.js";
import { cellBoard, PAD, UNREAD, TAP, SOFT } from "./geometry-cells.js";
import { axisOf, perSide, inTotal, words, explain, question } from "./geometry-words.js";

const NAMES = ["n", "k", "p", "s", "d"];
const LIMITS = { n: [1, 28], k: [1, 7], p: [0, 6], s: [1, 6], d: [1, 4] };
const pair = (name) => list([2, 2], ...LIMITS[name]);
export const schema = {
  n: pair("n"),
  k: pair("k"),
  p: pair("p"),
  s: pair("s"),
  d: pair("d"),
  mode: choice("zeros", "reflect", "replicate", "circular"),
  axis: choice("both", "rows", "columns"),
  cells: choice("uses", "numbers"),
  about: choice("window", "pixel"),
  row: whole(0, 39),
  column: whole(0, 39),
  pixel: list([2, 2], 0, 27),
  question: whole(0, 999),
};

const TALL = 264; // pixels; two boards side by side, each as wide as there is room
const clamp = (v, most) => Math.max(0, Math.min(v, most));

function render({ model, el, signal }) {
  const ui = createFrame({ model, el, signal }, {
    title: "Where the windows stand",
    task: "With a kernel of 3, make every pixel count nine times. Is there a second way?",
    role: "kernel",
    hint: "Arrows move · . steps · Space plays",
    schema,
    conflict: (values) => [...NAMES, "pixel"].filter((name) => !values[name].every(Number.isInteger)).join(", "),
  });
  const { store } = ui;
  ui.card.classList.add("cnn-geometry");
  const at = (name, axis) => store.get(name)[axis];
  let axes = [];
  let boxes = { input: [TALL, TALL], output: [TALL, TALL] };
  let looks = [];
  let tint = null;
  let top = 1;
  let version = 0; // of what the cells show
  const fits = () => !axes[0].why && !axes[1].why;
  const hidden = () => store.get("question") > 0 && asked.open();
  const place = () => [clamp(store.get("row"), axes[0].out - 1), clamp(store.get("column"), axes[1].out - 1)];
  const pixel = () => axes.map(({ n }, axis) => clamp(at("pixel", axis), n - 1));

  // Moving ------------------------------------------------------------------------
  const moveTo = (i, j) => {
    if (!fits() || hidden()) return;
    store.set({ row: clamp(i, axes[0].out - 1), column: clamp(j, axes[1].out - 1), about: "window" }, "window");
  };
  const moveBy = (di, dj) => { const [i, j] = place(); moveTo(i + di, j + dj); };
  const pickPixel = (i, j) => store.set({ pixel: [clamp(i, axes[0].n - 1), clamp(j, axes[1].n - 1)] }, "pixel");
  const onPixel = () => store.get("about") === "pixel";
  const input = cellBoard({ name: "Input", role: "input", about: "picture; arrow keys move the window, or the pixel",
    pick: (i, j) => (onPixel() ? pickPixel(i - axes[0].p, j - axes[1].p)
      : moveTo(...axes.map(({ span, s }, axis) => Math.round(([i, j][axis] - (span - 1) / 2) / s)))),
    move: (di, dj) => { if (!onPixel()) moveBy(di, dj); else { const [i, j] = pixel(); pickPixel(i + di, j + dj); } } });
  const output = cellBoard({ name: "Output", role: "output", about: "picture; arrow keys move the window", pick: moveTo, move: moveBy });
  const step = (by) => {
    if (!fits() || hidden()) return false;
    const [i, j] = place();
    const cols = axes[1].out;
    const next = i * cols + j + by;
    if (next < 0 || next >= axes[0].out * cols) return false;
    moveTo(Math.floor(next / cols), next % cols);
    return next + by >= 0 && next + by < axes[0].out * cols;
  };

  // Under the boards: the key, then the formula or a question --------------------------
  const scale = mapScale("seq");
  scale.update(0, top, "uses of a pixel");
  const sample = (look, text) => h("span", {}, h("i", { class: `cnn-cell is-${look}` }), text);
  const keys = h("div", { class: "cnn-keys" }, scale.el, sample("padding", "padding"), sample("unused", "never read"), sample("frame", "window"));
  const block = (word, symbols) => {
    const [rows, cols] = [h("p"), h("p")];
    return { rows, cols, el: h("div", {}, h("p", { class: "cnn-symbols" }, `${word} `, h("i", { text: symbols })), rows, cols) };
  };
  const side = block("per side, as in PyTorch:", "⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1");
  const total = block("in total, P = 2p:", "⌊(n − (d(k − 1) + 1) + P + s)/s⌋");
  const formula = h("div", { class: "cnn-formula" }, side.el, total.el);
  const asked = prediction({
    question: "How many outputs are there along each side?",
    truth: () => axes[0].size,
    explain: (guess) => explain(axes[0], guess),
    done: () => draw(new Set(["answer"])),
    next: () => ask,
  });
  const verdict = asked.el.querySelector(".cnn-verdict");
  const asking = h("div", { class: "cnn-asking", hidden: true }, asked.el);
  output.el.append(asking); // the question stands where its answer will
  const slot = h("div", { class: "cnn-slot" }, formula, verdict);
  ui.stage.append(h("div", { class: "cnn-boards" }, input.el, output.el), keys, slot);

  // Controls ------------------------------------------------------------------------
  ui.button("←", () => { ui.stop(); step(-1); }, { "aria-label": "Step back" });
  ui.button("Step", () => { ui.stop(); step(1); }, { class: "cnn-main" });
  ui.player(() => step(1));
  ui.keys({ ".": () => step(1), ",": () => step(-1) });
  const pick = (number) => Object.fromEntries(Object.entries(question(number)).map(([name, v]) => [name, [v, v]]));
  const ask = h("button", { type: "button", class: "cnn-button", text: "Ask me a size", onclick: () => {
    ui.stop();
    const number = (store.get("question") % 999) + 1;
    store.set({ ...pick(number), mode: "zeros", axis: "both", about: "window", row: 0, column: 0, question: number });
    asked.el.querySelector("input").focus();
  } });
  const back = h("button", { type: "button", class: "cnn-link", text: "Done", onclick: () => store.set({ question: 0 }) });
  const predict = h("div", { class: "cnn-setting cnn-setting-predict" }, h("span", { class: "cnn-label", text: "Predict" }), h("div", { class: "cnn-buttons" }, ask, back));

  const LABELS = { n: "Input", k: "Kernel", p: "Padding", s: "Stride", d: "Dilation" };
  const along = () => (store.get("axis") === "columns" ? 1 : 0);
  const sliders = NAMES.map((name) => slider({ label: LABELS[name], symbol: name, low: LIMITS[name][0], high: LIMITS[name][1],
    value: () => at(name, along()),
    format: (v) => (store.get("axis") === "both" && at(name, 0) !== at(name, 1) ? store.get(name).join(", ") : `${v}`),
    set: (v) => {
      const next = store.get("axis") === "both" ? [v, v] : store.get(name).map((old, axis) => (axis === along() ? v : old));
      store.set({ [name]: next, question: 0 }, name);
    } }));
  const link = segmented({ label: "Axes", options: [["both", "linked"], ["rows", "rows"], ["columns", "columns"]],
    value: () => store.get("axis"),
    set: (v) => store.set({ axis: v, ...(v === "both" ? Object.fromEntries(NAMES.map((name) => [name, [at(name, 0), at(name, 0)]])) : {}) }) });
  const mode = segmented({ label: "Outside", options: schema.mode.options.map((m) => [m, m]),
    value: () => store.get("mode"), set: (v) => store.set({ mode: v, question: 0 }) });
  const cells = segmented({ label: "Cells", options: [["uses", "uses"], ["numbers", "pixel numbers"]],
    value: () => store.get("cells"), set: (v) => store.set({ cells: v }) });
  const about = segmented({ label: "Point at", options: [["window", "a window"], ["pixel", "a pixel"]],
    value: () => store.get("about"), set: (v) => store.set({ about: v }) });
  const [n, k, p, s, d] = sliders.map((made) => made.el);
  mode.el.classList.add("cnn-setting-wide");
  ui.setting(n, s, k, d, p, link.el, mode.el, cells.el, about.el, predict);

  // Drawing ---------------------------------------------------------------------------
  function measure() {
    version++;
    axes = [0, 1].map((axis) => axisOf({ ...Object.fromEntries(NAMES.map((name) => [name, at(name, axis)])), mode: store.get("mode") }));
    const [rows, cols] = axes;
    const [R, C] = axes.map(({ n: side, p: edge }) => side + 2 * edge);
    looks = [new Uint8Array(R * C), new Uint8Array(fits() ? rows.out * cols.out : 0)];
    tint = new Float64Array(R * C);
    top = fits() ? Math.max(1, Math.max(...rows.uses) * Math.max(...cols.uses)) : 1;
    for (let i = 0; i < R; i++) {
      for (let j = 0; j < C; j++) {
        const [a, b] = [i - rows.p, j - cols.p];
        const inside = a >= 0 && b >= 0 && a < rows.n && b < cols.n;
        const uses = inside && fits() ? rows.uses[a] * cols.uses[b] : 0;
        looks[0][i * C + j] = !inside ? PAD : fits() && !uses ? UNREAD : 0;
        tint[i * C + j] = uses / top;
      }
    }
  }

  function drawInput(open) {
    const [rows, cols] = axes;
    const [R, C] = axes.map(({ n: side, p: edge }) => side + 2 * edge);
    const shows = open || !fits() ? "none" : store.get("cells");
    const shown = open ? looks[0].map((look) => look & PAD) : looks[0].slice();
    const standing = fits() && !open && !onPixel();
    const ringed = rows.d > 1 || cols.d > 1;
    const marked = standing && (ringed || shows === "numbers"); // else the frame says it
    if (marked) {
      const [i, j] = place();
      for (let a = 0; a < rows.k; a++) for (let b = 0; b < cols.k; b++) shown[(i * rows.s + a * rows.d) * C + j * cols.s + b * cols.d] |= TAP;
    }
    const [i, j] = standing ? place() : [0, 0];
    const [y, x] = pixel();
    const padded = R > rows.n || C > cols.n;
    input.update({ rows: R, cols: C, limit: boxes.input, looks: shown, tint: shows === "uses" ? tint : null, ringed, key: [version, shows, open, marked ? place() : ""].join(),
      shape: `${rows.n} × ${cols.n}${padded ? `, padded to ${R} × ${C}` : ""}`,
      text: (a, b) => {
        if (shows === "none") return "";
        const [from, to] = [rows.source[a], cols.source[b]];
        const outside = looks[0][a * C + b] & PAD;
        if (shows === "numbers") return from < 0 || to < 0 ? "0" : `${from * cols.n + to}`;
        return outside ? "" : `${rows.uses[from] * cols.uses[to]}`;
      },
      window: standing ? { i: i * rows.s, j: j * cols.s, rows: rows.span, cols: cols.span } : null,
      ring: onPixel() && !open ? { i: y + rows.p, j: x + cols.p, rows: 1, cols: 1 } : null });
  }

  /** Does window o of an axis read pixel i, itself or a copy of it? */
  const reads = ({ k: taps, s: by, d: apart, source }, o, i) => {
    for (let a = 0; a < taps; a++) if (source[o * by + a * apart] === i) return true;
    return false;
  };

  function drawOutput(open) {
    const [rows, cols] = axes;
    if (open || !fits()) {
      output.update({ limit: boxes.output, shape: open ? "? × ?" : "", none: "no window fits", key: "none" });
      [asking.style.width, asking.style.height] = boxes.output.map((v) => `${v}px`);
      return;
    }
    const [i, j] = place();
    const shown = looks[1].fill(0);
    if (onPixel()) {
      const [y, x] = pixel();
      const hit = axes.map((axis, n01) => Array.from({ length: axis.out }, (_, o) => reads(axis, o, [y, x][n01])));
      shown.forEach((_, n0) => { if (hit[0][Math.floor(n0 / cols.out)] && hit[1][n0 % cols.out]) shown[n0] = SOFT; });
    }
    const uses = store.get("cells") === "uses";
    output.update({ rows: rows.out, cols: cols.out, limit: boxes.output, looks: shown,
      shape: `${rows.out} × ${cols.out}, ${uses ? "pixels under each window" : "numbered"}`,
      text: (a, b) => `${uses ? rows.reads[a] * cols.reads[b] : a * cols.out + b}`,
      key: [version, uses, onPixel() ? pixel() : ""].join(), now: onPixel() ? null : { i, j } });
  }

  function drawFormula(open, quiz) {
    const alike = NAMES.every((name) => at(name, 0) === at(name, 1));
    for (const [{ rows, cols }, written] of [[side, perSide], [total, inTotal]]) {
      setText(rows, open ? "?" : alike ? written(axes[0]) : `rows: ${written(axes[0])}`);
      setText(cols, `columns: ${written(axes[1])}`);
      cols.hidden = alike;
    }
    verdict.hidden = !quiz;
    asking.hidden = !open;
    output.box.hidden = open;
    back.hidden = !quiz;
    setText(ask, quiz ? "Ask another" : "Ask me a size");
    keys.classList.toggle("is-away", open);
    setText(scale.el.children[2], `${top}`);
  }

  function draw(changed) {
    const shape = [...NAMES, "mode"].some((name) => changed.has(name));
    if (shape) measure();
    const quiz = store.get("question") > 0;
    if (quiz && (changed.has("question") || shape)) {
      const [a] = axes;
      asked.ask(`n = ${a.n}, k = ${a.k}, p = ${a.p}, s = ${a.s}${a.d > 1 ? `, d = ${a.d}` : ""}. How many outputs are there along a side?`);
    }
    const open = hidden();
    if (shape || changed.has("question") || changed.has("answer")) drawFormula(open, quiz);
    drawInput(open);
    drawOutput(open);
    const said = open ? ["How many windows fit?", "Type it where the output will stand, or skip.", "A question is asked."]
      : words(axes, fits() ? place() : [0, 0], onPixel() ? pixel() : null);
    ui.say(...said);
    ui.result(open ? "? × ?" : fits() ? `${axes[0].out} × ${axes[1].out}` : "no window");
    input.describe(`Input, ${axes[0].n} rows and ${axes[1].n} columns.${open ? "" : ` ${said[0]}.`}`);
    output.describe(fits() ? `Output, ${axes[0].out} rows and ${axes[1].out} columns.` : "No output: no window fits.");
    for (const control of [...sliders, link, mode, cells, about]) control.update();
  }
  ui.draw(draw);
  onScheme(() => { for (const board of [input, output]) board.recolor(); draw(new Set(["answer"])); }, signal);
  const sized = new ResizeObserver(([entry]) => {
    const wide = Math.floor(entry.contentRect.width);
    const half = Math.floor((wide - 32) / 2);
    const next = wide >= 540 ? { input: [half, TALL], output: [half, TALL] } : { input: [wide, 252], output: [wide, 150] };
    if (JSON.stringify(next) === JSON.stringify(boxes)) return;
    boxes = next;
    draw(new Set());
  });
  sized.observe(ui.stage);
  signal.addEventListener("abort", () => sized.disconnect());
}

export default { render, schema };
