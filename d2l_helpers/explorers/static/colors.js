/** The chapter's colour maps: the same nine stops as d2l_helpers.plotting. */

const STOPS = {
  seq: "0f1223 1c2948 25446c 266585 2d869a 44a8a9 71c7b5 b4e1b9 f0f8d6",
  div: "063c82 2d62af 6290d5 acc6ec f4f4f2 f0b4a1 d66d4c a53d1a 731d00",
  divDark: "a0c6ff 6b9ce5 3d6eb6 254067 1f2124 632f15 ac5020 e37b49 fbb08e",
  gray: "000000 ffffff",
};

const toLight = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const toSrgb = (v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);

/** 256 colours, linear light between the stops (grey: linear in sRGB, as pictures are). */
function table(name) {
  const stops = STOPS[name].split(" ").map((hex) =>
    [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255));
  const out = new Uint32Array(256);
  const light = name !== "gray";
  for (let n = 0; n < 256; n++) {
    const at = (n / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const [r, g, b] = [0, 1, 2].map((c) => {
      const [a, z] = [stops[low][c], stops[low + 1][c]];
      const mixed = light
        ? toSrgb(toLight(a) + (toLight(z) - toLight(a)) * (at - low))
        : a + (z - a) * (at - low);
      return Math.round(255 * Math.min(1, Math.max(0, mixed)));
    });
    out[n] = (255 << 24) | (b << 16) | (g << 8) | r; // little-endian RGBA
  }
  return out;
}

const tables = {};

let known; // for the rest of this task: each reading makes the browser compute all styles

/** Is the page around `el` dark? The style sheet says so in a token. */
export function isDark(el) {
  if (known === undefined) {
    const place = el.isConnected ? el : document.body; // the first drawing comes before the mounting
    known = getComputedStyle(place).getPropertyValue("--cnn-scheme").trim() === "dark";
    queueMicrotask(() => { known = undefined; });
  }
  return known;
}

/**
 * The 256 colours of a map as 32-bit RGBA, for canvases.
 * @param {"seq"|"div"|"gray"} name  @param {boolean} dark  the page's scheme
 */
export function palette(name, dark) {
  const key = name === "div" && dark ? "divDark" : name;
  tables[key] ??= table(key);
  return tables[key];
}

/**
 * Background and text colour of a cell that prints its number.
 * @param {number} t  place on the map, 0 to 1
 */
export function cellColors(name, dark, t) {
  const rgba = palette(name, dark)[Math.round(255 * Math.min(1, Math.max(0, t)))];
  const rgb = [rgba & 255, (rgba >> 8) & 255, (rgba >> 16) & 255];
  const [r, g, b] = rgb.map((v) => toLight(v / 255));
  const bright = 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179;
  return [`rgb(${rgb.join(",")})`, bright ? "#000" : "#fff"];
}

/** Call `repaint` when the page changes between light and dark; ends with `signal`. */
export function onScheme(repaint, signal) {
  const watch = new MutationObserver(() => repaint());
  const options = { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light", "class", "theme"] };
  watch.observe(document.documentElement, options);
  watch.observe(document.body, options);
  signal.addEventListener("abort", () => watch.disconnect());
}
