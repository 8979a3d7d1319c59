"""Join an explorer's ES modules into one script, for anywidget or for a page.

The modules in ``static/`` keep to a small part of the language, so that joining
them needs no tool from another world: one-line imports of names from a sibling,
``export function|const|class`` at the start of a line, and one
``export default``. Each becomes a function that returns its exports.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"
_IMPORT = re.compile(
    r'^import \{ ([^}]+) \} from "\./([a-z0-9-]+)\.js";$', re.MULTILINE
)
_EXPORT = re.compile(
    r"^export (?=(?:async )?(?:function\*?|const|class) ([A-Za-z_$][\w$]*))",
    re.MULTILINE,
)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_COMMENT = re.compile(
    r"^[ \t]*(?:/\*\*.*?\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL
)

# Remarks at a line's end (no quotes behind the slashes: they may stand in a text), and
# indentation, which is for those who read the modules.
_REMARK = re.compile(r"(?:[ \t]+// [^\"'`\n]*)?$|^[ \t]+", re.MULTILINE)


class BundleError(ValueError):
    """A module uses a part of the language that cannot be joined."""


@functools.cache
def _source(name: str) -> str:
    path = STATIC / f"{name}.js"
    if not path.is_file():
        msg = f"there is no explorer module {name!r} in {STATIC}"
        raise BundleError(msg)
    return path.read_text(encoding="utf-8")


def _imports(name: str) -> list[tuple[str, str]]:
    """The (names, module) pairs that a module imports."""
    return _IMPORT.findall(_source(name))


def order(*names: str) -> list[str]:
    """The modules that ``names`` need, and they themselves, each after its needs.

    Raises:
        BundleError: a module is missing, or two import each other.
    """
    done: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            msg = f"modules import each other: {' → '.join((*path, name))}"
            raise BundleError(msg)
        if name not in done:
            for _, needed in _imports(name):
                visit(needed, (*path, name))
            done.append(name)

    for name in names:
        visit(name, ())
    return done


def _variable(name: str) -> str:
    return "$" + name.replace("-", "_")


def _wrapped(name: str) -> str:
    """One module as a function's result."""
    text = _REMARK.sub("", _COMMENT.sub("", _source(name)))
    exports = _EXPORT.findall(text)
    body = _EXPORT.sub("", text)
    if _DEFAULT.search(body):
        body = _DEFAULT.sub("const $default = ", body)
        exports.append("default: $default")

    def given(match: re.Match[str]) -> str:
        names = match[1].replace(" as ", ": ")
        return f"const {{ {names} }} = {_variable(match[2])};"

    body = _IMPORT.sub(given, body)
    for line in body.splitlines():
        if line.startswith(("import ", "export ")):
            msg = f"{name}.js: cannot join {line[:60]!r}"
            raise BundleError(msg)
    names = ", ".join(exports)
    return f"const {_variable(name)} = (() => {{\n{body}return {{ {names} }};\n}})();\n"


def widget_module(concept: str) -> str:
    """An ES module for anywidget, whose default export has ``render``."""
    parts = "".join(_wrapped(name) for name in order(concept))
    return f"{parts}export default {_variable(concept)}.default;\n"


def page_script(*concepts: str, beside: str = "") -> str:
    """A classic script, which also runs on file://, for a page with ``concepts``.

    The modules of ``beside``, a concept whose script the page loads before this one,
    are taken from there instead of being sent twice.
    """
    there = order(beside, "host") if beside else []
    names = order(*concepts, "host")
    parts = "".join(
        f"const {_variable(name)} = cnnModules[{name!r}];\n"
        if name in there
        else _wrapped(name)
        for name in names
    )
    given = ", ".join(f'"{name}": {_variable(name)}' for name in names)
    modules = ", ".join(f'"{c}": {_variable(c)}.default' for c in concepts)
    return (
        f'(() => {{\n"use strict";\n{parts}'
        f"globalThis.cnnModules ??= {{ {given} }};\n"
        f"const start = () => $host.start({{ {modules} }});\n"
        'if (document.readyState === "loading") {\n'
        '  document.addEventListener("DOMContentLoaded", start);\n'
        "} else {\n  start();\n}\n})();\n"
    )


def style_files(*concepts: str) -> list[Path]:
    """The style sheets of explorers: tokens, what all share, what each adds."""
    names = ["tokens", "explorers", *concepts]
    return [f for f in (STATIC / f"{name}.css" for name in names) if f.is_file()]


def style(*concepts: str) -> str:
    """All of `style_files` in one."""
    return "\n".join(f.read_text(encoding="utf-8") for f in style_files(*concepts))
