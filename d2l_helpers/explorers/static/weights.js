/** A layer from picture to picture as one big matrix: tie its weights, then cross most out. */
import { createFrame } from "./frame.js";
import { valueMap, mapScale } from "./maps.js";
import { segmented, prediction } from "./controls.js";
import { figureTable } from "./table.js";
import { onScheme } from "./colors.js";
import { whole, flag, choice } from "./store.js";
import { h, count, fixed, group, setText, signed, reducedMotion } from "./dom.js";
import { decodeFloat32 } from "./nets.js";
import { checkLength } from "./checks.js";
import { N, CELLS, REAL, placeOf, offsetOf, within, weightMatrix, weightsLeft, sharedBy, placed, answer, gapAfterMove, reason, slip } from "./weights-matrix.js";

export const schema = {
  tied: flag(),
  near: whole(0, 2),
  pattern: choice("dot", "hook"),
  row: whole(0, N - 1),
  column: whole(0, N - 1),
  unit: whole(0, CELLS - 1),
  pixel: whole(0, CELLS - 1),
  counts: choice("ask", "show"),
};

const HOME = [2, 2]; // where the pattern moves from
const LIMIT = 3; // ends of the colour map
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -N], End: [0, N] };
const keyOf = (tied, near) => `${tied ? "tied" : "free"} ${near}`;
const minus = (n) => String(n).replace("-", "−");
const coords = (...numbers) => `[${numbers.map(minus).join(", ")}]`;

/** "1 up, 2 right" */
function way([a, b]) {
  const parts = [a && `${Math.abs(a)} ${a < 0 ? "up" : "down"}`, b && `${Math.abs(b)} ${b < 0 ? "left" : "right"}`];
  return parts.filter(Boolean).join(", ") || "its own place";
}

const stateName = (tied, near) =>
  `${tied ? "tied" : "free"} weights${near ? `, zero beyond a radius of ${near}` : ""}`;

/** A canvas over a map, for marks on some of its cells. */
function marksOver(map, rows, cols, scale) {
  const canvas = h("canvas", { class: "cnn-layer", width: cols * scale, height: rows * scale, "aria-hidden": "true" });
  map.box.append(canvas);
  const pen = canvas.getContext("2d");
  return { pen, clear: () => pen.clearRect(0, 0, canvas.width, canvas.height) };
}

