/** A quick check: a question, an answer, the mistake behind a wrong one, the reason. */
import { h, freshId, show } from "./dom.js";
import { numberGrid } from "./grid.js";
import { readNumber, readNumbers, inWords, close, rankBy } from "./numbers.js";
import { answerOf, remember, startPage } from "./progress.js";

const KINDS = { number: "Quick check", choice: "Quick check", cell: "Quick check", myth: "Myth or fact?" };

/** Text in which `…` marks code. */
function rich(text) {
  return String(text).split("`").map((part, n) => (n % 2 ? h("code", { text: part }) : part));
}

/** What a question asks for, as words that may stand beside the number: "how many pixels". */
const asked = (text) => (text.match(/\b(?:how many|how often|which|what) \w+(?: \w+)?/gi) ?? []).join(" ");

const places = (v) => String(v).split(".")[1]?.length ?? 0;
/**
 * Is a number a mistake's? It must be as near to it as to a right answer, and agree in all digits
 * that both have; a mistake's 2 has those of the right answer, 4.61.
 */
function meant(said, slip, right, within) {
  const tens = 10 ** Math.min(places(said), Math.max(places(slip), places(right)));
  return close(said, slip, within) && Math.round(said * tens) === Math.round(slip * tens);
}

/** Other roads may lead to the same number: a mistake is told as one of them. */
const gently = (slip) => slip.replace(/^you /, "that comes out if you ");

/**
 * The card of one question.
 * @param {Object} spec  see explorers/ask.py
 * @param {{keep?: boolean, done?: (ok: boolean) => void}} [options]  keep: store answers
 */
