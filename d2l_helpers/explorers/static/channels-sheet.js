/** A sum to fill in, from left to right: part + part = cell. Each number is asked for, then shown. */
import { h, freshId, setText, show } from "./dom.js";
import { readNumber, rankBy } from "./numbers.js";

/**
 * @param {{names: string[], truth: (n: number) => number, explain: (n: number, guess?: number) => string,
 *   done: (n: number) => void, end: () => void}} plan
 *   names: of the numbers, the last of which is the sum; done: number n is settled; end: all are
 * @returns {{el, ask: (question: string, extra: string) => void, hide: (gone: boolean) => void}}  extra: " + 2"
 */
export function sumSheet({ names, truth, explain, done, end }) {
  const id = freshId("sheet");
  const title = h("p", { class: "cnn-question", id });
  const verdict = h("p", { class: "cnn-verdict", role: "status" });
  const fields = names.map((name) => h("input", { type: "text", autocomplete: "off", class: "cnn-guess-field", "aria-label": name }));
  const marks = names.map(() => h("small", { class: "cnn-ch-mark" }));
  const last = names.length - 1;
  const extra = h("span");
  const blank = (n) => h("span", { class: "cnn-ch-blank" }, h("span", { class: "cnn-shape", text: names[n] }), fields[n], marks[n]);
  const row = h("div", { class: "cnn-ch-sheet" });
  for (let n = 0; n < last; n++) row.append(...(n ? [h("span", { text: "+" })] : []), blank(n));
  const commit = h("button", { type: "button", class: "cnn-button cnn-main", text: "Commit", onclick: () => settle() });
  const skip = h("button", { type: "button", class: "cnn-link", text: "Skip", onclick: () => skipAll() });
  row.append(extra, h("span", { text: "=" }), blank(last), h("span", { class: "cnn-ch-act" }, commit, skip));
  const el = h("div", { class: "cnn-prediction cnn-ch-ask", role: "group", "aria-labelledby": id }, title, row, verdict);
  let at = 0;

  function open(n) {
    at = n;
    fields.forEach((field, m) => { field.readOnly = m !== n; field.disabled = m > n; });
    commit.disabled = skip.disabled = n > last;
  }
  function settle() {
    const [n, real, inside] = [at, truth(at), row.contains(document.activeElement)];
    const { value: guess, ask } = readNumber(fields[at].value, { rank: rankBy(real, 5e-3) });
    if (ask) {
      verdict.replaceChildren(`${names[at]}: ${ask}`);
      return;
    }
    const right = Math.abs(guess - real) < 5e-3;
    setText(marks[n], right ? "✓" : `✗ ${show(real)}`);
    const badge = h("span", { class: `cnn-badge cnn-badge-${right ? "right" : "wrong"}`,
      text: right ? "✓ right" : `✗ ${show(Math.abs(guess - real))} too ${guess < real ? "low" : "high"}` });
    verdict.replaceChildren(badge, ` ${right ? "" : `You said ${show(guess)}. `}${explain(n, guess)}`);
    open(n + 1);
    done(n);
    if (n < last) { if (inside) fields[n + 1].focus({ preventScroll: true }); } else end();
  }
  function skipAll() {
    for (let n = at; n <= last; n++) {
      fields[n].value = String(truth(n));
      setText(marks[n], "");
      done(n);
    }
    verdict.replaceChildren(explain(last));
    open(last + 1);
    end();
  }
  for (const field of fields) {
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" && !field.readOnly) settle();
    });
  }
  return {
    el,
    ask(question, more) {
      setText(title, question);
      setText(extra, more);
      verdict.replaceChildren();
      fields.forEach((field, n) => { field.value = ""; setText(marks[n], ""); });
      open(0);
      el.hidden = false;
      el.classList.remove("cnn-ch-off");
    },
    /** Out of sight; its place is kept unless it is gone for good. */
    hide(gone) {
      el.hidden = gone;
      el.classList.add("cnn-ch-off");
    },
  };
}
