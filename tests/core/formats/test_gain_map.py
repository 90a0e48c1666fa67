"""Gain maps: carried from JPEG to JPEG so that the HDR picture stays, noted elsewhere."""

import io
import struct
import warnings
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import formats
from restorer.formats import metadata
from restorer.formats.color import profiles
from restorer.formats.exif import ifd
from restorer.formats.jpeg import gain_map, multi_picture

from metadata_files import segment

HEIGHT, WIDTH = 48, 64
KINDS = {
    "Ultra HDR": {gain_map.HDRGM},
    "ISO": {gain_map.ISO},
    "both": {gain_map.HDRGM, gain_map.ISO},
    "Apple": {gain_map.APPLE},
}
ANNOUNCED = (b"hdrgm:V", b"Directory>", b"HDRGainMapV", b"MPF\0", b"21496")
RDF = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    "<rdf:Description xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/'"
    " xmlns:C='http://ns.google.com/photos/1.0/container/'"
    " xmlns:Item='http://ns.google.com/photos/1.0/container/item/'"
    " xmlns:Apple='http://ns.apple.com/HDRGainMap/1.0/'%s</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def xmp(body):
    return segment(0xE1, gain_map.XMP_MARK + (RDF % body).encode())


def waves(height, width, channels, speed):
    y, x = np.mgrid[:height, :width] / height * speed
    planes = [110 + 80 * np.sin(x + c) * np.cos(2 * y + c) + 20 * x for c in range(channels)]
    return np.clip(np.stack(planes, axis=-1), 0, 255).astype(np.uint8)


def compressed(pixels, *segments, **options):
    file = io.BytesIO()
    picture = PilImage.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    picture.save(file, "JPEG", quality=98, subsampling=0, **options)
    data = file.getvalue()
    return data[:20] + b"".join(segments) + data[20:]


def iso_parameters(channels=1, *, common=False, base_colors=True):
    flags = (0x80 if channels == 3 else 0) | (0x40 if base_colors else 0)
    if common:
        body = struct.pack(">HHB3I", 0, 0, flags | 8, 64, 0, 128)
        return body + struct.pack(">iiIii", 0, 128, 64, 1, 1) * channels
    row = struct.pack(">iIiIIIiIiI", 0, 1, 2, 1, 1, 1, 1, 64, 1, 64)
    return struct.pack(">HHB4I", 0, 0, flags, 0, 1, 2, 1) + row * channels


