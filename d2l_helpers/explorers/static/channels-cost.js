/** What a layer costs: weights, multiply–adds, operations, each against the dense layer. */
import { createFrame } from "./frame.js";
import { slider, segmented, select, prediction } from "./controls.js";
import { h, setText, show, group } from "./dom.js";

const CHANNELS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 84, 96, 120, 128, 192, 256, 384, 512];
const SIDES = [1, 2, 4, 5, 7, 8, 10, 14, 16, 20, 28, 32, 56, 64, 112, 128, 224, 256, 512];
const GROUPS = Array.from({ length: 10 }, (_, n) => 2 ** n);
const PRESETS = [ // name, what it is, ci, co, k, side, groups
  ["conv1", "LeNet, first convolution", 1, 6, 5, 28, 1],
  ["conv2", "LeNet, second convolution", 6, 16, 5, 10, 1],
  ["fc1", "LeNet, dense 400 → 120, as a 5×5 layer", 16, 120, 5, 1, 1],
  ["fc2", "LeNet, dense 120 → 84, as a 1×1 layer", 120, 84, 1, 1, 1],
  ["fc3", "LeNet, dense 84 → 10, as a 1×1 layer", 84, 10, 1, 1, 1],
  ["puzzle", "5×5 on a photograph, six answers", 3, 6, 5, 200, 1],
  ["large", "128 → 128, 5×5, 256×256", 128, 128, 5, 256, 1],
  ["dense", "64 → 64, 3×3, 56×56", 64, 64, 3, 56, 1],
  ["depthwise", "64 → 64, 3×3, 56×56, depthwise", 64, 64, 3, 56, 64],
];
const SUMS = { parameters: "co·(ci/g)·k·k + co", macs: "h·w·weights", operations: "2·MACs", outputs: "co·h·w" };
const KEYS = ["ci", "co", "k", "side", "groups"];

/** The bill of a layer with h = w = side outputs; groups must divide both channel counts. */
function bill({ ci, co, k, side, groups }) {
  const weights = co * (ci / groups) * k * k;
  return { weights, parameters: weights + co, macs: side * side * weights, operations: 2 * side * side * weights,
    outputs: co * side * side };
}

/** Which slip gives this guess for the number of parameters? */
function slip({ ci, co, k, side, groups }, guess) {
  const { weights, macs } = bill({ ci, co, k, side, groups });
  const each = ci / groups;
  const slips = [
    [weights, "The biases are missing: one for each output channel."],
    [co * k * k + co, "That is one slice for all input channels; each kernel has a slice for every channel that it reads."],
    [co * k * k, "That is one slice for all input channels, and no bias."],
    [co * each * (k * k + 1), "That is a bias for each slice; there is one for each output channel."],
    [each * k * k + 1, "That is one kernel; there are as many as output channels."],
    [each * k * k, "That is one kernel without its bias; there are as many as output channels."],
    [co * each + co, "That forgets the k·k cells of a slice."],
    [co * ci * k * k + co, "That is the dense layer; with groups a kernel reads fewer channels."],
    [macs, "That is the work: one multiply–add for each weight and each place."],
  ];
  return slips.find(([value]) => value === guess)?.[1] ?? "";
}

