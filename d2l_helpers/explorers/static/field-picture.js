/** A stack from the side: a row of dots a layer, the cone of one unit, bars under the input. */
import { h, setText } from "./dom.js";
import { readTokens } from "./geometry-cells.js";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0], Home: [0, -9999], End: [0, 9999] };
const TOKENS = ["page", "input", "hair", "line", "pad", "kernel", "output", "output-tint", "gradient", "muted"];
const [ROWS, BARS] = [222, 46]; // pixels: from the top row to the input, and the bars
const MOST = 8; // rows
const DOT = 6.5; // the largest radius

/**
 * @param {{pick: (level: number, x: number) => void, move: (up: number, along: number) => void}} plan
 *   pick: a place was clicked, x in input cells
 * @returns {{el, box, draw, recolor, describe}}
 */
export function sideView({ pick, move }) {
  const canvas = h("canvas", { class: "cnn-map", width: 1, height: 1, "aria-hidden": "true" });
  const box = h("div", { class: "cnn-mapbox cnn-side", role: "application", tabindex: 0,
    "aria-roledescription": "picture; left and right move the unit, up and down the layer" }, canvas);
  const names = Array.from({ length: MOST }, () => h("span", { class: "cnn-side-name" }));
  const facts = Array.from({ length: MOST }, () => h("span", { class: "cnn-side-fact" }));
  const brace = (kind) => { const text = h("span"); return { el: h("div", { class: `cnn-brace ${kind}`, hidden: true }, h("i"), text), text }; };
  const [whole, core] = [brace("is-whole"), brace("is-core")];
  const none = h("p", { class: "cnn-none", hidden: true });
  const bars = h("span", { class: "cnn-side-name cnn-side-bars" });
  const middle = h("div", { class: "cnn-side-middle" }, box, h("div", { class: "cnn-braces", "aria-hidden": "true" }, whole.el, core.el), none);
  const el = h("div", { class: "cnn-sideview" },
    h("div", { class: "cnn-side-names", "aria-hidden": "true" }, ...names, bars), middle, h("div", { class: "cnn-side-facts", "aria-hidden": "true" }, ...facts));
  const pen = canvas.getContext("2d");
  let tokens = null;
  let last = null;

  const rowAt = (level, top) => DOT + 3 + ((top - level) * (ROWS - 2 * DOT - 6)) / Math.max(1, top);

  function dots(view, pitch) {
    const { levels, sets, layer } = view;
    const top = levels.length - 1;
    const x = (level, unit) => ((levels[level].size - 1) / 2 + unit * levels[level].jump + 0.5) * pitch;
    const lit = sets.map((units) => new Set(units));
    // the strokes of the cone
    pen.strokeStyle = tokens.kernel;
    pen.globalAlpha = 0.55;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let level = layer; level > 0; level--) {
      const [k, s, , d] = view.layers[level - 1];
      if (levels[level].jump * pitch < 2) continue;
      for (const unit of sets[level]) {
        for (let a = 0; a < k; a++) {
          pen.moveTo(x(level, unit), rowAt(level, top));
          pen.lineTo(x(level - 1, unit * s + a * d), rowAt(level - 1, top));
        }
      }
    }
    pen.stroke();
    pen.globalAlpha = 1;
    for (let level = 0; level <= top; level++) {
      const { jump, units } = levels[level];
      const r = Math.min(DOT, Math.max(0.7, jump * pitch * 0.38));
      const y = rowAt(level, top);
      const [bare, read, hole] = [new Path2D(), new Path2D(), new Path2D()];
      const [low, high] = level <= layer ? [sets[level][0], sets[level].at(-1)] : [0, -1];
      for (let unit = 0; unit < units; unit++) {
        const at = x(level, unit);
        const on = level <= layer && lit[level].has(unit);
        if (level === 0 && !on && unit > low && unit < high) {
          const b = r * 0.8;
          hole.moveTo(at - b, y - b); hole.lineTo(at + b, y + b); hole.moveTo(at - b, y + b); hole.lineTo(at + b, y - b);
          continue;
        }
        const path = on ? read : bare;
        if (r < 2) path.rect(at - r, y - 3, 2 * r, 6);
        else { path.moveTo(at + r, y); path.arc(at, y, r, 0, 7); }
      }
      pen.lineWidth = r < 2 ? 0.5 : 1.25;
      pen.fillStyle = tokens.page;
      pen.strokeStyle = r < 2 ? tokens.hair : tokens.line;
      pen.fill(bare);
      pen.stroke(bare);
      pen.strokeStyle = tokens.pad;
      pen.stroke(hole);
      const solid = level === 0 || level === layer;
      pen.fillStyle = level === 0 ? tokens.input : level === layer ? tokens.output : tokens["output-tint"];
      pen.strokeStyle = level === 0 ? tokens.input : tokens.output;
      pen.fill(read);
      pen.lineWidth = solid ? 1 : 1.5;
      pen.stroke(read);
    }
  }

  function profile({ sets, bars: heights, effective }, pitch) {
    const most = effective ? Math.max(...heights) : 1;
    const wide = Math.max(1, pitch * 0.7);
    pen.fillStyle = effective ? tokens.gradient : tokens.input;
    const path = new Path2D();
    heights.forEach((share, n) => {
      const tall = (share / most) * (BARS - 6);
      if (tall > 0) path.rect((sets[0][0] + n + 0.5) * pitch - wide / 2, ROWS + BARS - tall, wide, Math.max(1, tall));
    });
    pen.fill(path);
    pen.fillStyle = tokens.pad;
    pen.fillRect(0, ROWS + BARS - 0.5, last.wide, 1);
  }

  function span({ el: mark, text }, from, cells, pitch, words) {
    mark.hidden = !words;
    if (!words) return;
    mark.style.transform = `translateX(${from * pitch}px)`;
    mark.style.width = `${cells * pitch}px`;
    setText(text, words);
    const [mid, half] = [(from + cells / 2) * pitch, words.length * 3.4];
    // a long text under a short brace near the edge moves inwards
    text.style.transform = `translateX(${Math.max(half - mid, Math.min(0, last.wide - half - mid))}px)`;
  }

  /**
   * @param {{layers, levels, layer, unit, sets: number[][] | null, width: number, wide: number,
   *   bars: number[], effective: boolean, names: string[], facts: string[], whole: string,
   *   core: string, core95: number, none: string}} view  sets null: too wide to draw
   */
  function draw(view) {
    last = view;
    const scale = Math.max(2, Math.min(4, globalThis.devicePixelRatio || 1));
    const tall = ROWS + BARS;
    if (canvas.width !== view.wide * scale) {
      [canvas.width, canvas.height] = [view.wide * scale, tall * scale];
      [box.style.width, box.style.height] = [`${view.wide}px`, `${tall}px`];
    }
    tokens ??= readTokens(TOKENS);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, view.wide, tall);
    const top = view.levels.length - 1;
    for (let n = 0; n < MOST; n++) {
      names[n].hidden = facts[n].hidden = n > top;
      if (n > top) continue;
      names[n].style.top = facts[n].style.top = `${rowAt(n, top)}px`;
      setText(names[n], view.names[n]);
      setText(facts[n], view.facts[n]);
      for (const part of [names[n], facts[n]]) part.classList.toggle("is-chosen", n === view.layer);
    }
    setText(bars, view.effective ? "heard" : "read");
    none.hidden = !view.none;
    setText(none, view.none);
    const pitch = view.wide / view.width;
    if (!view.none) {
      dots(view, pitch);
      profile(view, pitch);
    }
    const first = view.none ? 0 : view.sets[0][0];
    const { size } = view.levels[view.layer];
    span(whole, first, size, pitch, view.none ? "" : view.whole);
    span(core, first + (size - view.core95) / 2, view.core95, pitch, view.none ? "" : view.core);
  }

  box.addEventListener("pointerdown", (event) => { box.focus({ preventScroll: true }); choose(event); });
  box.addEventListener("pointermove", (event) => { if (event.buttons & 1) choose(event); });
  function choose(event) {
    if (!last || last.none) return;
    const edge = box.getBoundingClientRect();
    const top = last.levels.length - 1;
    const [x, y] = [event.clientX - edge.left, event.clientY - edge.top];
    const gap = top ? rowAt(0, top) - rowAt(1, top) : 1;
    pick(top - Math.round((y - rowAt(top, top)) / gap), (x / last.wide) * last.width - 0.5);
  }
  box.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move(...arrow);
  });
  return { el, box, draw, recolor: () => { tokens = null; }, describe: (text) => { if (box.getAttribute("aria-label") !== text) box.setAttribute("aria-label", text); } };
}
