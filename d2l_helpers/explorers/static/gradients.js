/** Backwards through a correlation or a pooling: every number collects all of its uses. */
import { createFrame } from "./frame.js";
import { numberGrid } from "./grid.js";
import { segmented, prediction } from "./controls.js";
import { cellColors, isDark, onScheme } from "./colors.js";
import { whole, choice, grid } from "./store.js";
import { h, show, setText } from "./dom.js";
import { NUDGE, isPool, sizes, fit, regrade, single, compute, uses, windowCells, name, written, hinted, slip, tiny, cellFormat } from "./gradients-sums.js";

const SIDE = 6;
const LIMIT = 99;
export const schema = {
  X: grid([2, SIDE], [2, SIDE], LIMIT),
  K: grid([1, 3], [1, 3], LIMIT),
  G: grid([1, SIDE], [1, SIDE], LIMIT),
  op: choice("correlation", "convolution", "max", "average"),
  stride: whole(1, 2),
  of: choice("K", "X", "Y"),
  row: whole(0, SIDE - 1),
  column: whole(0, SIDE - 1),
  shown: choice("ask", "all"),
};

const mark = (text) => h("span", { class: "cnn-symbol", "aria-hidden": "true", text });
const has = (cells, i, j) => cells.some(([a, b]) => a === i && b === j);

