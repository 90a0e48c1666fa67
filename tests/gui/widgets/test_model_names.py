"""The names of models."""

from pathlib import Path

from PySide6.QtCore import QTranslator

import restorer.gui
from restorer import list_models
from restorer.gui.widgets.model_names import NAMES
from restorer.models.packages import package_tables


def test_every_model_says_in_german_what_it_is_good_at():
    titles = {spec.title for spec in list_models()} | {t["title"] for t in package_tables()}
    assert titles <= set(NAMES), "see gui/widgets/model_names.py"
    german = QTranslator()
    assert german.load(str(Path(restorer.gui.__file__).parent / "i18n" / "restorer_de.qm"))
    names = [name for name, _ in NAMES.values()]
    assert [name for name in names if not german.translate("titles", name)] == []
    assert len(set(names)) == len(names)
