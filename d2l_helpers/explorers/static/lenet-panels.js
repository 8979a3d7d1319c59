/** The parts around LeNet's maps: tiles of pictures, ten bars, one unit's sum, five challenges. */
import { h, freshId, setText, fixed } from "./dom.js";
import { prediction } from "./controls.js";
import { palette } from "./colors.js";
import { atlas } from "./lenet-maps.js";
import { PLAIN } from "./lenet-picture.js";
import { LAYERS, OWNER, sheetOf, partsOf, wordsOf, nameOf } from "./lenet-unit.js";

/** Pictures to choose from: one tab stop, arrows. @param {{name: string, pixels}[]} pictures */
export function tiles(pictures, choose) {
  const id = freshId("tiles");
  const buttons = pictures.map(({ name, pixels }, n) => {
    const canvas = h("canvas", { class: "cnn-map", width: 28, height: 28, "aria-hidden": "true" });
    const context = canvas.getContext("2d");
    const image = context.createImageData(28, 28);
    const colors = palette("gray", false);
    new Uint32Array(image.data.buffer).set(Array.from(pixels, (v) => colors[Math.round(255 * v)]));
    context.putImageData(image, 0, 0);
    return h("button", { type: "button", class: "cnn-pic", role: "radio", "aria-label": name, title: name,
      onclick: () => choose(n) }, canvas);
  });
  const group = h("div", { class: "cnn-pics", role: "radiogroup", "aria-labelledby": id }, ...buttons);
  let now = -1;
  group.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const next = event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1
      : by && (Math.max(0, now) + by + buttons.length) % buttons.length;
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
    buttons[next].focus();
  });
  function update(chosen) {
    if (chosen === now) return;
    now = chosen;
    buttons.forEach((button, n) => {
      button.setAttribute("aria-checked", String(n === chosen));
      button.tabIndex = n === Math.max(0, chosen) ? 0 : -1;
    });
  }
  const el = h("div", { class: "cnn-setting-wide" }, h("span", { class: "cnn-label", id, text: "Picture" }), group);
  return { el, update };
}

/** Ten names, bars and shares. `update(null)` hides them. */
export function bars(names) {
  const rows = names.map((name) => {
    const bar = h("span", { class: "cnn-share-bar", "aria-hidden": "true" });
    const value = h("span", { class: "cnn-share-value" });
    const row = h("li", { class: "cnn-share" }, h("span", { class: "cnn-share-name", text: name }),
      h("span", { class: "cnn-share-track", "aria-hidden": "true" }, bar), value);
    return { row, bar, value };
  });
  const list = h("ol", { class: "cnn-shares" }, ...rows.map(({ row }) => row));
  const el = h("div", { class: "cnn-panel cnn-bar-output cnn-answer" },
    h("p", { class: "cnn-head" }, h("b", { text: "Answer" }), " ", h("span", { class: "cnn-shape", text: "shares of 1, by softmax" })), list);
  let best = -1;
  function update(probs, top) {
    rows.forEach(({ bar, value }, n) => {
      setText(value, probs ? fixed(probs[n], 3) : "?");
      const width = `scaleX(${probs ? probs[n].toFixed(4) : 0})`;
      if (bar.style.transform !== width) bar.style.transform = width;
    });
    const now = probs ? top : -1;
    if (now === best) return;
    rows[best]?.row.classList.remove("is-best");
    rows[now]?.row.classList.add("is-best");
    best = now;
  }
  return { el, update };
}

