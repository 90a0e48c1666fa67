"""The desktop around the window: its file manager, its default programs, its notifications."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QProcess, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QIcon
from PySide6.QtWidgets import QSystemTrayIcon

_SHOWN_MS = 8000
_BUS_MS = 500  # the window waits for the answer
_MANAGER = ("org.freedesktop.FileManager1", "/org/freedesktop/FileManager1")
_PORTAL = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop")


def open_file(path: Path) -> bool:
    """Open a file or folder with the user's program for it; return whether there is one."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def show_in_folder(path: Path) -> bool:
    """Show a file in the file manager, selected where that is possible."""
    if sys.platform == "darwin":
        return bool(QProcess.startDetached("open", ["-R", str(path)])[0])
    if sys.platform == "win32":
        return bool(QProcess.startDetached("explorer", ["/select,", str(path)])[0])
    uri = bytes(QUrl.fromLocalFile(str(path)).toEncoded().data()).decode()
    return _call(_MANAGER, _MANAGER[0], "ShowItems", [uri], "") or open_file(path.parent)


def notify(title: str, text: str, icon: QIcon) -> bool:
    """Show a notification of the desktop; return whether it can."""
    if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
        tray = QSystemTrayIcon(icon, QCoreApplication.instance())
        tray.show()
        tray.showMessage(title, text, icon, _SHOWN_MS)
        QTimer.singleShot(_SHOWN_MS, tray, tray.deleteLater)
        return True
    # Desktops without a tray; the older service takes an unsigned number, which Python has not.
    words = {"title": title, "body": text}
    name = QCoreApplication.applicationName()
    return _call(_PORTAL, "org.freedesktop.portal.Notification", "AddNotification", name, words)


def _call(place: tuple[str, str], interface: str, method: str, *values: Any) -> bool:
    """Call a service of the session; return whether it is there and agrees."""
    if sys.platform in ("darwin", "win32"):
        return False
    from PySide6.QtDBus import QDBus, QDBusConnection, QDBusMessage

    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return False
    message = QDBusMessage.createMethodCall(*place, interface, method)
    message.setArguments([*values])
    reply = bus.call(message, QDBus.CallMode.Block, _BUS_MS)
    return reply.type() == QDBusMessage.MessageType.ReplyMessage
