"""Pictures that weigh little and hold their place before they come.

A PNG of a figure becomes a WebP at a fourth of the size: in as few colours as show no
difference, or, where it is a photograph, with losses that the eye does not find. The
page says how large it is, so that nothing moves when it arrives, and asks for it when a
reader comes near it.
What a notebook wrote into its page, picture or sound, becomes a file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

FOLDER = "_images"
LARGE = 40_000  # bytes: a picture without loss that is larger is a photograph
PALETTES = (64, 128, 256)  # a plot's colours; most of them are edges of its lines
UNSEEN = 0.15  # grey levels of 256 that a pixel may be off on average, by a palette
QUALITY = 75  # of a photograph, 0 to 100: no difference seen beside 90
EXACT = {"lossless": True, "quality": 100, "method": 4}  # 6 is slow for little
SMALL = 2_000  # bytes of text in a page that are not worth a request
NARROW = 320  # pixels that a phone has for a figure: larger ones can be opened alone
_IMAGE = re.compile(r"(<figure\b[^>]*>\s*)?<img\b[^>]*>")
_SOUND = re.compile(
    r"<audio\b([^>]*)>(\s*)<source src=\"data:audio/wav;base64,([^\"]+)\"([^>]*)>"
)
# book.css shows it where the page is narrow, and lays it over the picture too
FULL = '\n<a class="cnn-full" href="{address}">Open the figure in full size</a>'
_SOURCE = re.compile(r'\bsrc="([^"]+)"')
_INLINE = re.compile(r"data:image/(png|svg)(?:\+xml)?;base64,")


def webp(data: bytes) -> bytes:
    """A PNG file's bytes as WebP; it differs from the PNG by less than is seen."""
    image = Image.open(BytesIO(data))
    clear = "A" in image.getbands() and image.getchannel("A").getextrema()[0] < 255
    image = image.convert("RGBA" if clear else "RGB")
    exact = _saved(image, **EXACT)
    if len(exact) >= LARGE:
        photograph = _saved(image, quality=QUALITY, method=6, use_sharp_yuv=True)
        return min(exact, photograph, key=len)
    if clear or (few := _few_colours(image)) is None:
        return exact
    return min(exact, _saved(few, **EXACT), key=len)


def _few_colours(image: Image.Image) -> Image.Image | None:
    """The picture in the smallest palette that shows no difference, if one does."""
    for colours in PALETTES:
        few = image.quantize(colours, dither=Image.Dither.NONE, kmeans=1)
        few = few.convert("RGB")
        error = ImageStat.Stat(ImageChops.difference(image, few)).mean
        if sum(error) / len(error) <= UNSEEN:
            return few
    return None


def _saved(image: Image.Image, **settings: object) -> bytes:
    file = BytesIO()
    image.save(file, "WEBP", **settings)
    return file.getvalue()


def _converted(path: Path) -> Path:
    """The WebP beside a PNG, written when it is not there or is older.

    Older than the picture, or than this module, which says how it is written.
    """
    target = path.with_suffix(".webp")
    newest = max(p.stat().st_mtime for p in (path, Path(__file__)))
    if not target.is_file() or target.stat().st_mtime < newest:
        target.write_bytes(webp(path.read_bytes()))
    return target


def _stored(site: Path, data: bytes, suffix: str) -> Path:
    """A file below the site with these bytes, named by them."""
    target = site / FOLDER / f"{hashlib.sha256(data).hexdigest()[:16]}{suffix}"
    target.parent.mkdir(exist_ok=True)
    if not target.is_file():
        target.write_bytes(data)
    return target


def _size(path: Path) -> tuple[int, int] | None:
    """Width and height in pixels."""
    if path.suffix == ".svg":
        box = re.search(
            r"viewBox=[\"'][\d.]+ [\d.]+ ([\d.]+) ([\d.]+)[\"']",
            path.read_text("utf-8"),
        )
        return (round(float(box[1])), round(float(box[2]))) if box else None
    with Image.open(path) as image:
        return image.size


def _file_of(source: str, site: Path, folder: Path) -> Path | None:
    """The file that an address means; one is written for a picture in the page."""
    if kind := _INLINE.match(source):
        if len(source) < SMALL:
            return None
        data = base64.b64decode(source[kind.end() :])
        if kind[1] == "svg":
            return _stored(site, data, ".svg")
        return _converted(_stored(site, data, ".png"))
    if ":" in source:
        return None
    path = (folder / source).resolve()
    if path.suffix == ".png" and path.parent == (site / FOLDER).resolve():
        return _converted(path)
    return path if path.is_file() else None


def _address(path: Path, site: Path, folder: Path) -> str:
    up = "../" * len(folder.relative_to(site).parts)
    return up + path.resolve().relative_to(site.resolve()).as_posix()


def lightened(text: str, site: Path, page: Path) -> str:
    """A page's HTML with light pictures, their sizes, and sounds in files.

    Raises:
        FileNotFoundError: a picture of ours that the page shows is not there.
    """

    def picture(found: re.Match[str]) -> str:
        tag = found[0]
        if " loading=" in tag or not (source := _SOURCE.search(tag)):
            return tag
        if not (path := _file_of(source[1], site, page.parent)):
            return tag
        new = f'src="{_address(path, site, page.parent)}"'
        size = None if " width=" in tag or " height=" in tag else _size(path)
        if size:
            new += f' width="{size[0]}" height="{size[1]}"'
        if path.parent.name == FOLDER:  # the logo is needed at once
            new += ' loading="lazy" decoding="async"'
        new = tag[: source.start()] + new + tag[source.end() :]
        if found[1] and size and size[0] > NARROW:
            new += FULL.format(address=_address(path, site, page.parent))
        return new

    def sound(found: re.Match[str]) -> str:
        path = _stored(site, base64.b64decode(found[3]), ".wav")
        where = _address(path, site, page.parent)
        tag = f'<audio{found[1]} preload="none">'
        return f'{tag}{found[2]}<source src="{where}"{found[4]}>'

    return _SOUND.sub(sound, _IMAGE.sub(picture, text))


def forget(site: Path) -> None:
    """Remove the PNG files that a WebP stands for."""
    for path in (site / FOLDER).glob("*.png"):
        if path.with_suffix(".webp").is_file():
            path.unlink()
