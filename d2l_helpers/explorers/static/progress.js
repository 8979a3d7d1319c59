/** Answers, kept in this browser alone: a page's progress, and what was missed before. */
import { h } from "./dom.js";

const KEY = "cnn-answers";
const KEPT = 24; // missed questions that are carried to other pages

/** What the browser remembers; nothing where it may not, or where it is damaged. */
function load() {
  const empty = { answers: {}, missed: {} };
  try {
    const found = JSON.parse(localStorage.getItem(KEY));
    const fits = (v) => v && typeof v === "object" && !Array.isArray(v);
    return fits(found) && fits(found.answers) && fits(found.missed) ? found : empty;
  } catch {
    return empty;
  }
}

function save(memory) {
  try { localStorage.setItem(KEY, JSON.stringify(memory)); } catch { /* may be forbidden, or full */ }
  dispatchEvent(new Event("cnn-answered"));
}

const plain = (said) => said === null || Number.isFinite(said)
  || (Array.isArray(said) && said.length <= 4 && said.every(Number.isFinite));

/** Is this a question that can be asked? The memory may be damaged, or somebody else's. */
const askable = (spec) => ["number", "choice", "cell", "myth"].includes(spec?.kind)
  && Array.isArray(spec.draws) && spec.draws.length > 0
  && spec.draws.every((draw) => typeof draw?.text === "string" && Array.isArray(draw.slips));

/** The answer given to a question before: `{ok, said, draw}`, or undefined. */
export function answerOf(id) {
  const { answers } = load();
  const found = Object.hasOwn(answers, id) ? answers[id] : undefined;
  return found && typeof found === "object" && plain(found.said) ? found : undefined;
}

/** Keep an answer; a missed question goes along to the pages that follow. */
export function remember(spec, { ok, said, draw }) {
  const memory = load();
  memory.answers[spec.id] = { ok, said, draw };
  delete memory.missed[spec.id];
  if (!ok) {
    memory.missed[spec.id] = { spec, title: document.querySelector("h1")?.firstChild?.textContent ?? "" };
    const old = Object.keys(memory.missed);
    for (const id of old.slice(0, Math.max(0, old.length - KEPT))) delete memory.missed[id];
  }
  save(memory);
}

function forget(id) {
  const memory = load();
  delete memory.missed[id];
  save(memory);
}

/** The questions of this page, in order. */
function questions() {
  return [...document.querySelectorAll("[data-explorer='question']")].map((place) => ({
    place, id: JSON.parse(place.querySelector("script").textContent).spec.id }));
}

/**
 * Fill the line under the page's title: which questions are answered, and a fold with
 * up to two that were missed on other pages.
 * @param {(spec, options) => {el}} makeCard  draws a question
 */
export function startPage(makeCard) {
  const line = document.querySelector(".cnn-progress");
  if (!line || line.dataset.state) return;
  line.dataset.state = "live";
  const here = questions();
  const words = h("span", {});
  const marks = h("span", { class: "cnn-progress-marks" });
  const clear = h("button", { type: "button", class: "cnn-link", text: "Clear all answers" });
  let cleared = null;

  function update() {
    const given = here.map(({ id }) => answerOf(id));
    const right = given.filter((a) => a?.ok).length;
    const missed = given.filter((a) => a && !a.ok).length;
    words.textContent = `Quick checks: ${right} of ${here.length} right${missed ? `, ${missed} missed` : ""}.`;
    marks.replaceChildren(...here.map(({ place }, n) => {
      const state = given[n] ? (given[n].ok ? "right" : "missed") : "open";
      const mark = { right: "✓", missed: "✗", open: "" }[state];
      return h("a", { href: `#${place.id}`, class: `is-${state}`, "aria-label": `Check ${n + 1}: ${state}` },
        `${n + 1}${mark}`);
    }));
    const anything = Object.keys(load().answers).length;
    clear.hidden = !anything && !cleared;
  }
  clear.addEventListener("click", () => {
    if (cleared) {
      save(cleared);
      location.reload();
      return;
    }
    cleared = load();
    save({ answers: {}, missed: {} });
    dispatchEvent(new Event("cnn-cleared"));
    clear.textContent = "Cleared. Undo";
    update();
  });
  line.replaceChildren(h("p", {}, words, " ", marks, " ", clear));

  const own = new Set(here.map(({ id }) => id));
  const missed = Object.entries(load().missed).filter(([id, kept]) => !own.has(id) && askable(kept?.spec)).slice(-2);
  if (missed.length) {
    const cards = missed.flatMap(([id, kept]) => {
      try {
        const again = { ...kept.spec, draws: [...kept.spec.draws.slice(1), kept.spec.draws[0]] };
        const card = makeCard(again, { keep: false, done: (ok) => { if (ok) forget(id); } });
        return [h("p", { class: "cnn-progress-from", text: `Missed on “${kept.title}”` }), card.el];
      } catch {
        return []; // damaged: it is left out
      }
    });
    if (cards.length) {
      line.append(h("details", { class: "cnn-progress-again" },
        h("summary", { text: missed.length > 1 ? "Before you start: two that you missed" : "Before you start: one that you missed" }), ...cards));
    }
  }
  addEventListener("cnn-answered", update);
  addEventListener("storage", update);
  update();
}
