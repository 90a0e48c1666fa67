import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer import SettingsError, presets_file, read_preset, read_presets, write_preset

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
    with pytest.raises(SettingsError, match="a name may have only letters"):
        write_preset(tmp_path / "presets.toml", 'a"b', {})


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="file"):
        write_preset(tmp_path / "file" / "presets.toml", "a", {})


def test_the_users_file_has_a_place():
    assert presets_file().name == "presets.toml"
    assert isinstance(presets_file(), Path)


COMMENTED = """# mine
[a]
sigma = 1  # little
# below a

# about b
[b]  # named b
sigma = 2  # more
seed = 3

# about c
["c d"]
sigma = 3
"""


@pytest.mark.parametrize("name", ["a", "b", "c d"])
def test_comments_survive_an_edit(name, tmp_path):
    path = tmp_path / "presets.toml"
    path.write_text(COMMENTED)
    write_preset(path, name, {"sigma": 5, "dither": True})
    text = path.read_text()
    for comment in re.findall("#.*", COMMENTED):
        assert comment in text
    assert text.index("# about b\n[b]") < text.index('# about c\n["c d"]')
    assert read_presets(path)[name] == {"sigma": 5, "dither": True}


def test_a_removed_preset_takes_no_comment_on_the_next_one_along(tmp_path):
    path = tmp_path / "presets.toml"
    path.write_text(COMMENTED)
    write_preset(path, "a", None)
    assert "# about b\n[b]  # named b\n" in path.read_text()


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    path = tmp_path / "presets.toml"
    path.write_text("[a]\nsigma = 1\n", "utf-8-sig")
    assert read_presets(path) == {"a": {"sigma": 1}}
    write_preset(path, "b", {"sigma": 2})
    assert read_presets(path) == {"a": {"sigma": 1}, "b": {"sigma": 2}}


def test_a_preset_is_read_by_names_with_dashes(tmp_path):
    path = tmp_path / "presets.toml"
    path.write_text("[a]\nmax_pixels = 9\n")
    assert read_preset(path, "a", {"max-pixels"}) == {"max-pixels": 9}


@pytest.mark.parametrize(
    ("name", "words"),
    [("a", ["'a'", "'noise'", "dither, sigma"]), ("c", ["no preset 'c'", "the file has a, b"])],
)
def test_what_a_preset_does_not_say_is_refused_by_name(name, words, tmp_path):
    path = tmp_path / "presets.toml"
    path.write_text("[a]\nnoise = 1\n[b]\n")
    with pytest.raises(SettingsError) as caught:
        read_preset(path, name, {"sigma", "dither"})
    for word in [str(path), *words]:
        assert word in str(caught.value)


def test_deep_values_are_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("[web]\nx = " + "[" * 5000 + "]" * 5000)
    with pytest.raises(SettingsError, match=r"deep.toml: .*nested"):
        read_presets(path)
