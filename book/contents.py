"""The mark in "On this page": the section that stands at the top of the window.

The theme marks a heading when it comes into view from below, and then forgets it: at
the end of a page, on the way up and after a jump the mark is wrong. It looks for its
list by an id, which book/accessibility.py changes; this takes its place.
"""

SCRIPT = """
(() => {
  const list = document.getElementById("cnn-page-toc");
  const place = ({ hash }) => document.getElementById(decodeURI(hash.slice(1)));
  const entries = [...(list?.querySelectorAll("a[href^='#']") ?? [])]
    .map((link) => [link, place(link)])
    .filter(([, section]) => section);
  if (!entries.length) return;
  const root = document.documentElement;
  let marked = -1, asked = 0;

  function current() {
    // a jump leaves the heading right under what sticks to the top
    const line = (parseFloat(getComputedStyle(root).scrollPaddingTop) || 0) + 32;
    const end = root.scrollHeight - innerHeight;
    const starts = entries.map(
      ([, section]) => section.getBoundingClientRect().top + scrollY - line);
    // The last short sections never come up to the line: they share what is left.
    const reached = starts.filter((start) => start <= end).length;
    const last = Math.max(0, starts[reached - 1] ?? 0), late = starts.length - reached;
    for (let n = 1; n <= late; n++) {
      starts[reached + n - 1] = last + (end - last) * n / late;
    }
    const target = entries.findIndex(([link]) => link.hash === location.hash);
    if (target >= reached && scrollY >= end - 2) return target;
    return starts.findLastIndex((start) => start <= scrollY + 2);
  }

  function mark() {
    asked = 0;
    const now = current();
    if (now === marked) return;
    marked = now;
    const link = entries[now]?.[0];
    for (const [other] of entries) {
      other.classList.toggle("active", other === link);
      if (other === link) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
    for (const item of list.querySelectorAll(".toc-entry")) {
      item.classList.toggle("active", item.contains(link ?? null));
    }
  }

  const ask = () => { asked ||= requestAnimationFrame(mark); };
  addEventListener("scroll", ask, { passive: true });
  addEventListener("hashchange", ask);
  new ResizeObserver(ask).observe(document.body); // pictures, answers that unfold
})();
"""
