from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer import SettingsError, presets_file, read_presets, write_preset

NAMES = st.from_regex(r"[A-Za-z0-9_ -]+", fullmatch=True)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
VALUES = st.one_of(
    WORDS, st.integers(-(2**60), 2**60), st.booleans(), st.floats(0, 1), st.lists(WORDS)
)
OPTIONS = st.dictionaries(st.from_regex(r"[a-z-]+", fullmatch=True), VALUES)


@given(tables=st.dictionaries(NAMES, OPTIONS, max_size=4))
def test_what_was_written_is_read(tables, tmp_path_factory):
    path = tmp_path_factory.mktemp("presets") / "new" / "presets.toml"
    for name, options in tables.items():
        write_preset(path, name, {"old": 1})
        write_preset(path, name, options)
    assert not tables or read_presets(path) == tables


def test_the_others_and_their_comments_stay(tmp_path):
    path = tmp_path / "presets.toml"
    path.write_text('# mine\n[a]\nsigma = 1  # little\n\n[b]\nsigma = 2\n["c d"]\nsigma = 3\n')
    write_preset(path, "b", {"sigma": 5})
    write_preset(path, "c d", None)
    assert path.read_text().startswith("# mine\n[a]\nsigma = 1  # little\n")
    assert read_presets(path) == {"a": {"sigma": 1}, "b": {"sigma": 5}}


def test_a_broken_file_is_left_alone(tmp_path):
    path = tmp_path / "presets.toml"
    path.write_text("not toml")
    with pytest.raises(SettingsError, match=r"not toml|presets"):
        write_preset(path, "a", {})
    assert path.read_text() == "not toml"


def test_a_name_that_toml_would_have_to_escape_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="a name has letters"):
        write_preset(tmp_path / "presets.toml", 'a"b', {})


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="file"):
        write_preset(tmp_path / "file" / "presets.toml", "a", {})


def test_the_users_file_has_a_place():
    assert presets_file().name == "presets.toml"
    assert isinstance(presets_file(), Path)
