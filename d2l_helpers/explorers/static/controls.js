/** Sliders, segmented choices and predictions: native elements, in ink. */
import { h, freshId, setText, show, plain } from "./dom.js";
import { readNumber, rankBy } from "./numbers.js";

/**
 * A range input with − and +, its label, symbol and value.
 * @param {{label: string, symbol?: string, low: number, high: number, step?: number,
 *   value: () => number, set: (v: number) => void, format?: (v: number) => string}} plan
 * @returns {{el: HTMLElement, update: (limits?: {low?: number, high?: number}) => void}}
 */
export function slider({ label, symbol, low, high, step = 1, value, set, format = show }) {
  const id = freshId("slider");
  const range = h("input", { type: "range", id, min: low, max: high, step });
  const out = h("output", { class: "cnn-value", for: id });
  const nudge = (by) => { range.value = String(Number(range.value) + by * step); set(Number(range.value)); };
  const less = h("button", { type: "button", class: "cnn-nudge", "aria-label": `${label}: less`, text: "−", onclick: () => nudge(-1) });
  const more = h("button", { type: "button", class: "cnn-nudge", "aria-label": `${label}: more`, text: "+", onclick: () => nudge(1) });
  range.addEventListener("input", () => set(Number(range.value)));
  const name = h("label", { for: id, class: "cnn-label", text: label });
  if (symbol) name.append(" ", h("i", { text: symbol }));
  const el = h("div", { class: "cnn-setting" }, name, less, range, more, out);
  function update(limits = {}) {
    if (limits.low !== undefined) range.min = String(limits.low);
    if (limits.high !== undefined) range.max = String(limits.high);
    const now = value();
    range.value = String(now);
    const text = format(now);
    setText(out, text);
    range.setAttribute("aria-valuetext", text);
    const [bottom, top] = [Number(range.min), Number(range.max)];
    range.style.setProperty("--fill", `${top > bottom ? (100 * (now - bottom)) / (top - bottom) : 0}%`);
    less.setAttribute("aria-disabled", String(now <= bottom));
    more.setAttribute("aria-disabled", String(now >= top));
  }
  update();
  return { el, update };
}

/**
 * One choice of a few, all in sight.
 * @param {{label: string, options: [*, string][], value: () => *, set: (v: *) => void}} plan
 */
export function segmented({ label, options, value, set }) {
  const id = freshId("choice");
  const buttons = options.map(([key, text]) =>
    h("button", { type: "button", class: "cnn-segment", text, onclick: () => set(key) }));
  const el = h("div", { class: "cnn-setting" },
    h("span", { class: "cnn-label", id, text: label }),
    h("div", { class: "cnn-segments", role: "group", "aria-labelledby": id }, ...buttons));
  function update() {
    const now = value();
    options.forEach(([key], n) => buttons[n].setAttribute("aria-pressed", String(key === now)));
  }
  update();
  return { el, update, buttons };
}

/** On or off. */
export function toggle({ label, value, set }) {
  const box = h("button", { type: "button", class: "cnn-toggle", role: "switch", onclick: () => set(!value()) },
    h("span", { class: "cnn-knob", "aria-hidden": "true" }), h("span", { text: label }));
  const el = h("div", { class: "cnn-setting cnn-setting-toggle" }, box);
  const update = () => box.setAttribute("aria-checked", String(value()));
  update();
  return { el, update };
}

/**
 * One choice of many, by name.
 * @param {{label: string, options: [string, string][], value: () => string, set: (v: string) => void}} plan
 */
export function select({ label, options, value, set }) {
  const id = freshId("select");
  const box = h("select", { id, class: "cnn-select" },
    ...options.map(([key, text]) => h("option", { value: key, text })));
  box.addEventListener("change", () => set(box.value));
  const el = h("div", { class: "cnn-setting" }, h("label", { for: id, class: "cnn-label", text: label }), box);
  const update = () => { box.value = value(); };
  update();
  return { el, update };
}

/** The card's main action, or its first one. */
function nextAction(el) {
  const card = el.closest(".cnn-card");
  return [".cnn-transport .cnn-main", ".cnn-transport button", ".cnn-settings select", ".cnn-settings button"]
    .map((place) => card?.querySelector(`${place}:enabled`)).find(Boolean);
}

