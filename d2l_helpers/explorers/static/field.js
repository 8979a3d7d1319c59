/** How far a stack of layers sees: from the side, in theory and in effect. */
import { createFrame } from "./frame.js";
import { slider, segmented, select, prediction } from "./controls.js";
import { onScheme } from "./colors.js";
import { whole, choice, grid } from "./store.js";
import { h, setText, group } from "./dom.js";
import { sideView } from "./field-picture.js";
import { PRESETS, sameStack, impossible, measure, cone, way, layerName, words, nextLayer, explain, shares, side95 } from "./field-stack.js";

const MOST = 7; // layers
export const schema = {
  layers: grid([1, MOST], [4, 4], 7),
  layer: whole(1, MOST),
  unit: whole(0, 599),
  view: choice("theoretical", "effective"),
  question: whole(0, 999),
};
const WAYS = ["plain", "strides", "dilations"];
const SIDES = { wide: [150, 150], narrow: [70, 34] }; // pixels for the words left and right of the picture
const clamp = (v, low, high) => Math.max(low, Math.min(v, high));

function render({ model, el, signal }) {
  const ui = createFrame({ model, el, signal }, {
    title: "How far a stack sees",
    task: "Reach 15 × 15 cells with 3×3 layers in three ways: plain, with strides, with dilations.",
    role: "output",
    hint: "Arrows move the unit and the layer",
    schema,
    conflict: ({ layers }) => impossible(layers),
  });
  const { store } = ui;
  ui.card.classList.add("cnn-field");
  let stack = null; // levels, width, drawn
  let cell = { wide: 400, narrow: false };
  let found = new Set();
  let adding = false;
  let given = false; // a ready stack is no way that somebody found
  const layers = () => store.get("layers");
  const layer = () => clamp(store.get("layer"), 1, layers().length);
  const unit = () => clamp(store.get("unit"), 0, stack.levels[layer()].units - 1);
  const isOpen = () => store.get("question") > 0 && asked.open();

  /** Another stack, seen from the middle unit of a layer (the top one unless said). */
  function restack(next, at = next.length, gesture) {
    const { units } = measure(next).levels[at];
    store.set({ layers: next, layer: at, unit: Math.min(599, Math.floor((units - 1) / 2)), question: 0 }, gesture);
  }
  function choose(at, index, gesture) {
    const level = clamp(at, 1, layers().length);
    store.set({ layer: level, unit: clamp(index, 0, Math.min(599, stack.levels[level].units - 1)) }, gesture);
  }
  /** The unit of a level whose middle lies nearest to input cell x. */
  const nearest = (level, x) => Math.round((x - (stack.levels[level].size - 1) / 2) / stack.levels[level].jump);
  const middleOf = (level, index) => (stack.levels[level].size - 1) / 2 + index * stack.levels[level].jump;

  const picture = sideView({
    pick: (level, x) => { const at = clamp(level, 1, layers().length); choose(at, nearest(at, x), "unit"); },
    move: (up, along) => {
      if (!up) { choose(layer(), unit() + along, "unit"); return; }
      const at = clamp(layer() + up, 1, layers().length);
      choose(at, nearest(at, middleOf(layer(), unit())), "unit");
    },
  });
  const ways = Object.fromEntries(WAYS.map((name) => [name, h("span", { class: "cnn-way" }, h("b", { text: "○" }), ` ${name}`)]));
  const progress = h("p", { class: "cnn-keys" }, h("span", { text: "15 with 3×3 layers:" }), ...Object.values(ways));
  const sample = (look, text) => h("span", {}, h("i", { class: `cnn-dot is-${look}` }), text);
  const keys = h("p", { class: "cnn-keys" }, sample("top", "this unit"), sample("between", "what it uses"), sample("input", "input it reads"), sample("hole", "a hole: never read"));
  const asked = prediction({
    question: "How many cells will it see?",
    truth: () => measure([...layers(), nextLayer(store.get("question"))]).levels.at(-1).size,
    explain: (guess) => explain(layers(), nextLayer(store.get("question")), guess),
    done: () => {
      const next = [...layers(), nextLayer(store.get("question"))];
      const { units } = measure(next).levels.at(-1);
      adding = true; // the answer is the new picture
      store.set({ layers: next, layer: next.length, unit: Math.floor((units - 1) / 2) });
      adding = false;
    },
    next: () => ask,
  });
  const verdict = asked.el.querySelector(".cnn-verdict");
  const legend = h("div", {}, keys, progress);
  ui.stage.append(picture.el, h("div", { class: "cnn-slot" }, legend, asked.el, verdict));

  // Controls --------------------------------------------------------------------------
  const add = ui.button("Add layer", () => {
    if (layers().length === MOST) ui.warn(`${MOST} layers is all that is drawn here. Remove one first.`);
    else restack([...layers(), [3, 1, 0, 1]]);
  }, { class: "cnn-main" });
  const remove = ui.button("Remove", () => {
    if (layers().length === 1) ui.warn("One layer has to stay.");
    else restack(layers().filter((_, n) => n !== layer() - 1), Math.max(1, layer() - 1));
  });
  const preset = select({ label: "Stack", options: [...PRESETS.map(([key, text]) => [key, text]), ["own", "your own"]],
    value: () => PRESETS.find(([, , ready]) => sameStack(ready, layers()))?.[0] ?? "own",
    set: (v) => {
      const ready = PRESETS.find(([key]) => key === v);
      given = true;
      if (ready) restack(ready[2]); else preset.update();
      given = false;
    } });
  const part = (label, symbol, index, low, high) => slider({ label, symbol, low, high, value: () => layers()[layer() - 1][index],
    set: (v) => restack(layers().map((row, n) => (n === layer() - 1 ? row.map((old, m) => (m === index ? v : old)) : row)), layer(), `part ${index}`) });
  const which = slider({ label: "Layer", low: 1, high: MOST, value: layer, set: (v) => choose(v, nearest(v, middleOf(layer(), unit())), "layer") });
  const parts = [part("Kernel", "k", 0, 1, 7), part("Stride", "s", 1, 1, 4), part("Dilation", "d", 3, 1, 4)];
  const view = segmented({ label: "Field", options: [["theoretical", "theoretical"], ["effective", "effective"]],
    value: () => store.get("view"), set: (v) => store.set({ view: v }) });
  const ask = h("button", { type: "button", class: "cnn-button", text: "Ask me the next layer", onclick: () => {
    if (layers().length === MOST) { ui.warn("The stack is full. Remove a layer, then ask."); return; }
    store.set({ question: (store.get("question") % 999) + 1, layer: layers().length });
    asked.el.querySelector("input").focus();
  } });
  const done = h("button", { type: "button", class: "cnn-link", text: "Done", onclick: () => store.set({ question: 0 }) });
  const predict = h("div", { class: "cnn-setting cnn-setting-predict" }, h("span", { class: "cnn-label", text: "Predict" }), h("div", { class: "cnn-buttons" }, ask, done));
  ui.setting(preset.el, view.el, which.el, parts[0].el, parts[1].el, parts[2].el, predict);
  ui.onReset(() => { found = new Set(); });

  // Drawing -----------------------------------------------------------------------------
  function drawSlot(changed) {
    const number = store.get("question");
    if (number > 0 && (changed.has("question") || changed.has("layers")) && !adding) {
      const added = nextLayer(number);
      const name = layerName(added).replace(", s ", ", stride ").replace(", d ", ", dilation ");
      if (layers().length < MOST) asked.ask(`A layer ${name} goes on top of layer ${layers().length}. How many input cells will it see along a row?`);
    }
    const open = isOpen();
    asked.el.hidden = !open;
    legend.hidden = number > 0;
    verdict.hidden = number === 0 || open;
    done.hidden = number === 0;
    const name = way(layers());
    if (name && changed.has("layers") && !given) found.add(name);
    for (const key of WAYS) {
      setText(ways[key].firstChild, found.has(key) ? "✓" : "○");
      ways[key].classList.toggle("is-found", found.has(key));
    }
  }

  function draw(changed) {
    if (changed.has("layers")) stack = measure(layers());
    const [all, at, effective] = [layers(), layer(), store.get("view") === "effective"];
    const { levels, width, drawn } = stack;
    const here = unit();
    const sets = drawn ? cone(all, at, here) : null;
    const { size, jump } = levels[at];
    const core = effective && drawn ? side95(all, at) : 0;
    if (["layers", "question"].some((name) => changed.has(name))) {
      drawSlot(changed);
      add.setAttribute("aria-disabled", String(all.length === MOST));
      remove.setAttribute("aria-disabled", String(all.length === 1));
      which.update({ high: all.length });
    }
    const text = { layers: all, levels, layer: at, unit: here, sets };
    picture.draw({ ...text, width, wide: cell.wide, effective, bars: drawn ? shares(all, at, sets, effective) : [],
      names: levels.map((_, n) => (n ? (cell.narrow ? layerName(all[n - 1], " ") : `layer ${n}: ${layerName(all[n - 1])}`) : "input")),
      facts: levels.map((level, n) => (!n ? (cell.narrow ? "field" : "") : cell.narrow ? group(level.size) : `field ${group(level.size)}, jump ${group(level.jump)}`)),
      whole: drawn ? `field ${size}${sets[0].length < size ? `, ${sets[0].length} read` : ""}` : "",
      core: core ? `95 % within ${core}` : "", core95: core,
      none: drawn ? "" : `${group(width)} cells wide: too wide to draw` });
    const [title, line, aloud] = words(text, effective);
    ui.say(title, line, aloud);
    ui.result(`field ${group(size)}`);
    picture.describe(`Stack of ${all.length} from the side. Layer ${at}, unit ${here}: field ${group(size)}, jump ${group(jump)}.`);
    for (const control of [preset, which, ...parts, view]) control.update();
  }
  ui.draw(draw);
  onScheme(() => { picture.recolor(); draw(new Set()); }, signal);
  const sized = new ResizeObserver(([entry]) => {
    const room = Math.floor(entry.contentRect.width);
    const narrow = room < 540;
    const [left, right] = SIDES[narrow ? "narrow" : "wide"];
    const wide = Math.max(120, room - left - right);
    if (wide === cell.wide && narrow === cell.narrow) return;
    cell = { wide, narrow };
    draw(new Set());
  });
  sized.observe(ui.stage);
  signal.addEventListener("abort", () => sized.disconnect());
}

export default { render, schema };
