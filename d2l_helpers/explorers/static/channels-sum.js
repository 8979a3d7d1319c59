/** Several channels by hand: each slice meets its own channel, the parts add up, one bias. */
import { createFrame } from "./frame.js";
import { numberGrid } from "./grid.js";
import { segmented, toggle } from "./controls.js";
import { cellColors, isDark, onScheme } from "./colors.js";
import { h, signed, setText, show, factor, formatFor } from "./dom.js";
import { conv2d, correlate2d, fromNested, toNested } from "./core.js";
import { sumSheet } from "./channels-sheet.js";

const tidy = (v) => Math.round(v * 1e9) / 1e9; // 0.1 + 0.2 is meant as 0.3
const near = (a, b) => Math.abs(a - b) < 5e-3;
const sum = (values) => tidy(values.reduce((a, b) => a + b, 0));
const transpose = (rows) => rows[0].map((_, j) => rows.map((row) => row[j]));
const turned = (rows) => rows.map((row) => [...row].reverse()).reverse();
const clampTo = (v, n) => Math.max(0, Math.min(v, n - 1));
const equal = (A, B) => A.every((row, i) => row.every((v, j) => near(v, B[i][j])));
const numbers = (rows) => rows.flat().map((v) => show(v)).join(" ");

/** [x, k] pairs under a window, in reading order. */
const pairs = (X, K, i, j) => K.flatMap((row, a) => row.map((k, b) => [X[i + a][j + b], k]));
const dot = (terms) => sum(terms.map(([x, k]) => x * k));
const written = (terms) => terms.map(([x, k]) => `${factor(x)}×${factor(k)}`).join(" + ");

/** The slices as a program with these bugs pairs them with the channels. */
function paired(slices, swapped, transposed) {
  const order = swapped ? [...slices].reverse() : slices;
  return transposed ? order.map(transpose) : order;
}
const one = (X, slices, bias) => toNested(conv2d(fromNested(X), fromNested([slices]), [bias]))[0].map((row) => row.map(tidy));

/** Which slip gives this guess for one part? */
function partSlip(X, slices, c, i, j, guess) {
  const [K, terms] = [slices[c], pairs(X[c], slices[c], i, j)];
  const others = slices.map((_, d) => d).filter((d) => d !== c);
  const slips = [
    [dot(pairs(X[c], turned(K), i, j)), "That is strict convolution: it turns the slice first."],
    [K.length === K[0].length ? dot(pairs(X[c], transpose(K), i, j)) : NaN, "You met the slice's columns as rows."],
    ...others.map((d) => [dot(pairs(X[c], slices[d], i, j)), `That is channel ${c} with the slice of channel ${d}.`]),
    ...others.map((d) => [dot(pairs(X[d], K, i, j)), `That is channel ${d} with the slice of channel ${c}.`]),
    [sum(terms.map(([x]) => x)), "That is the sum of the window: the weights are missing."],
  ];
  return slips.find(([value]) => near(value, guess))?.[1] ?? "";
}

/** Which slip gives this guess for the cell? */
function cellSlip(X, slices, parts, bias, i, j, guess) {
  const values = parts.map((part) => part[i][j]);
  const total = sum(values);
  const square = slices[0].length === slices[0][0].length;
  const wrong = (swap, turn) => bias + sum(paired(slices, swap, turn).map((K, c) => dot(pairs(X[c], K, i, j))));
  const several = values.length > 1;
  const [swap, turn] = [several ? wrong(true, false) : NaN, square ? wrong(false, true) : NaN];
  const slips = [
    [bias ? total : NaN, "The bias is missing."],
    [bias && several ? total + bias * values.length : NaN, "The bias is added once per output, not once per slice."],
    [several ? total / values.length + bias : NaN, "The parts are summed, not averaged."],
    [several ? values.at(-1) + bias : NaN, "That is the last part alone."],
    [several ? values.reduce((a, b) => a * b, 1) : NaN, "The parts are added, not multiplied."],
    [near(swap, turn) ? swap : NaN, "Swapped slices give this, and so do transposed ones: this example cannot tell which."],
    [swap, "Swapped slices give this."],
    [turn, "Transposed slices give this."],
  ];
  return slips.find(([value]) => near(value, guess))?.[1] ?? "";
}

/** Small whole numbers out of the old ones, the same each time. */
function fresh(seed) {
  let s = 7;
  for (const letter of JSON.stringify(seed)) s = (Math.imul(s, 31) + letter.charCodeAt(0)) >>> 0;
  const next = (low, high) => {
    s = (Math.imul(1664525, s) + 1013904223) >>> 0;
    return low + Math.floor((s / 2 ** 32) * (high - low + 1));
  };
  const refill = (part, low, high) => (Array.isArray(part) ? part.map((p) => refill(p, low, high)) : next(low, high));
  return refill;
}