export function questionCard(spec, { keep = true, done = () => {} } = {}) {
  const many = Array.isArray(spec.draws[0].right) && spec.kind === "number" ? spec.draws[0].right.length : 0;
  const before = keep ? answerOf(spec.id) : undefined;
  let turn = Number.isInteger(before?.draw) && before.draw < spec.draws.length ? before.draw : 0;
  const id = freshId("check");
  const text = h("p", { class: "cnn-quiz-text", id });
  const row = h("div", { class: "cnn-quiz-row" });
  const verdict = h("div", { class: "cnn-quiz-verdict", role: "status" });
  const more = h("div", { class: "cnn-quiz-more" });
  const el = h("div", { class: `cnn cnn-ask cnn-ask-${spec.kind}`, role: "group", "aria-labelledby": id },
    h("p", { class: "cnn-quiz-kind", text: KINDS[spec.kind] }), text, row, verdict, more);

  /** A cell with the names of its row and column, where they have some. */
  const cellName = ([i, j]) => (spec.rows ? `${spec.rows[1][i]}, ${spec.columns[0]} ${spec.columns[1][j]}` : `[${i}, ${j}]`);
  const word = (v) => (spec.options ? spec.options[v] : spec.kind === "cell" ? cellName(v)
    : [v].flat().map(inWords).join(" × "));
  /** The right answer: "1 cell", "about 4.61". */
  function told({ right }, ok) {
    const unit = right === 1 ? spec.unit?.replace(/s$/, "") : spec.unit;
    const about = spec.within && !Number.isInteger(right) && !ok ? "about " : "";
    return `${about}${word(right)}${unit ? ` ${unit}` : ""}`;
  }

  const isRight = (said, { right }) => said !== null && [said].flat().length === [right].flat().length
    && [said].flat().every((v, n) => close(v, [right].flat()[n], spec.within ?? 0));
  function slipOf(said, { right, slips }) {
    const [given, wanted] = [[said].flat(), [right].flat()];
    const found = said !== null && slips.find(([slip]) => [slip].flat().length === given.length
      && [slip].flat().every((v, n) => meant(given[n], v, wanted[n], spec.within ?? 0)));
    return found ? gently(found[1]) : undefined;
  }
  const mark = (ok) => h("span", { class: `cnn-badge cnn-badge-${ok ? "right" : "wrong"}`, text: ok ? "✓ Right" : "✗ Not quite" });

  let tried = false;
  /**
   * A number or a cell, committed. The first wrong one meets its mistake and not the answer,
   * so that it can be mended; of a few options another one would only be what is left.
   */
  function attempt(said) {
    const draw = spec.draws[turn];
    if (tried || isRight(said, draw)) {
      settle(said);
      return;
    }
    tried = true;
    const off = typeof said === "number" ? `that is too ${said < draw.right ? "low" : "high"}` : "";
    const slip = slipOf(said, draw) || off;
    verdict.replaceChildren(h("p", {}, mark(false), ...rich(` You said ${word(said)}${slip ? `: ${slip}` : ""}. Once more?`)));
  }

  function settle(said, stored = false) {
    const draw = spec.draws[turn];
    const [ok, slip] = [isRight(said, draw), slipOf(said, draw)];
    const badge = mark(ok);
    const answer = told(draw, ok);
    const parts = [];
    if (said !== null) parts.push(badge);
    if (ok) parts.push(` ${answer}. `);
    else if (said === null) parts.push(`${answer}. `);
    else if (spec.options) parts.push(` ${slip ? `${slip[0].toUpperCase()}${slip.slice(1)}. ` : ""}`, `The answer is: ${answer}. `);
    else parts.push(` You said ${word(said)}${slip ? `: ${slip}` : ""}. It is ${answer}. `);
    verdict.replaceChildren(h("p", {}, ...parts.flatMap((p) => (typeof p === "string" ? rich(p) : [p])), ...rich(draw.why)));
    for (const part of row.querySelectorAll("button, input")) {
      if (part.dataset.option !== undefined) {
        const n = Number(part.dataset.option);
        part.setAttribute("aria-disabled", "true");
        part.setAttribute("aria-pressed", String(n === said));
        part.classList.toggle("is-answer", n === draw.right);
      } else part.disabled = true;
    }
    el.dataset.answered = ok ? "right" : "missed";
    closed(stored);
    if (keep && !stored) remember(spec, { ok, said, draw: turn });
    if (!stored) done(ok);
  }

  /** What can be done after an answer. */
  function closed(stored) {
    const again = h("button", { type: "button", class: "cnn-link", text: "Try again", onclick: () => ask(true) });
    more.replaceChildren(again);
    if (spec.draws.length > 1) {
      more.append(h("button", { type: "button", class: "cnn-link", text: "Another one",
        onclick: () => { turn = (turn + 1) % spec.draws.length; ask(true); } }));
    }
    // in a notebook there is no such place
    if (spec.see && keep && document.getElementById(spec.see.slice(1))) more.append(h("a", { class: "cnn-link", href: spec.see, text: "See it on this page" }));
    if (!stored && el.contains(document.activeElement) && document.activeElement.disabled) again.focus();
  }

  function commit(field) {
    const { text, right, slips } = spec.draws[turn];
    const found = many ? readNumbers(field.value, many) : readNumber(field.value, { unit: spec.unit, words: asked(text),
      rank: rankBy(right, spec.within, slips.map(([slip]) => slip)) });
    if (found.ask) verdict.replaceChildren(h("p", { text: found.ask })); // a doubt is no attempt
    else attempt(found.value);
    if (!field.disabled) field.select();
  }

  /** The names of rows and columns beside a grid, for the eye: its cells say theirs. */
  function named(box) {
    const list = (side, ...names) => h("div", { class: `cnn-names-${side}`, "aria-hidden": "true" }, ...names.map((text) => h("span", { text })));
    const sides = h("div", { class: "cnn-names" }, list("axes", `${spec.rows[0]} ↓`, `${spec.columns[0]} →`),
      list("columns", ...spec.columns[1]), list("rows", ...spec.rows[1]));
    box.replaceWith(sides);
    sides.append(box);
  }

  function controls() {
    const skip = h("button", { type: "button", class: "cnn-link", text: "Tell me", onclick: () => settle(null) });
    if (spec.options) {
      return [...spec.options.map((option, n) => h("button", { type: "button", class: "cnn-quiz-option", "data-option": n,
        onclick: (event) => { if (event.currentTarget.getAttribute("aria-disabled") !== "true") settle(n); } }, ...rich(option)))];
    }
    if (spec.kind === "cell") {
      const grid = numberGrid({ name: spec.title, role: "input", pick: (i, j) => {
        if (el.dataset.answered) return;
        at = [i, j];
        draw();
      } });
      const [rows, cols] = [spec.grid.length, spec.grid[0].length];
      let at = null; // nothing is chosen yet
      const draw = () => grid.update({ rows, cols, text: (i, j) => show(spec.grid[i][j]),
        label: (i, j) => `${spec.rows ? `${cellName([i, j])}: ` : ""}${show(spec.grid[i][j])}`,
        look: (i, j) => (i === at?.[0] && j === at[1] ? "picked" : "") });
      draw();
      if (spec.rows) named(grid.el.lastChild);
      return [grid.el, h("button", { type: "button", class: "cnn-button cnn-main", text: "This cell",
        onclick: () => (at ? attempt(at) : verdict.replaceChildren(h("p", { text: "Choose a cell first." }))) }), skip];
    }
    const field = h("input", { type: "text", inputmode: many ? "text" : "decimal", class: "cnn-guess-field",
      autocomplete: "off", "aria-labelledby": id, size: many ? 12 : 8 });
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "Enter") return;
      event.preventDefault(); // else the same key presses what gets the focus next
      commit(field);
    });
    return [field, ...(spec.unit ? [h("span", { text: spec.unit })] : []),
      h("button", { type: "button", class: "cnn-button cnn-main", text: "Commit", onclick: () => commit(field) }), skip];
  }

  function ask(focus = false) {
    tried = false;
    delete el.dataset.answered;
    text.replaceChildren(...rich(spec.draws[turn].text));
    verdict.replaceChildren();
    more.replaceChildren();
    row.replaceChildren(...controls());
    if (focus) row.querySelector("input, button, [tabindex='0']")?.focus();
  }
  el.addEventListener("keydown", (event) => {
    if (["Enter", " ", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) event.stopPropagation();
  });
  ask();
  if (before) settle(before.said, true);
  return { el, ask };
}

function render({ model, el, signal }) {
  const card = questionCard(model.get("spec"));
  el.replaceChildren(card.el);
  addEventListener("cnn-cleared", () => card.ask(), { signal });
}

export default { render, page: () => startPage(questionCard), eager: true, schema: {} };
