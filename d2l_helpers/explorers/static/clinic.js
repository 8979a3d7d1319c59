/** LeNet in the clinic: two trainings under one scrub head, dials to switch on, a diagnosis to lock. */
import { createFrame } from "./frame.js";
import { slider, segmented, select, prediction } from "./controls.js";
import { palette, isDark, onScheme } from "./colors.js";
import { whole, flag, choice } from "./store.js";
import { h, fixed, group, count } from "./dom.js";
import { decodeInt8 } from "./nets.js";
import { atlas } from "./lenet-maps.js";
import { dial, switchable } from "./clinic-dial.js";

const MENDS = ["max pooling", "one-cycle schedule", "normalised input", "learning rate 1.0", "momentum 0.9",
  "Xavier, gain 4", "Adam, 0.001", "ReLU", "batch normalisation", "tanh", "modern recipe"];
export const schema = {
  mend: choice(...MENDS),
  reading: whole(0, 14),
  across: choice("steps", "layers"),
  layer: whole(0, 4),
  loss: flag(),
  accuracy: flag(),
  spread: flag(),
  saturated: flag(),
  slope: flag(),
  gradient: flag(),
  kernels: flag(),
  told: flag(),
};
const LAYERS = ["conv 1", "conv 2", "dense 120", "dense 84", "scores"];

/** Three digits that count: "0.00061", "2.3", "14.5". */
const short = (v) => (v === 0 ? "0" : Math.abs(v) >= 100 ? group(v)
  : String(Number(v.toPrecision(3))).includes("e") ? v.toExponential(1).replace("-", "−") : String(Number(v.toPrecision(3))));
const DIALS = {
  loss: { name: "Loss", about: "Cross-entropy on 1,000 training images.", low: 0, high: 3, marks: [1, 2], format: (v) => fixed(v, 3) },
  accuracy: { name: "Accuracy", about: "Share right of 2,000 held-out images.", low: 0, high: 1, marks: [0.5], format: (v) => fixed(v, 3) },
  spread: { name: "Spread", about: "How much a unit’s output differs from image to image: standard deviation, mean over a layer’s units.",
    low: 1e-4, high: 10, log: true, marks: [1e-3, 1e-2, 0.1, 1], format: short },
  saturated: { name: "Saturated share", about: "Share of a layer’s outputs at an end of their range. For ReLU: exactly 0.",
    low: 0, high: 0.8, marks: [0.4], format: (v) => fixed(v, 3) },
  slope: { name: "Slope", about: "Derivative of the activation, mean over a layer. A sigmoid’s best is 0.25.",
    low: 0, high: 1, marks: [0.25], format: (v) => fixed(v, 3) },
  gradient: { name: "Gradient", about: "Size (2-norm) of the loss’s gradient by a layer’s weights.",
    low: 1e-3, high: 100, log: true, marks: [1e-2, 0.1, 1, 10], format: short },
};
const PER_LAYER = ["spread", "saturated", "slope", "gradient"];
const ANSWERS = [
  ["saturated", "saturated sigmoids"],
  ["rate", "a learning rate too small"],
  ["pooling", "average pooling"],
  ["gradient", "no gradient in any layer"],
  ["spread", "lost differences between garments"],
];

/** What speaks against a diagnosis, with the record's own numbers. */
function against(guess, runs, at) {
  const classic = runs.classic;
  const stuck = at.map((_, n) => n).filter((n) => classic.loss[n] > 2.25);
  const last = stuck.at(-1);
  const most = Math.max(...stuck.flatMap((n) => classic.saturated[n]));
  const first = classic.gradient[0];
  return {
    saturated: `Up to step ${group(at[last])} the saturated share is ${short(most)} in every layer. It rises afterwards, with learning.`,
    rate: "Half right: a rate of 1.0 gets out sooner. But ReLU, tanh and normalised input learn at the old rate.",
    pooling: `With maximum pooling the loss is still ${fixed(runs["max pooling"].loss[last], 3)} at step ${group(at[last])}.`,
    gradient: `The last layer gets ${short(first[4])} at step 0. It is conv 1 that gets ${short(first[0])}, ${group(first[4] / first[0])} times less.`,
  }[guess] ?? "";
}

