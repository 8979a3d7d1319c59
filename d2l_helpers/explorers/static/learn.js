/** Gradient descent finds a kernel: step by step, at any rate, from many starts. */
import { createFrame } from "./frame.js";
import { numberGrid } from "./grid.js";
import { valueMap, mapScale } from "./maps.js";
import { lineChart } from "./chart.js";
import { slider, segmented, prediction } from "./controls.js";
import { cellColors, isDark, onScheme } from "./colors.js";
import { whole, real } from "./store.js";
import { h, freshId, show, fixed, group, count } from "./dom.js";
import { readCase, answerOf, descend } from "./learn-descent.js";
import { bowlView } from "./learn-bowl.js";

const CASES = 6;
const STARTS = 64;
const MOST = 2000;
export const schema = {
  case: whole(0, CASES - 1),
  seed: whole(0, STARTS - 1),
  rate: real(1e-7, 10),
  steps: whole(0, MOST),
};
const SAFE = 0.9; // of the limit: the rate that a case starts with
const ENDS = [20, 50, 100, 200, 500, 1000, MOST];
const HIGH = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** "28.0", "0.0922", "3.1·10⁻⁵" */
function brief(v) {
  if (v < 1e-12) return v === 0 ? "0" : "< 10⁻¹²";
  if (v >= 0.001 && v < 1e5) return v >= 100 ? group(v) : String(Number(v.toPrecision(3)));
  const [digits, power] = v.toExponential(1).split("e");
  return `${digits}·10${[...String(Number(power))].map((c) => HIGH[c]).join("")}`;
}
/** A rate as the page writes it: 1/30, or three digits. */
const fraction = (v) => (v < 0.5 && Math.abs(1 / v - Math.round(1 / v)) < 0.01 ? `1/${group(1 / v)}` : brief(v));
const weightText = (v) => (Math.abs(v) < 100 ? fixed(v) : (v < 0 ? "−" : "") + brief(Math.abs(v)).replace(/^(\d+)(\.\d+)?·/, "$1·"));

/** The question of a case, its choices, its answer, and which mistake gives which choice. */
function questionFor({ size, curvatures, flat, limit }) {
  const [steep, gentle] = [curvatures.at(-1), curvatures[0]];
  if (size === 2 && gentle > 0) {
    const why = `A step multiplies the error along the steepest direction by 1 − ${show(steep)}·rate. At ${fraction(limit)} that is −1.`;
    const slips = {
      half: `At ${fraction(1 / steep)} one step lands on the floor; twice that climbs as high on the other side.`,
      best: `${fraction(2 / (steep + gentle))} is the fastest rate of all: both factors have the same size.`,
      gentle: `${fraction(2 / gentle)} is the limit of the flattest direction. The steepest gives out first.`,
    };
    return { question: "Above which learning rate does the loss grow without end?", truth: "limit",
      options: [["half", fraction(1 / steep)], ["best", fraction(2 / (steep + gentle))], ["limit", fraction(limit)], ["gentle", fraction(2 / gentle)]],
      explain: (guess) => `${slips[guess] ?? ""} ${why}`.trim() };
  }
  const seen = size - flat;
  const why = flat
    ? `The picture's windows span ${seen} of ${size} directions. Along the other ${flat} the loss is flat: that part of the start stays.`
    : `The picture's windows span all ${size} directions, so only one kernel has the loss 0. Along the flattest, ${fixed(1 - SAFE * limit * gentle, 3)} of the error is left after each step.`;
  return { question: "A thousand steps from here: what will have been learnt?", truth: flat ? "other" : "target",
    options: [["target", "the wanted kernel"], ["other", "another kernel"], ["none", "none: the loss stays high"]],
    explain: () => why };
}

