"""One style sheet for the whole site, without the rules that no page can use.

The theme brings Bootstrap, its own rules and those of six extensions, in a dozen files
of 600 kB. A rule goes when its selector asks for a class or an id that stands in no
page and in no script. What the chapter itself wrote is kept as it is.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

import tinycss2

if TYPE_CHECKING:
    from collections.abc import Iterable

_IMPORT = re.compile(r'@import\s+(?:url\()?["\']?([^"\')]+)["\']?\)?\s*;')
_URL = re.compile(r'url\(\s*(["\']?)(?!data:|https?:|#|/)([^"\')]+)\1\s*\)')
_WORD = re.compile(r"[\w-]+")
_NESTED = ("media", "supports", "layer", "container")


def read(static: Path, name: str) -> str:
    """A style sheet's text, its imports inside, its addresses seen from ``static``."""
    text = (static / name).read_text("utf-8")
    folder = posixpath.dirname(name)

    def imported(found: re.Match[str]) -> str:
        return read(static, posixpath.normpath(posixpath.join(folder, found[1])))

    def address(found: re.Match[str]) -> str:
        return f'url("{posixpath.normpath(posixpath.join(folder, found[2]))}")'

    text = _URL.sub(address, text) if folder else text
    return _IMPORT.sub(imported, text)


def words(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """What can be a class or an id: attributes of pages, words of scripts."""
    found: set[str] = set()
    for page in pages:
        for value in re.findall(r'\s(?:class|id)="([^"]*)"', page):
            found.update(value.split())
    for script in scripts:
        found.update(_WORD.findall(script))
    return found


def _can_match(selector: list, known: set[str]) -> bool:
    """Whether every class and id that a selector asks for can be on a page."""
    for before, token in zip([None, *selector], selector, strict=False):
        class_name = token.type == "ident" and before is not None and before == "."
        if (
            (class_name or token.type == "hash")
            and token.value not in known
            and not _made(token.value, known)
        ):
            return False
    return True


def _made(name: str, known: set[str]) -> bool:
    """Whether a script can put the name together: ``"bs-tooltip-" + side``."""
    parts = name.split("-")
    starts = ("-".join(parts[:n]) + "-" for n in range(2, len(parts)))
    return any(start in known for start in starts)


def _selectors(prelude: list) -> list[list]:
    """A rule's selectors, parted at the commas."""
    found: list[list] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            found.append([])
        else:
            found[-1].append(token)
    return found


def _rules(content: list, known: set[str]) -> str:
    parts = []
    for rule in tinycss2.parse_rule_list(
        content, skip_comments=True, skip_whitespace=True
    ):
        if rule.type == "error":
            msg = (
                f"a style sheet cannot be read: {rule.message}, line {rule.source_line}"
            )
            raise ValueError(msg)
        if rule.type == "qualified-rule":
            kept = [s for s in _selectors(rule.prelude) if _can_match(s, known)]
            if kept and (body := tinycss2.serialize(rule.content).strip()):
                names = ",".join(tinycss2.serialize(s).strip() for s in kept)
                parts.append(f"{names}{{{body}}}")
        elif rule.content is None:
            parts.append(rule.serialize())
        else:
            prelude = tinycss2.serialize(rule.prelude).strip()
            nested = rule.lower_at_keyword in _NESTED
            body = _rules(rule.content, known) if nested else ""
            body = body or ("" if nested else tinycss2.serialize(rule.content).strip())
            if body:
                parts.append(f"@{rule.at_keyword} {prelude}{{{body}}}")
    return "\n".join(parts)


def trimmed(text: str, known: set[str]) -> str:
    """A style sheet's text with only the rules that ``known`` words can meet.

    Raises:
        ValueError: the text is no style sheet; the message names the line.
    """
    return _rules(tinycss2.parse_component_value_list(text), known)