/**
 * Ask before showing: a number or one of a few words, then the gap and one sentence why.
 * @param {{question: string, options?: [*, string][], truth: () => *,
 *   explain: (guess: *, truth: *) => string, done?: (skipped: boolean) => void,
 *   tolerance?: number, next?: () => HTMLElement}} plan  tolerance: how far off a number may be
 *   and still be right; next: who gets the focus after an answer, else the card's next action
 * @returns {{el, ask: (question?: string) => void, open: () => boolean, hide: () => void}}
 */
export function prediction({ question, options, truth, explain, done = () => {}, tolerance = 5e-3, next = nextAction }) {
  const id = freshId("guess");
  const title = h("p", { class: "cnn-question", id, text: question });
  const verdict = h("p", { class: "cnn-verdict", role: "status" });
  const field = options ? null
    : h("input", { type: "text", autocomplete: "off", class: "cnn-guess-field", "aria-labelledby": id });
  const row = h("div", { class: "cnn-guess-row" });
  const gap = h("div", { class: "cnn-gap", hidden: true, "aria-hidden": "true" });
  let open = true;
  function settle(guess, skipped) {
    if (!open) return;
    open = false;
    const real = truth();
    const inside = el.contains(document.activeElement);
    const right = guess === real || (typeof real === "number" && Math.abs(guess - real) < tolerance);
    const badge = h("span", { class: `cnn-badge cnn-badge-${right ? "right" : "wrong"}` });
    const word = (v) => options?.find(([key]) => key === v)?.[1] ?? plain(v);
    if (!skipped) {
      const off = typeof real === "number" && !options ? Math.abs(guess - real) : 0;
      badge.textContent = right ? "✓ right" : off ? `✗ ${plain(off)} too ${guess < real ? "low" : "high"}` : "✗ not quite";
      verdict.replaceChildren(badge, `${right ? `: ${word(real)}` : ` You said ${word(guess)}; it is ${word(real)}`}. ${explain(guess, real)}`);
      if (typeof real === "number" && !options && !right) drawGap(guess, real);
    } else verdict.replaceChildren(`It is ${word(real)}. ${explain(undefined, real)}`);
    for (const part of row.querySelectorAll("button, input")) part.disabled = true;
    done(skipped);
    // what is disabled or hidden drops the focus, and with it the card's keys
    if (inside && (el.contains(document.activeElement) || document.activeElement === document.body)) next(el)?.focus({ preventScroll: true });
  }
  function drawGap(guess, real) {
    const low = Math.min(guess, real);
    const width = Math.abs(guess - real) || 1;
    const at = (v) => `${12 + (76 * (v - low)) / width}%`;
    const mark = (v, cls, text) => {
      const el = h("span", { class: `cnn-mark ${cls}` }, h("small", { text }));
      el.style.left = at(v);
      return el;
    };
    const bar = h("span", { class: "cnn-gap-bar" });
    bar.style.left = at(low);
    bar.style.width = guess === real ? "0" : "76%";
    gap.replaceChildren(bar, mark(guess, "cnn-mark-guess", `You: ${plain(guess)}`),
      mark(real, "cnn-mark-real", `Computed: ${plain(real)}`));
    gap.hidden = guess === real;
  }
  const commit = () => {
    const { value, ask } = readNumber(field.value, { rank: rankBy(truth(), tolerance) });
    if (ask) setText(verdict, ask);
    else settle(value, false);
  };
  function controls() {
    row.replaceChildren();
    if (options) {
      row.append(...options.map(([key, text]) =>
        h("button", { type: "button", class: "cnn-button", text, onclick: () => settle(key, false) })));
    } else {
      field.value = "";
      field.disabled = false;
      row.append(h("span", { text: "My prediction" }), field,
        h("button", { type: "button", class: "cnn-button cnn-main", text: "Commit", onclick: commit }));
    }
    row.append(h("button", { type: "button", class: "cnn-link", text: "Skip", onclick: () => settle(undefined, true) }));
  }
  field?.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Enter") return;
    event.preventDefault(); // else the same key presses what gets the focus next
    commit();
  });
  const el = h("div", { class: "cnn-prediction", role: "group", "aria-labelledby": id }, title, row, gap, verdict);
  controls();
  return {
    el,
    open: () => open,
    ask(text = title.textContent) {
      open = true;
      setText(title, text);
      verdict.replaceChildren();
      gap.hidden = true;
      el.hidden = false;
      controls();
    },
    hide() { el.hidden = true; open = false; },
  };
}