function render({ model, el, signal }) {
  const tasks = model.get("data").cases.map(readCase);
  const ui = createFrame({ model, el, signal }, {
    title: "Let the kernel find itself",
    task: "Find the learning rate at which it explodes, and the one that is fastest.",
    role: "kernel",
    hint: "Space plays · . steps · , goes back",
    schema,
    conflict: (values) => (values.case >= tasks.length ? "no such case" : ""),
  });
  const { store } = ui;
  const task = () => tasks[store.get("case")];
  const start = () => task().starts[store.get("seed")];
  let run = null;

  const now = numberGrid({ name: "Kernel now", role: "kernel" });
  const goal = numberGrid({ name: "Kernel wanted", role: "ink" });
  const target = valueMap({ name: "Wanted", role: "ink", map: "div" });
  const output = valueMap({ name: "Output now", role: "output", map: "div" });
  const error = valueMap({ name: "Difference", role: "ink", map: "div" });
  const scale = mapScale("div");
  output.el.append(scale.el);
  const chart = lineChart({ label: "", xLabel: "step", log: true, height: 180 });
  const bowl = bowlView();
  const questions = tasks.map((one) => {
    const { truth, ...rest } = questionFor(one);
    return prediction({ ...rest, truth: () => truth });
  });
  const asked = h("div", { class: "cnn-learn-asked" }, ...questions.map((one) => one.el));
  ui.stage.append(h("div", { class: "cnn-learn" }, now.el, goal.el, output.el, target.el, error.el),
    h("div", { class: "cnn-learn-curves" }, chart.el, bowl.el), asked);
  const showQuestion = () => questions.forEach((one, n) => { one.el.hidden = n !== store.get("case"); });
  ui.onReset(() => {
    for (const one of questions) one.ask();
    showQuestion();
  });

  const advance = (by) => {
    const steps = Math.max(0, Math.min(MOST, store.get("steps") + by));
    store.set({ steps }, "steps");
    return steps < MOST && run.losses.length > steps;
  };
  for (const [by, text] of [[1, "+1"], [10, "+10"], [100, "+100"]]) {
    ui.button(text, () => { ui.stop(); advance(by); }, { class: by === 1 ? "cnn-main" : "", "aria-label": `${text} ${by === 1 ? "step" : "steps"}` });
  }
  ui.player(() => advance(1));
  ui.keys({ ".": () => advance(1), ",": () => { ui.stop(); advance(-1); } });

  const chosen = segmented({ label: "Learn from", options: tasks.map(({ name }, n) => [n, name]),
    value: () => store.get("case"),
    set: (n) => store.set({ case: n, seed: 0, steps: 10, rate: round(SAFE * tasks[n].limit) }) });
  const round = (v) => Number(v.toPrecision(3));
  const rate = slider({ label: "Learning rate", low: -3, high: 0, step: 0.002,
    value: () => Math.log10(store.get("rate")), format: () => brief(store.get("rate")),
    set: (v) => store.set({ rate: round(10 ** v) }, "rate") });
  const steps = slider({ label: "Steps", low: 0, high: 20, value: () => store.get("steps"),
    format: (v) => group(v), set: (v) => store.set({ steps: v }, "steps") });
  const startId = freshId("start");
  const again = (text, act) => h("button", { type: "button", class: "cnn-segment", text, onclick: () => { ui.stop(); act(); } });
  const starts = h("div", { class: "cnn-setting" }, h("span", { class: "cnn-label", id: startId, text: "Start" }),
    h("div", { class: "cnn-segments", role: "group", "aria-labelledby": startId },
      again("From the same start", () => store.set({ steps: 0 })),
      again("From another start", () => store.set({ seed: (store.get("seed") + 1) % STARTS, steps: 0 }))));
  ui.setting(chosen.el, rate.el, steps.el, starts);

  /** Coloured weights; equal numbers look equal in both kernels. */
  function drawKernel(panel, weights, top, dark) {
    const [rows, cols] = task().shape;
    panel.el.style.setProperty("--wide", `${Math.min(66, 132 / cols)}px`);
    panel.update({ rows, cols, text: (a, b) => weightText(weights[a * cols + b]),
      fill: (a, b) => cellColors("div", dark, 0.5 + (0.25 * weights[a * cols + b]) / top) });
  }

  function drawChart() {
    const last = run.losses.length - 1;
    const end = ENDS.find((n) => n >= store.get("steps"));
    const stride = Math.max(1, Math.ceil(last / 200));
    const x = [];
    for (let n = 0; n < last; n += stride) x.push(n);
    x.push(last);
    const line = (values) => x.map((n) => Math.max(1e-12, values[n]));
    chart.draw({ x: [0, end], y: [1e-8, 1e4], yTicks: [1e-8, 1e-6, 1e-4, 0.01, 1, 100, 1e4], head: Math.min(last, end),
      lines: [{ name: "loss", role: 2, x, y: line(run.losses) }, { name: "worst weight off by", role: 1, x, y: line(run.worst) }] });
    chart.describe(`Loss from ${brief(run.losses[0])} to ${brief(run.losses[last])} in ${count(last, "step")}; worst weight off by ${brief(run.worst[last])}`);
    steps.update({ high: end });
  }

  /** How one step changes the error along the steepest and the flattest direction. */
  function factors() {
    const { curvatures, limit } = task();
    const eta = store.get("rate");
    const [steep, gentle] = [curvatures.at(-1), curvatures[0]];
    const factor = (c) => fixed(1 - c * eta, 2);
    const verdict = eta > limit * 1.0005 ? " Above 1 in size: it grows." : "";
    const still = gentle === 0 ? "along the flattest by 1: nothing moves there." : `along the flattest by 1 − ${brief(gentle)}·${brief(eta)} = ${factor(gentle)}.`;
    return `A step multiplies the error along the steepest direction by 1 − ${brief(steep)}·${brief(eta)} = ${factor(steep)}, ${still}${verdict}`;
  }

  function draw(changed) {
    const dark = isDark(el);
    const one = task();
    run = descend(one, start(), store.get("rate"), store.get("steps"));
    const { K, losses, worst, path } = run;
    const last = losses.length - 1;
    const answer = answerOf(one, K);
    const [rows, cols] = one.Y.shape;
    const top = Math.max(1e-9, ...one.Y.data.map(Math.abs));
    if (changed.has("case")) {
      target.draw(one.Y.data, rows, cols, -top, top);
      target.describe(`Output wanted, ${rows} by ${cols}, between ${show(-top)} and ${show(top)}`);
      scale.update(-top, top);
      rate.update({ low: Math.log10(one.limit / 50), high: Math.log10(one.limit * 1.5) });
      chosen.update();
      showQuestion();
    }
    if (changed.has("case") || changed.has("seed")) bowl.frame(path[0], one.curvatures.at(-1), one.curvatures[0]);
    if (changed.has("rate")) rate.update();
    output.draw(answer.output, rows, cols, -top, top);
    output.describe(`Output now, ${rows} by ${cols}`);
    error.draw(answer.error, rows, cols, -top, top);
    error.describe(`Output now minus output wanted; squares sum to ${brief(answer.loss)}`);
    const largest = Math.max(...one.K.map(Math.abs));
    drawKernel(now, K, Math.max(largest, ...K.map(Math.abs)), dark);
    drawKernel(goal, one.K, largest, dark);
    drawChart();
    bowl.draw(path, `The loss from above. The kernel is ${brief(Math.hypot(...path.at(-1)))} away from the target, after ${brief(Math.hypot(...path[0]))} at the start`);
    const loss = brief(answer.loss);
    const exploded = last < store.get("steps");
    const title = exploded ? `Exploded at step ${last}` : `Step ${group(last)}: loss ${loss}`;
    const trap = !exploded && answer.loss < 1e-6 && worst[last] > 0.05 ? " The loss is as good as 0, and the kernel is wrong." : "";
    ui.say(title, `The worst weight is off by ${brief(worst[last])}.${trap} ${factors()}`,
      `${title}. Worst weight off by ${brief(worst[last])}.`);
    ui.result(exploded ? "exploded" : `loss ${loss}`);
  }
  ui.draw(draw);
  onScheme(() => draw(new Set(["case"])), signal);
}

export default { render, schema };
