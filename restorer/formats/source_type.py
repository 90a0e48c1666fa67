"""The IPTC property Digital Source Type in XMP: whether a generative model worked on a picture.

The terms are those of https://cv.iptc.org/newscodes/digitalsourcetype. Generative clean-up is
*edited with generative AI*: a captured picture with details that a trained model made up.
"""

from __future__ import annotations

import re
from dataclasses import replace

from restorer.formats import xmp
from restorer.image import Metadata

_SPACE = b"http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_NAME = b"DigitalSourceType"
_TERMS = b"http://cv.iptc.org/newscodes/digitalsourcetype/"
_EDITED = b"compositeWithTrainedAlgorithmicMedia"
_GENERATED = b"trainedAlgorithmicMedia"  # no part of such a picture was captured
_DESCRIPTION = b'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="%s" Iptc4xmpExt:%s="%s"/>'


def with_generative(metadata: Metadata) -> Metadata:
    """Return metadata that say that generative AI edited the picture.

    The term replaces that of the source, but for one that was generated as a whole. A damaged
    packet stays as it is.
    """
    packet, extension = metadata.xmp or xmp.EMPTY, metadata.blocks.get(xmp.EXTENDED, b"")
    if any(_is_generated(each) for each in (packet, extension)):
        return metadata
    description = _DESCRIPTION % (_SPACE, _NAME, _TERMS + _EDITED)
    longer = xmp.with_description(xmp.without(packet, _SPACE, _NAME), description)
    if longer is None or not xmp.is_well_formed(longer):
        return metadata
    blocks = dict(metadata.blocks)
    if extension:
        blocks[xmp.EXTENDED] = xmp.without(extension, _SPACE, _NAME)
    return replace(metadata, xmp=longer, blocks=blocks)


def _is_generated(packet: bytes) -> bool:
    return any(
        re.search(rb"\b%s:%s\b[^<]*?/%s\b" % (prefix, _NAME, _GENERATED), packet)
        for prefix in xmp.prefixes(packet, _SPACE)
    )