function render({ model, el, signal }) {
  const ui = createFrame({ model, el, signal }, {
    title: "Send the gradient back",
    task: "A number that was used in several places collects a share from each. Pick one and follow its sum.",
    role: "gradient",
    hint: "Arrows move in a grid · Enter edits · . next output",
    schema,
    conflict: ({ X, K }) => (K.length > X.length || K[0].length > X[0].length ? "K larger than X" : ""),
  });
  const { store } = ui;
  let sum = null;
  let question = "";
  let settled = false; // the verdict stands until something else is done
  let seen = new Set(); // what was asked for and is shown

  const key = (of, i, j) => `${of} ${i} ${j}`;
  const isOpen = (of, i, j) => store.get("shown") === "all" || seen.has(key(of, i, j));
  /** The first gradient in reading order that is not shown yet. */
  const unknown = () => (isPool(sum.op) ? ["X"] : ["K", "X"]).flatMap((of) => sum[`d${of}`].flatMap((row, i) => row.map((_, j) => [of, i, j])))
    .find((at) => !isOpen(...at));

  // What is chosen, within the shapes that there are
  const limits = (of) => (of === "Y" ? sum.out : of === "X" ? [sum.X.length, sum.X[0].length] : [sum.K.length, sum.K[0].length]);
  function chosen() {
    const [of, asking] = [store.get("of"), store.get("shown") === "ask"];
    const pool = isPool(store.get("op"));
    const real = (of === "Y" && asking) || (of === "K" && pool) ? (pool ? "X" : "K") : of;
    const [rows, cols] = limits(real);
    return { of: real, i: Math.min(store.get("row"), rows - 1), j: Math.min(store.get("column"), cols - 1) };
  }
  const choose = (of) => (i, j) => store.set({ of, row: i, column: j }, "choice");
  const edit = (what) => (i, j, value) => {
    const rows = (what === "G" ? sum.G : store.get(what)).map((row) => [...row]);
    rows[i][j] = value;
    store.set({ [what]: rows });
  };
  /** A 1 at this output alone, and, unless a number is asked for, what it sends. */
  function only(i, j) {
    const patch = { G: single(sum.out, i, j) };
    if (store.get("shown") === "all") Object.assign(patch, { of: "Y", row: i, column: j });
    store.set(patch, "output");
  }
  /** Another operation or stride: G follows the output's shape. */
  function change(patch) {
    const at = (what) => patch[what] ?? store.get(what);
    const { out } = sizes(at("X"), at("K"), at("op"), at("stride"));
    store.set({ ...patch, G: regrade(sum.G, out) });
  }

  const panel = (title, role, rest) => numberGrid({ name: title, role, limit: () => LIMIT, warn: ui.warn, ...rest });
  const gx = panel("X", "input", { editable: true, edit: edit("X"), pick: choose("X") });
  const gk = panel("K", "kernel", { editable: true, edit: edit("K"), pick: choose("K") });
  const gy = panel("Y", "output", { pick: only });
  const gg = panel("G", "gradient", { editable: true, edit: edit("G") });
  const dx = panel("∂L/∂X", "gradient", { pick: choose("X") });
  const dk = panel("∂L/∂K", "gradient", { pick: choose("K") });
  const bias = h("p", { class: "cnn-shape" });
  dk.el.append(bias);
  for (const part of [gx.el, dx.el]) part.classList.add("cnn-broad");
  const forth = mark("⋆");
  const made = mark("=");
  const board = h("div", { class: "cnn-board" },
    gx.el, forth, gk.el, made, gy.el,
    dx.el, mark(""), dk.el, mark("←"), gg.el);

  const nx = panel("nudged ∂L/∂X", "gradient", { pick: choose("X") });
  const nk = panel("nudged ∂L/∂K", "gradient", { pick: choose("K") });
  const found = h("p", { class: "cnn-shape" });
  const check = h("div", { class: "cnn-check" },
    h("p", { class: "cnn-question", text: "Check by nudging" }),
    h("p", { class: "cnn-shape", text: `Move each number by ±${NUDGE}; divide the change of L = ΣG·Y by ${2 * NUDGE}.` }),
    h("div", { class: "cnn-pair" }, nx.el, nk.el), found);

  const asked = prediction({
    question: "What is ∂L/∂K[0, 0]?",
    truth: () => { const { of, i, j } = chosen(); return (of === "K" ? sum.dK : sum.dX)[i][j]; },
    explain: (guess, real) => {
      const { of, i, j } = chosen();
      return slip(sum, of, [i, j], guess, real) || "The sum is written below.";
    },
    done: () => {
      const { of, i, j } = chosen();
      seen.add(key(of, i, j));
      settled = true;
      draw(new Set(["seen"]));
    },
    next: () => { const { of, i, j } = chosen(); return another.hidden ? (of === "K" ? dk : dx).cell(i, j) : another; },
  });
  const another = h("button", { type: "button", class: "cnn-button", text: "Ask me another", onclick: () => {
    const [of, row, column] = unknown();
    store.set({ of, row, column }, "choice");
    asked.el.querySelector("input").focus({ preventScroll: true });
  } });
  ui.stage.classList.add("cnn-gradients");
  ui.stage.append(board, h("div", { class: "cnn-side" }, asked.el, another, check));

  ui.button("All ones", () => store.set({ G: single(sum.out, 0, 0).map((row) => row.map(() => 1)), ...(store.get("of") === "Y" ? { of: "K", row: 0, column: 0 } : {}) }));
  const next = (by) => {
    const flat = sum.G.flat();
    const alone = flat.filter((v) => v !== 0).length === 1 ? flat.findIndex((v) => v !== 0) : by > 0 ? -1 : 0;
    const n = (alone + by + flat.length) % flat.length;
    only(Math.floor(n / sum.out[1]), n % sum.out[1]);
  };
  ui.button("One output", () => next(1), { class: "cnn-main" });
  ui.keys({ ".": () => next(1), ",": () => next(-1) });

  const op = segmented({ label: "Operation", value: () => store.get("op"), set: (v) => change({ op: v }),
    options: [["correlation", "Correlation ⋆"], ["convolution", "Strict convolution ∗"], ["max", "Maximum 2×2"], ["average", "Average 2×2"]] });
  const stride = segmented({ label: "Stride", value: () => store.get("stride"), set: (v) => change({ stride: v }), options: [[1, "1"], [2, "2"]] });
  const shown = segmented({ label: "Gradients", value: () => store.get("shown"), set: (v) => store.set({ shown: v }),
    options: [["ask", "Ask me"], ["all", "Show all"]] });
  ui.setting(op.el, stride.el, shown.el);
  ui.onReset(() => { seen = new Set(); });

  function drawForward(dark, { of, i, j }, met) {
    const { X, K, Y, G, kh, kw, s } = sum;
    const pool = isPool(sum.op);
    const [fx, fk, fy, fg] = [X, K, Y, G].map((rows) => cellFormat(rows));
    const inputs = met.map((use) => use.x);
    const weights = met.map((use) => use.k).filter(Boolean);
    const outputs = met.map((use) => use.g);
    const frame = of === "Y" ? { i: s * i, j: s * j, rows: kh, cols: kw } : null;
    const won = (a, b) => pool && met.some((use) => use.weight && use.x[0] === a && use.x[1] === b);
    gx.update({ rows: X.length, cols: X[0].length, text: (a, b) => fx(X[a][b]), window: frame,
      look: (a, b) => (has(inputs, a, b) && (of !== "Y" || !pool || won(a, b)) ? "seen" : "") });
    gk.update({ rows: K.length, cols: K[0].length, text: (a, b) => fk(K[a][b]), look: (a, b) => (has(weights, a, b) ? "covered" : "") });
    gy.update({ rows: Y.length, cols: Y[0].length, text: (a, b) => fy(Y[a][b]), at: of === "Y" ? [i, j] : undefined,
      look: (a, b) => (of === "Y" && a === i && b === j ? "current" : has(outputs, a, b) ? "soft" : "") });
    gg.update({ rows: Y.length, cols: Y[0].length, text: (a, b) => fg(G[a][b]), shape: "= ∂L/∂Y", look: (a, b) => (has(outputs, a, b) ? "graded" : "") });
    gk.el.hidden = dk.el.hidden = nk.el.hidden = forth.hidden = pool;
    board.classList.toggle("is-pool", pool);
    setText(forth, sum.op === "convolution" ? "∗" : "⋆");
    setText(made, pool ? "→" : "=");
    const widths = [X[0].length, pool ? 0 : K[0].length, Y[0].length];
    ["--x", "--k", "--y"].forEach((property, n) => board.style.setProperty(property, widths[n]));
    board.classList.toggle("is-wide", widths.reduce((a, b) => a + b) > (pool ? 9 : 8));
  }

  function drawBackward(dark, { of, i, j }) {
    const { dX, dK, numericX, numericK, kh, kw, s } = sum;
    const frame = of === "Y" ? { i: s * i, j: s * j, rows: kh, cols: kw } : null;
    const one = (shownIn, values, what, window, format = cellFormat(values), shape = undefined) => {
      const top = Math.max(1e-9, ...values.flat().map(Math.abs));
      const here = (a, b) => of === what && a === i && b === j;
      const open = (a, b) => isOpen(what, a, b);
      shownIn.update({ rows: values.length, cols: values[0].length, at: of === what ? [i, j] : undefined, window, shape,
        text: (a, b) => (open(a, b) ? format(values[a][b]) : here(a, b) ? "?" : "·"),
        label: (a, b) => (open(a, b) ? format(values[a][b]) : "not shown yet"),
        look: (a, b) => `${open(a, b) ? "" : "tocome "}${here(a, b) ? "picked" : ""}`.trim(),
        fill: (a, b) => (open(a, b) ? cellColors("div", dark, 0.5 + (0.25 * values[a][b]) / top) : null) });
    };
    one(dx, dX, "X", frame);
    one(dk, dK, "K", null);
    one(nx, numericX, "X", null, cellFormat(numericX, true), "");
    one(nk, numericK, "K", null, cellFormat(numericK, true), "");
    const tie = sum.ties.some(Boolean) && sum.gap > 0.01;
    setText(found, `Largest gap to the rule: ${tiny(sum.gap)}.${tie ? " At a tie a maximum has no derivative; the nudges find half of one." : ""}`);
    setText(bias, `∂L/∂b = ${show(sum.db)}`);
    bias.hidden = isPool(sum.op);
  }

  function draw(changed, cause) {
    if (["X", "K", "G", "op", "stride"].some((name) => changed.has(name))) {
      const [X, K, kind, s] = ["X", "K", "op", "stride"].map(store.get);
      sum = compute(X, K, fit(store.get("G"), sizes(X, K, kind, s).out), kind, s);
      seen = new Set();
    }
    if (changed.has("shown")) seen = new Set();
    const at = chosen();
    const { of, i, j } = at;
    const asking = of !== "Y" && !isOpen(of, i, j);
    const dark = isDark(el);
    drawForward(dark, at, uses(sum, of, i, j));
    drawBackward(dark, at);
    const value = of === "Y" ? sum.G[i][j] : (of === "K" ? sum.dK : sum.dX)[i][j];
    const title = of === "Y" ? `From ${name("Y", [i, j])} alone` : `∂L/∂${name(of, [i, j])} = ${asking ? "?" : show(value)}`;
    const lonely = of === "Y" && sum.G.flat().filter((v) => v !== 0).length > 1 ? `From ${name("Y", [i, j])} and others` : title;
    ui.say(lonely, asking ? hinted(sum, of, [i, j]) : written(sum, of, [i, j], show(value)),
      of === "Y" ? `${lonely}.` : `Gradient of ${of} row ${i}, column ${j}: ${asking ? "not shown yet" : show(value)}.`);
    ui.result(`${of === "Y" ? "G" : of}[${i}, ${j}]: ${asking ? "?" : show(value)}`);
    if (asking) {
      settled = false;
      const text = `What is ∂L/∂${name(of, [i, j])}?`;
      if (!asked.open() || text !== question) asked.ask(text); // else what is typed stays
      question = text;
    } else if (!settled || !changed.has("seen")) {
      settled = false;
      asked.hide();
    }
    check.hidden = Boolean(unknown()) || settled;
    if (asking && document.activeElement === another) (of === "K" ? dk : dx).focus(); // not lost with what hides
    another.hidden = asking || !unknown();
    op.update();
    stride.update();
    shown.update();
  }
  ui.draw(draw);
  onScheme(() => draw(new Set()), signal);
}

export default { render, schema };