function render({ model, el, signal }) {
  const { free, tied: offsets } = model.get("data") ?? {};
  const [FREE, V] = [decodeFloat32(free), decodeFloat32(offsets)];
  checkLength(FREE, "data.free", CELLS * CELLS);
  checkLength(V, "data.tied", (2 * N - 1) ** 2);

  const ui = createFrame({ model, el, signal }, {
    title: "Cross out weights",
    task: "Move the pattern in the input. Then grant the wishes, one by one: which weights are left?",
    role: "kernel",
    hint: "Arrows move in a map · drag the pattern",
    schema,
  });
  const { store } = ui;
  ui.card.classList.add("cnn-weights");
  const W = new Float64Array(CELLS * CELLS);
  const H = new Float64Array(CELLS);
  const old = new Float64Array(CELLS);
  const X = new Float64Array(CELLS);
  let now = placed("dot", ...HOME);
  let ink = {};
  const readInk = () => {
    const style = getComputedStyle(ui.card);
    ink = Object.fromEntries(["page", "text", "gradient"].map((name) => [name, style.getPropertyValue(`--cnn-${name}`).trim()]));
  };
  let moved = { most: 0, cells: CELLS, differ: [] };

  const look = (patch) => store.set(patch, "look");
  let [drag, grip] = [0, [0, 0]];
  const moveTo = (i, j, gesture) => {
    const { at: [row, column], lit } = placed(store.get("pattern"), i, j);
    store.set({ row, column, pixel: lit[0] }, gesture);
  };
  const matrix = valueMap({ name: "Weights W", role: "kernel", map: "div",
    move: (unit, pixel) => look({ unit, pixel }) });
  const input = valueMap({ name: "Input X", role: "input", map: "gray", paint(i, j, first) {
    const [row, column] = now.at;
    if (first) {
      drag++;
      grip = now.lit.includes(i * N + j) ? [i - row, j - column] : [0, 0];
    }
    moveTo(i - grip[0], j - grip[1], `drag ${drag}`);
  } });
  const output = valueMap({ name: "Response H", role: "output", map: "div",
    move: (i, j) => look({ unit: i * N + j }) });
  input.box.addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    moveTo(now.at[0] + step[0], now.at[1] + step[1]);
    crossInput();
  });
  const twins = marksOver(matrix, CELLS, CELLS, 14);
  const changes = marksOver(output, N, N, 48);
  const here = h("div", { class: "cnn-cross cnn-here", "aria-hidden": "true" });
  const unitRow = h("div", { class: "cnn-band cnn-band-output", "aria-hidden": "true" });
  const columns = [0, 1, 2].map(() => h("div", { class: "cnn-band cnn-band-input", "aria-hidden": "true" }));
  input.box.append(here);
  matrix.box.append(unitRow, ...columns);
  const scale = mapScale("div");

  const table = figureTable({ label: "Different weights of the layer", rows: 4,
    columns: ["Different weights", "6 × 6", "1,000 × 1,000"] });
  const seen = new Set([keyOf(false, 0)]);
  let watched = false;
  const wouldMove = () => {
    const { at, lit } = placed(store.get("pattern"), HOME[0], HOME[1] + 1);
    return gapAfterMove(answer(W, lit), answer(W, placed(store.get("pattern"), ...HOME).lit), at[0] - HOME[0], at[1] - HOME[1]);
  };
  const asked = prediction({
    question: "How many different weights are left?",
    truth: () => weightsLeft(N, store.get("tied"), store.get("near")),
    explain: (guess, real) => {
      const [tied, near] = [store.get("tied"), store.get("near")];
      const why = guess === undefined || guess === real ? "" : slip(tied, near, guess);
      return `${why && `${why} `}${reason(tied, near)}`;
    },
    done: () => { seen.add(keyOf(store.get("tied"), store.get("near"))); draw(new Set(["seen"])); },
  });
  const foretold = prediction({
    question: "Move the pattern one column to the right. Will the response move along?",
    options: [[true, "Yes"], [false, "No"]],
    truth: () => wouldMove().most < 1e-6,
    explain: () => `Another column of W answers now, with weights of its own. The largest gap to the old response, `
      + `moved along, is ${fixed(wouldMove().most)}.`,
    done: () => { watched = true; moveTo(HOME[0], HOME[1] + 1); },
  });
  const note = h("p", { class: "cnn-note" });
  const slot = h("div", { class: "cnn-slot" }, asked.el, foretold.el, note);

  ui.stage.append(
    h("div", { class: "cnn-weights-matrix" }, matrix.el,
      h("p", { class: "cnn-shape", text: "rows: output places · columns: input places" }), scale.el),
    h("div", { class: "cnn-weights-side" },
      h("div", { class: "cnn-weights-maps" }, signed("×", input.el).el, signed("=", output.el).el),
      h("p", { class: "cnn-keys" }, h("span", {}, h("i", { class: "cnn-cell is-changed", "aria-hidden": "true" }),
        "differs from the old response, moved along")), table.el),
    slot);

  let radius = store.get("near") || 1; // the last one chosen
  const sameButton = ui.button("Same everywhere", () => store.set({ tied: !store.get("tied") }), { "aria-pressed": "false" });
  const nearButton = ui.button("Near first", () => store.set({ near: store.get("near") ? 0 : radius }), { "aria-pressed": "false" });
  const radiusChoice = segmented({ label: "Radius Δ", options: [[1, "1"], [2, "2"]],
    value: () => radius, set: (near) => store.set({ near }) });
  const patternChoice = segmented({ label: "Pattern", options: [["dot", "Dot"], ["hook", "Hook"]],
    value: () => store.get("pattern"), set: (pattern) => store.set({ pattern }) });
  const countChoice = segmented({ label: "Counts", options: [["ask", "Ask me"], ["show", "Show all"]],
    value: () => store.get("counts"), set: (counts) => store.set({ counts }) });
  ui.setting(radiusChoice.el, patternChoice.el, countChoice.el);
  ui.onReset(() => {
    seen.clear();
    seen.add(keyOf(false, 0));
    watched = false;
  });

  /** What stands below the maps: a question, or the reason for the count. */
  function asking() {
    const [tied, near, ask] = [store.get("tied"), store.get("near"), store.get("counts") === "ask"];
    const key = keyOf(tied, near);
    const [countIt, moveIt] = [ask && !seen.has(key), ask && key === keyOf(false, 0) && !watched && now.at.join() === HOME.join()];
    if (countIt) asked.ask(`How many different weights are left, ${tied ? "tied" : "not tied"}${near ? ` and near, Δ = ${near}` : ""}, for 6 × 6 pixels?`);
    else asked.hide();
    if (moveIt) foretold.ask();
    else foretold.hide();
    note.hidden = countIt || moveIt;
    setText(note, reason(tied, near));
  }

  function drawTable(tied, near) {
    const rows = [["no wish", false, 0], ["same everywhere", true, 0],
      [`same and near, Δ = ${radius}`, true, radius], [`near only, Δ = ${radius}`, false, radius]];
    table.update(rows.map(([name, t, r]) => {
      const known = store.get("counts") === "show" || seen.has(keyOf(t, r));
      return [name, ...[N, REAL].map((n) => (known ? group(weightsLeft(n, t, r)) : "?"))];
    }), rows.findIndex(([, t, r]) => t === tied && r === near));
  }

  function crossInput() {
    const [k, l] = placeOf(store.get("pixel"));
    input.cross(k, l);
    input.cursorAt(...now.at);
  }

  function drawChanges() {
    const { pen, clear } = changes;
    clear();
    pen.strokeStyle = ink.gradient;
    pen.lineWidth = 4;
    for (const unit of moved.differ) {
      const [i, j] = placeOf(unit);
      pen.strokeRect(j * 48 + 4, i * 48 + 4, 40, 40);
    }
  }

  /** Dots on all entries that hold the chosen weight. */
  function drawTwins(tied, near, unit, pixel) {
    const { pen, clear } = twins;
    clear();
    const offset = offsetOf(unit, pixel);
    if (!tied || !within(offset, near)) return;
    for (let u = 0; u < CELLS; u++) {
      const [k, l] = [placeOf(u)[0] + offset[0], placeOf(u)[1] + offset[1]];
      if (k < 0 || k >= N || l < 0 || l >= N) continue;
      const [x, y] = [(k * N + l) * 14, u * 14];
      pen.fillStyle = ink.page;
      pen.fillRect(x + 3, y + 3, 8, 8);
      pen.fillStyle = ink.text;
      pen.fillRect(x + 5, y + 5, 4, 4);
    }
  }

  /** The chosen entry in words: who looks at whom. */
  function entrySentence(tied, near, unit, pixel) {
    const offset = offsetOf(unit, pixel);
    const name = `W${coords(...placeOf(unit), ...placeOf(pixel))}`;
    const reads = `output ${coords(...placeOf(unit))} looks at input ${coords(...placeOf(pixel))}, ${way(offset)}`;
    if (!within(offset, near)) return `${name} = 0: ${reads}, beyond Δ = ${near}: crossed out.`;
    const value = fixed(W[unit * CELLS + pixel]);
    return tied
      ? `${name} = V${coords(...offset)} = ${value}: ${reads}. ${count(sharedBy(offset), "entry is", "entries are")} this one weight.`
      : `${name} = ${value}: ${reads}.`;
  }

  function draw(changed, cause) {
    const [tied, near, pattern] = [store.get("tied"), store.get("near"), store.get("pattern")];
    const [unit, pixel] = [store.get("unit"), store.get("pixel")];
    const scheme = changed.has("scheme");
    if (near) radius = near;
    const wishes = changed.has("tied") || changed.has("near");
    const pictured = wishes || scheme || ["pattern", "row", "column"].some((name) => changed.has(name));
    // all that reads styles comes before all that changes the page: no style is computed twice
    if (scheme || cause === "start") readInk();
    if (wishes || scheme) {
      weightMatrix(FREE, V, tied, near, W);
      matrix.draw(W, CELLS, CELLS, -LIMIT, LIMIT);
    }
    if (pictured) {
      now = placed(pattern, store.get("row"), store.get("column"));
      X.fill(0);
      for (const n of now.lit) X[n] = 1;
      answer(W, now.lit, H);
      moved = gapAfterMove(H, answer(W, placed(pattern, ...HOME).lit, old), now.at[0] - HOME[0], now.at[1] - HOME[1]);
      input.draw(X, N, N, 0, 1);
      output.draw(H, N, N, -LIMIT, LIMIT);
      drawChanges();
    }
    if (scheme || cause === "start") scale.update("−3", "3", "weight, response");
    if (wishes) {
      matrix.describe(`Weight matrix, 36 by 36, ${stateName(tied, near)}`);
      if (cause === "page" && !reducedMotion()) matrix.box.firstChild.animate([{ opacity: 0.2 }, { opacity: 1 }], 200);
    }
    if (pictured) {
      input.describe(`Input, 6 by 6: ${pattern} at row ${now.at[0]}, column ${now.at[1]}; arrow keys move it`);
      output.describe(`Response, 6 by 6, from ${fixed(Math.min(...H))} to ${fixed(Math.max(...H))}; arrow keys choose an output place`);
      columns.forEach((band, n) => {
        band.hidden = n >= now.lit.length;
        band.style.transform = `translateX(${100 * (now.lit[n] ?? 0)}%)`;
      });
    }
    matrix.cross(unit, pixel);
    matrix.cursorAt(unit, pixel);
    crossInput();
    output.cross(...placeOf(unit));
    output.cursorAt(...placeOf(unit));
    here.style.transform = `translate(${100 * placeOf(unit)[1]}%, ${100 * placeOf(unit)[0]}%)`;
    unitRow.style.transform = `translateY(${100 * unit}%)`;
    if (wishes || scheme || changed.has("unit") || changed.has("pixel")) drawTwins(tied, near, unit, pixel);
    if (wishes || changed.has("counts") || cause === "start" || cause === "reset") asking();
    else if (foretold.open() && now.at.join() !== HOME.join()) { watched = true; asking(); }
    if (wishes || changed.has("counts") || changed.has("seen") || cause === "reset") drawTable(tied, near);

    const [di, dj] = [now.at[0] - HOME[0], now.at[1] - HOME[1]];
    const [most, share] = [fixed(moved.most), `${moved.differ.length} of ${moved.cells} cells differ`];
    const title = di || dj
      ? `The ${pattern} moved ${way([di, dj])}: the response ${moved.differ.length ? "did not move" : "moved"} along`
      : `The ${pattern} lies at ${coords(...now.at)}: ${now.lit.length > 1 ? "three columns of W, added, answer" : `column ${now.lit[0]} of W answers`}`;
    const gap = di || dj ? `Largest gap to the old response, moved along: ${most}; ${share}. ` : "";
    const value = `H${coords(...placeOf(unit))} = ${fixed(H[unit])}. `;
    const entry = entrySentence(tied, near, unit, pixel);
    const looked = changed.size && [...changed].every((name) => name === "unit" || name === "pixel");
    ui.say(title, `${gap}${value}${entry}`, looked ? `${value}${entry}` : `${title}. ${gap}`);
    ui.result(seen.has(keyOf(tied, near)) || store.get("counts") === "show" ? `${group(weightsLeft(N, tied, near))} left` : "? left");
    for (const [button, on] of [[sameButton, tied], [nearButton, near > 0]]) {
      if (button.getAttribute("aria-pressed") !== String(on)) button.setAttribute("aria-pressed", String(on));
    }
    for (const control of [radiusChoice, patternChoice, countChoice]) control.update();
  }
  ui.draw(draw);
  onScheme(() => draw(new Set(["scheme"])), signal);
}

export default { render, schema };
