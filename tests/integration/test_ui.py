"""What an operator sees: the run in Prefect's UI, and its report."""

import json
import re

import pytest
from playwright.sync_api import Browser, expect

from tests.support.stack.browser import press_retry
from tests.support.stack.project import Project

pytestmark = [pytest.mark.stack, pytest.mark.browser]
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def run(project: Project) -> str:
    started = project.start("setup/adhoc", mode="modules", modules="demographic")
    assert project.ended(started)["state_name"] == "Completed"
    return started


def test_the_run_and_its_tasks_are_seen_in_the_ui(project: Project, browser: Browser, run: str) -> None:
    page = browser.new_page()
    page.goto(f"{project.local['PREFECT_UI_URL']}/v2/runs/flow-run/{run}")
    expect(page.get_by_text("Completed").first).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("tab", name="Task Runs").click()
    expect(page.get_by_text("setup demographic").first).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("tab", name="Artifacts").click()
    expect(page.get_by_text("summary").first).to_be_visible(timeout=PATIENCE_MS)
    page.close()


def test_the_deployment_has_a_form_with_choices(project: Project, browser: Browser) -> None:
    found = project.prefect("GET", "deployments/name/setup/adhoc")
    page = browser.new_page()
    page.goto(f"{project.local['PREFECT_UI_URL']}/v2/deployments/deployment/{found['id']}/run")
    expect(page.get_by_text(re.compile("on.duplicate", re.IGNORECASE)).first).to_be_visible(timeout=PATIENCE_MS)
    page.close()


def test_the_report_is_served_and_fetches_nothing_from_elsewhere(project: Project, browser: Browser, run: str) -> None:
    (path,) = (project.root / "output").glob(f"*-{run[:8]}/report.json")
    name = json.loads(path.read_text())["run"]
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{project.local['REPORTS_URL']}/{name}/report.html")
    expect(page.get_by_text("thai_address").first).to_be_visible(timeout=PATIENCE_MS)
    assert [url for url in asked if not url.startswith(project.local["REPORTS_URL"])] == []
    page.close()


def test_retry_is_pressed_in_the_ui(project: Project, browser: Browser) -> None:
    project.faults({"path": "/cortex/labs*", "status": 401, "rate": 1.0})
    failed = project.start("setup/adhoc", mode="modules", modules="finance,lab")
    assert project.ended(failed)["state_name"] == "Failed"
    project.faults()
    page = browser.new_page()
    page.goto(f"{project.local['PREFECT_UI_URL']}/v2/runs/flow-run/{failed}")
    expect(page.get_by_text("Failed").first).to_be_visible(timeout=PATIENCE_MS)
    press_retry(page)
    assert project.ended(failed, attempt=2)["state_name"] == "Completed"
    states = project.task_states(failed, attempt=2)
    assert (states["setup finance"], states["setup lab"]) == ("Cached", "Completed")
    page.close()
