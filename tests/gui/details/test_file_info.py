"""File information: what a file says of itself, and of how it was taken."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image as pillow
from PIL import ImageCms
from PIL.TiffImagePlugin import IFDRational
from PySide6.QtGui import QGuiApplication

from restorer import Image, Metadata, read, write
from restorer.gui.details.file_info import FileInfo

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


def exif(**changes):
    block = pillow.Exif()
    block.update({271: "NIKON CORPORATION", 272: "NIKON D850", 315: "A. Person", 306: "x"})
    shot = block.get_ifd(0x8769)
    shot.update(
        {
            33434: IFDRational(1, 250), 33437: IFDRational(28, 10), 34855: 400,
            36867: "2024:05:06 07:08:09", 36881: "+02:00", 37386: IFDRational(85), 41989: 127,
            42036: "85 mm f/1.4", 37380: IFDRational(-1, 3),
        }
    )  # fmt: skip
    shot.update(changes.get("shot", {}))
    block.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    return block.tobytes().removeprefix(b"Exif\0\0")


@pytest.fixture
def panel(mount):
    return mount(FileInfo(), 330, 500)


def shown(panel, qtbot, path, image):
    panel.set_image(path, image)
    qtbot.waitUntil(lambda: not panel._worker.busy)
    return {name: text for _, facts in panel._groups for name, text in facts}


def test_camera_lens_and_exposure_are_told(panel, qtbot):
    image = Image(np.zeros((2, 2, 3), np.uint8), Metadata(exif=exif()))
    shown(panel, qtbot, None, image)
    assert dict(panel._groups[-1][1]) == {
        "Camera": "NIKON D850",
        "Lens": "85 mm f/1.4",
        "Exposure": "1/250 s · f/2.8 · ISO 400 · -0.3 EV",
        "Focal length": "85 mm (35 mm equivalent: 127 mm)",
        "Taken": "2024-05-06 07:08:09 +02:00",
        "Place": "52.50000° N, 13.41000° E",
        "Artist": "A. Person",
    }


def test_what_is_not_said_is_left_out(panel, qtbot):
    nonsense = {33434: IFDRational(0, 0), 33437: IFDRational(0), 34855: 0, 37386: IFDRational(1, 0)}
    image = Image(np.zeros((2, 2, 3), np.uint8), Metadata(exif=exif(shot=nonsense), icc=b"broken"))
    facts = shown(panel, qtbot, None, image)
    assert facts["Exposure"] == "-0.3 EV"
    assert "Focal length" not in facts
    assert facts["Profile"] == "damaged or unnamed"


def test_a_file_is_described(panel, qtbot, tmp_path):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.zeros((40, 60, 3), np.uint16)
    path = tmp_path / "a <b>.tif"
    write(Image(pixels, Metadata(exif=exif(), icc=icc, dpi=(300.0, 300.0))), path)
    facts = shown(panel, qtbot, path, read(path))
    assert facts["Name"] == "a <b>.tif"
    assert facts["Format"] == "TIFF"
    assert facts["Size"] == "60 × 40, < 0.01 MP"
    assert facts["Depth"] == "RGB, 16 bit"
    assert facts["Profile"] == "sRGB built-in"
    assert facts["Resolution"] == "300 dpi"
    assert facts["Metadata"] == "EXIF"
    assert facts["Camera"] == "NIKON D850"
    assert "a &lt;b&gt;.tif" in panel.texts[0].text(), "names are no markup"
    assert [title.text() for title in panel.titles] == ["File", "Picture", "Camera"]


def test_what_reading_changed_is_told(panel, qtbot):
    image = Image(np.zeros((2, 2, 4), np.float32), notes=("CMYK was converted to sRGB",))
    facts = shown(panel, qtbot, None, image)
    assert facts["Note"] == "CMYK was converted to sRGB"
    assert facts["Depth"] == "RGB and alpha, 32 bit float"
    assert facts["Profile"] == "none, read as sRGB"
    assert panel.titles[0].text() == "Picture"
    assert panel.titles[2].isHidden()


def test_a_file_that_is_gone_is_told(panel, qtbot):
    facts = shown(panel, qtbot, Path("/gone/a.png"), Image(np.zeros((2, 2, 3), np.uint8)))
    assert facts["Status"] == "no longer exists"


def test_all_can_be_copied_as_text(panel, qtbot):
    shown(panel, qtbot, None, Image(np.zeros((2, 3, 1), np.uint8)))
    panel.copy.click()
    assert "Size: 3 × 2, < 0.01 MP\nDepth: gray, 8 bit" in QGuiApplication.clipboard().text()


def test_the_state_of_the_window_is_shown(panel, qtbot, make_picture):
    path = make_picture("a.png")
    panel.show_state(SimpleNamespace(opened=SimpleNamespace(path=path, image=read(path))))
    qtbot.waitUntil(lambda: not panel.titles[0].isHidden())
    assert panel.texts[0].accessibleDescription() == "File"
    panel.show_state(SimpleNamespace(opened=None))
    assert not panel.empty.isHidden()
    assert panel.copy.isHidden()
