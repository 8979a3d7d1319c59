/** Inside a trained LeNet: change the picture and watch every map, the answer and any unit's sum. */
import { createFrame } from "./frame.js";
import { slider, segmented, toggle } from "./controls.js";
import { palette, isDark, onScheme } from "./colors.js";
import { mapScale } from "./maps.js";
import { whole, real, flag, choice, list } from "./store.js";
import { h, fixed, show, group } from "./dom.js";
import { decodeBytes } from "./nets.js";
import { atlas } from "./lenet-maps.js";
import { CELLS, COVER, SIDE, PLAIN, STAMPS, BRUSH, snow, compose, changes, painted, line } from "./lenet-picture.js";
import { LAYERS, OWNER, network, placeOf, fieldOf, readsOf } from "./lenet-unit.js";
import { tiles, bars, inspector, challenges } from "./lenet-panels.js";

export const schema = {
  garment: whole(0, 25),
  right: whole(-6, 6),
  down: whole(-6, 6),
  angle: whole(-180, 180),
  mirror: flag(),
  noise: real(0, 1),
  seed: whole(0, 999),
  cover: flag(),
  cover_row: whole(0, SIDE - COVER),
  cover_column: whole(0, SIDE - COVER),
  drawing: list([0, CELLS], 0, 1),
  hand: choice("shift", "cover", "draw"),
  layer: choice("conv1", "pool1", "conv2", "pool2", "dense1", "dense2", "scores", "gap"),
  unit: whole(0, 4703),
  signed: flag(),
  ask: flag(),
};
const PICTURE = ["garment", "right", "down", "angle", "mirror", "noise", "seed", "cover", "cover_row", "cover_column", "drawing"];
const HINTS = { shift: "Drag the picture, or press arrows, to shift it.", cover: "Drag the square, or press arrows.",
  draw: "Draw with the pointer; arrows move, Space paints." };
/** Maps, rows, columns, maps side by side, pixels a unit. */
const PLANS = {
  conv1: [6, 28, 28, 2, 2], pool1: [6, 14, 14, 2, 4], conv2: [16, 10, 10, 4, 3], pool2: [16, 5, 5, 4, 6],
  dense1: [1, 20, 6, 1, 6], dense2: [1, 21, 4, 1, 6], scores: [1, 10, 1, 1, 12],
};
const LYING = [1, 1, 10, 1, 24]; // the scores on a phone, one beside the other
const NARROW = 460; // pixels, as in lenet.css

