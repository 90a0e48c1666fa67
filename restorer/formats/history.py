"""The account of how a picture was made, as an entry of the history in its XMP packet.

A picture carries the account of the last restoration as a block of its metadata. Writers put it
into XMP, as one more event of ``xmpMM:History``, or into a sidecar file beside the result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

import restorer
from restorer.errors import ImageWriteError
from restorer.formats import xmp
from restorer.formats.files import created
from restorer.formats.source_type import with_generative
from restorer.image import Metadata

BLOCK = "provenance"  # JSON in UTF-8
SIDECAR = ".xmp"  # follows the whole name, as of darktable and digiKam: photo.bmp.xmp
MOST_SIDECAR_BYTES = 1 << 24

_AGENT = "restorer "
_RDF_SPACE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_MM_SPACE = "http://ns.adobe.com/xap/1.0/mm/"
_EVENT_SPACE = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
_PREFIXES = {"rdf": _RDF_SPACE, "xmpMM": _MM_SPACE}
_EVENT_PREFIXES = {"rdf": _RDF_SPACE, "stEvt": _EVENT_SPACE}
_EVENTS = "rdf:Description/xmpMM:History/rdf:Seq/rdf:li"
_HISTORY = [
    "adobe:ns:meta/ xmpmeta",
    f"{_RDF_SPACE} RDF",
    f"{_RDF_SPACE} Description",
    f"{_MM_SPACE} History",
    f"{_RDF_SPACE} Seq",
]
_EMPTY_TAG = re.compile(rb"<([\w.:-]+)([^<>]*?)\s*/>")
_OWN = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="restorer">'
# No time, so that a request gives the same bytes each time.
_EVENT = '<rdf:li%s stEvt:action="edited" stEvt:softwareAgent=%s stEvt:parameters=%s/>'
_DESCRIPTION = (
    f'<rdf:Description rdf:about="" xmlns:xmpMM="{_MM_SPACE}" xmlns:stEvt="{_EVENT_SPACE}">'
    "<xmpMM:History><rdf:Seq>%s</rdf:Seq></xmpMM:History></rdf:Description>"
)


def embedded(metadata: Metadata) -> Metadata | None:
    """Return the metadata with the account in XMP in place of the block.

    The event follows those of an existing history; everything else stays as it is, but for the
    digital source type of the result of a generative model. None where a damaged packet cannot
    hold it.
    """
    kept = without(metadata)
    if _is_generative(metadata.blocks[BLOCK]):
        kept = with_generative(kept)
    account = metadata.blocks[BLOCK].decode()
    extension = kept.blocks.get(xmp.EXTENDED, b"")
    if (longer := _appended(extension, account)) is not None:
        return replace(kept, blocks={**kept.blocks, xmp.EXTENDED: longer})
    packet = kept.xmp or xmp.EMPTY
    longer = _appended(packet, account)
    if longer is None and _history_end(packet)[0] == -1:  # well-formed, without a history
        description = _DESCRIPTION % _event(account, _EVENT_PREFIXES)
        longer = xmp.with_description(packet, description.encode())
    return None if longer is None else replace(kept, xmp=longer)


def without(metadata: Metadata) -> Metadata:
    """Return the metadata without the block."""
    blocks = {name: block for name, block in metadata.blocks.items() if name != BLOCK}
    return replace(metadata, blocks=blocks)


def accounts(metadata: Metadata) -> list[str]:
    """Return the accounts in the history of a picture, the last restoration last."""
    found: list[str] = []
    for packet in filter(None, (metadata.xmp, metadata.blocks.get(xmp.EXTENDED))):
        try:
            root = ElementTree.fromstring(packet.strip(b"\0 \n\r\t"))
        except ElementTree.ParseError:
            continue
        rdf = root if root.tag == f"{{{_RDF_SPACE}}}RDF" else root.find("rdf:RDF", _PREFIXES)
        items = [] if rdf is None else rdf.iterfind(_EVENTS, _PREFIXES)
        for item in items:
            nested = item.find("rdf:Description", _PREFIXES)
            if _property(item, nested, "softwareAgent").startswith(_AGENT):
                found.append(_property(item, nested, "parameters"))
    return found


def sidecar_of(path: Path) -> Path:
    """Return the path of the sidecar of a picture."""
    return path.with_name(path.name + SIDECAR)


def write_sidecar(account: bytes, path: Path) -> str:
    """Write the sidecar of a picture; return a note that names it.

    The sidecar of an earlier result is replaced. One of another program gets one more event, and
    keeps everything else; the note says so where it cannot.
    """
    target = sidecar_of(path)
    before = xmp.EMPTY.replace(b'<x:xmpmeta xmlns:x="adobe:ns:meta/">', _OWN)
    try:
        if target.is_file():
            found = read_sidecar(target)
            before = before if _OWN in found else found
        held = embedded(Metadata(xmp=before, blocks={BLOCK: account}))
        if held is None or held.xmp is None:
            return f"{target.name} is a damaged XMP file; the provenance was left out"
        with created(target, "replace") as file:
            file.write(held.xmp)
    except (OSError, ImageWriteError) as error:
        return f"the provenance was left out: {error}"
    return f"{target.name} holds the provenance"


def read_sidecar(path: Path) -> bytes:
    """Return the packet in a sidecar file. Raises OSError."""
    with path.open("rb") as file:
        return file.read(MOST_SIDECAR_BYTES)


def _is_generative(account: bytes) -> bool:
    found = json.loads(account)
    return isinstance(found, dict) and found.get("generative") is True


def _event(account: str, declared: Mapping[str, str]) -> str:
    """Return the event of an account; it declares the prefixes that are not declared around it."""
    from xml.sax.saxutils import quoteattr  # with all of HTTP, which readers do without

    missing = _EVENT_PREFIXES.items() - declared.items()
    declarations = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in sorted(missing))
    agent = quoteattr(f"{_AGENT}{restorer.__version__}")
    return _EVENT % (declarations, agent, quoteattr(account))


def _appended(packet: bytes, account: str) -> bytes | None:
    """Return a packet with one more event in its history; None where it has no list of events."""
    at, declared = _history_end(packet)
    if at < 0:
        return None
    event = _event(account, declared).encode()
    if packet.startswith(b"</", at):
        return packet if packet[:at].endswith(event) else packet[:at] + event + packet[at:]
    tag = _EMPTY_TAG.match(packet, at)
    if tag is None:
        return None
    return packet[:at] + b"<%s%s>%s</%s>" % (tag[1], tag[2], event, tag[1]) + packet[tag.end() :]


def _history_end(packet: bytes) -> tuple[int, dict[str, str]]:
    """Return where the list of events ends, or where an empty one is, and the prefixes declared.

    The position is -1 where there is no list, and -2 in a damaged packet. Histories of the parts
    of a picture, which lie deeper, do not count.
    """
    parser, path = expat.ParserCreate(namespace_separator=" "), list[str]()
    starts, scopes, own = list[int](), [dict[str, str]()], dict[str, str]()
    found: tuple[int, dict[str, str]] = (-1, {})

    def declare(prefix: str | None, space: str) -> None:  # before the start of the element
        own[prefix or ""] = space

    def start(tag: str, _: object) -> None:
        path.append(tag)
        starts.append(parser.CurrentByteIndex)
        scopes.append({**scopes[-1], **own})
        own.clear()

    def end(_: str) -> None:
        nonlocal found
        begun, scope = starts.pop(), scopes.pop()
        if path in (_HISTORY, _HISTORY[1:]):  # xmpmeta is optional
            empty = _EMPTY_TAG.match(packet, begun)
            found = (begun if empty else parser.CurrentByteIndex), scope
        path.pop()

    parser.StartNamespaceDeclHandler = declare
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(packet.rstrip(b"\0"), True)
    except expat.ExpatError:
        return -2, {}
    return found


def _property(item: ElementTree.Element, nested: ElementTree.Element | None, name: str) -> str:
    """Return a property of an event, an attribute or an element of the item, or of one in it."""
    key = f"{{{_EVENT_SPACE}}}{name}"
    for element in (item, nested):
        if element is not None:
            child = element.find(key)
            found = element.get(key) or (child is not None and child.text)
            if found:
                return found
    return ""
