"""What waits, with which settings, and where its result goes."""

from dataclasses import replace

import pytest
from batch_page import DENOISE, LONG, add, choose, documents, ids, jobs, picture, planned, run, tree
from hypothesis import given
from hypothesis import strategies as st

from restorer.gui.session.choices import automatic_choices, usual_choices
from restorer.gui.session.documents import Document
from restorer.gui.session.jobs import Output, document_of, plan_documents

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


def test_files_count_once_and_never_share_a_target(panel, qtbot, source, tmp_path):
    other = picture(tmp_path / "elsewhere" / "a.png")
    add(panel, qtbot, source)
    add(panel, qtbot, source, other)
    assert len(documents(panel)) == 6
    assert len({job.target for job in jobs(panel)}) == 6
    assert jobs(panel)[-1].target == tmp_path / "out" / "a-2.png"
    assert "5 already in the list" in panel.message.text()


def test_without_a_folder_results_lie_beside_the_originals(panel, qtbot, source):
    panel.sources.folder.clear()
    add(panel, qtbot, source / "a.png")
    assert jobs(panel)[0].target == source / "a-restored.png"
    panel.sources.folder.setText(str(source))
    add(panel, qtbot, source / "b.png")
    assert "would be overwritten by its result" in panel.message.text()
    assert len(documents(panel)) == 1


def test_a_picture_without_steps_leaves_the_queue(panel, qtbot, source):
    panel.sources.existing.setCurrentIndex(panel.sources.existing.findData("number"))
    add(panel, qtbot, source / "a.png")
    assert jobs(panel)[0].settings == replace(DENOISE.settings, existing="number")
    session = panel.session
    session.opener.show(0)
    session.recipes.choose(usual_choices().with_changes(suffix=".tif"))
    planned(panel, qtbot)
    assert jobs(panel)[0].target.name == "a.tif"
    session.recipes.choose(usual_choices().with_task("super-resolution", wanted=False))
    assert jobs(panel) == [None]
    session.select(ids(panel, 0))
    panel.start_selected.click()
    assert "No step is selected" in panel.message.text()


def test_references_go_with_the_files_where_a_step_takes_them(panel, qtbot, source, tmp_path):
    sharp = (picture(tmp_path / "sharp.png"),)
    choose(panel, DENOISE.with_changes(references=sharp))
    add(panel, qtbot, source / "a.png")
    assert jobs(panel)[0].references == ()
    taking = DENOISE.with_task("reference-sr", model="ttsr-x4-paper", wanted=True)
    choose(panel, taking.with_changes(references=sharp))
    add(panel, qtbot, source / "b.png")
    assert jobs(panel)[1].references == sharp


def test_a_folder_chosen_later_is_where_all_that_waits_goes_and_what_is_done_stays(
    panel, qtbot, source, tmp_path
):
    panel.sources.folder.clear()
    add(panel, qtbot, source / "a.png")
    run(panel, qtbot)
    add(panel, qtbot, source / "b.png", source / "sub")
    assert [job.target.parent for job in jobs(panel)] == [source, source, source / "sub"]
    panel.sources.folder.setText(str(tmp_path / "late"))
    panel.sources.folder.editingFinished.emit()
    late = tmp_path / "late"
    made = [job.target for job in jobs(panel)]
    assert made[1:] == [late / "b.png", late / "sub" / "Grüße 写真.png"]
    assert made[0] == source / "a-restored.png"
    assert panel.message.text() == "2 waiting files will be saved there, too."
    run(panel, qtbot)
    assert set(tree(late)) == {"b.png", "sub/Grüße 写真.png"}
    panel.sources.folder.clear()
    add(panel, qtbot, source / "cut.png")
    assert jobs(panel)[-1].target == source / "cut-restored.png"


def test_what_to_do_with_results_holds_for_all_that_waits(panel, qtbot, source):
    add(panel, qtbot, source / "a.png")
    before = jobs(panel)[0]
    panel.sources.existing.setCurrentIndex(panel.sources.existing.findData("replace"))
    panel.sources.existing.activated.emit(panel.sources.existing.currentIndex())
    assert jobs(panel)[0] == replace(before, settings=replace(before.settings, existing="replace"))


@given(
    st.sampled_from([automatic_choices(), DENOISE, usual_choices(), LONG]),
    st.sampled_from([None, ".tif", ".jpg"]),
    st.integers(1, 30),
)
def test_a_job_says_what_was_asked_for(tmp_path_factory, choices, suffix, sigma):
    folder = tmp_path_factory.mktemp("plans")
    recipe = choices.with_values(sigma=float(sigma)).with_changes(suffix=suffix)
    document = Document(7, folder / "a.png", "a.png", recipe)
    plan = plan_documents([document], Output(folder / "out"))
    found = document_of(plan.jobs[7])
    assert found.recipe.asked == recipe.asked
    assert found.recipe.settings == recipe.settings
    assert found.recipe.suffix == recipe.suffix
    again = plan_documents([replace(found, id=7)], Output(folder / "other"))
    assert again.jobs == plan.jobs, "it stays in its folder"
