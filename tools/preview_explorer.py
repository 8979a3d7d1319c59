"""Look at explorers while writing them: `python tools/preview_explorer.py correlate`.

Writes _build/preview/NAME.html, the explorer's first state alone on a page, with
the site's script and style, to be opened straight from disk.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl

from d2l_helpers import explorers
from d2l_helpers.explorers import CONCEPTS, _bundle

FOLDER = Path(__file__).resolve().parent.parent / "_build" / "preview"
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
html[data-theme=light] {{ --pst-color-background: #fff;
  --pst-color-text-base: #222832; --pst-color-text-muted: #48566b }}
html[data-theme=dark] {{ --pst-color-background: #121212;
  --pst-color-text-base: #ced6dd; --pst-color-text-muted: #9ca4af }}
body {{ background: var(--pst-color-background);
  color: var(--pst-color-text-base); margin: 0 auto; max-width: 42rem;
  padding: 0 16px; box-sizing: content-box;
  font-family: wide, sans-serif }}
@font-face {{ font-family: wide; src: url({font}) }}
.cnn-untrusted {{ display: none }}
{style}
</style>
<script>{script}</script></head>
<body><main><h1>{title}</h1>
{body}
</main></body></html>
"""


# The widest of the common text faces, the same on every machine: room that is
# enough for it is enough for what a reader's system brings.
FONT = Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf").as_uri()


def whole_page(concept: str, body: str) -> str:
    """A page with the script and style of one explorer, and ``body``."""
    script = _bundle.page_script(concept).replace("</script", "<\\/script")
    style = _bundle.style(concept)
    return PAGE.format(title=concept, style=style, script=script, body=body, font=FONT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CONCEPTS))
    names = parser.parse_args().names or list(CONCEPTS)
    if unknown := set(names) - set(CONCEPTS):
        parser.error(f"no explorer {unknown}; there are {', '.join(CONCEPTS)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = FOLDER / f"{name}.html"
        body = explorers.find(name).example().html()
        path.write_text(whole_page(name, body), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
