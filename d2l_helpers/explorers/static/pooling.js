/** Move a garment by one pixel: which cells of its pooled map change, and by how much? */
import { createFrame } from "./frame.js";
import { numberGrid } from "./grid.js";
import { valueMap, mapScale } from "./maps.js";
import { segmented, prediction } from "./controls.js";
import { cellColors, isDark, onScheme } from "./colors.js";
import { whole, choice } from "./store.js";
import { h, show, fixed, count, setText } from "./dom.js";
import { decodeBytes } from "./nets.js";
import { MARGIN, MOST, KINDS, NAMES, placed, shrink, compare, bestMove, phaseSums, range, windowOf, gradientOf } from "./pooling-maps.js";
import { outlines, steer, kindTile } from "./pooling-parts.js";

export const schema = {
  which: whole(0, 7),
  kind: choice(...KINDS),
  dx: whole(-MOST, MOST),
  dy: whole(-MOST, MOST),
  row: whole(0, 19),
  column: whole(0, 19),
  view: choice("map", "change"),
  against: choice("still", "moved"),
};

const PATCH = 4; // pixels of a side of the close-up
const FEWEST = 5; // cells that are worth a question
const figure = (v, digits) => (Number.isFinite(v) ? fixed(v, digits) : "–");

/** The pictures that Python passed. @throws {RangeError} for data of another form */
function readPictures({ names, size, pictures } = {}) {
  const fits = Array.isArray(names) && Array.isArray(pictures) && Array.isArray(size) && names.length
    && names.length === pictures.length && size.length === 2
    && size.every((n) => Number.isInteger(n) && n > 0 && n <= 32 && n % 2 === 0);
  if (!fits) throw new RangeError("there are no pictures");
  const all = pictures.map(decodeBytes);
  if (all.some((bytes) => bytes.length !== size[0] * size[1])) throw new RangeError("a picture has another size");
  return { names: names.map(String), size, all };
}

const steps = (n, less, more, one, many) => (n ? `${Math.abs(n)} ${Math.abs(n) === 1 ? one : many} ${n < 0 ? less : more}` : "");
/** "1 pixel left", "2 cells up and 1 cell left" */
const way = (dy, dx, one) => [steps(dy, "up", "down", one, `${one}s`), steps(dx, "left", "right", one, `${one}s`)].filter(Boolean).join(" and ");

