"""The batch page, as tests use it."""

from pathlib import Path

from restorer import (
    Image,
    Job,
    Settings,
    Step,
    write,
)
from restorer.gui.session.choices import usual_choices

from helpers import make_photograph

DENOISE = usual_choices().with_task("super-resolution", wanted=False)
DENOISE = DENOISE.with_task("denoising", wanted=True)
LONG = DENOISE.with_values(tile=48)  # of a large picture: many tiles


def picture(path, height=24, width=32):
    path.parent.mkdir(parents=True, exist_ok=True)
    write(Image(make_photograph(height, width)), path)
    return path


def tree(folder):
    files = ((p, p.relative_to(folder)) for p in folder.rglob("*.*") if p.is_file())
    return {name.as_posix(): p.read_bytes() for p, name in files if name.parts[0] != ".restorer"}


def choose(panel, choices):
    """Set the settings of new pictures."""
    panel.session.recipes.choose(choices)


def documents(panel):
    return panel.session.state.documents


def jobs(panel):
    return [each.job for each in documents(panel)]


def states(panel):
    """The badges of all rows; those that say what may be done do not count."""
    return [each.badge if each.is_busy or each.ended else "" for each in documents(panel)]


def ids(panel, *numbers):
    return [documents(panel)[number].id for number in numbers]


def planned(panel, qtbot):
    plans, keeper = panel.session.plans, panel.session.keeper
    qtbot.waitUntil(lambda: not plans.busy and not keeper.busy)


def add(panel, qtbot, *paths):
    panel.take_files(list(paths))
    planned(panel, qtbot)


def running(panel):
    return panel.session.state.filing.running


def run(panel, qtbot):
    panel.start.click()
    planned(panel, qtbot)
    qtbot.waitUntil(lambda: not running(panel))
    planned(panel, qtbot)


def part(panel):
    return sum(each.part for each in panel.session.state.filing.progress.values())


def job(number):
    return Job(Path(f"/in/{number}.png"), Path(f"/out/{number}.png"), (Step("x"),), Settings())