/** The evidence, once a diagnosis is locked. */
function evidence(runs, at) {
  const { spread, loss } = runs.classic;
  const free = loss.findIndex((v, n) => n > 1 && v < 2);
  return `At step 0 a unit differs from garment to garment by ${spread[0].slice(0, 4).map(short).join(", ")} after the four sigmoids: each layer keeps about a quarter of it. `
    + `The ten scores differ by ${short(spread[0][4])}, so the last layer can learn one answer for all: a loss of ln 10 = 2.303. `
    + `At step ${group(at[free])} they differ by ${short(spread[free][4])}, and the loss is ${fixed(loss[free], 3)}.`;
}

function render({ model, el, signal }) {
  const { at, runs } = model.get("data");
  const ui = createFrame({ model, el, signal }, {
    title: "The clinic: why does the line lie flat?",
    task: "Scrub through the training. Switch on dials, one by one, until one explains the flat loss.",
    role: "ink",
    hint: "Drag on any plot · arrows on the slider · . and , step",
    schema,
  });
  const { store } = ui;
  const end = at.at(-1);
  const names = () => ["classic", store.get("mend")];
  const both = () => [runs.classic, runs[store.get("mend")]];
  const setReading = (n) => store.set({ reading: n }, "reading");
  let dark = false;

  function nearest(share) {
    if (store.get("across") === "steps") {
      const far = at.map((step) => Math.abs(step / end - share));
      setReading(far.indexOf(Math.min(...far)));
    } else store.set({ layer: Math.round(4 * share) }, "layer");
  }
  const lit = (name) => () => store.set({ [name]: !store.get(name) });
  const dials = Object.fromEntries(Object.entries(DIALS).map(([key, plan]) => [key, dial({ ...plan, flip: lit(key),
    scrub: PER_LAYER.includes(key) ? nearest : (share) => {
      const far = at.map((step) => Math.abs(step / end - share));
      setReading(far.indexOf(Math.min(...far)));
    } })]));
  const sheets = ["classic", "mend"].map((sign) => {
    const sheet = atlas({ name: sign, role: sign === "classic" ? "input" : "kernel" });
    sheet.layout({ maps: 6, rows: 5, cols: 5, across: 6, side: 9 });
    return sheet;
  });
  const kernels = switchable({ name: "Kernels", about: "The six kernels of conv 1; each row between minus and plus its largest weight.",
    flip: lit("kernels") }, h("div", { class: "cnn-kernel-rows" }, ...sheets.map((sheet) => sheet.el)));
  kernels.el.classList.add("cnn-dial-wide");
  const asked = prediction({
    question: "What keeps the loss at 2.303? Lock your diagnosis.",
    options: ANSWERS,
    truth: () => "spread",
    explain: (guess) => against(guess, runs, at),
    done: () => { store.set({ told: true }); look.focus({ preventScroll: true }); },
  });
  const proof = h("p", { class: "cnn-proof" });
  const look = h("button", { type: "button", class: "cnn-button", text: "Show it, layer by layer",
    onclick: () => store.set({ spread: true, across: "layers", reading: 0 }) });
  const found = h("div", { class: "cnn-found" }, proof, look);
  const desk = h("div", { class: "cnn-desk" }, asked.el, found);
  ui.stage.append(h("div", { class: "cnn-dials" }, ...Object.values(dials).map((d) => d.el), kernels.el), desk);

  const scrub = slider({ label: "Training step", low: 0, high: at.length - 1, value: () => store.get("reading"),
    set: setReading, format: (n) => group(at[n]) });
  const mend = select({ label: "Beside it", options: MENDS.map((name) => [name, name === "modern recipe" ? "modern recipe (several changes)" : name]),
    value: () => store.get("mend"), set: (v) => store.set({ mend: v }) });
  const across = segmented({ label: "Dials over", options: [["steps", "Training steps"], ["layers", "Layers"]],
    value: () => store.get("across"), set: (v) => store.set({ across: v }) });
  const layer = segmented({ label: "Layer", options: LAYERS.map((name, n) => [n, name]),
    value: () => store.get("layer"), set: (v) => store.set({ layer: v }) });
  const step = (by) => {
    const next = store.get("reading") + by;
    if (next < 0 || next >= at.length) return false;
    setReading(next);
    return next + by >= 0 && next + by < at.length;
  };
  ui.button("←", () => { ui.stop(); step(-1); }, { "aria-label": "Step back", class: "cnn-tight" });
  ui.button("Step", () => { ui.stop(); step(1); }, { class: "cnn-main" });
  ui.player(() => step(1));
  ui.keys({ ".": () => step(1), ",": () => step(-1), ArrowRight: () => step(1), ArrowLeft: () => step(-1) });
  // the scrub head stands over the plots that it moves along
  ui.transport.append(scrub.el);
  ui.stage.before(ui.transport);
  ui.setting(mend.el, across.el, layer.el);
  let asking = false;
  ui.onReset(() => { asking = false; });

  function draw(changed, cause) {
    const [n, over, m] = [store.get("reading"), store.get("across"), store.get("layer")];
    const [pair, labels] = [both(), names()];
    if (cause === "start" || cause === "scheme") dark = isDark(el);
    for (const [key, part] of Object.entries(dials)) {
      const layered = PER_LAYER.includes(key);
      const wide = layered && over === "layers";
      const of = (run, i) => (layered ? run[key][i][m] : run[key][i]);
      if (wide) {
        const depth = pair[0][key][0].length;
        part.lines(Array.from({ length: depth }, (_, i) => i / 4), pair.map((run) => run[key][n]), "conv 1", "scores", `layers ${labels[1]} ${n}`);
        part.read(m < depth ? m / 4 : null, pair.map((run) => run[key][n][m]), labels);
      } else {
        const there = of(pair[0], 0) !== undefined;
        part.lines(at.map((v) => v / end), pair.map((run) => (there ? at.map((_, i) => of(run, i)) : null)), "0", group(end), `steps ${labels[1]} ${layered ? m : ""}`);
        part.read(there ? at[n] / end : null, pair.map((run) => of(run, n)), labels);
      }
      if (layered) part.shape(LAYERS[m]);
      part.set(store.get(key));
    }
    kernels.set(store.get("kernels"));
    const colors = palette("div", dark);
    if (cause === "start" || cause === "scheme" || ["mend", "reading"].some((name) => changed.has(name))) {
      pair.forEach((run, k) => {
        const { scale, bytes } = run.kernels[n];
        const values = decodeInt8(bytes);
        sheets[k].draw(values, colors, -127, 127);
        sheets[k].rename(labels[k]);
        sheets[k].shape(`conv 1 at step ${group(at[n])}, ±${short(127 * scale)}`);
        sheets[k].describe(`Six kernels of 5 × 5, ${labels[k]}, at step ${group(at[n])}, within ±${short(127 * scale)}.`);
      });
    }
    speak(n, m, pair, labels, changed);
    if (cause === "start") proof.textContent = evidence(runs, at);
    const told = store.get("told");
    found.hidden = !told;
    desk.classList.toggle("is-told", told);
    if (!told && !asking) { asked.ask(); asking = true; }
    else if (told && asked.open()) asked.hide();
    if (told) asking = false;
    for (const control of [scrub, mend, across, layer]) control.update();
  }

  /** The text line: where the head stands, and what the dials say there. */
  function speak(n, m, pair, labels, changed) {
    const title = `Step ${group(at[n])}: loss ${fixed(pair[0].loss[n], 3)} classic, ${fixed(pair[1].loss[n], 3)} ${labels[1]}`;
    const named = pair.map((run, k) => `${labels[k]} names ${count(run.named[n], "class", "classes")}`);
    const on = PER_LAYER.filter((key) => store.get(key) && pair[0][key][n][m] !== undefined)
      .map((key) => `${DIALS[key].name.toLowerCase()} ${pair.map((run) => short(run[key][n][m])).join(" and ")}`);
    const text = `For 1,000 images ${named.join(", ")}. ${on.length ? `At ${LAYERS[m]}: ${on.join("; ")}.` : "The four dials of the layers are off."}`;
    const just = PER_LAYER.find((key) => changed.has(key) && changed.size === 1);
    ui.say(title, text, just ? `${DIALS[just].name} ${store.get(just) ? "on" : "off"}.` : `${title}. ${on.join("; ")}`);
    ui.result(`${group(at[n])}: ${fixed(pair[0].loss[n])} | ${fixed(pair[1].loss[n])}`);
  }
  ui.draw(draw);
  onScheme(() => draw(new Set(), "scheme"), signal);
}

export default { render, schema };
