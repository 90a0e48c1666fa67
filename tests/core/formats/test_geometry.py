"""Places in EXIF and XMP stay on what they mark, in turned, cropped and enlarged pictures."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PilImage
from PIL.TiffImagePlugin import IFDRational

from restorer.formats import metadata, xmp_geometry
from restorer.formats.placement import UNMOVED, Placement
from restorer.formats.tiff import geo
from restorer.image import Image, Metadata

HEIGHT, WIDTH = 30, 40
SPACES = (
    "xmlns:mwg-rs='http://www.metadataworkinggroup.com/schemas/regions/'"
    " xmlns:stDim='http://ns.adobe.com/xap/1.0/sType/Dimensions#'"
    " xmlns:stArea='http://ns.adobe.com/xmp/sType/Area#'"
    " xmlns:MPRI='http://ns.microsoft.com/photo/1.2/t/RegionInfo#'"
    " xmlns:MPReg='http://ns.microsoft.com/photo/1.2/t/Region#'"
    " xmlns:exif='http://ns.adobe.com/exif/1.0/'"
    " xmlns:crs='http://ns.adobe.com/camera-raw-settings/1.0/'"
    " xmlns:GPano='http://ns.google.com/photos/1.0/panorama/'"
)
AREAS = {
    "attributes": "<mwg-rs:Area stArea:x='{x}' stArea:y='{y}' stArea:w='{w}' stArea:h='{h}'/>",
    "elements": "<mwg-rs:Area rdf:parseType='Resource'><stArea:x>{x}</stArea:x>"
    "<stArea:y>{y}</stArea:y><stArea:w>{w}</stArea:w><stArea:h>{h}</stArea:h></mwg-rs:Area>",
}


def packet(body, attributes=""):
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        f"<rdf:Description {SPACES} {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def regions(boxes, size=(HEIGHT, WIDTH), form="attributes"):
    """Faces in boxes (left, top, width, height) of pixels, as Lightroom and Windows write them."""
    height, width = size
    ours, theirs = "", ""
    for number, (left, top, w, h) in enumerate(boxes):
        sides = {"w": w / width, "h": h / height}
        area = {"x": (left + w / 2) / width, "y": (top + h / 2) / height, **sides}
        ours += f"<rdf:li rdf:parseType='Resource'><mwg-rs:Name>{number}</mwg-rs:Name>"
        ours += f"{AREAS[form].format(**area)}</rdf:li>"
        corner = f"{left / width}, {top / height}, {w / width}, {h / height}"
        theirs += f"<rdf:li><rdf:Description MPReg:Rectangle='{corner}'/></rdf:li>"
    return (
        f"<mwg-rs:Regions><mwg-rs:AppliedToDimensions stDim:w='{width}' stDim:h='{height}'/>"
        f"<mwg-rs:RegionList><rdf:Bag>{ours}</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
        f"<MPRI:Regions><rdf:Bag>{theirs}</rdf:Bag></MPRI:Regions>"
    )


def stored(box, turn=1, *, body="", **tags):
    """A picture as stored whose pixels are white in a box."""
    left, top, width, height = box
    pixels = np.zeros((HEIGHT, WIDTH, 1), np.uint8)
    pixels[top : top + height, left : left + width] = 255
    exif = PilImage.Exif()
    exif[274] = turn
    center = (left + (width - 1) // 2, top + (height - 1) // 2)
    inner = {0xA002: WIDTH, 0xA003: HEIGHT, 0x9214: (*center, width, height), 0xA214: center}
    exif.get_ifd(0x8769).update(
        {**inner, 0xA20E: IFDRational(1000), 0xA20F: IFDRational(500), 0xA210: 2, **tags}
    )
    data = exif.tobytes().removeprefix(b"Exif\0\0")
    return Image(pixels, Metadata(data, packet(regions([box]) + body)))


def enlarged(image, scale):
    pixels = image.pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    changed, notes = metadata.with_size(image.metadata, *pixels.shape[:2])
    assert notes == ()
    return Image(pixels, changed, image.notes)


def white_box(image):
    rows, columns = np.nonzero(image.pixels[..., 0])
    left, top = int(columns.min()), int(rows.min())
    return left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1


def inner_exif(image):
    found = PilImage.Exif()
    found.load(image.metadata.exif)
    return found.get_ifd(0x8769)


def area_boxes(image):
    """Return the boxes of regions in pixels: those of MWG, then those of Microsoft."""
    root = ElementTree.fromstring(image.metadata.xmp)
    found = []
    for area in root.iter("{http://www.metadataworkinggroup.com/schemas/regions/}Area"):
        texts = {**area.attrib, **{child.tag: child.text for child in area}}
        values = {name[-1]: float(text) for name, text in texts.items() if "Area#" in name}
        x, y, w, h = (values[name] for name in "xywh")
        found.append((x - w / 2, y - h / 2, w, h))
    for text in re.findall(rb"MPReg:Rectangle='([^']*)", image.metadata.xmp):
        found.append(tuple(map(float, text.split(b","))))
    sides = (image.width, image.height) * 2
    return [tuple(v * s for v, s in zip(box, sides, strict=True)) for box in found]


def check_subject(image, box):
    left, top, width, height = box
    center = left + (width - 1) / 2, top + (height - 1) / 2
    inner = inner_exif(image)
    assert np.allclose(inner[0x9214], (*center, width, height), atol=1)
    assert np.allclose(inner[0xA214], center, atol=1)
    assert (inner[0xA002], inner[0xA003]) == (image.width, image.height)


BOXES = st.tuples(*[st.integers(0, 15)] * 2, *[st.integers(2, 7).map(lambda n: 2 * n - 1)] * 2)
TURNS = st.integers(1, 8)


@given(BOXES, TURNS, st.integers(1, 4), st.sampled_from(list(AREAS)))
def test_places_stay_on_what_they_mark(box, turn, scale, form):
    source = stored(box, turn)
    source = Image(source.pixels, Metadata(source.metadata.exif, packet(regions([box], form=form))))
    image = enlarged(metadata.upright(source), scale)
    assert image.notes == ()
    expected = white_box(image)
    for found in area_boxes(image):
        assert np.allclose(found, expected, atol=1e-3)
    check_subject(image, expected)
    stated = re.search(rb"stDim:w='(\d+)' stDim:h='(\d+)'", image.metadata.xmp)
    assert [int(stated[1]), int(stated[2])] == [image.width, image.height]


@given(BOXES, TURNS, st.integers(0, 20), st.integers(0, 20), st.integers(4, 9), st.integers(1, 2))
def test_places_follow_a_crop_or_go_with_a_note(box, turn, top, left, side, scale):
    whole = enlarged(metadata.upright(stored(box, turn)), scale)
    top, left, side = top * scale, left * scale, side * scale
    pixels = whole.pixels[top : top + side, left : left + side]
    height, width = pixels.shape[:2]
    edges = left / whole.width, top / whole.height
    edges += (left + width) / whole.width, (top + height) / whole.height
    found, notes = metadata.cropped(whole.metadata, edges, (height, width))
    part = Image(pixels, found)
    inner = inner_exif(part)
    assert inner[0xA20E] == inner_exif(whole)[0xA20E]  # pixels of the same size
    if not pixels.any():
        assert area_boxes(part) == []
        assert b"<mwg-rs:Name>" not in found.xmp
        assert 0x9214 not in inner
        assert 0xA214 not in inner
        assert notes == ("not kept: EXIF place of the subject",)
        return
    expected = white_box(part)
    for region in area_boxes(part):
        assert np.allclose(region, expected, atol=1e-3)
    left, top, *sides = expected
    center = left + (sides[0] - 1) / 2, top + (sides[1] - 1) / 2
    assert np.allclose(inner[0x9214], (*center, *sides), atol=1)


def test_a_crop_keeps_the_regions_inside_alone():
    image = Image(
        np.zeros((30, 40, 1), np.uint8),
        Metadata(xmp=packet(regions([(2, 2, 4, 4), (30, 20, 4, 4)]))),
    )
    found, _ = metadata.cropped(image.metadata, (0.5, 0.5, 1, 1), (15, 20))
    part = Image(np.zeros((15, 20, 1), np.uint8), found)
    assert np.allclose(area_boxes(part), [(10, 5, 4, 4)] * 2)
    assert re.findall(rb"<mwg-rs:Name>(\d)", found.xmp) == [b"1"]


def test_regions_in_regions_and_unknown_prefixes_harm_nothing():
    inner = regions([(2, 2, 4, 4)]).replace("<mwg-rs:Regions>", "<mwg-rs:Extensions>")
    inner = inner.replace("</mwg-rs:Regions>", "</mwg-rs:Extensions>")
    body = regions([(2, 2, 4, 4)]).replace("<mwg-rs:Name>", f"{inner}<mwg-rs:Name>", 1)
    xmp = packet(body, "unknown:a='1'")
    moved, lost = xmp_geometry.moved(xmp, Placement(box=(0.5, 0.5, 1, 1)), None, (15, 20))
    assert lost == []
    assert b"stArea:x" not in moved
    assert moved.startswith(xmp[:200])
    assert moved.endswith(b"</rdf:Description></rdf:RDF></x:xmpmeta>")


@given(TURNS, st.integers(1, 8))
def test_the_sensor_keeps_its_size(turn, scale):
    image = enlarged(metadata.upright(stored((2, 2, 3, 3), turn)), scale)
    inner = inner_exif(image)
    size = image.width / inner[0xA20E], image.height / inner[0xA20F]
    assert np.allclose(size, (0.06, 0.04) if turn > 4 else (0.04, 0.06))


@pytest.mark.parametrize("turn", range(1, 9))
def test_regions_of_the_upright_picture_stay_in_it(turn):
    size = (WIDTH, HEIGHT) if turn > 4 else (HEIGHT, WIDTH)
    source = stored((0, 0, 3, 3), turn)
    body = packet(regions([(1, 2, 4, 8)], size))
    image = metadata.upright(Image(source.pixels, Metadata(source.metadata.exif, body)))
    if turn > 4 or turn == 1:
        assert np.allclose(area_boxes(image), [(1, 2, 4, 8)] * 2)


XMP_EXIF = (
    "<exif:SubjectArea><rdf:Seq><rdf:li>5</rdf:li><rdf:li>4</rdf:li><rdf:li>6</rdf:li></rdf:Seq>"
    "</exif:SubjectArea><exif:FocalPlaneXResolution>1000/1</exif:FocalPlaneXResolution>"
    "<exif:FocalPlaneYResolution>500/1</exif:FocalPlaneYResolution>"
)


@given(TURNS, st.integers(1, 4))
def test_the_copy_of_exif_in_xmp_says_the_same(turn, scale):
    source = stored((2, 2, 3, 3), turn, body=XMP_EXIF, **{})
    image = metadata.upright(source)
    exif = PilImage.Exif()
    exif.load(source.metadata.exif)
    exif.get_ifd(0x8769)[0x9214] = (5, 4, 6)
    source = Image(source.pixels, Metadata(exif.tobytes()[6:], source.metadata.xmp))
    image = enlarged(metadata.upright(source), scale)
    inner = inner_exif(image)
    items = re.search(rb"<exif:SubjectArea>(.*?)</exif:SubjectArea>", image.metadata.xmp)
    assert tuple(map(int, re.findall(rb"\d+", items[1]))) == inner[0x9214]
    for axis, tag in ((b"X", 0xA20E), (b"Y", 0xA20F)):
        found = re.search(rb"FocalPlane%sResolution>(\d+)/(\d+)" % axis, image.metadata.xmp)
        assert int(found[1]) / int(found[2]) == inner[tag]


def panorama(image):
    found = re.findall(rb"GPano:(\w+)='(\d+)'", image.metadata.xmp)
    return {name.decode(): int(number) for name, number in found}


PANORAMA = {
    "FullPanoWidthPixels": 100,
    "FullPanoHeightPixels": 50,
    "CroppedAreaImageWidthPixels": WIDTH,
    "CroppedAreaImageHeightPixels": HEIGHT,
    "CroppedAreaLeftPixels": 10,
    "CroppedAreaTopPixels": 5,
    "LargestValidInteriorRectLeft": 1,
    "LargestValidInteriorRectTop": 2,
    "LargestValidInteriorRectWidth": 12,
    "LargestValidInteriorRectHeight": 14,
}


def with_panorama(turn, **changed):
    numbers = {**PANORAMA, **changed}
    texts = "".join(f" GPano:{name}='{number}'" for name, number in numbers.items())
    source = stored((2, 2, 3, 3), turn)
    return Image(source.pixels, Metadata(source.metadata.exif, packet("", texts)))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("scale", [1, 3])
def test_a_panorama_is_mirrored_and_not_laid_on_its_side(turn, scale):
    image = metadata.upright(with_panorama(turn))
    if turn > 4:
        assert image.notes == ("not kept: XMP of the panorama",)
        assert panorama(image) == {}
        return
    image = enlarged(image, scale)
    expected = dict(PANORAMA)
    if turn in (2, 3):
        expected |= {"CroppedAreaLeftPixels": 50, "LargestValidInteriorRectLeft": 27}
    if turn in (3, 4):
        expected |= {"CroppedAreaTopPixels": 15, "LargestValidInteriorRectTop": 14}
    assert panorama(image) == {name: scale * number for name, number in expected.items()}


def test_a_panorama_of_the_upright_picture_stays():
    sides = {"CroppedAreaImageWidthPixels": HEIGHT, "CroppedAreaImageHeightPixels": WIDTH}
    image = metadata.upright(with_panorama(6, **sides))
    assert panorama(image) == {**PANORAMA, **sides}


def test_a_crop_of_a_panorama_lies_where_it_was():
    image = metadata.upright(with_panorama(1))
    found, notes = metadata.cropped(image.metadata, (0.25, 0.5, 0.75, 1), (30, 40))  # of 2x
    assert notes == ("not kept: EXIF place of the subject",)
    expected = {
        "FullPanoWidthPixels": 200,
        "FullPanoHeightPixels": 100,
        "CroppedAreaImageWidthPixels": 40,
        "CroppedAreaImageHeightPixels": 30,
        "CroppedAreaLeftPixels": 40,
        "CroppedAreaTopPixels": 40,
        "LargestValidInteriorRectLeft": 0,
        "LargestValidInteriorRectTop": 0,
        "LargestValidInteriorRectWidth": 6,
        "LargestValidInteriorRectHeight": 2,
    }
    assert panorama(Image(np.zeros((30, 40, 1), np.uint8), found)) == expected


@pytest.mark.parametrize("applied", ["True", "False"])
def test_the_crop_of_a_raw_developer_goes_unless_it_is_applied(applied):
    text = f"crs:HasCrop='True' crs:CropTop='0.1' crs:AlreadyApplied='{applied}'"
    moved, lost = xmp_geometry.moved(packet("", text), Placement(3), None, (4, 5))
    assert lost == ([] if applied == "True" else ["XMP of the crop"])
    assert (b"CropTop" in moved) == (applied == "True")
    assert xmp_geometry.moved(packet("", text), UNMOVED, None, (4, 5)) == (packet("", text), [])


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize(
    ("space", "what"),
    [
        ("http://ns.adobe.com/xap/1.0/", "thumbnails"),
        ("http://ns.google.com/photos/1.0/depthmap/", "depth map"),
        ("http://ns.google.com/photos/1.0/image/", "original picture"),
    ],
)
def test_pictures_in_xmp_go_where_the_picture_is_moved(space, what, moves):
    name = "Thumbnails" if what == "thumbnails" else "Data"
    xmp = packet("", f"xmlns:a='{space}' a:{name}='iVBORw0KGgo'")
    moved, lost = xmp_geometry.moved(xmp, Placement(2) if moves else UNMOVED, None, (4, 5))
    assert lost == ([f"XMP of the {what}"] if moves else [])
    assert (b"iVBORw0KGgo" in moved) != moves


@given(st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_crop_lies_on_its_place_of_the_earth(left, top):
    tags = {33922: [3, 2, 0, 4e5, 5e6, 0], 33550: [10, 20, 0], 256: [1000], 257: [1000]}
    block = geo._block(tags)
    found = geo._tags(geo.cropped(block, (left, top, left + 0.5, top + 0.5)))
    column, row = found[33922][:2]
    assert np.allclose([column, row], [3 - left * 1000, 2 - top * 1000])
    assert (found[256][0], found[257][0]) == (500, 500)


@given(st.data())
def test_damaged_places_harm_nothing(data):
    texts = "".join(f" GPano:{name}='{number}'" for name, number in PANORAMA.items())
    xmp = bytearray(packet(regions([(2, 2, 5, 5), (20, 20, 6, 6)]) + XMP_EXIF, texts))
    exif = bytearray(stored((2, 2, 5, 5), 6).metadata.exif)
    for block in (xmp, exif):
        for _ in range(data.draw(st.integers(0, 4))):
            block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    image = Image(np.zeros((HEIGHT, WIDTH, 1), np.uint8), Metadata(bytes(exif), bytes(xmp)))
    found, _ = metadata.cropped(
        metadata.upright(image).metadata, (0.25, 0.25, 0.75, 0.75), (15, 20)
    )
    metadata.with_size(found, 30, 40)
