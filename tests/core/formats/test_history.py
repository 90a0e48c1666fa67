"""The account of a restoration in XMP: one more event, everything else as it was."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from restorer import Image, Metadata, read, write
from restorer.formats import history, xmp

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
HEAD = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"'
    ' xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"'
    ' xmlns:m="http://ns.adobe.com/xap/1.0/mm/" xmp:CreatorTool="Camera 1">'
)
TAIL = "</rdf:Description></rdf:RDF></x:xmpmeta>"
EVENT = '<rdf:li stEvt:action="created" stEvt:softwareAgent="Camera 1"/>'
PANTRY = (
    '<xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">'
    f"<xmpMM:History><rdf:Seq>{EVENT}</rdf:Seq></xmpMM:History></rdf:Description></rdf:li>"
    "</rdf:Bag></xmpMM:Pantry>"
)
PACKETS = {
    "none": "",
    "no history": HEAD + TAIL,
    "a history": f"{HEAD}<xmpMM:History><rdf:Seq>{EVENT}</rdf:Seq></xmpMM:History>{TAIL}",
    "another prefix": f"{HEAD}<m:History><rdf:Seq>{EVENT}</rdf:Seq></m:History>{TAIL}",
    "an empty history": f"{HEAD}<xmpMM:History><rdf:Seq /></xmpMM:History>{TAIL}",
    "events with another prefix": (
        f"{HEAD}<xmpMM:History><rdf:Seq>{EVENT}</rdf:Seq></xmpMM:History>{TAIL}".replace(
            "stEvt", "e"
        )
    ),
    "a history of a part": HEAD + PANTRY + TAIL,
}


def items(packet: bytes) -> list[dict[str, str]]:
    """Return the attributes of the events of the picture, not of its parts."""
    path = ("{R}RDF/{R}Description/{http://ns.adobe.com/xap/1.0/mm/}History/{R}Seq/{R}li").replace(
        "{R}", f"{{{RDF}}}"
    )
    return [
        {name.rpartition("}")[2]: value for name, value in item.attrib.items()}
        for item in ElementTree.fromstring(packet).iterfind(path)
    ]


@pytest.mark.parametrize("before", PACKETS.values(), ids=PACKETS)
def test_the_account_is_the_last_event_and_all_else_stays(before: str) -> None:
    metadata = Metadata(xmp=before.encode() or None, blocks={history.BLOCK: b'{"a":"<&\\"\'"}'})
    held = history.embedded(metadata)
    assert held is not None
    assert held.xmp is not None
    assert history.BLOCK not in held.blocks
    assert history.accounts(held) == ['{"a":"<&\\"\'"}']
    declared = "xmlns:e=" not in before  # around the event
    assert (b"<rdf:li xmlns" not in held.xmp) == declared
    old = items(before.encode()) if before else []
    assert items(held.xmp)[:-1] == old
    assert items(held.xmp)[-1]["softwareAgent"].startswith("restorer ")
    assert "when" not in items(held.xmp)[-1]  # the same request gives the same bytes
    if before:
        assert b'xmp:CreatorTool="Camera 1"' in held.xmp
        cut = held.xmp.index(b"restorer ")
        assert held.xmp.startswith(before.encode()[: held.xmp[:cut].rindex(b"<rdf:li") - 250])
    again = history.embedded(Metadata(xmp=held.xmp, blocks={history.BLOCK: b"2"}))
    assert again is not None
    assert history.accounts(again) == ['{"a":"<&\\"\'"}', "2"]


def test_a_history_in_extended_xmp_grows_there() -> None:
    packet = HEAD.replace("xmp:CreatorTool", "xmp:Label") + TAIL
    blocks = {history.BLOCK: b"1", xmp.EXTENDED: PACKETS["a history"].partition("?>")[2].encode()}
    held = history.embedded(Metadata(xmp=packet.encode(), blocks=blocks))
    assert held is not None
    assert held.xmp == packet.encode()
    assert len(items(held.blocks[xmp.EXTENDED])) == 2
    assert history.accounts(held) == ["1"]


@given(st.binary(max_size=40))
@settings(max_examples=30)
@example(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
@example((HEAD + TAIL).encode()[:-9])
def test_a_packet_that_cannot_hold_it_is_left_alone(packet: bytes) -> None:
    assert history.accounts(Metadata(xmp=packet)) == []
    if packet:
        assert history.embedded(Metadata(xmp=packet, blocks={history.BLOCK: b"1"})) is None


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".bmp"])
@pytest.mark.parametrize("place", ["embed", "sidecar", "none"])
def test_every_format_holds_the_account_or_a_sidecar_does(
    tmp_path: Path, suffix: str, place: str
) -> None:
    metadata = Metadata(blocks={history.BLOCK: b'{"a":1}'})
    image, path = Image(np.zeros((8, 8, 3), np.uint8), metadata), tmp_path / f"a{suffix}"
    notes = write(image, path, provenance=place)
    embeds = place == "embed" and suffix != ".bmp"
    assert history.accounts(read(path).metadata) == (['{"a":1}'] if embeds else [])
    sidecar = history.sidecar_of(path)
    assert sidecar.is_file() == (not embeds and place != "none")
    if sidecar.is_file():
        assert notes == (f"a{suffix}.xmp holds the provenance",)
        assert history.accounts(Metadata(xmp=sidecar.read_bytes())) == ['{"a":1}']
        before = sidecar.read_bytes()
        write(image, path, provenance=place)
        assert sidecar.read_bytes() == before
    else:
        assert notes == ()


def test_a_sidecar_of_another_program_keeps_what_it_says(tmp_path: Path) -> None:
    sidecar = tmp_path / "a.bmp.xmp"
    sidecar.write_text(PACKETS["a history"])
    assert history.write_sidecar(b"1", tmp_path / "a.bmp") == "a.bmp.xmp holds the provenance"
    assert 'xmp:CreatorTool="Camera 1"' in sidecar.read_text()
    assert len(items(sidecar.read_bytes())) == 2
    sidecar.write_text("words")
    note = history.write_sidecar(b"1", tmp_path / "a.bmp")
    assert note == "a.bmp.xmp is a damaged XMP file; the provenance was left out"
    assert sidecar.read_text() == "words"


SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"


def typed(term: str, *, attribute: bool) -> str:
    """Return a packet that has a digital source type."""
    start = HEAD[:-1] + f' xmlns:ext="{EXT}"'
    if attribute:
        return f'{start} ext:DigitalSourceType="{SOURCE_TYPE}{term}">{TAIL}'
    return f"{start}><ext:DigitalSourceType>{SOURCE_TYPE}{term}</ext:DigitalSourceType>{TAIL}"


def source_types(packet: bytes) -> list[str]:
    """Return the digital source types in a packet."""
    key = f"{{{EXT}}}DigitalSourceType"
    found = [
        element.text if element.tag == key else element.get(key)
        for element in ElementTree.fromstring(packet).iter()
    ]
    return [each.removeprefix(SOURCE_TYPE) for each in found if each]


@pytest.mark.parametrize("attribute", [True, False])
@pytest.mark.parametrize("before", ["", "digitalCapture", "trainedAlgorithmicMedia"])
def test_generative_results_have_one_digital_source_type(before: str, attribute: bool) -> None:
    packet = typed(before, attribute=attribute) if before else HEAD + TAIL
    for account, expected in (
        (b'{"generative":true}', "compositeWithTrainedAlgorithmicMedia"),
        (b"{}", before),
    ):
        held = history.embedded(Metadata(xmp=packet.encode(), blocks={history.BLOCK: account}))
        assert held is not None
        assert held.xmp is not None
        if before == "trainedAlgorithmicMedia":  # all of it was generated, which says more
            expected = before
        assert source_types(held.xmp) == [expected] * bool(expected)
        assert b'xmp:CreatorTool="Camera 1"' in held.xmp


def test_the_digital_source_type_leaves_extended_xmp(tmp_path: Path) -> None:
    extension = typed("digitalCapture", attribute=False).partition("?>")[2]
    blocks = {history.BLOCK: b'{"generative":true}', xmp.EXTENDED: extension.encode()}
    held = history.embedded(Metadata(xmp=(HEAD + TAIL).encode(), blocks=blocks))
    assert held is not None
    assert held.xmp is not None
    assert source_types(held.xmp) == ["compositeWithTrainedAlgorithmicMedia"]
    assert source_types(held.blocks[xmp.EXTENDED]) == []