function render({ model, el, signal }) {
  const { names, size, all } = readPictures(model.get("data"));
  const canvas = size.map((n) => n + 2 * MARGIN);
  const half = canvas.map((n) => n / 2);
  const ui = createFrame({ model, el, signal }, {
    title: "Move the picture by one pixel",
    task: "Say how many cells of the map change. Then press ←, and once more.",
    role: "output",
    hint: "Arrows on the picture move it · on the map they choose a cell",
    schema,
  });
  const { store } = ui;
  let answered = false;
  let fresh = false; // the verdict has just come
  let question = "";
  let facts = null; // of the picture: unmoved maps and phases
  let now = null; // of the shift: maps, comparisons

  const bytes = () => all[Math.min(store.get("which"), all.length - 1)];
  const title = () => names[Math.min(store.get("which"), all.length - 1)];
  const cell = () => [Math.min(store.get("row"), half[0] - 1), Math.min(store.get("column"), half[1] - 1)];
  const shift = (di, dj) => {
    const to = { dy: store.get("dy") + di, dx: store.get("dx") + dj };
    if (Math.max(Math.abs(to.dy), Math.abs(to.dx)) > MOST) ui.warn(`The picture moves by ${MOST} pixels at most.`);
    else store.set(to);
  };

  const photo = valueMap({ name: "Picture", role: "input" });
  const big = valueMap({ name: "Map", role: "output", map: "seq" });
  const changed = outlines(half);
  big.box.append(changed.el);
  const scales = { map: mapScale("seq"), change: mapScale("div") };
  big.el.append(scales.map.el, scales.change.el);
  const drag = { from: null, turn: 0 };
  steer(photo.box, canvas, {
    role: "picture; arrow keys move it", arrow: shift,
    home: () => store.set({ dx: 0, dy: 0 }),
    press: () => { drag.from = [store.get("dy"), store.get("dx")]; drag.turn++; },
    drag: (di, dj) => store.set({ dy: drag.from[0] + di, dx: drag.from[1] + dj }, `drag ${drag.turn}`),
  });
  const choose = (i, j) => store.set({ row: Math.max(0, Math.min(i, half[0] - 1)), column: Math.max(0, Math.min(j, half[1] - 1)) }, "cell");
  steer(big.box, half, {
    role: "map; arrow keys choose a cell", arrow: (di, dj) => choose(cell()[0] + di, cell()[1] + dj),
    press: choose, drag: (di, dj, i, j) => choose(i, j),
  });

  const cellName = h("p", { class: "cnn-question" });
  const pixels = numberGrid({ name: "Its pixels", role: "input" });
  const shares = numberGrid({ name: "Gradient", role: "gradient" });
  const routing = h("p", { class: "cnn-shape" });
  const closeUp = h("div", { class: "cnn-closeup cnn-dense" }, cellName, h("div", { class: "cnn-pair" }, pixels.el, shares.el), routing);
  const asked = prediction({
    question: "How many cells change?",
    truth: () => ahead().changed,
    explain: (guess, real) => `${slip(store.get("kind"), guess, real, ahead().cells)} Press ← again.`,
    done: (skipped) => {
      answered = true;
      fresh = !skipped;
      store.set({ dx: -1, dy: 0 });
    },
  });
  const tiles = KINDS.map((kind) => kindTile(NAMES[kind], () => store.set({ kind })));
  ui.stage.classList.add("cnn-pooling");
  ui.stage.append(photo.el, big.el, h("div", { class: "cnn-side" }, asked.el, closeUp),
    h("div", { class: "cnn-tiles cnn-kinds", role: "group", "aria-label": "Ways to halve the picture" }, ...tiles.map((tile) => tile.el)));

  for (const [text, name, di, dj] of [["←", "left", 0, -1], ["→", "right", 0, 1], ["↑", "up", -1, 0], ["↓", "down", 1, 0]]) {
    ui.button(text, () => shift(di, dj), { "aria-label": `Move the picture one pixel ${name}` });
  }
  const view = segmented({ label: "Show", value: () => store.get("view"), set: (v) => store.set({ view: v }),
    options: [["map", "The map"], ["change", "What changed"]] });
  const against = segmented({ label: "Compare with", value: () => store.get("against"), set: (v) => store.set({ against: v }),
    options: [["still", "The map before"], ["moved", "That map, moved by whole cells"]] });
  const picture = segmented({ label: "Picture", value: () => Math.min(store.get("which"), all.length - 1),
    set: (v) => store.set({ which: v, dx: 0, dy: 0 }), options: names.map((name, n) => [n, name]) });
  ui.setting(view.el, against.el, picture.el);
  ui.onReset(() => { answered = false; });

  /** One pixel to the left, from where the picture started. */
  const ahead = () => compare(facts.before[store.get("kind")], shrink(placed(bytes(), size, 0, -1), store.get("kind")));

  function learnPicture() {
    const X = placed(bytes(), size, 0, 0);
    facts = { before: {}, sums: {} };
    for (const kind of KINDS) {
      facts.before[kind] = shrink(X, kind);
      facts.sums[kind] = phaseSums(bytes(), size, kind);
    }
  }
  function learnShift() {
    const [dy, dx] = [store.get("dy"), store.get("dx")];
    now = { X: placed(bytes(), size, dy, dx), maps: {}, found: {}, moves: {} };
    for (const kind of KINDS) {
      now.maps[kind] = shrink(now.X, kind);
      now.found[kind] = compare(store.get("against") === "moved" ? nearest(kind).map : facts.before[kind], now.maps[kind]);
    }
  }
  /** The old map, moved by those whole cells that fit best; found when it is first asked for. */
  const nearest = (kind) =>
    (now.moves[kind] ??= bestMove(facts.before[kind], now.maps[kind], store.get("dy"), store.get("dx")));

  /** One map, as a map or as what changed, on the scale that all share. */
  const paint = (map, kind) => (store.get("view") === "change"
    ? map.draw(now.found[kind].change, ...half, -1, 1, "div") : map.draw(now.maps[kind].data, ...half, 0, 1, "seq"));

  function drawCloseUp(dark) {
    const kind = store.get("kind");
    const [i, j] = cell();
    const frame = windowOf(kind, i, j, canvas);
    const [top, left] = [[i, 0], [j, 1]].map(([n, axis]) => Math.max(0, Math.min(2 * n - 1, canvas[axis] - PATCH)));
    const dX = gradientOf(now.X, kind, i, j);
    const most = dX.data.reduce((a, b) => Math.max(a, b));
    const at = (T, a, b) => T.data[(top + a) * canvas[1] + left + b];
    const within = (a, b) => top + a >= frame.i && top + a < frame.i + frame.rows && left + b >= frame.j && left + b < frame.j + frame.cols;
    const box = { rows: PATCH, cols: PATCH, window: { ...frame, i: frame.i - top, j: frame.j - left } };
    const label = (T) => (a, b) => `pixel [${top + a}, ${left + b}], ${show(at(T, a, b))}`;
    pixels.update({ ...box, shape: "", text: (a, b) => show(at(now.X, a, b)), label: label(now.X), look: (a, b) => (within(a, b) ? "covered" : "") });
    shares.update({ ...box, shape: "of a 1", text: (a, b) => show(at(dX, a, b)), label: label(dX),
      fill: (a, b) => cellColors("div", dark, 0.5 + (0.25 * at(dX, a, b)) / most) });
    setText(cellName, `Cell [${i}, ${j}] = ${show(now.maps[kind].data[i * half[1] + j])}`);
    setText(routing, route(kind, now.X, dX, frame));
    photo.cross(frame.i, frame.j, frame.rows, frame.cols);
    big.cross(i, j);
  }

  function tell(kind, found) {
    const [dy, dx] = [store.get("dy"), store.get("dx")];
    const sums = facts.sums[kind];
    const phases = `Its sum at the four phases: ${sums.map((v) => fixed(v, 1)).join(", ")}.`;
    if (!dx && !dy) return [`${NAMES[kind]}, not moved`, `${count(found.cells, "cell is", "cells are")} not blank. ${phases}`];
    const [was, is] = [facts.before[kind], now.maps[kind]].map((map) => map.data.some((v) => v !== 0));
    const head = `${NAMES[kind]}, ${way(dy, dx, "pixel")}`;
    if (!was && !is) return [`${head}: both maps are blank`, `Before and after, what is lit lies between the pixels that are read. ${phases}`];
    if (!was) return [`${head}: it has come into sight`, `The map before was blank: what is lit lay between the pixels that are read. ${phases}`];
    if (!is) return [`${head}: it is out of sight`, `The map is blank now: what is lit lies between the pixels that are read. ${phases}`];
    const { di, dj, map } = nearest(kind);
    const other = di || dj ? `the old map moved by ${way(di, dj, "cell")}` : "the old map where it was";
    const fit = compare(map, now.maps[kind]);
    const best = fit.changed ? `Nearest to it is ${other}: ${fit.changed} of ${fit.cells} cells differ, by ${figure(fit.size, 3)} in size.`
      : `It is exactly ${other}.`;
    const what = store.get("against") === "moved" ? "differ from the moved map" : "change";
    return [`${head}: ${found.changed} of ${found.cells} cells ${what}`,
      `${store.get("against") === "moved" ? "" : `The change is ${figure(found.size, 3)} of the map in size. `}${best} ${phases}`];
  }

  function draw(changes, cause) {
    const kind = store.get("kind");
    if (changes.has("which") || !facts) learnPicture();
    if (!now || ["which", "dx", "dy", "against"].some((name) => changes.has(name))) learnShift();
    const rest = !store.get("dx") && !store.get("dy");
    if (!rest || (cause === "page" && (changes.has("row") || changes.has("column")))) answered = true;
    const asking = rest && !answered && ahead().cells >= FEWEST;
    const found = now.found[kind];
    if (!changes.size || [...changes].some((name) => name !== "row" && name !== "column")) {
      photo.draw(now.X.data, ...canvas, 0, 1);
      paint(big, kind);
      tiles.forEach((tile, n) => paint(tile.map, KINDS[n]));
    }
    changed.draw(store.get("view") === "map" ? found.change : []);
    tiles.forEach((tile, n) => {
      const { changed: some, cells, size: by } = now.found[KINDS[n]];
      tile.update(KINDS[n] === kind, [`${some}/${cells}`, figure(by, 3), figure(range(facts.sums[KINDS[n]]), 3)]);
    });
    if (asking) {
      photo.cross(null);
      big.cross(null);
      const text = `The picture “${title()}” moves one pixel to the left. ${ahead().cells} cells of ${NAMES[kind]} are not blank before or after. How many of them change?`;
      if (!asked.open() || text !== question) asked.ask(text); // else what is typed stays
      question = text;
    } else {
      drawCloseUp(isDark(el));
      if (!fresh && changes.size) asked.hide();
      fresh = false;
    }
    closeUp.hidden = !asked.el.hidden;
    scales.map.el.hidden = store.get("view") === "change";
    scales.change.el.hidden = !scales.map.el.hidden;
    const [head, text] = tell(kind, found);
    ui.say(head, text, `${head}.`);
    ui.result(`${found.changed} of ${found.cells}`);
    photo.describe(`${title()} on a canvas of ${canvas.join(" by ")} pixels, ${way(store.get("dy"), store.get("dx"), "pixel") || "not moved"}. Arrow keys move it.`);
    big.describe(`${NAMES[kind]}, ${half.join(" by ")} cells: ${found.changed} of ${found.cells} ${store.get("against") === "moved" ? "differ" : "change"}${asking ? "" : `. Cell row ${cell()[0]}, column ${cell()[1]} chosen`}.`);
    for (const control of [view, against, picture]) control.update();
  }
  const scale = () => { scales.map.update(0, 1); scales.change.update(-1, 1); };
  scale();
  ui.draw(draw);
  onScheme(() => { scale(); draw(new Set()); }, signal);
}

