"""Theme: neutral grays, dark and light, and icons in the color of the text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

SPACE = 8  # unit of distances
ICON_SIDE = 18
ICONS = Path(__file__).parents[1] / "icons"  # style sheets need file paths


@dataclass(frozen=True)
class Colors:
    """A color scheme; surfaces are neutral gray, so that colors of photographs look right."""

    window: str
    panel: str
    field: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    error: str
    hover: str


DARK = Colors(
    window="#1f1f1f",
    panel="#262626",
    field="#313131",
    line="#3a3a3a",
    text="#ececec",
    muted="#a3a3a3",
    accent="#5b9dff",
    on_accent="#0b1a30",
    error="#5a2a27",
    hover="#3a3a3a",
)
LIGHT = Colors(
    window="#f3f3f3",
    panel="#fafafa",
    field="#ffffff",
    line="#d6d6d6",
    text="#1c1c1c",
    muted="#5f5f5f",
    accent="#1862c9",
    on_accent="#ffffff",
    error="#f9dcd8",
    hover="#e6e6e6",
)

# Around the picture. Middle gray neither darkens nor brightens it for the eye, as a light or dark
# surround does: CIE L* is 50 at 119 of 255 in sRGB, and 53.6 at 128.
SURROUNDS = {"gray": "#777777", "light": "#d4d4d4", "dark": "#141414"}

SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


def set_scheme(app: QApplication, scheme: str) -> None:
    """Apply one of SCHEMES to the application; ``system`` follows the system."""
    app.setProperty("scheme", scheme)
    QGuiApplication.styleHints().setColorScheme(SCHEMES[scheme])  # for dialogs of the system
    apply_style(app)


def set_surround(app: QApplication, name: str) -> None:
    """Apply one of SURROUNDS to the application."""
    app.setProperty("surround", name)
    apply_style(app)


def apply_style(app: QApplication) -> None:
    """Apply the color scheme of the user, or of the system."""
    scheme = app.property("scheme") or "system"
    found = QGuiApplication.styleHints().colorScheme()
    wanted = found if scheme == "system" else SCHEMES[scheme]
    colors = DARK if wanted is Qt.ColorScheme.Dark else LIGHT
    app.setStyle("Fusion")
    app.setPalette(_palette(colors, SURROUNDS[app.property("surround") or "gray"]))
    app.setStyleSheet(_style(colors))


def colors_of(palette: QPalette) -> Colors:
    """Return the color scheme of a palette."""
    return DARK if palette.window().color().lightness() < 128 else LIGHT


def icon(name: str, palette: QPalette) -> QIcon:
    """Return a drawing of the folder ``icons`` in the color of text, paler if disabled."""
    made = QIcon()
    inks = {
        QIcon.Mode.Normal: palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.ButtonText),
        QIcon.Mode.Disabled: palette.color(
            QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText
        ),
    }
    for mode, ink in inks.items():
        for ratio in (1, 2, 3):
            made.addPixmap(_pixmap(name, ink.name(), ICON_SIDE * ratio), mode)
    return made


@cache
def _pixmap(name: str, ink: str, side: int) -> QPixmap:
    drawing = (ICONS / f"{name}.svg").read_text("utf-8")
    renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", ink).encode()))
    pixmap = QPixmap(QSize(side, side))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap


def _palette(c: Colors, surround: str) -> QPalette:
    roles = {
        QPalette.ColorRole.Window: c.window,
        QPalette.ColorRole.WindowText: c.text,
        QPalette.ColorRole.Base: c.field,
        QPalette.ColorRole.AlternateBase: c.panel,
        QPalette.ColorRole.Text: c.text,
        QPalette.ColorRole.Button: c.panel,
        QPalette.ColorRole.ButtonText: c.text,
        QPalette.ColorRole.BrightText: "#ffffff",
        QPalette.ColorRole.ToolTipBase: c.field,
        QPalette.ColorRole.ToolTipText: c.text,
        QPalette.ColorRole.PlaceholderText: c.muted,
        QPalette.ColorRole.Highlight: c.accent,
        QPalette.ColorRole.HighlightedText: c.on_accent,
        QPalette.ColorRole.Link: c.accent,
        QPalette.ColorRole.Mid: surround,
        QPalette.ColorRole.Midlight: c.line,
        QPalette.ColorRole.Dark: c.line,
        QPalette.ColorRole.Light: c.field,
        QPalette.ColorRole.Shadow: "#000000",
        QPalette.ColorRole.Accent: c.accent,
    }
    palette = QPalette()
    for role, color in roles.items():
        palette.setColor(role, QColor(color))
    gone = QColor(c.muted)
    gone.setAlpha(150)
    for role in (
        QPalette.ColorRole.Text,
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, gone)
    return palette


def _style(c: Colors) -> str:
    scheme = "dark" if c is DARK else "light"
    arrow, check = ((ICONS / f"{drawing}-{scheme}.svg").as_posix() for drawing in ("down", "check"))
    return f"""
    QToolTip {{ background: {c.field}; color: {c.text}; border: 1px solid {c.line}; padding: 4px; }}
    QMenuBar {{ background: {c.window}; padding: 1px 4px; }}
    QMenuBar::item {{ padding: 4px 9px; border-radius: 4px; background: transparent; }}
    QMenuBar::item:selected {{ background: {c.hover}; }}
    QMenu {{ background: {c.panel}; border: 1px solid {c.line}; padding: 4px; }}
    QMenu::item {{ padding: 5px 28px 5px 24px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QMenu::item:disabled {{ color: {c.muted}; }}
    QMenu::icon {{ margin-left: 5px; padding: 2px; border-radius: 4px; }}
    QMenu::icon:checked {{ background: {c.line}; }}
    QMenu::separator {{ height: 1px; background: {c.line}; margin: 4px 8px; }}
    #topBar, #statusLine {{ background: {c.window}; }}
    #topBar {{ border-bottom: 1px solid {c.line}; }}
    #statusLine {{ border-top: 1px solid {c.line}; }}
    #statusLine QLabel {{ color: {c.muted}; }}
    #sidePanel {{ background: {c.panel}; border-left: 1px solid {c.line}; }}
    #sidePanel QScrollArea, #sidePanel QScrollArea > QWidget > QWidget {{ background: {c.panel}; }}
    #actionArea {{ background: {c.panel}; border-top: 1px solid {c.line}; }}
    #strip {{ background: {c.window}; border: none; border-top: 1px solid {c.line}; }}
    #sectionHead {{
        font-weight: 600; padding: 3px 4px 3px 0; margin-left: -3px; border-color: transparent;
    }}
    #sectionHead:checked, #sectionHead:hover {{ background: transparent; }}
    #sectionHead:focus {{ border-color: {c.accent}; }}
    QLabel[hint="true"] {{ color: {c.muted}; }}
    QLabel[heading="true"] {{ font-weight: 600; }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QPushButton {{
        background: {c.field}; border: 1px solid {c.line}; border-radius: 6px;
        padding: 5px 12px; min-height: 18px;
    }}
    QPushButton:hover {{ background: {c.hover}; }}
    QPushButton:pressed, QPushButton:checked {{ background: {c.line}; }}
    QPushButton:focus {{ border-color: {c.accent}; }}
    QPushButton:disabled {{ background: {c.panel}; color: {c.muted}; }}
    QPushButton[primary="true"] {{
        background: {c.accent}; color: {c.on_accent}; border-color: {c.accent}; font-weight: 600;
    }}
    QPushButton[primary="true"]:focus {{ border-color: {c.text}; }}
    QPushButton[primary="true"]:disabled {{
        background: {c.field}; color: {c.muted}; border-color: {c.line};
    }}
    QToolButton {{ border: 1px solid transparent; border-radius: 6px; padding: 4px 7px; }}
    QToolButton:hover {{ background: {c.hover}; }}
    QToolButton:checked {{ background: {c.line}; }}
    QToolButton:focus {{ border-color: {c.accent}; }}
    QToolButton::menu-indicator {{ image: none; width: 0; }}
    QComboBox, QSpinBox, QDoubleSpinBox, QLineEdit {{
        background: {c.field}; border: 1px solid {c.line}; border-radius: 6px;
        padding: 4px 8px; min-height: 18px;
        selection-background-color: {c.accent}; selection-color: {c.on_accent};
    }}
    QAbstractSpinBox QLineEdit {{
        border: none; border-radius: 0; padding: 0; min-height: 0; background: transparent;
    }}
    QSpinBox::up-button, QSpinBox::down-button,
    QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{ width: 0; border: none; }}
    QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus, QLineEdit:focus {{
        border-color: {c.accent};
    }}
    QComboBox:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled {{
        background: {c.panel}; color: {c.muted};
    }}
    QComboBox::drop-down {{ border: none; width: 24px; }}
    QComboBox::down-arrow {{ image: url("{arrow}"); width: 12px; height: 12px; }}
    QComboBox QAbstractItemView {{
        background: {c.panel}; border: 1px solid {c.line}; padding: 4px; outline: none;
        selection-background-color: {c.accent}; selection-color: {c.on_accent};
    }}
    QCheckBox::indicator, QListView::indicator {{
        width: 14px; height: 14px; border: 1px solid {c.muted}; border-radius: 3px;
        background: {c.field};
    }}
    QCheckBox::indicator:checked, QListView::indicator:checked {{
        background: {c.accent}; border-color: {c.accent}; image: url("{check}");
    }}
    QCheckBox::indicator:focus {{ border-color: {c.text}; }}
    QCheckBox::indicator:disabled {{ border-color: {c.line}; background: {c.panel}; }}
    QCheckBox::indicator:checked:disabled {{
        background: {c.muted}; border-color: {c.muted}; image: url("{check}");
    }}
    QRadioButton::indicator {{
        width: 14px; height: 14px; border: 1px solid {c.muted}; border-radius: 8px;
        background: {c.field};
    }}
    QRadioButton::indicator:checked {{
        width: 6px; height: 6px; border: 5px solid {c.accent}; background: {c.on_accent};
    }}
    QRadioButton::indicator:focus {{ border-color: {c.text}; }}
    QRadioButton::indicator:disabled {{ border-color: {c.line}; background: {c.panel}; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {c.line}; }}
    QSlider::sub-page:horizontal {{ border-radius: 2px; background: {c.accent}; }}
    QSlider::sub-page:horizontal:disabled {{ background: {c.muted}; }}
    QSlider::handle:horizontal {{
        width: 12px; margin: -5px 0; border: 1px solid {c.muted}; border-radius: 7px;
        background: {c.field};
    }}
    QSlider::handle:horizontal:focus {{ border: 2px solid {c.accent}; width: 10px; }}
    QTabBar::tab {{
        padding: 7px 10px; border: none; border-bottom: 2px solid transparent; color: {c.muted};
    }}
    QTabBar::tab:selected {{ color: {c.text}; border-bottom-color: {c.accent}; }}
    QTabBar::tab:hover {{ color: {c.text}; }}
    QTabBar {{ border: none; }}
    QTabWidget::pane {{ border: none; }}
    QProgressBar {{
        background: {c.field}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px;
    }}
    QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
    QTableView {{
        background: {c.panel}; border: 1px solid {c.line}; border-radius: 6px; outline: none;
        selection-background-color: {c.accent}; selection-color: {c.on_accent};
    }}
    QTableView:focus {{ border-color: {c.accent}; }}
    #contactSheet, #modelChoice {{
        background: {c.panel}; border: 1px solid {c.line}; border-radius: 6px; padding: 8px;
        outline: none;
    }}
    #contactSheet:focus, #modelChoice:focus {{ border-color: {c.accent}; }}
    QTableView::item {{ padding: 0 8px; border: none; border-bottom: 1px solid {c.field}; }}
    QTableView::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QHeaderView, QTableView QTableCornerButton::section {{ background: transparent; border: none; }}
    QHeaderView::section {{
        background: {c.panel}; color: {c.muted}; border: none;
        border-bottom: 1px solid {c.line}; padding: 6px 11px;
    }}
    QScrollArea {{ border: none; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle {{ background: {c.line}; border-radius: 4px; min-height: 24px;
        min-width: 24px; margin: 1px; }}
    QScrollBar::handle:hover {{ background: {c.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    #banner[kind="error"] {{ background: {c.error}; }}
    #banner[kind="note"] {{ background: {c.field}; }}
    #banner {{ border: 1px solid {c.line}; border-radius: 8px; }}
    #fullScreenHint {{
        background: rgba(0, 0, 0, 170); color: #ffffff; border-radius: 12px; padding: 8px 16px;
    }}
    """
