"""What matplotlib writes as SVG, made fit for a page: colours by class, no styles, no ids that clash."""

from __future__ import annotations

import hashlib
import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from qualms.report.pictures.theme import COLOURS

_SVG, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_HREF = f"{{{_LINK}}}href"
_CLASSES = {c.light: c.name for c in COLOURS}
_SCALE = 1.6  # pixels for a point of the picture
_FONT = re.compile(r"(?:(\d00|bold) )?([\d.]+)px")
_LONG = re.compile(r"-?\d+\.\d{3,}")
_GEOMETRY = ("d", "x", "y", "width", "height", "transform", "points", "x1", "x2", "y1", "y2", "stroke-width")
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _LINK)


def for_page(document: bytes, alternative: str) -> str:
    """An element for a page of HTML, which needs no style attribute and so may stand on a page that forbids
    them.

    Parameters
    ----------
    document : bytes
        A file of matplotlib's, drawn in the light colours of the theme.
    alternative : str
        What a reader is told who does not see it.
    """
    root = _parsed(document)
    _rename(root, hashlib.sha256(document).hexdigest()[:8])
    for element in root.iter():
        _style_to_attributes(element)
        for name in _GEOMETRY:
            if name in element.attrib:
                element.set(name, _LONG.sub(_short, element.attrib[name]))
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    _, _, width, height = root.attrib["viewBox"].split()
    # words have one size in all pictures of a page, as long as these are not wider than the screen
    root.attrib.update({"width": f"{_SCALE * float(width):.0f}", "height": f"{_SCALE * float(height):.0f}"})
    root.attrib.update({"role": "img", "aria-label": alternative, "class": "plot"})
    return _written(root)


def for_file(document: bytes, title: str, description: str) -> str:
    """A document that says what it shows."""
    root = _parsed(document)
    root.set("role", "img")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = Element(f"{{{_SVG}}}{tag}")
        element.text = text
        root.insert(place, element)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_written(root)}\n'


def _parsed(document: bytes) -> Element:
    """Without the block of metadata, and with the document's one rule of style as attributes of its root: in
    a page that rule would hold for everything.
    """
    root = ElementTree.fromstring(document)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    root.attrib.update({"stroke-linejoin": "round", "stroke-linecap": "butt"})
    return root


def _written(root: Element) -> str:
    return re.sub(r">\s+<", "><", ElementTree.tostring(root, encoding="unicode"))


def _rename(root: Element, prefix: str) -> None:
    """Ids that nothing refers to are left out, the others are made the document's own."""
    text = ElementTree.tostring(root, encoding="unicode")
    used = dict.fromkeys(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text))
    names = {a or b: f"q{prefix}-{k}" for k, (a, b) in enumerate(used)}
    for element in root.iter():
        identity = element.attrib.pop("id", None)
        if identity in names:
            element.set("id", names[identity])
        if _HREF in element.attrib and element.attrib[_HREF].startswith("#"):
            element.set(_HREF, f"#{names[element.attrib[_HREF][1:]]}")
        if "clip-path" in element.attrib:
            element.set("clip-path", f"url(#{names[element.attrib['clip-path'][5:-1]]})")


def _style_to_attributes(element: Element) -> None:
    """A colour becomes a class that has the page's colour, everything else an attribute."""
    classes = []
    for part in element.attrib.pop("style", "").split(";"):
        name, _, value = (text.strip() for text in part.partition(":"))
        if name in ("fill", "stroke") and value in _CLASSES:
            classes.append(f"{name}-{_CLASSES[value]}")
        elif name == "font" and (found := _FONT.search(value)):
            element.set("font-size", found[2])
            if found[1]:
                element.set("font-weight", found[1])
        elif name in ("clip-path", "font-family", ""):  # a page's words are in the page's own font
            continue
        else:
            element.set(name, value)
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if element.tag == f"{{{_SVG}}}text" and not any(c.startswith("fill") for c in classes):
        classes.append("fill-ink")
    if classes:
        element.set("class", " ".join(classes))


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
