"""Who may import whom; what ships; the public surface."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

import restorer
from restorer.models.catalog import tomllib

ROOT = Path(__file__).parents[1]

# A folder or module of the core imports from rows below its own, never from its own row.
ROWS = (
    "__main__",  # runs the command line
    "cli gui",
    "evaluation",
    "training analysis",
    "batch",
    "restoration",
    "inference",
    "models estimate metrics",
    "inputs",
    "formats networks tiling color tasks",
    "sensor",
    "attention image settings",
    "errors",
)
GUI_ROWS = (
    "__main__",
    "app",
    "window",
    "shell",
    "export",
    "restore batch models sheet details attention",
    "canvas",
    "session",
    "widgets",
)
HEAVY = {
    "torch": "attention networks models inference restoration analysis training evaluation inputs",
    "triton": "attention",
    "safetensors": "models training",
    "spandrel": "models",
    "filelock": "models",
    "truststore": "models",
    "cv2": "restoration training evaluation gui",
    "tifffile": "formats",
    "rawpy": "formats",
    "pi_heif": "formats",
    "imagecodecs": "formats restoration",
    "simplejpeg": "formats",
    "PySide6": "gui",
    "ray": "batch",
    "watchfiles": "batch",
    "fsspec": "batch",
    "s3fs": "",
    "upath": "",
    "click": "cli",
    "tqdm": "cli",
    "onnx": "inference",
    "onnxruntime": "inference",
    "onnxscript": "inference",
}
TRAINERS = {"train.py", "evaluate.py", "demo.py", "montage.py"}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports, `a.b` for ``from a import b``."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (f"{node.module}." if node.module else "")
            yield from (base + alias.name for alias in node.names)


def unit(path: Path, package: str = "restorer") -> str:
    """Return the module or package directly below a package that a file belongs to."""
    part = path.relative_to(ROOT / package).parts[0]
    return part.removesuffix(".py")


def row(name: str, rows: tuple[str, ...] = ROWS) -> int:
    return next(i for i, names in enumerate(rows) if name in names.split())


@pytest.mark.parametrize("path", sources("restorer"), ids=lambda p: str(p.relative_to(ROOT)))
def test_core_modules_import_only_from_rows_below(path: Path) -> None:
    importer = unit(path)
    if importer == "__init__":
        return
    for name in imports(path):
        assert not name.startswith("."), f"{name}: the core uses absolute imports"
        if not name.startswith("restorer."):
            continue
        imported = name.split(".")[1]
        if imported != importer:
            assert row(imported) > row(importer), f"{importer} imports {imported}"


@pytest.mark.parametrize("path", sources("gui"), ids=lambda p: str(p.relative_to(ROOT)))
def test_folders_of_the_window_import_only_from_rows_below(path: Path) -> None:
    importer, to_root = unit(path, "gui"), "." * len(path.relative_to(ROOT / "gui").parts)
    for name in imports(path):
        assert not (importer == "session" and "QtWidgets" in name), "session has no widgets"
        if name.startswith(to_root):
            imported = name.removeprefix(to_root).split(".")[0]
            assert row(imported, GUI_ROWS) > row(importer, GUI_ROWS), f"{importer}: {name}"


@pytest.mark.parametrize("path", sources("cli") + sources("gui"), ids=lambda p: p.name)
def test_front_ends_take_names_from_the_public_api_only(path: Path) -> None:
    trainer = path.parent.name == "cli" and path.name in TRAINERS
    for name in imports(path):
        if name.startswith("restorer."):
            public = name.split(".")[1] in (*restorer.__all__, "__version__")
            weights = name.startswith("restorer.weights")
            training = trainer and name.startswith(("restorer.training", "restorer.evaluation"))
            assert public or weights or training, f"{path.name} imports {name}"


@pytest.mark.parametrize("folder", ["restorer", "cli", "gui"])
def test_heavy_packages_are_imported_at_their_doors_only(folder: str) -> None:
    for path in sources(folder):
        home = unit(path) if folder == "restorer" else folder
        for name in imports(path):
            package = name.split(".")[0]
            assert home in HEAVY.get(package, home).split(), f"{path} imports {package}"


def test_the_core_neither_prints_nor_exits() -> None:
    for path in sources("restorer"):
        calls = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
        names = {n.func.id for n in calls if isinstance(n.func, ast.Name)}
        assert not names & {"print", "exit", "input"}, path


def test_every_package_is_listed_and_packaging_is_none() -> None:
    listed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"][
            "packages"
        ]
    )
    folders = {
        p.parent.relative_to(ROOT)
        for name in ("restorer", "cli", "gui", "weights")
        for p in (ROOT / name).rglob("__init__.py")
    }
    packages = {".".join(("restorer", *f.parts)).replace("r.restorer", "r") for f in folders}
    assert packages == listed
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_the_top_level_holds_the_planned_names_and_nothing_else() -> None:
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    if names == [""]:
        pytest.skip("not a git checkout")
    top = {name.split("/")[0] for name in names if name}
    folders = {"restorer", "gui", "cli", "weights", "tests", "packaging", "docs", ".ci", ".github"}
    documents = {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff"}
    settings = {"pyproject.toml", "setup.py", "MANIFEST.in", "mkdocs.yml", ".gitignore"}
    assert top <= folders | documents | settings


def test_catalog_weights_and_recipes_ship() -> None:
    data = files("restorer.weights")
    assert data.joinpath("catalog.toml").is_file()
    assert data.joinpath("README.md").is_file()
    recipes = [each.read_text("utf-8") for each in data.joinpath("recipes").iterdir()]
    for spec in restorer.list_models():
        if spec.weights.embedded:
            assert data.joinpath("embedded", spec.weights.name).is_file()
            assert any(f'model = "{spec.id}"' in recipe for recipe in recipes)
    assert files("restorer").joinpath("py.typed").is_file()


def test_public_names_are_sorted_complete_and_differ_from_submodules() -> None:
    assert sorted(restorer.__all__) == restorer.__all__
    for name in restorer.__all__:
        assert getattr(restorer, name) is not None
    submodules = {p.stem for p in (ROOT / "restorer").iterdir()}
    assert not submodules & set(restorer.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        restorer.nonsense  # noqa: B018


def test_python_in_a_clone_finds_all_parts_without_an_editable_installation() -> None:
    code = (
        "import sys; sys.meta_path[:] = [x for x in sys.meta_path if 'ditable' not in repr(x)];"
        "import restorer, restorer.cli; print(len(restorer.list_models()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(result.stdout) > 10


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("torch", "numpy", "PySide6", "ray", "fsspec")
    code = f"import sys, restorer; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
