/** The page's side where there is no kernel: it plays the part of anywidget's model. */
import { h } from "./dom.js";

const LINK = /^#explorer:([a-z0-9-]+):([A-Za-z0-9_-]*)$/;
const NEAR = "600px"; // an explorer starts when it is about a screen away

const pack = (value) => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** What a link says; null when it is not readable. */
function unpack(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

const storage = (act) => { try { return act(sessionStorage); } catch { return null; } }; // may be forbidden
const cameBack = () => performance.getEntriesByType("navigation")[0]?.type === "back_forward";

/** anywidget's model, with the variables in this page and nothing behind them. */
function makeModel(values, id) {
  const listeners = {};
  const touched = {};
  const key = `cnn:${location.pathname}:${id}`;
  addEventListener("pagehide", () => storage((s) => s.setItem(key, JSON.stringify(touched))));
  return {
    get: (name) => values[name],
    set(name, value) {
      values[name] = value;
      touched[name] = value;
      for (const fn of listeners[`change:${name}`] ?? []) fn();
    },
    save_changes() {},
    on(event, fn) { (listeners[event] ??= new Set()).add(fn); },
    off(event, fn) { listeners[event]?.delete(fn); },
    /** The address of this page with these variables in it. */
    link: (changes) => `${location.href.split("#")[0]}#explorer:${id}:${pack(changes)}`,
    /** Variables from the address, or kept from before a "back"; undefined for none. */
    restore() {
      const asked = LINK.exec(location.hash);
      if (asked && asked[1] === id) return unpack(asked[2]);
      const kept = cameBack() ? storage((s) => s.getItem(key)) : null;
      return kept ? JSON.parse(kept) : undefined;
    },
  };
}

function mount(place, module, id) {
  const still = [...place.children].filter((child) => !child.matches("script"));
  const el = h("div", { class: "cnn-mount" });
  const end = new AbortController();
  try {
    const values = JSON.parse(place.querySelector("script[type='application/json']").textContent);
    module.render({ model: makeModel(values, id), el, signal: end.signal });
    place.append(el);
    still.forEach((part) => part.classList.add("cnn-replaced"));
    place.querySelector(".cnn-quiz-room")?.remove(); // it held the place
    place.dataset.state = "live";
  } catch (error) {
    end.abort();
    el.remove();
    place.dataset.state = "failed";
    place.append(h("p", { class: "cnn-message", role: "status",
      text: `This explorer could not start (${String(error.message ?? error).slice(0, 120)}). The picture shows its first state.` }));
  }
}

/** Start every explorer of the page when a reader comes near it. */
export function start(modules) {
  for (const module of Object.values(modules)) module.page?.();
  const seen = {};
  const waiting = new Map();
  for (const place of document.querySelectorAll("[data-explorer]")) {
    const name = place.dataset.explorer;
    if (!Object.hasOwn(modules, name) || place.dataset.state) continue;
    seen[name] = (seen[name] ?? 0) + 1;
    const id = seen[name] === 1 ? name : `${name}-${seen[name]}`;
    place.id ||= `explorer-${id}`;
    place.dataset.state = "waiting";
    const go = () => mount(place, modules[name], id);
    if (modules[name].eager) go(); // small, and of no height that could be kept for it
    else waiting.set(place, go);
  }
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      waiting.get(target)?.();
      waiting.delete(target);
    }
  }, { rootMargin: `${NEAR} 0px` });
  for (const place of waiting.keys()) watch.observe(place);
  function follow() {
    const asked = LINK.exec(location.hash);
    const place = asked && document.getElementById(`explorer-${asked[1]}`);
    if (!place) return;
    if (place.dataset.state === "live") { location.reload(); return; }
    place.scrollIntoView({ block: "start" });
  }
  follow();
  addEventListener("hashchange", follow);
}