def map_picture(kind, channels=1, size=(HEIGHT // 2, WIDTH // 2), values="2", **iso):
    segments = []
    if kind in ("Ultra HDR", "both"):
        seq = "".join(f"<rdf:li>{values}</rdf:li>" for _ in range(channels))
        body = f" hdrgm:Version='1.0' hdrgm:HDRCapacityMax='{values}'"
        if channels == 1:
            segments.append(xmp(f"{body} hdrgm:GainMapMax='{values}'>"))
        else:
            most = f"<hdrgm:GainMapMax><rdf:Seq>{seq}</rdf:Seq></hdrgm:GainMapMax>"
            segments.append(xmp(f"{body}>{most}"))
    if kind in ("ISO", "both"):
        segments.append(segment(0xE2, gain_map.ISO_MARK + iso_parameters(channels, **iso)))
    if kind == "Apple":
        segments.append(xmp(" Apple:HDRGainMapVersion='65536' Apple:HDRGainMapHeadroom='4'>"))
    return compressed(waves(*size, channels, 2), *segments)


def hdr_file(kind="both", *, turn=1, second=None, icc=None, length=None, trailer=b"", **options):
    """A file as phones write it: the first picture, the gain map, perhaps more."""
    second = map_picture(kind, **options) if second is None else second
    segments = []
    if turn > 1:
        exif = PilImage.Exif()
        exif[274] = turn
        segments.append(segment(0xE1, exif.tobytes()))
    if kind in ("Ultra HDR", "both"):
        items = "".join(
            f"<rdf:li><C:Item Item:Semantic='{name}' Item:Mime='image/jpeg' Item:Length='{size}'/>"
            "</rdf:li>"
            for name, size in (("Primary", 0), ("GainMap", length or len(second)))
        )
        seq = f"<rdf:Seq>{items}</rdf:Seq>"
        segments.append(xmp(f" hdrgm:Version='1.0'><C:Directory>{seq}</C:Directory>"))
    if kind in ("ISO", "both"):
        segments.append(segment(0xE2, gain_map.ISO_MARK + bytes(4)))
    if kind == "Apple":
        segments.append(xmp(" Apple:HDRGainMapVersion='65536'>"))
    first = compressed(waves(HEIGHT, WIDTH, 3, 3), *segments, icc_profile=icc)
    return multi_picture.joined(first, second) + trailer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def read(folder, data, name="a.jpg"):
    (folder / name).write_bytes(data)
    return formats.read(folder / name)


def written(folder, image, name="b.jpg"):
    options = formats.writer_options(name, quality=100)
    notes = formats.write(image, folder / name, options)
    return (folder / name).read_bytes(), notes


def enlarged(image, scale):
    pixels = image.pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    return replace(image, pixels=np.ascontiguousarray(pixels))


def linear(values):
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def hdr(image):
    """Return the picture for a display with all of the headroom, linear."""
    block = image.metadata.blocks["gain map"]
    found = gain_map.read(block)
    picture = PilImage.open(io.BytesIO(block))
    gains = picture.resize((image.width, image.height), PilImage.Resampling.BILINEAR)
    values = np.asarray(gains, np.float64).reshape(image.height, image.width, -1) / 255
    base = linear(image.to_float())
    if found.parameters is None:  # Apple's, with a headroom of 4
        return base * (1 + 3 * linear(values))
    p = found.parameters
    low, high, gamma, before, after = (
        np.array(each)
        for each in (p.minimum, p.maximum, p.gamma, p.base_offset, p.alternate_offset)
    )
    boost = low + (high - low) * values ** (1 / gamma)
    return (base + before) * 2**boost - after


def index_of(data):
    """Return (start, size) of the pictures that the index of a file states."""
    at = data.index(multi_picture.MPF) + 4
    file = io.BytesIO(data[at:])
    layout, first = ifd.read_layout(file)
    entries = ifd.read_directory(file, layout, first).fields[0xB002].data
    found = [layout.unpack("III", entries[i : i + 12]) for i in range(0, len(entries), 16)]
    return [(at + start if start else 0, size) for _, size, start in found]


def check_file(data, kind):
    """Check that all ways to find the gain map agree, and that Pillow opens both pictures."""
    (zero, first_bytes), (start, second_bytes) = index_of(data)
    assert zero == 0
    assert start == first_bytes
    assert start + second_bytes == len(data)
    assert data[start : start + 3] == b"\xff\xd8\xff"
    assert data[start - 2 : start] == data[-2:] == b"\xff\xd9"
    assert (b"Item:Length" in data) == (gain_map.HDRGM in KINDS[kind])
    if gain_map.HDRGM in KINDS[kind]:
        assert data.count(b'Item:Length="%d"' % second_bytes) == 1
        assert data.count(b"Semantic=") == 2
    assert (data[:start].count(gain_map.ISO_MARK) == 1) == (gain_map.ISO in KINDS[kind])
    assert set(gain_map.read(data[start:]).kinds) == KINDS[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for part in (data, data[start:]):
            with PilImage.open(io.BytesIO(part)) as picture:
                picture.load()
                if picture.format == "MPO":  # but for Ultra HDR
                    assert picture.n_frames == 2
                    picture.seek(1)
                    picture.load()


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", KINDS)
def test_the_hdr_picture_is_turned_with_its_base(folder, kind, turn):
    plain = read(folder, hdr_file(kind))
    image = read(folder, hdr_file(kind, turn=turn))
    assert image.notes == ()
    data, notes = written(folder, image)
    assert notes == ()
    check_file(data, kind)
    found = read(folder, data, "c.jpg")
    expected = metadata.turned(hdr(plain), turn)
    assert np.abs(hdr(found) - expected).mean() < 0.02
    assert np.abs(hdr(found) - expected).max() < 0.15  # of 4; the base is compressed once more
    before, after = (gain_map.read(each.metadata.blocks["gain map"]) for each in (plain, found))
    assert after.parameters == before.parameters


@pytest.mark.parametrize("kind", KINDS)
def test_an_enlarged_picture_keeps_its_hdr(folder, kind):
    image = read(folder, hdr_file(kind, trailer=b"\0" * 30))
    data, notes = written(folder, enlarged(image, 2))
    assert notes == ()
    check_file(data, kind)
    found = read(folder, data, "c.jpg")
    assert found.metadata.blocks == image.metadata.blocks  # resolution and parameters as before
    expected = hdr(image).repeat(2, axis=0).repeat(2, axis=1)
    assert np.abs(hdr(found) - expected).mean() < 0.03


@pytest.mark.skipif(not imagecodecs.ULTRAHDR.available, reason="imagecodecs without libultrahdr")
@pytest.mark.parametrize(
    ("kind", "channels"), [("Ultra HDR", 1), ("ISO", 1), ("both", 1), ("ISO", 3)]
)
def test_the_reference_decoder_finds_the_same_hdr(folder, kind, channels):
    def decoded(data):
        return imagecodecs.ultrahdr_decode(data)[..., :3].astype(np.float32)

    source = hdr_file(kind, turn=6, channels=channels)
    image = read(folder, source)
    expected = metadata.turned(decoded(source), 6)
    assert expected.max() > 1.5
    data, _ = written(folder, image)
    assert np.abs(decoded(data) - expected).mean() < 0.02
    data, _ = written(folder, enlarged(image, 2))
    larger = decoded(data).reshape(image.height, 2, image.width, 2, 3).mean(axis=(1, 3))
    assert np.abs(larger - expected).mean() < 0.03


@given(st.integers(1, 8), st.floats(1, 16), st.sampled_from([1, 3]))
@settings(max_examples=20)
def test_maps_of_any_size_are_turned(folder, turn, shrink, channels):
    height, width = round(HEIGHT / shrink), round(WIDTH / shrink)
    block = map_picture("both", channels, (height, width))
    image = read(folder, hdr_file("both", turn=turn, second=block))
    with PilImage.open(io.BytesIO(image.metadata.blocks["gain map"])) as picture:
        pixels = np.asarray(picture, int).reshape(picture.height, picture.width, -1)
    with PilImage.open(io.BytesIO(block)) as picture:
        before = np.asarray(picture, int).reshape(height, width, -1)
    assert np.abs(pixels - metadata.turned(before, turn)).max() <= 12


@pytest.mark.parametrize("target", [".png", ".tif", ".webp", ".bmp"])
@pytest.mark.parametrize("kind", KINDS)
def test_other_formats_name_the_gain_map(folder, kind, target):
    image = read(folder, hdr_file(kind))
    (note,) = [n for n in written(folder, image, f"d{target}")[1] if "gain map" in n]
    assert note.startswith(
        f"{formats.FORMATS[{'.tif': 'tiff'}.get(target, target[1:])].name} holds"
    )
    data = (folder / f"d{target}").read_bytes()
    assert not any(word in data for word in ANNOUNCED)


def test_a_picture_of_another_shape_loses_the_map_with_a_note(folder):
    image = read(folder, hdr_file("both"))
    other = replace(image, pixels=np.ascontiguousarray(image.pixels[:20]))
    data, notes = written(folder, other)
    assert notes == ("not kept: gain map of another shape",)
    assert not any(word in data for word in ANNOUNCED)


@pytest.mark.parametrize(("channels", "base_colors"), [(1, True), (3, True), (3, False)])
def test_a_map_for_each_channel_belongs_to_the_colors_of_its_base(folder, channels, base_colors):
    p3 = profiles.display_p3_profile()
    data = hdr_file("ISO", channels=channels, base_colors=base_colors, icc=p3)
    image = profiles.with_profile(read(folder, data), profiles.srgb_profile())
    keeps = channels == 1 or not base_colors
    assert ("gain map" in image.metadata.blocks) == keeps
    notes = ["the gain map belongs to the colors before conversion; it was left out"]
    assert list(image.notes) == ([] if keeps else notes)


def test_a_common_denominator_is_understood():
    blocks = [map_picture("ISO", common=common) for common in (True, False)]
    assert gain_map.read(blocks[0]).parameters == gain_map.read(blocks[1]).parameters
    assert gain_map.read(blocks[0]).parameters.maximum == (2.0,)


def test_other_parts_of_the_file_are_still_named(folder):
    video = b"\0\0\0\x18ftypmp42" + bytes(2000)
    image = read(folder, hdr_file("both", trailer=video))
    assert image.notes == ("not kept: trailer of 2 kB (video)",)
    plain = compressed(waves(8, 8, 3, 1))
    image = read(folder, hdr_file("ISO", second=plain))
    assert image.notes[0].startswith("not kept: other pictures: 1 (MPF), gain map, trailer of ")
    assert "gain map" not in image.metadata.blocks


def test_a_wrong_length_in_the_directory_is_put_right(folder):
    image = read(folder, hdr_file("Ultra HDR", length=7))
    assert image.notes == ()
    check_file(written(folder, image)[0], "Ultra HDR")


@pytest.mark.parametrize("kind", ["Ultra HDR", "ISO"])
def test_a_map_with_impossible_parameters_goes_with_a_note(folder, kind):
    block = map_picture(kind, values="nan")
    block = block.replace(struct.pack(">iI", 2, 1), struct.pack(">iI", 2, 0))
    image = read(folder, hdr_file(kind, second=block))
    assert image.notes[0].startswith("the parameters of the gain map are ")
    assert image.notes[0].endswith("; it was left out")
    data, notes = written(folder, image)
    assert notes == ()
    assert not any(word in data for word in ANNOUNCED)


@given(st.data())
def test_damaged_files_give_a_picture_and_can_be_written(folder, data):
    whole = hdr_file(data.draw(st.sampled_from(list(KINDS))), turn=6)
    first, _ = index_of(whole)
    if data.draw(st.booleans()):
        damaged = bytearray(whole[: data.draw(st.integers(first[1], len(whole)))])
    else:
        damaged = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(first[1], len(whole) - 1))
            damaged[at] = data.draw(st.integers(0, 255))
        at = whole.index(multi_picture.MPF) + data.draw(st.integers(4, 80))
        damaged[at] = data.draw(st.integers(0, 255))
    image = read(folder, bytes(damaged))
    content, notes = written(folder, image)
    kept = "gain map" in image.metadata.blocks
    assert kept or any("gain map" in note or "pictures" in note for note in image.notes)
    assert kept == (multi_picture.MPF in content) or notes