/** Who gets the gradient, in a sentence. */
function route(kind, X, dX, { i, j, rows, cols }) {
  const pixel = (n) => `[${Math.floor(n / X.shape[1])}, ${n % X.shape[1]}]`;
  if (kind === "strided") return `Pixel [${i}, ${j}] alone is read, and gets all of the gradient.`;
  if (kind === "average") return "Each of the four pixels counts a quarter and gets a quarter.";
  const winners = dX.data.reduce((list, v, n) => (v ? [...list, n] : list), []);
  if (kind === "blurred") return `Nine maxima, weighted 1 2 1 both ways: ${count(winners.length, "pixel shares", "pixels share")} the gradient.`;
  const best = X.data[winners[0]];
  let ties = 0;
  for (let n = 0; n < rows * cols; n++) if (X.data[(i + Math.floor(n / cols)) * X.shape[1] + j + (n % cols)] === best) ties++;
  return ties > 1 ? `${ties} pixels tie; the first in reading order, ${pixel(winners[0])}, gets it all, as in PyTorch.`
    : `The largest pixel, ${pixel(winners[0])}, gets all of the gradient.`;
}

/** What a wrong guess tells. */
function slip(kind, guess, real, cells) {
  if (guess === undefined) return "";
  if (Math.abs(guess - real) <= 0.05 * cells) return "";
  if (kind !== "max") return kind === "strided" ? "Each cell shows another pixel now." : "A weighted mean follows every change of its window.";
  if (guess < 0.15 * cells) return "A maximum is safe only while its largest pixel stays in the window.";
  if (guess > real) return "Where the largest pixel stays in its window, nothing changes.";
  return "Half is right for one lit dot; a garment has edges in most windows.";
}

export default { render, schema };
