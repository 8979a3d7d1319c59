/** A 1×1 kernel on a photograph: at every pixel the same weighted sum of three colours. */
import { createFrame } from "./frame.js";
import { valueMap } from "./maps.js";
import { numberGrid } from "./grid.js";
import { slider, segmented, toggle, prediction } from "./controls.js";
import { cellColors, isDark, onScheme } from "./colors.js";
import { h, signed, setText, show, fixed, group } from "./dom.js";
import { conv2d, tensor } from "./core.js";
import { decodeBytes } from "./nets.js";

const COLOURS = ["red", "green", "blue"];
const RECIPES = [
  ["swap", "Red ↔ blue", [[0, 0, 1], [0, 1, 0], [1, 0, 0]]],
  ["sepia", "Sepia", [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]],
  ["same", "As it is", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]],
];
const TASKS = {
  one: "Make the red things bright and the white things dark.",
  three: "Swap red and blue, and read W: one row for each new colour.",
};
const weight = (v) => fixed(v, 3).replace(/\.?0+$/, "");
const near = (a, b) => Math.abs(a - b) < 1e-9;
const same = (A, B) => JSON.stringify(A) === JSON.stringify(B);

/** The numbers from 0 to n − 1 in an order that explorers/channels.py makes too. */
function shuffledOrder(n) {
  const order = Int32Array.from({ length: n }, (_, at) => at);
  let s = 1;
  for (let at = n - 1; at > 0; at--) {
    s = (Math.imul(1664525, s) + 1013904223) >>> 0;
    const other = Math.floor((s / 2 ** 32) * (at + 1));
    [order[at], order[other]] = [order[other], order[at]];
  }
  return order;
}

