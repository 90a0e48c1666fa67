import pytest

from restorer import probe


@pytest.fixture
def presets(tmp_path):
    path = tmp_path / "presets.toml"
    path.write_text(
        '[clean]\ntask = ["denoising"]\nsigma = 15\ndetail = 0.5\n'
        'format = "jpg"\njobs = 2\nmax-pixels = 1000\n'
        '[one]\ntask = "denoising"\nsigma = "auto"\ndither = true\n'
        "[odd]\ncolor = 1\n"
        "[bad]\nsigma = 100\n"
        "[half]\ntile = 32.5\n"
    )
    return path


@pytest.fixture
def source(make_picture, tmp_path):
    return make_picture(tmp_path / "a.png")


@pytest.mark.parametrize("reverse", [False, True], ids=["file first", "name first"])
def test_preset_gives_the_options(reverse, restore, source, presets):
    words = [("--presets", presets), ("--preset", "clean")]
    first, second = reversed(words) if reverse else words
    result = restore("image", source, *first, *second)
    assert result.exit_code == 0, result.stderr
    assert "a-restored.jpg: 20 x 16" in result.stdout
    assert "(sigma 15.0)" in result.stdout


def test_explicit_options_win_over_the_preset(restore, source, presets):
    words = ("--preset", "clean", "--presets", presets, "--sigma", "30", "--format", "png")
    result = restore("image", source, *words)
    assert "a-restored.png" in result.stdout
    assert "(sigma 30.0)" in result.stdout


def test_explicit_model_puts_the_task_of_the_preset_aside(restore, source, presets):
    words = ("--preset", "one", "--presets", presets, "--model", "panet-sr-x2-lite")
    assert "panet-sr-x2-lite on cpu" in restore("image", source, *words).stdout


def test_a_single_word_will_do_where_several_may_stand(restore, source, presets):
    result = restore("image", source, "--preset", "one", "--presets", presets)
    assert result.exit_code == 0, result.stderr
    assert probe(source.with_name("a-restored.png")).width == 20


def test_preset_works_for_folders_too(restore, make_picture, presets, tmp_path):
    folder = make_picture(tmp_path / "in" / "a.png").parent
    result = restore("batch", folder, tmp_path / "out", "--preset", "clean", "--presets", presets)
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out" / "a.jpg").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("odd", ["'odd'", "'color'", "max-pixels", "exclude"]),
        ("bad", ["'bad'", "sigma", "100", "0 to 75"]),
        ("half", ["'half'", "tile", "32.5"]),
        ("absent", ["'absent'", "clean, one, odd"]),
    ],
)
def test_trouble_names_preset_key_and_what_is_known(name, said, restore, source, presets):
    result = restore("image", source, "--preset", name, "--presets", presets)
    assert result.exit_code == 2
    for words in said:
        assert words in result.stderr
    assert not source.with_name("a-restored.png").exists()


@pytest.mark.parametrize("text", [None, "not toml", b"\xff"])
def test_unreadable_presets_file_is_wrong_usage(text, restore, source, tmp_path):
    path = tmp_path / "broken.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = restore("image", source, "--preset", "clean", "--presets", path)
    assert result.exit_code == 2
    assert "broken.toml" in result.stderr