function render({ model, el, signal }) {
  const { images, labels, names, ...rest } = model.get("data");
  const net = network(rest);
  const bytes = decodeBytes(images);
  const [garments, white] = [labels.length, labels.length];
  const ui = createFrame({ model, el, signal }, {
    title: "Inside the trained network",
    task: "Change the picture and watch the evidence move. Click any unit to see what it sums.",
    role: "output",
    hint: "Arrows move in maps and on the picture",
    schema,
    conflict: ({ drawing, garment }) => (drawing.length && drawing.length !== CELLS ? "a drawing of another size"
      : garment > garments + 1 ? "a picture that is not there" : ""),
  });
  const { store } = ui;
  const settings = () => Object.fromEntries(PICTURE.map((name) => [name, store.get(name)]));
  const garmentBase = (n) => Float64Array.from(bytes.subarray(n * CELLS, (n + 1) * CELLS), (v) => v / 255);
  const baseOf = ({ garment, drawing, seed }) => (drawing.length ? Float64Array.from(drawing)
    : garment < garments ? garmentBase(garment) : garment === white ? new Float64Array(CELLS).fill(1) : snow(seed));
  const baseName = ({ garment, drawing }) => (drawing.length ? "your drawing"
    : garment < garments ? names[labels[garment]] : garment === white ? "white card" : "card of noise");
  const pixels = new Float64Array(CELLS);
  let base = new Float64Array(CELLS);
  let H = net.forward(pixels);
  let top = [0, 1];
  let cursor = [14, 14];
  let dark = false;
  const colors = (name) => palette(name, dark);

  // The picture: one hand of three.
  let drag = null;
  const picture = atlas({ name: "Picture", role: "input", pick: touch });
  picture.layout({ maps: 1, rows: SIDE, cols: SIDE, across: 1, side: 7 });
  const at = (unit) => [Math.floor(unit / SIDE), unit % SIDE];
  const span = (v, low, high) => Math.min(high, Math.max(low, v));
  const moveCover = (i, j, gesture) => store.set({ cover: true, cover_row: span(i, 0, SIDE - COVER),
    cover_column: span(j, 0, SIDE - COVER) }, gesture);
  function paint(places, cells, value, gesture) {
    store.set({ ...PLAIN, drawing: painted(pixels, places, cells, value) }, gesture);
  }
  function touch(unit, first) {
    const [i, j] = at(unit);
    const hand = store.get("hand");
    if (first) drag = { from: [i, j], right: store.get("right"), down: store.get("down"), id: `drag ${performance.now()}` };
    if (!drag) return;
    if (hand === "shift") {
      store.set({ right: span(drag.right + j - drag.from[1], -6, 6), down: span(drag.down + i - drag.from[0], -6, 6) }, drag.id);
    } else if (hand === "cover") moveCover(i - 3, j - 3, drag.id);
    else {
      paint(line(drag.from, [i, j]), BRUSH, dim ? 0 : 1, drag.id);
      drag.from = cursor = [i, j];
    }
  }
  picture.box.style.touchAction = "none";
  picture.box.addEventListener("pointerdown", (event) => picture.box.setPointerCapture(event.pointerId));
  picture.box.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" && drag) touch(picture.under(event), false);
  });
  for (const end of ["pointerup", "pointercancel"]) picture.box.addEventListener(end, () => { drag = null; });
  picture.box.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const hand = store.get("hand");
    const known = way || (hand === "draw" && [" ", "Enter"].includes(event.key));
    if (!known || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const [di, dj] = (way ?? [0, 0]).map((v) => v * (event.shiftKey ? 5 : 1));
    if (hand === "shift") store.set({ right: span(store.get("right") + dj, -6, 6), down: span(store.get("down") + di, -6, 6) }, "arrows");
    else if (hand === "cover") moveCover(store.get("cover_row") + di, store.get("cover_column") + dj, "arrows");
    else if (way) {
      cursor = [span(cursor[0] + di, 0, SIDE - 1), span(cursor[1] + dj, 0, SIDE - 1)];
      frameHand();
      ui.announce(`row ${cursor[0]}, column ${cursor[1]}`);
    } else paint([cursor], BRUSH, dim ? 0 : 1, "brush");
  }, { capture: true });

  const answer = bars(names);
  const challenge = challenges(store, names, () => ({ best: top[0], share: fixed(H.probs[top[0]], 3) }), white, settings);
  const rival = h("button", { type: "button", class: "cnn-link cnn-rival", onclick: () => store.set({ layer: "gap", unit: 0 }) });
  answer.el.append(rival);

  const blocks = {};
  const plans = { ...PLANS };
  for (const [layer, [maps, rows, cols, across, side]] of Object.entries(plans)) {
    const name = { dense1: "120", dense2: "84", scores: "10" }[layer] ?? LAYERS[layer].name;
    blocks[layer] = atlas({ name, role: "output", shape: maps > 1 ? `${maps}×${rows}×${cols}` : "",
      pick: (unit, first) => store.set({ layer, unit }, first ? undefined : "unit") });
    blocks[layer].layout({ maps, rows, cols, across, side });
    blocks[layer].el.classList.add(`cnn-net-${layer}`);
  }
  const scale = mapScale("seq");
  const signs = mapScale("div");
  const key = (kind, text) => h("span", {}, h("i", { class: `cnn-frame cnn-frame-${kind} cnn-frame-key`, "aria-hidden": "true" }), text);
  const legend = h("div", { class: "cnn-net-legend" }, scale.el, signs.el,
    h("p", { class: "cnn-keys" }, key("unit", "the unit"), key("reads", "what it reads"), key("field", "what it sees")));
  const maps = h("div", { class: "cnn-net" }, ...Object.values(blocks).map((block) => block.el), legend);
  const unit = inspector(net, names);
  ui.stage.append(picture.el, answer.el, challenge.el, maps, unit.el);

  // Settings
  const garmentNames = labels.map((c, n) => `${names[c]}, picture ${n}`);
  const shelf = tiles([...garmentNames, "white card", "card of noise"].map((name, n) => ({
    name, pixels: baseOf({ garment: n, drawing: [], seed: store.get("seed") }) })),
  (n) => store.set({ garment: n, drawing: [] }));
  const hand = segmented({ label: "Hand on the picture", options: [["shift", "Shift"], ["cover", "Cover"], ["draw", "Draw"]],
    value: () => store.get("hand"), set: (v) => store.set({ hand: v, ...(v === "cover" && { cover: true }) }) });
  let dim = false;
  const brush = segmented({ label: "Brush", options: [[false, "Light"], [true, "Dark"]], value: () => dim,
    set: (v) => { dim = v; brush.update(); } });
  const tool = (text, act) => h("button", { type: "button", class: "cnn-segment", text, onclick: act });
  const tools = h("div", { class: "cnn-setting cnn-tools" }, h("span", { class: "cnn-label", text: "Stamp at the cursor" }),
    h("div", { class: "cnn-segments" }, ...Object.keys(STAMPS).map((name) => tool(name, () => paint([cursor], STAMPS[name], dim ? 0 : 1))),
      tool("Clear", () => store.set({ ...PLAIN, drawing: Array(CELLS).fill(0) }))));
  const number = (name, label, low, high, step = 1, format = show) => slider({ label, low, high, step, format,
    value: () => store.get(name), set: (v) => store.set({ [name]: v }, name) });
  const sliders = { right: number("right", "Shift right", -6, 6), down: number("down", "Shift down", -6, 6),
    angle: number("angle", "Turn", -180, 180, 5, (v) => `${show(v)}°`), noise: number("noise", "Noise", 0, 1, 0.05, (v) => fixed(v)) };
  const switches = [["mirror", "Mirrored"], ["cover", "Black square, 7×7"], ["signed", "Maps before the activation"]]
    .map(([name, label]) => toggle({ label, value: () => store.get(name), set: (v) => store.set({ [name]: v }) }));
  const again = h("button", { type: "button", class: "cnn-segment", text: "Other noise",
    onclick: () => store.set({ seed: (store.get("seed") + 1) % 1000 }) });
  const drawing = h("div", { class: "cnn-draw" }, brush.el, tools);
  ui.setting(shelf.el, hand.el, drawing,
    h("div", { class: "cnn-pairs" }, ...Object.values(sliders).map((s) => s.el)),
    h("div", { class: "cnn-switches" }, ...switches.map((s) => s.el), again),
    h("p", { class: "cnn-shape", text: "To make the page light, the weights of the first two dense layers are rounded here to 8 bits, 255 steps for each unit, and all other numbers to 16 bits. In the chapter’s network that moves a share by 0.001 on average, and by 0.03 at worst in 10,000 pictures. The sums use 64 bits." }));
  ui.button("Plain", () => store.set({ ...PLAIN }), { class: "cnn-plain", title: "Take back all changes of the picture" });
  ui.button("Ask me", () => store.set({ ask: true }), { title: "Hide the answer until I have said one" });

  function frameHand() {
    const cover = store.get("cover");
    const [r, c] = [store.get("cover_row"), store.get("cover_column")];
    picture.frames("cover", cover ? [{ map: 0, i: r, j: c, rows: COVER, cols: COVER }] : []);
    picture.frames("cursor", store.get("hand") === "draw" ? [{ map: 0, i: cursor[0], j: cursor[1], rows: 2, cols: 2 }] : []);
  }

  /** Run the network and repaint every map. */
  function redraw(hidden) {
    picture.draw(pixels, colors("gray"), 0, 1);
    for (const [layer, block] of Object.entries(blocks)) {
      const before = store.get("signed") && LAYERS[layer].sums;
      const values = H[before || LAYERS[layer].values];
      let [most, zero] = [1e-9, 0];
      for (let n = 0; n < values.length; n++) {
        most = Math.max(most, Math.abs(values[n]));
        zero += values[n] === 0;
      }
      if (layer === "scores" || before || net.activation === "tanh") {
        if (layer === "scores" && hidden) block.draw([], colors("seq"), 0, 1);
        else block.draw(values, colors("div"), -most, most);
        block.describe(layer === "scores" ? "10 scores" : `${LAYERS[layer].name}, signed, within ±${fixed(most)}`);
      } else {
        block.draw(values, colors("seq"), 0, net.activation === "sigmoid" ? 1 : most);
        block.describe(`${LAYERS[layer].name}: ${values.length} units, ${Math.round((100 * zero) / values.length)} % are 0, the largest is ${fixed(most)}`);
      }
    }
  }

  /** The frames of the unit, of what it reads and of what it sees. */
  function frameUnit(layer, number) {
    const { below } = LAYERS[layer];
    const place = placeOf(layer, number);
    for (const [name, block] of Object.entries(blocks)) {
      const [, rows, cols] = plans[name];
      const flat = LAYERS[name].side === 1;
      const own = name === layer;
      block.frames("unit", own ? [flat ? { map: 0, i: Math.floor(place.unit / cols), j: place.unit % cols, rows: 1, cols: 1 }
        : { map: place.map, i: place.i, j: place.j, rows: 1, cols: 1 }] : []);
      if (own) block.select(flat ? Math.min(place.unit, rows * cols - 1) : place.unit);
      block.frames("reads", OWNER[below] === name ? readsOf(layer, number) : []);
    }
    const field = { map: 0, ...fieldOf(layer, number) };
    picture.frames("reads", below === "input" ? [field] : []);
    picture.frames("field", below === "input" ? [] : [field]);
  }

  function draw(changed, cause) {
    const [s, layer, hidden] = [settings(), store.get("layer"), store.get("ask")];
    const other = cause === "scheme" || PICTURE.some((name) => changed.has(name));
    if (cause === "start" || cause === "scheme") dark = isDark(el);
    if (other) {
      if (cause === "start" || ["garment", "drawing", "seed"].some((name) => changed.has(name))) base = baseOf(s);
      H = net.forward(compose(base, s, pixels));
      const order = Array.from(H.logits.keys()).sort((a, b) => H.logits[b] - H.logits[a]);
      top = [order[0], order[1]];
    }
    if (other || changed.has("signed") || changed.has("ask")) redraw(hidden);
    if (other || changed.has("hand")) frameHand();
    if (changed.has("layer") || changed.has("unit")) frameUnit(layer, store.get("unit"));
    const secret = hidden && (layer === "scores" || layer === "gap");
    const words = unit.update(H, layer, store.get("unit"), top, secret, colors);
    answer.update(hidden ? null : H.probs, top[0]);
    challenge.update(hidden, other && cause !== "start" && cause !== "scheme" && !changed.has("ask"));
    speak(s, hidden, changed, words);
    shelf.update(s.drawing.length ? -1 : s.garment);
    for (const control of [hand, ...switches]) control.update();
    for (const [name, control] of Object.entries(sliders)) if (changed.has(name)) control.update();
    if (changed.has("hand")) drawing.hidden = store.get("hand") !== "draw";
    if (cause === "start" || cause === "scheme" || changed.has("signed")) {
      if (net.activation === "sigmoid") scale.update("0", "1", "outputs");
      else scale.update("0", "largest", "of each layer");
      signs.update("−", "+", "scores and weights");
    }
  }

  /** The text line: what is shown, what the network says of it, and by how much. */
  function speak(s, hidden, changed, words) {
    const [a, b] = top;
    const done = changes(s);
    const shown = `${baseName(s)}${done && `, ${done}`}`;
    const foreign = s.drawing.length || s.garment >= garments;
    picture.shape(baseName(s));
    picture.describe(`${shown}. ${HINTS[store.get("hand")]}`);
    rival.textContent = hidden ? " " : `Why not ${names[b]}?`;
    if (hidden) {
      ui.say("Your guess first", `Shown: ${shown}. The answer is hidden: choose one of the ten names.`);
      ui.result("?");
      return;
    }
    const lead = H.logits[a] - H.logits[b];
    const title = `${names[a]}, ${fixed(H.probs[a], 3)}`;
    const wrong = !foreign && labels[s.garment] !== a;
    const note = foreign || (wrong && H.probs[a] > 0.9)
      ? " Softmax shares out 1 among ten names, whatever it is shown: a large share is no certainty." : "";
    const times = lead < 2 ? fixed(Math.exp(lead), 1) : lead < 12 ? group(Math.exp(lead)) : "more than 100,000";
    ui.say(title, `Shown: ${shown}. Scores: ${names[a]} ${fixed(H.logits[a], 1)}, ${names[b]} ${fixed(H.logits[b], 1)}. `
      + `A lead of ${fixed(lead, 1)} makes the share ${times} times the other’s.${note}`,
    changed.has("layer") || changed.has("unit") ? words : `${shown}: ${title}.`);
    ui.result(title);
  }
  ui.draw(draw);
  onScheme(() => draw(new Set(), "scheme"), signal);
  const sized = new ResizeObserver(([entry]) => {
    const plan = entry.contentRect.width > NARROW ? PLANS.scores : LYING;
    if (plan === plans.scores) return;
    plans.scores = plan;
    const [maps, rows, cols, across, side] = plan;
    blocks.scores.layout({ maps, rows, cols, across, side });
    blocks.scores.rename(plan === LYING ? "10 scores" : "10");
    draw(new Set(["signed", "unit"]));
  });
  sized.observe(ui.card);
  signal.addEventListener("abort", () => sized.disconnect());
}

export default { render, schema };