/** What the chosen unit reads, its weights, their products and the sum. */
export function inspector(net, names) {
  const reads = atlas({ name: "It reads", role: "input" });
  const weights = atlas({ name: "its weights", role: "kernel" });
  const products = atlas({ name: "products", role: "output" });
  const title = h("b");
  const text = [h("span"), h("span"), h("span")];
  const words = h("div", { class: "cnn-unit-words" }, h("p", {}, title), ...text.map((part) => h("p", {}, part)));
  const symbol = (mark) => h("span", { class: "cnn-symbol", "aria-hidden": "true", text: mark });
  const el = h("div", { class: "cnn-unit" }, reads.el, symbol("×"), weights.el, symbol("="), products.el, words);
  let last = "";

  /** @param {Function} colors  the palette of a map, for this scheme */
  function update(H, layer, unit, top, hidden, colors) {
    const { below } = LAYERS[layer];
    const sheet = sheetOf(layer);
    for (const panel of [reads, weights, products]) panel.layout(sheet);
    const name = nameOf(layer, unit, names, top);
    if (hidden) {
      const blank = new Float64Array(sheet.maps * sheet.rows * sheet.cols);
      for (const panel of [reads, weights, products]) panel.draw(blank, colors("seq"), 0, 1);
      setText(title, LAYERS[layer].name);
      text.forEach((part, n) => setText(part, n ? "" : "Hidden until you have answered."));
      return "";
    }
    const parts = partsOf(net, H, layer, unit, top);
    const most = (values) => values.reduce((a, v) => Math.max(a, Math.abs(v)), 1e-9);
    if (below === "input") reads.draw(parts.values, colors("gray"), (0 - net.mean) / net.std, (1 - net.mean) / net.std);
    else if (net.activation === "tanh") reads.draw(parts.values, colors("div"), -1, 1);
    else reads.draw(parts.values, colors("seq"), 0, net.activation === "sigmoid" ? 1 : most(parts.values));
    const [w, p] = [most(parts.weights), most(parts.products)];
    weights.draw(parts.weights, colors("div"), -w, w);
    products.draw(parts.products, colors("div"), -p, p);
    const lines = wordsOf(net, layer, unit, parts, names, top);
    setText(title, name);
    text.forEach((part, n) => setText(part, lines[n] ?? ""));
    const kind = layer === "gap" ? name : layer;
    if (last !== kind) {
      last = kind;
      const many = sheet.maps > 1 ? `${sheet.maps} × ` : "";
      const size = LAYERS[layer].k ? `${many}${sheet.rows} × ${sheet.cols}` : layer === "dense1" ? "400" : "";
      reads.rename(`It reads ${LAYERS[OWNER[below]]?.name ?? "the picture"}`);
      reads.shape(size);
      weights.rename(layer === "gap" ? `weights: ${top.map((n) => names[n]).join(" − ")}`
        : LAYERS[layer].params ? "its weights" : net.pool === "max" ? "picks one" : "a quarter each");
    }
    reads.describe(`What it reads, from ${fixed(Math.min(...parts.values))} to ${fixed(Math.max(...parts.values))}.`);
    weights.describe(`${layer === "gap" ? `Weights of ${names[top[0]]} minus those of ${names[top[1]]}` : "Its weights"}, within ±${fixed(w)}.`);
    products.describe(`The products, within ±${fixed(p)}; they sum to ${fixed(parts.sum - parts.bias)}.`);
    return `${name}. ${lines.join(" ")}`;
  }
  return { el, update };
}

const CHALLENGES = [
  ["Mirror it", { mirror: true }],
  ["Slide it 3 right", { right: 3 }],
  ["Cover a part", { cover: true, cover_row: 11, cover_column: 14 }],
  ["Turn it upside down", { angle: 180 }],
  ["Take a white card", null],
];

/** Why the network answers so, for the changes that were made. */
function reason(s, card, share) {
  if (card) return `A white card is no garment. Softmax still shares out 1 among ten names: ${share} goes to the first.`;
  if (s.mirror) return "Convolution treats all places alike, not left and right: what it learnt of this garment faces one way.";
  if (s.right || s.down) return "The maps moved along. The dense layers did not: each place has weights of its own there.";
  if (s.cover) return "Black is the background too, so the square cuts a hole, and the maps answer to its edges.";
  if (s.angle) return "Turned edges excite other kernels; the network has seen upright garments only.";
  return "A share is no certainty: softmax deals out 1 among ten names, whatever it is shown.";
}

/**
 * Five pictures to guess the answer for, and the guess.
 * @param {Object} store  @param {string[]} names  @param {() => {best: number, share: string}} answer
 * @param {number} white  the number of the white card  @param {() => Object} settings
 */
export function challenges(store, names, answer, white, settings) {
  const focus = (place) => place.querySelector("button").focus({ preventScroll: true }); // not lost with what hides
  const buttons = CHALLENGES.map(([text, patch]) => h("button", { type: "button", class: "cnn-button", text,
    onclick: () => { store.set({ ...PLAIN, ...(patch ?? { garment: white, drawing: [] }), ask: true,
      ...(patch && store.get("garment") >= white && { garment: 0 }), // a card looks the same from all sides
      ...(["scores", "gap"].includes(store.get("layer")) && { layer: "conv2", unit: 0 }) }); focus(asked.el); } }));
  const offer = h("div", { class: "cnn-offer" },
    h("p", { class: "cnn-head" }, h("b", { text: "Predict, then look" })), ...buttons);
  const asked = prediction({
    question: "What will it say?",
    options: names.map((name, n) => [n, name]),
    truth: () => answer().best,
    explain: () => reason(settings(), settings().garment === white && !settings().drawing.length, answer().share),
    done: () => { el.classList.add("is-told"); again.focus({ preventScroll: true }); store.set({ ask: false }); },
  });
  const again = h("button", { type: "button", class: "cnn-button cnn-again", text: "Another",
    onclick: () => { idle(); focus(offer); } });
  const el = h("div", { class: "cnn-challenge" }, offer, asked.el, again);
  function idle() {
    asked.hide();
    el.classList.remove("is-asked", "is-told");
  }
  idle();
  return {
    el,
    /** Follow the store: ask, or put away a verdict about another picture. */
    update(ask, other) {
      if (ask && !el.classList.contains("is-asked")) {
        el.classList.add("is-asked");
        asked.ask();
      } else if (ask && el.classList.contains("is-told")) {
        el.classList.remove("is-told");
        asked.ask();
      } else if (!ask && (other || !el.classList.contains("is-told"))) idle();
    },
  };
}
