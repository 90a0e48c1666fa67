"""How a photograph was taken, as its EXIF block says, whole or damaged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as pillow
from PIL import ImageCms
from PIL.TiffImagePlugin import IFDRational

from restorer import CaptureInfo, Metadata, profile_name, read_capture_info


def exif(order: str = "<", **changes: object) -> bytes:
    block = pillow.Exif()
    block.endian = order
    block.update({271: "NIKON CORPORATION", 272: "NIKON D850", 315: "A. Person", 306: "x"})
    block.get_ifd(0x8769).update(
        {
            33434: IFDRational(1, 250), 33437: IFDRational(28, 10), 34855: 400,
            36867: "2024:05:06 07:08:09", 36881: "+02:00", 37386: IFDRational(85), 41989: 127,
            42036: "85 mm  f/1.4", 37380: IFDRational(-1, 3), **changes.get("shot", {}),
        }
    )  # fmt: skip
    block.get_ifd(0x8825).update({1: "S", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    return block.tobytes().removeprefix(b"Exif\0\0")


@pytest.mark.parametrize("order", ["<", ">"])
def test_camera_exposure_date_and_place_are_read(order: str) -> None:
    shot = read_capture_info(Metadata(exif=exif(order)))
    assert (shot.make, shot.model) == ("NIKON CORPORATION", "NIKON D850")
    assert shot.lens == "85 mm f/1.4"
    assert shot.taken == "2024-05-06 07:08:09 +02:00"
    assert (shot.exposure, shot.f_number, shot.iso) == (1 / 250, 2.8, 400)
    assert shot.bias == pytest.approx(-1 / 3)
    assert (shot.focal_length, shot.focal_length_35) == (85, 127)
    assert shot.latitude == pytest.approx(-52.5)
    assert shot.longitude == pytest.approx(13.41)


def test_nonsense_is_left_out() -> None:
    nonsense = {33434: IFDRational(0, 0), 33437: IFDRational(0), 34855: 0, 37386: IFDRational(1, 0)}
    shot = read_capture_info(Metadata(exif=exif(shot=nonsense)))
    assert (shot.exposure, shot.f_number, shot.iso, shot.focal_length) == (None,) * 4
    unset = {36867: "0000:00:00 00:00:00"}
    assert read_capture_info(Metadata(exif=exif(shot=unset))).taken == ""
    assert read_capture_info(Metadata()) == CaptureInfo()


@given(st.data())
def test_damaged_blocks_never_raise(data: st.DataObject) -> None:
    block = bytearray(WHOLE)
    for at in data.draw(st.lists(st.integers(0, len(block) - 1), max_size=8)):
        block[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(block)))
    shot = read_capture_info(Metadata(exif=bytes(block[:cut])))
    assert shot.model.isprintable()


WHOLE = exif()


def test_profiles_are_named() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    assert profile_name(profile.tobytes()) == "sRGB built-in"
    assert profile_name(None) == ""
    assert profile_name(b"nonsense") == ""