export function renderMix({ model, el, signal }, schema) {
  const { photo, rows, cols } = model.get("data");
  const area = rows * cols;
  const bytes = decodeBytes(photo);
  if (!Number.isInteger(area) || area < 1 || bytes.length !== 3 * area) throw new Error("the photograph is not whole");
  const tidy = new Float64Array(3 * area); // planes: red, green, blue
  for (let n = 0; n < area; n++) for (let c = 0; c < 3; c++) tidy[c * area + n] = bytes[3 * n + c];
  const order = shuffledOrder(area);
  const messy = new Float64Array(3 * area);
  for (let c = 0; c < 3; c++) for (let n = 0; n < area; n++) messy[c * area + n] = tidy[c * area + order[n]];
  const plane = (planes, c) => planes.subarray(c * area, (c + 1) * area);
  const mixed = (planes, W) => conv2d(tensor([3, rows, cols], planes), tensor([W.length, 3, 1, 1], W.flat())).data;

  const ui = createFrame({ model, el, signal }, {
    title: "A 1×1 kernel mixes colours",
    task: TASKS.one,
    role: "kernel",
    hint: "Arrows move the crosshair, with Shift five pixels",
    schema,
  });
  ui.card.classList.add("cnn-ch-card");
  const { store } = ui;
  const weights = () => (store.get("outputs") === "one" ? [store.get("w")] : store.get("matrix"));
  const place = () => [Math.min(store.get("row"), rows - 1), Math.min(store.get("column"), cols - 1)];
  const moveTo = (row, column) => store.set({ row, column }, "pixel");
  const start = { at: place(), w: store.get("w") };

  // which pixels the task means, and what becomes of them
  const groups = { red: [], white: [] };
  for (let n = 0; n < area; n++) {
    const [r, g, b] = COLOURS.map((_, c) => tidy[c * area + n]);
    if (r > 100 && g < 0.35 * r && b < 0.35 * r) groups.red.push(n);
    if (Math.min(r, g, b) > 170) groups.white.push(n);
  }
  const shade = (v) => (v > 255 ? 255 : v > 0 ? v : 0);
  const meanOf = (values, cells) => {
    let all = 0;
    for (const n of cells) all += shade(values[n]);
    return all / cells.length;
  };
  /** How much a pixel of the first plane differs from its neighbour to the right. */
  const roughness = (values) => {
    let all = 0;
    for (let row = 0; row < area; row += cols) {
      for (let n = row + 1; n < row + cols; n++) all += Math.abs(shade(values[n]) - shade(values[n - 1]));
    }
    return all / (rows * (cols - 1));
  };
  /** In how many pixels is mixing, then scattering the same as scattering, then mixing? */
  const agreements = (kernels) => {
    let all = 0;
    for (let n = 0; n < area; n++) {
      let same = true;
      for (let o = 0; o < kernels; o++) same &&= values[o * area + n] === plain[o * area + order[n]];
      if (same) all++;
    }
    return all;
  };

  const picture = valueMap({ name: "Photograph", role: "input", move: moveTo });
  const map = valueMap({ name: "Mixed", role: "output", move: moveTo });
  const kernel = numberGrid({ name: "W", role: "kernel", editable: true, warn: ui.warn,
    limit: () => (store.get("outputs") === "one" ? 2 : 9),
    edit(i, j, value) {
      const W = weights().map((row) => [...row]);
      W[i][j] = value;
      store.set(store.get("outputs") === "one" ? { w: W[0] } : { matrix: W });
    } });
  const pixel = numberGrid({ name: "x", role: "input" });
  const answer = numberGrid({ name: "y", role: "output" });
  const note = h("p", { class: "cnn-ch-note" });
  const asked = prediction({
    question: "",
    tolerance: 0.51,
    truth: () => Math.round(10 * valueAt(start.at, start.w)) / 10,
    explain: (guess, real) => explain(guess, real),
    done: () => draw(new Set(["asked"])),
  });
  asked.el.classList.add("cnn-ch-ask");
  ui.stage.append(h("div", { class: "cnn-ch-maps" }, picture.el, map.el),
    h("div", { class: "cnn-ch-sum" }, kernel.el, signed("×", pixel.el).el, signed("=", answer.el).el, note), asked.el);

  const colourAt = (planes, [i, j]) => COLOURS.map((_, c) => planes[c * area + i * cols + j]);
  const valueAt = (at, w) => colourAt(tidy, at).reduce((all, v, c) => all + v * w[c], 0);
  const terms = (w, x) => w.map((v, c) => `${v < 0 ? `(${weight(v)})` : weight(v)}×${show(x[c])}`).join(" + ");
  function explain(guess, real) {
    const x = colourAt(tidy, start.at);
    const sum = `${terms(start.w, x)} = ${start.w.map((v, c) => fixed(v * x[c], 1)).join(" + ")} = ${fixed(real, 1)}.`;
    if (guess === undefined || Math.abs(guess - real) < 0.51) return sum;
    if (Math.abs(guess - (x[0] + x[1] + x[2]) / 3) < 0.6) return `That is the plain mean of the three. ${sum}`;
    return `${Math.abs(guess - real) < 8 ? "Close. " : ""}${sum}`;
  }
  const names = (x) => x.map((v, c) => `${COLOURS[c]} ${show(v)}`).join(", ");

  const sliders = COLOURS.map((name, c) => slider({ label: `Weight of ${name}`, low: -2, high: 2, step: 0.01, format: weight,
    value: () => store.get("w")[c],
    set: (v) => store.set({ w: store.get("w").map((old, d) => (d === c ? Math.round(v * 1000) / 1000 : old)) }, `w${c}`) }));
  const outputs = segmented({ label: "Outputs", options: [["one", "One: a grey map"], ["three", "Three: new colours"]],
    value: () => store.get("outputs"), set: (v) => store.set({ outputs: v }) });
  const recipes = segmented({ label: "Matrix W", options: RECIPES.map(([name, text]) => [name, text]),
    value: () => RECIPES.find(([, , W]) => same(W, store.get("matrix")))?.[0],
    set: (name) => store.set({ matrix: RECIPES.find(([other]) => other === name)[2] }) });
  const shuffle = toggle({ label: "Scatter the pixels of the photograph", value: () => store.get("scattered"), set: (scattered) => store.set({ scattered }) });
  const hint = h("p", { class: "cnn-shape", text: "Each cell of W can be changed: click it twice, or press Enter." });
  const one = h("div", { class: "cnn-ch-set" }, ...sliders.map((s) => s.el));
  const three = h("div", { class: "cnn-ch-set" }, recipes.el, hint);
  ui.setting(outputs.el, h("div", { class: "cnn-ch-either" }, one, three), shuffle.el);
  const question = () => `Pixel [${start.at.join(", ")}]: ${start.w.map(weight).join(", ")} on ${names(colourAt(tidy, start.at))}. Which grey?`;
  ui.onReset(() => asked.ask(question()));
  asked.ask(question());

  let values = null;
  let plain = null;
  function paint() {
    const [W, scattered] = [weights(), store.get("scattered")];
    plain = mixed(tidy, W);
    values = scattered ? mixed(messy, W) : plain;
    if (W.length === 1) map.draw(values, rows, cols, 0, 255);
    else map.drawColors(plane(values, 0), plane(values, 1), plane(values, 2), rows, cols);
  }

  function remark() {
    if (store.get("scattered")) {
      const [before, now] = [roughness(plain), roughness(values)];
      return `Scattered then mixed, or mixed then scattered: equal in ${group(agreements(weights().length))} of ${group(area)} pixels. `
        + `But right-hand neighbours differ by ${fixed(now, 1)} on average, before by ${fixed(before, 1)}: the picture is gone.`;
    }
    if (weights().length === 3) return "Each row of W makes one colour of the new picture. Three kernels of 1×1, nine weights, and no pixel sees another.";
    if (!groups.red.length || !groups.white.length) return "";
    const [red, white] = [meanOf(values, groups.red), meanOf(values, groups.white)];
    const done = red >= 150 && white <= 50 ? " Done: the weights of red and of the rest nearly cancel on white." : " Aim: above 150, below 50.";
    return `On the map the ${group(groups.red.length)} reddest pixels have the mean ${fixed(red, 0)}, the ${group(groups.white.length)} whitest ${fixed(white, 0)}.${done}`;
  }

  function draw(changed, cause) {
    const [W, [i, j], scattered] = [weights(), place(), store.get("scattered")];
    const has = (...all) => all.some((name) => changed.has(name));
    if (has("scattered") || cause === "scheme" || !values) {
      const shown = scattered ? messy : tidy;
      picture.drawColors(plane(shown, 0), plane(shown, 1), plane(shown, 2), rows, cols);
    }
    const anew = has("w", "matrix", "outputs", "scattered") || cause === "scheme" || !values;
    if (anew) {
      paint();
      setText(note, remark());
    }
    for (const part of [picture, map]) {
      part.cross(i - 2, j - 2, 5, 5);
      part.cursorAt(i, j);
    }
    const x = colourAt(scattered ? messy : tidy, [i, j]);
    const y = W.map((_, o) => values[o * area + i * cols + j]);
    const hidden = asked.open() && W.length === 1 && !scattered && same(W[0], start.w) && i === start.at[0] && j === start.at[1];
    const top = Math.max(1e-9, ...W.flat().map(Math.abs));
    const dark = anew && isDark(el);
    if (anew) kernel.update({ rows: W.length, cols: 3, text: (a, b) => weight(W[a][b]), label: (a, b) => `${weight(W[a][b])}, weight of ${COLOURS[b]}`,
      fill: (a, b) => cellColors("div", dark, 0.5 + (0.25 * W[a][b]) / top) });
    pixel.update({ rows: 3, cols: 1, text: (a) => show(x[a]), label: (a) => `${COLOURS[a]} ${show(x[a])}`, shape: "" });
    answer.update({ rows: W.length, cols: 1, text: (a) => (hidden ? "?" : fixed(y[a], 1)), look: () => "current", shape: "",
      label: (a) => (hidden ? "not shown yet" : fixed(y[a], 1)) });
    const result = hidden ? "?" : y.map((v) => fixed(v, 1)).join(", ");
    const total = W[0][0] + W[0][1] + W[0][2];
    const sums = W.length === 3 || hidden ? "" : near(total, 0) ? " The weights add up to 0: where the three colours agree, nothing is left."
      : ` The weights add up to ${weight(total)}: a grey of 100 becomes ${fixed(100 * total, 0)}.`;
    const cut = y.some((v) => v < 0 || v > 255) && !hidden ? " The map shows what lies outside 0 to 255 as black or white." : "";
    const parts = W.map((w, o) => `${W.length === 3 ? `new ${COLOURS[o]}: ` : ""}${terms(w, x)} = ${hidden ? "?" : fixed(y[o], 1)}.`);
    ui.say(`Pixel [${i}, ${j}]: ${names(x)} → ${result}`, `${parts.join(" ")}${sums}${cut}`,
      `Row ${i}, column ${j}: ${names(x)}, mixed ${result === "?" ? "not shown yet" : result}.`);
    picture.describe(`${scattered ? "The photograph with its pixels scattered" : "Photograph"}; crosshair at row ${i}, column ${j}: ${names(x)}`);
    map.describe(`${W.length === 3 ? "The recoloured picture" : "The mixed map"}; at row ${i}, column ${j}: ${hidden ? "not shown yet" : result}`);
    // the question is about one map of the photograph as it is
    asked.el.classList.toggle("cnn-ch-off", W.length === 3 || scattered);
    ui.task(TASKS[store.get("outputs")] ?? TASKS.one);
    one.classList.toggle("cnn-ch-off", W.length === 3);
    three.classList.toggle("cnn-ch-off", W.length === 1);
    for (const control of [...sliders, outputs, recipes, shuffle]) control.update();
  }
  ui.draw(draw);
  onScheme(() => draw(new Set(), "scheme"), signal);
}