export function renderSum({ model, el, signal }, schema) {
  const ui = createFrame({ model, el, signal }, {
    title: "One slice per channel, one sum",
    task: "Multiply each slice with its own channel, add up each part, then add the parts.",
    role: "kernel",
    hint: "Arrows move in a grid · Enter edits · . steps",
    schema,
    conflict: ({ X, K }) => (X.length !== channels || K[0].length !== channels || K.length !== count ? "another number of channels"
      : K[0][0].length > X[0].length || K[0][0][0].length > X[0][0].length ? "K larger than X" : ""),
  });
  ui.card.classList.add("cnn-ch-card");
  const { store } = ui;
  const channels = store.get("X").length;
  const count = store.get("K").length;
  let seen = new Set();
  let folded = store.get("shown") !== "predict"; // is the place of the questions given up?
  let [used, parts, Y, right] = [[], [], [[0]], [[0]]];

  const output = () => Math.min(store.get("out"), store.get("K").length - 1);
  const biasOf = (o) => store.get("bias")[o] ?? 0;
  const square = () => store.get("K")[0][0].length === store.get("K")[0][0][0].length;
  const bugs = () => [store.get("swapped") && store.get("X").length > 1, store.get("transposed") && square()];
  const outSize = () => {
    const [X, K] = [store.get("X")[0], store.get("K")[0][0]];
    return [X.length - K.length + 1, X[0].length - K[0].length + 1];
  };
  const place = () => {
    const [rows, cols] = outSize();
    return [clampTo(store.get("row"), rows), clampTo(store.get("column"), cols)];
  };
  const moveTo = (i, j) => {
    const [rows, cols] = outSize();
    store.set({ row: clampTo(i, rows), column: clampTo(j, cols) }, "window");
  };
  const editX = (c) => (i, j, value) => {
    const X = structuredClone(store.get("X"));
    X[c][i][j] = value;
    store.set({ X });
  };
  const editK = (c) => (i, j, value) => {
    const [K, [swapped, transposed]] = [structuredClone(store.get("K")), bugs()];
    const slice = K[output()][swapped ? K[0].length - 1 - c : c];
    if (transposed) slice[j][i] = value;
    else slice[i][j] = value;
    store.set({ K });
  };
  const editBias = (i, j, value) => {
    const bias = store.get("K").map((_, o) => biasOf(o));
    bias[output()] = value;
    store.set({ bias });
  };

  // the picture: a row for each channel, then the sum
  const entry = { editable: true, limit: () => 99, warn: ui.warn };
  const each = (make) => Array.from({ length: channels }, (_, c) => make(c));
  const inputs = each((c) => numberGrid({ name: `X[${c}]`, role: "input", ...entry, edit: editX(c), pick: moveTo }));
  const slices = each((c) => numberGrid({ name: "K", role: "kernel", ...entry, edit: editK(c) }));
  const partials = each((c) => numberGrid({ name: `part ${c}`, role: "output", pick: moveTo }));
  const bias = numberGrid({ name: "u", role: "kernel", ...entry, edit: editBias });
  const total = numberGrid({ name: "Y", role: "output", pick: moveTo });
  const plus = () => h("span", { class: "cnn-ch-plus", "aria-hidden": "true", text: "+" });
  const rows = each((c) => h("div", { class: "cnn-ch-row" }, inputs[c].el, signed("⋆", slices[c].el).el,
    signed("=", partials[c].el).el, ...(c ? [plus()] : [])));
  const shapes = ["X", "K", "Y"].map(() => h("span"));
  const picture = h("div", { class: "cnn-ch" }, h("div", { class: "cnn-ch-rows" }, ...rows),
    h("div", { class: "cnn-ch-brace", "aria-hidden": "true" }),
    h("div", { class: "cnn-ch-end" }, h("div", { class: "cnn-ch-total" }, signed("+", bias.el).el, signed("=", total.el).el),
      h("p", { class: "cnn-shape cnn-ch-shapes" }, ...shapes)));
  ui.stage.append(picture);

  const key = (c, i, j) => `${c} ${i} ${j}`;
  const isOpen = (c, i, j) => store.get("shown") === "all" || seen.has(key(c, i, j));
  const see = (c) => seen.add(key(c, ...place()));
  const truth = (c) => { const [i, j] = place(); return c < channels ? parts[c][i][j] : Y[i][j]; };
  const sheet = sumSheet({
    names: [...each((c) => `part ${c}`), "cell"],
    truth,
    explain(c, guess) {
      const [[i, j], X] = [place(), store.get("X")];
      const full = c < channels ? `${written(pairs(X[c], used[c], i, j))} = ${show(truth(c))}.`
        : `${each((d) => factor(truth(d))).join(" + ")}${biasOf(output()) ? ` + ${factor(biasOf(output()))}` : ""} = ${show(truth(c))}.`;
      if (guess === undefined || near(guess, truth(c))) return full;
      const slip = c < channels ? partSlip(X, used, c, i, j, guess) : cellSlip(X, used, parts, biasOf(output()), i, j, guess);
      return slip ? `${slip} ${full}` : full;
    },
    done: (c) => { see(c); draw(new Set(["seen"])); },
    end: () => { if (ui.stage.contains(document.activeElement)) total.focus(); },
  });
  ui.stage.append(sheet.el);

  const step = (by) => {
    const [[n, m], [i, j]] = [outSize(), place()];
    const next = i * m + j + by;
    if (next < 0 || next >= n * m) return false;
    moveTo(Math.floor(next / m), next % m);
    return next + by >= 0 && next + by < n * m;
  };
  ui.button("←", () => { ui.stop(); step(-1); }, { "aria-label": "Step back" });
  ui.button("Step", () => { ui.stop(); step(1); }, { class: "cnn-main" });
  ui.player(() => {
    if (store.get("shown") === "predict") store.set({ shown: "step" });
    return step(1);
  });
  ui.keys({ ".": () => step(1), ",": () => step(-1) });

  const which = segmented({ label: "Output channel", options: Array.from({ length: count }, (_, o) => [o, `Y[${o}]`]),
    value: output, set: (out) => store.set({ out }) });
  const shown = segmented({ label: "Numbers", options: [["predict", "Ask me"], ["step", "As I step"], ["all", "Show all"]],
    value: () => store.get("shown"), set(v) { folded = v !== "predict"; store.set({ shown: v }); } });
  const swap = toggle({ label: "Bug: slices swapped", value: () => bugs()[0], set: (swapped) => store.set({ swapped }) });
  const turn = toggle({ label: "Bug: slices transposed", value: () => bugs()[1], set: (transposed) => store.set({ transposed }) });
  if (channels < 2) swap.el.hidden = true;
  const other = h("button", { type: "button", class: "cnn-button", text: "Other numbers", onclick() {
    const [X, K] = [store.get("X"), store.get("K")];
    const refill = fresh([X, K]);
    store.set({ X: refill(X, 0, 9), K: refill(K, -2, 4) });
  } });
  ui.setting(...(count > 1 ? [which.el] : []), shown.el, h("div", { class: "cnn-ch-bugs" }, swap.el, turn.el, other));
  ui.onReset(() => { seen = new Set(); });

  /** One remark on what is on the stage: bugs first, then how this kernel differs from the first. */
  function remark(i, j) {
    const [X, K, o] = [store.get("X"), store.get("K"), output()];
    const [swapped, transposed] = bugs();
    if (swapped || transposed) {
      const other = swapped !== transposed && square() && X.length > 1
        ? one(X, paired(K[o], !swapped, !transposed), biasOf(o)) : null;
      const name = swapped ? "transposed" : "swapped";
      const tell = other ? `; ${name} slices would print ${equal(other, Y) ? "the same" : numbers(other)}.` : ".";
      return equal(Y, right) ? ` The bug does not show, Y is ${numbers(Y)}${tell}`
        : ` With the bug Y is ${numbers(Y)}, right is ${numbers(right)}${tell}`;
    }
    const more = tidy(K[o][0][0][0] - K[0][0][0][0]);
    if (!o || !more || !K[o].every((slice, c) => slice.every((row, a) => row.every((v, b) => near(v - K[0][c][a][b], more))))) return "";
    const under = sum(used.flatMap((slice, c) => pairs(X[c], slice, i, j).map(([x]) => x)));
    return ` K[${o}] is K[0] + ${factor(more)}: the cell grows by ${show(more)} × ${factor(under)}, the window's total over all channels.`;
  }

  function draw(changed, cause) {
    const [X, K, o] = [store.get("X"), store.get("K"), output()];
    const [swapped, transposed] = bugs();
    const [kh, kw] = [K[0][0].length, K[0][0][0].length];
    const ask = store.get("shown") === "predict";
    const anew = ["X", "K", "bias", "out", "swapped", "transposed"].some((name) => changed.has(name));
    if (anew) {
      used = paired(K[o], swapped, transposed);
      parts = used.map((slice, c) => toNested(correlate2d(fromNested(X[c]), fromNested(slice))).map((row) => row.map(tidy)));
      Y = one(X, used, biasOf(o));
      right = swapped || transposed ? one(X, K[o], biasOf(o)) : Y;
      seen = new Set();
      // room for longer numbers, and for wider pictures
      const longest = (values) => Math.max(...values.flat(2).map((v) => formatFor(values)(v).length));
      const letters = Math.max(longest(parts), longest(Y));
      for (const { el: panel } of [...partials, total]) panel.classList.toggle("cnn-wide", letters > 5);
      ui.card.classList.toggle("cnn-ch-long", channels * kh * kw > 8);
      picture.classList.toggle("cnn-ch-big", X[0][0].length > 4);
      picture.style.setProperty("--part", Y[0].length);
    }
    const [i, j] = place();
    if (store.get("shown") === "step") for (let c = 0; c <= channels; c++) see(c);
    const [fx, fk, fp, fy] = [formatFor(X), formatFor(K), formatFor(parts), formatFor(Y)];
    const top = Math.max(1e-9, ...K.flat(3).map(Math.abs));
    const under = (a, b) => a >= i && a < i + kh && b >= j && b < j + kw;
    const result = (grid, c, values, format, look, shape) => grid.update({ rows: Y.length, cols: Y[0].length, at: [i, j], shape,
      text: (a, b) => (isOpen(c, a, b) ? format(values[a][b]) : a === i && b === j ? "?" : "·"),
      label: (a, b) => (isOpen(c, a, b) ? format(values[a][b]) : "not shown yet"),
      look: (a, b) => (a === i && b === j ? look : isOpen(c, a, b) ? "" : "tocome") });
    const dark = (anew || cause === "scheme") && isDark(el);
    for (let c = 0; c < channels; c++) {
      result(partials[c], c, parts[c], fp, "soft", "");
      inputs[c].update({ rows: X[c].length, cols: X[c][0].length, text: (a, b) => fx(X[c][a][b]), shape: "",
        look: (a, b) => (under(a, b) ? "covered" : ""), window: { i, j, rows: kh, cols: kw } });
      if (!anew && cause !== "scheme") continue;
      slices[c].update({ rows: kh, cols: kw, text: (a, b) => fk(used[c][a][b]),
        shape: `[${o}, ${swapped ? channels - 1 - c : c}]${transposed ? "ᵀ" : ""}`,
        fill: (a, b) => cellColors("div", dark, 0.5 + (0.25 * used[c][a][b]) / top) });
    }
    bias.update({ rows: 1, cols: 1, text: () => show(biasOf(o)), shape: `[${o}]` });
    result(total, channels, Y, fy, "current", `[${o}]`);
    const three = (...sides) => `(${sides.join(", ")})`;
    setText(shapes[0], `X ${three(channels, X[0].length, X[0][0].length)}`);
    setText(shapes[1], `K ${three(K.length, channels, kh, kw)}`);
    setText(shapes[2], `Y ${three(K.length, Y.length, Y[0].length)}`);
    const part = (c) => (isOpen(c, i, j) ? factor(parts[c][i][j]) : "?");
    const value = isOpen(channels, i, j) ? show(Y[i][j]) : "?";
    const added = biasOf(o) ? ` + ${factor(biasOf(o))}` : "";
    const long = each((c) => `(${written(pairs(X[c], used[c], i, j))})`).join(" + ");
    ui.say(`Y[${o}, ${i}, ${j}] = ${value}`,
      `${long}${added} = ${each(part).join(" + ")}${added} = ${value}.${value === "?" ? "" : remark(i, j)}`,
      `Output channel ${o}, row ${i}, column ${j}: ${value === "?" ? "not shown yet" : value}.`);
    ui.result(`[${i}, ${j}] = ${value}`);
    if (!changed.has("seen")) {
      if (ask && !isOpen(channels, i, j)) {
        for (let c = 0; c < channels; c++) seen.delete(key(c, i, j));
        sheet.ask(`Fill in the sum at [${i}, ${j}].`, added);
      } else if (!ask || changed.has("row") || changed.has("column")) sheet.hide(folded && !ask);
    }
    for (const control of [which, shown, swap, turn]) control.update();
  }
  ui.draw(draw);
  onScheme(() => draw(new Set(["seen"]), "scheme"), signal);
}
