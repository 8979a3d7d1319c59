/** The card that every explorer lives in: title, task, stage, text line, controls, footer. */
import { createStore } from "./store.js";
import { h, freshId, setText, takesText, reducedMotion } from "./dom.js";

const ROLES = ["input", "kernel", "output", "gradient", "guess", "ink"];
// JupyterLab would act on these itself
const KEPT = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End",
  "PageUp", "PageDown", "Enter", " ", "Escape", ".", ",", "r", "R", "z", "Z"]);

/**
 * Build the card into `el`.
 * @param {{model, el: HTMLElement, signal: AbortSignal}} context  anywidget's
 * @param {{title: string, task: string, schema: Object, role?: string, hint?: string,
 *   conflict?: (values: Object) => string}} plan  conflict: why values cannot stand together
 * @returns the card: store, stage, transport, settings, say, keys, onReset, player, result
 */
export function createFrame({ model, el, signal }, plan) {
  const store = createStore(model, plan.schema, signal, plan.conflict);
  const titleId = freshId("title");
  const role = ROLES.includes(plan.role) ? plan.role : "ink";
  const stage = h("div", { class: "cnn-stage" });
  const lineTitle = h("strong");
  const lineText = h("span");
  const line = h("div", { class: `cnn-line cnn-edge-${role}` }, h("p", {}, lineTitle), h("p", {}, lineText));
  const live = h("div", { class: "cnn-unseen", "aria-live": "polite" });
  const result = h("output", { class: "cnn-result" });
  const buttons = h("div", { class: "cnn-buttons" });
  const transport = h("div", { class: "cnn-transport", hidden: true }, buttons, result);
  const settings = h("div", { class: "cnn-settings", hidden: true });
  const message = h("p", { class: "cnn-message", role: "status" });
  const link = (text, act) => h("button", { class: "cnn-link", type: "button", text, onclick: act });
  const undo = link("Undo", () => undoLast());
  const reset = link("Reset", () => resetAll());
  const footer = h("div", { class: "cnn-footer" }, reset, undo);
  if (model.link) footer.append(link("Copy link to this state", copyLink));
  footer.append(h("span", { class: "cnn-hint", text: plan.hint ?? "" }));
  const task = h("span", { text: plan.task });
  const met = h("b", { role: "status" });
  const card = h("div", { class: "cnn cnn-card", role: "group", "aria-labelledby": titleId },
    h("p", { class: "cnn-title", id: titleId, text: plan.title }),
    h("p", { class: "cnn-task" }, task, " ", met),
    stage, line, transport, settings, message, footer, live);
  el.replaceChildren(card);

  // One sentence an action, the last one only, and none while Play runs.
  let waiting = 0;
  let spoken = "";
  let playing = false;
  function announce(text) {
    spoken = text;
    if (playing || waiting) return;
    waiting = setTimeout(() => { waiting = 0; if (!playing) setText(live, spoken); }, 500);
  }
  signal.addEventListener("abort", () => { clearTimeout(waiting); stop(); });

  const bindings = {};
  const resets = [];
  let redraw = () => {};
  function undoLast() {
    if (!store.canUndo()) return;
    stop();
    store.undo();
    announce("Undone.");
  }
  function resetAll() {
    stop();
    for (const fn of resets) fn();
    if (!store.reset()) redraw(new Set(Object.keys(plan.schema)), "reset");
    announce("Reset.");
  }
  async function copyLink() {
    const address = model.link(store.changes());
    try {
      await navigator.clipboard.writeText(address);
      warn("Link copied.");
    } catch {
      location.replace(address); // no clipboard here: the address bar shows it
      warn("The address bar holds the link now.");
    }
  }
  /** A visible line for what cannot be done, or was refused. */
  function warn(text) { setText(message, text); }

  card.addEventListener("keydown", (event) => {
    if (KEPT.has(event.key)) event.stopPropagation();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (takesText(event.target)) return;
    const onControl = event.target.closest("button, input, summary");
    if (onControl && !["r", "R", "z", "Z", ".", ","].includes(event.key)) return; // the others are its own
    const act = bindings[event.key] ?? { r: resetAll, R: resetAll, z: undoLast, Z: undoLast }[event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });

  // Play: two steps a second; ends by itself at the end, off screen, on any edit.
  let timer = 0;
  let playButton = null;
  let playStep = null;
  function stop() {
    if (!playing) return;
    playing = false;
    clearInterval(timer);
    setText(playButton, "Play");
    playButton.setAttribute("aria-pressed", "false");
    announce(spoken);
  }
  function play() {
    playing = true;
    setText(playButton, "Pause");
    playButton.setAttribute("aria-pressed", "true");
    timer = setInterval(() => { if (!playStep()) stop(); }, 500);
    if (!playStep()) stop();
  }
  /** A Play button. `step` returns false at the end. */
  function player(step) {
    playStep = step;
    playButton = button("Play", () => (playing ? stop() : play()), { class: "cnn-play", "aria-pressed": "false" });
    playButton.hidden = reducedMotion();
    bindings[" "] = () => { if (!playButton.hidden) playButton.click(); };
    document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); }, { signal });
    const watch = new IntersectionObserver(([seen]) => { if (!seen.isIntersecting) stop(); });
    watch.observe(card);
    signal.addEventListener("abort", () => watch.disconnect());
    card.addEventListener("input", stop, { signal });
  }
  /** A button of the transport row. */
  function button(text, act, props = {}) {
    transport.hidden = false;
    const made = h("button", { type: "button", ...props, class: `cnn-button ${props.class ?? ""}`, text, onclick: act });
    buttons.append(made);
    return made;
  }
  const showUndo = () => undo.setAttribute("aria-disabled", String(!store.canUndo()));
  store.subscribe(showUndo);
  showUndo();

  return {
    store, card, stage, transport, settings, player, button, stop, warn, announce,
    playing: () => playing,
    /** The text line: what the picture shows now. `aloud` may be shorter. */
    say(title, text, aloud = `${title}. ${text}`) {
      setText(lineTitle, title);
      setText(lineText, text);
      announce(aloud);
    },
    result: (text) => { setText(result, text); },
    /** Another task, and in words that it is met. */
    task(text, done = "") { setText(task, text); setText(met, done); },
    keys: (more) => Object.assign(bindings, more),
    onReset: (fn) => resets.push(fn),
    /** Add a control under the stage. */
    setting(...controls) { settings.hidden = false; settings.append(...controls); },
    /**
     * Draw now, and whenever a variable changes.
     * @param {(changed: Set<string>, cause: string) => void} draw
     */
    draw(draw) {
      redraw = draw;
      store.subscribe((changed, cause) => {
        if (cause === "python" || cause === "undo" || cause === "reset") stop();
        // what the explorer alone remembers has gone too, so all of it is drawn
        draw(cause === "reset" ? new Set(Object.keys(plan.schema)) : changed, cause);
      });
      draw(new Set(Object.keys(plan.schema)), "start");
      const raw = model.restore?.();
      if (raw !== undefined) {
        const refused = store.restore(raw);
        if (refused.length) warn(`The link asked for something impossible (${refused.join(", ").slice(0, 60)}); that part was left out.`);
      }
    },
  };
}