export function renderCost({ model, el, signal }, schema) {
  const ui = createFrame({ model, el, signal }, {
    title: "The bill of a layer",
    task: "Double one number at a time. Which of the four sums notice?",
    role: "kernel",
    hint: "Arrows move a slider",
    schema,
  });
  ui.card.classList.add("cnn-ch-card");
  const { store } = ui;
  const layer = () => Object.fromEntries(KEYS.map((name) => [name, store.get(name)]));
  const problem = ({ ci, co, groups }) => {
    const bad = [["input", ci], ["output", co]].find(([, n]) => n % groups);
    return bad && `${groups} groups would share ${bad[1]} ${bad[0]} channel${bad[1] === 1 ? "" : "s"}, and ${bad[1]}/${groups} is no whole number.`;
  };

  function quantity(name, role) {
    const [value, share, formula] = ["b", "span", "p"].map((tag) => h(tag, { class: `cnn-ch-${tag}` }));
    const fill = h("span", { class: `cnn-ch-fill cnn-bar-${role}` });
    const tick = h("span", { class: "cnn-ch-tick", hidden: true });
    const bar = h("div", { class: "cnn-ch-bar", "aria-hidden": "true" }, fill, tick);
    const box = h("div", { class: "cnn-ch-item" }, h("p", { class: "cnn-ch-name" }, h("span", { text: name }), value), bar, formula, share);
    return { el: box, update(plan) {
      setText(value, plan.value);
      setText(formula, plan.formula);
      setText(share, plan.words);
      fill.hidden = !plan.share;
      fill.style.width = `${100 * plan.share}%`;
      tick.hidden = !(plan.tick < 1);
      if (!tick.hidden) tick.style.left = `${100 * plan.tick}%`;
    } };
  }
  const items = [quantity("Weights and biases", "kernel"), quantity("Multiply–adds (MACs)", "ink"), quantity("Operations", "ink"), quantity("Numbers put out", "output")];
  const separable = h("span");
  const keys = h("p", { class: "cnn-keys" },
    h("span", {}, h("span", { class: "cnn-ch-bar cnn-ch-sample" }), "dense (one group)"),
    h("span", {}, h("span", { class: "cnn-ch-bar cnn-ch-sample" }, h("span", { class: "cnn-ch-fill cnn-bar-ink" })), "this layer"),
    h("span", { class: "cnn-ch-block" }, h("span", { class: "cnn-ch-bar cnn-ch-sample" }, h("span", { class: "cnn-ch-tick" })), separable));
  const asked = prediction({
    question: "",
    truth: () => bill(layer()).parameters,
    explain(guess, real) {
      const found = guess === undefined || guess === real ? "" : slip(layer(), guess);
      return `${found ? `${found} ` : ""}${formulas(layer()).parameters} = ${group(real)}.`;
    },
    done: () => draw(new Set(["asked"])),
  });
  asked.el.classList.add("cnn-ch-ask");
  ui.stage.append(h("div", { class: "cnn-ch-bill" }, ...items.map((item) => item.el)), keys, asked.el);

  const times = ({ ci, co, k, groups }) => `${co}·${groups === 1 ? ci : `(${ci}/${groups})`}·${k}·${k}`;
  function formulas(now) {
    const { weights, macs } = bill(now);
    const { co, side } = now;
    return { parameters: `${times(now)} + ${co}`, macs: `${side}·${side}·${group(weights)}`, operations: `2·${group(macs)}`,
      outputs: `${co}·${side}·${side}` };
  }

  // Ask about a layer that was chosen, and go on asking while nothing was answered; once it
  // was, the sliders show their numbers and the question stays as it is.
  let renew = true;
  let base = layer(); // what the factors are relative to: the layer that was chosen last
  const set = (name) => (value) => store.set({ [name]: value }, name);
  function ladder(name, label, symbol, values) {
    const nearest = () => {
      const now = store.get(name);
      return values.reduce((best, v, n) => (Math.abs(v - now) < Math.abs(values[best] - now) ? n : best), 0);
    };
    return slider({ label, symbol, low: 0, high: values.length - 1, value: nearest,
      set: (n) => set(name)(values[n]), format: () => String(store.get(name)) });
  }
  const sliders = [ladder("ci", "Input channels", "ci", CHANNELS), ladder("co", "Output channels", "co", CHANNELS),
    slider({ label: "Kernel side", symbol: "k", low: 1, high: 11, value: () => store.get("k"), set: set("k") }),
    ladder("side", "Output side", "h = w", SIDES), ladder("groups", "Groups", "g", GROUPS)];
  const preset = select({ label: "Layer", options: [...PRESETS.map(([key, text]) => [key, text]), ["own", "your own numbers"]],
    value: () => PRESETS.find(([, , ...numbers]) => KEYS.every((name, n) => store.get(name) === numbers[n]))?.[0] ?? "own",
    set(key) {
      const found = PRESETS.find(([other]) => other === key);
      renew = true;
      if (found) base = Object.fromEntries(KEYS.map((name, n) => [name, found[n + 2]]));
      if (found) store.set(Object.fromEntries(KEYS.map((name, n) => [name, found[n + 2]])));
      else preset.update();
    } });
  const shown = segmented({ label: "Numbers", options: [["predict", "Ask me"], ["all", "Show all"]],
    value: () => (store.get("shown") === "predict" ? "predict" : "all"), set(v) {
      renew = true;
      if (store.get("shown") === v) draw(new Set());
      else store.set({ shown: v });
    } });
  ui.setting(preset.el, ...sliders.map((s) => s.el), shown.el);
  ui.onReset(() => { renew = true; });

  /** "×2 of the layer chosen", where that says something. */
  function factor(name, here) {
    const by = here[name] / bill(base)[name];
    return by === 1 ? "\u00a0" : `×${show(by, 2)}, beside the layer that you began with`;
  }

  function draw(changed, cause) {
    const now = layer();
    if (cause === "reset") base = now;
    const { ci, co, k, side, groups } = now;
    const [bad, ask] = [problem(now), store.get("shown") === "predict"];
    if (!ask) asked.hide();
    else if (!bad && !changed.has("asked") && (renew || asked.open())) {
      asked.ask(`${ci} → ${co} channels, ${k}×${k}${groups > 1 ? `, ${groups} groups` : ""}: how many numbers does the layer learn, biases included?`);
      renew = false;
    }
    asked.el.classList.toggle("cnn-ch-off", Boolean(bad) && ask);
    const hidden = ask && asked.open();
    const [here, dense, texts] = [bill(now), bill({ ...now, groups: 1 }), formulas(now)];
    const few = ci * k * k + ci * co; // depthwise k×k, then 1×1, without biases
    const tick = few / dense.weights;
    ["parameters", "macs", "operations", "outputs"].forEach((name, n) => {
      const share = here[name] / dense[name];
      items[n].update(bad ? { value: "–", formula: SUMS[name], words: "\u00a0", share: 0, tick: 1 }
        : { value: hidden && name !== "outputs" ? "?" : group(here[name]), share,
          formula: `${SUMS[name]} = ${hidden && name !== "outputs" ? "?" : texts[name]}`,
          words: hidden ? "\u00a0" : groups === 1 ? factor(name, here) : name === "outputs" ? "groups change nothing here"
            : `1/${show(Math.round(10 / share) / 10, 1)} of the dense layer's ${group(dense[name])}`, tick: name === "outputs" ? 1 : tick });
    });
    setText(separable, hidden ? `depthwise ${k}×${k}, then 1×1` : `depthwise ${k}×${k}, then 1×1: ${ci}·${k}·${k} + ${ci}·${co} = ${group(few)} weights, `
      + `1/${co} + 1/${k * k} = ${Number(tick.toPrecision(3))} of dense`);
    if (bad) ui.say("No such layer", `${bad} Move the groups or the channels.`);
    else if (hidden) {
      ui.say(`${ci} → ${co} channels, ${k}×${k} kernels`, `${co} kernels; each reads ${groups > 1 ? `${ci / groups} of the ${ci}` : ci === 1 ? "the one" : `all ${ci}`} `
        + `input channel${ci === 1 ? "" : "s"}, and its map has ${side} × ${side} places.`);
    } else {
      ui.say(`Each weight is used ${group(side * side)} time${side === 1 ? "" : "s"}, once for every place`,
        groups > 1 ? `With ${groups} groups each output channel reads ${ci / groups} of the ${ci} input channels: 1/${groups} of the weights and of the work, as counted. Time is for a clock to say.`
          : `Each of the ${co} output channel${co === 1 ? "" : "s"} reads ${ci === 1 ? "the one input channel" : `all ${ci} input channels`}: ${group(here.weights / co)} weights and a bias of its own.`,
        `${group(here.parameters)} weights and biases, ${group(here.macs)} multiply–adds, ${group(here.operations)} operations.`);
    }
    for (const control of [preset, ...sliders, shown]) control.update();
  }
  ui.draw(draw);
}
