"""Room for quick checks, so that nothing moves when their script arrives.

Before a page's script runs, a question is its text and a folded answer. Here it gets
the row of fields or options that the script will draw, unseen, and the line under the
title gets its marks: both stand as high as what replaces them. book.css does the rest;
`d2l_helpers/explorers/static/question.js` and `progress.js` draw the live ones.
"""

from __future__ import annotations

import html
import json
import re

_PLACE = re.compile(
    r'(<div class="cnn cnn-explorer cnn-quiz"[^>]*\bid="(check-[\w-]+)"[^>]*>'
    r'<p class="cnn-quiz-text">.*?)(<details>.*?<script type="application/json">'
    r"(.*?)</script></div>)",
    re.DOTALL,
)


def _button(words: str, look: str) -> str:
    return f'<button type="button" disabled class="{look}">{words}</button>'


def _grid(spec: dict) -> str:
    rows, cols = len(spec["grid"]), len(spec["grid"][0])
    cells = '<div class="cnn-cell"></div>' * cols
    row = f'<div class="cnn-row">{cells}</div>'
    box = (
        f'<div class="cnn-gridbox"><div class="cnn-grid" style="--cols: {cols}">'
        f"{row * rows}</div></div>"
    )
    if "rows" in spec:
        sides = {
            "axes": (f"{spec['rows'][0]} ↓", f"{spec['columns'][0]} →"),
            "columns": spec["columns"][1],
            "rows": spec["rows"][1],
        }
        names = "".join(
            f'<div class="cnn-names-{side}">'
            f"{''.join(f'<span>{html.escape(text)}</span>' for text in texts)}</div>"
            for side, texts in sides.items()
        )
        box = f'<div class="cnn-names">{names}{box}</div>'
    return (
        f'<div class="cnn-panel cnn-bar-input" style="--cols: {cols}">'
        f'<p class="cnn-head"><b>{html.escape(spec["title"])}</b></p>{box}</div>'
    )


def row(spec: dict) -> str:
    """What a question's script will draw below its text, unseen."""
    main, link = "cnn-button cnn-main", "cnn-link"
    if options := spec.get("options"):
        marked = (
            re.sub("`(.*?)`", r"<code>\1</code>", html.escape(o)) for o in options
        )
        parts = [_button(option, "cnn-quiz-option") for option in marked]
    elif spec["kind"] == "cell":
        parts = [_grid(spec), _button("This cell", main), _button("Tell me", link)]
    else:
        many = isinstance(spec["draws"][0]["right"], list)
        field = f'<input disabled class="cnn-guess-field" size="{12 if many else 8}">'
        unit = f"<span>{html.escape(spec['unit'])}</span>" if spec.get("unit") else ""
        parts = [field, unit, _button("Commit", main), _button("Tell me", link)]
    look = f"cnn-quiz-room cnn-ask-{spec['kind']}"
    return (
        f'<div class="{look}" aria-hidden="true"><div class="cnn-quiz-row">'
        f"{''.join(parts)}</div></div>"
    )


def roomy(body: str) -> str:
    """A page's body with room for its questions and for the line that counts them."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        names.append(found[2])
        return f"{found[1]}{row(json.loads(found[4])['spec'])}{found[3]}"

    body = _PLACE.sub(place, body)
    if not names:
        return body
    marks = "".join(
        f'<a href="#{name}" class="is-open" aria-label="Check {n}: open">{n}</a>'
        for n, name in enumerate(names, start=1)
    )
    line = (
        '<div class="cnn cnn-progress"><p>'
        f"<span>Quick checks: 0 of {len(names)} right.</span> "
        f'<span class="cnn-progress-marks">{marks}</span></p></div>'
    )
    return body.replace("</h1>", f"</h1>{line}", 1)
