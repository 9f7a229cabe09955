"""gen-mock in Prefect's UI: the form is filled in, a failed run is retried by its button, and the summary says what came of it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.stack.browser import press_retry
from tests.support.stack.patient_runs import COUNTED, POSTS, of_patients
from tests.support.stack.project import Json, Project

pytestmark = [pytest.mark.stack, pytest.mark.browser]
PATIENCE_MS = 30_000


@pytest.fixture(autouse=True)
def healed(project: Project) -> Iterator[None]:
    yield
    project.faults()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


def field(page: Page, name: str) -> Locator:
    return page.get_by_label(f"{name} (Optional)")


def test_the_form_is_filled_in_and_makes_the_patients_that_it_asks_for(project: Project, page: Page) -> None:
    found = project.prefect("GET", "deployments/name/gen-mock/adhoc")
    page.goto(f"{project.local['PREFECT_UI_URL']}/v2/deployments/deployment/{found['id']}/run")
    expect(page.get_by_text("how many patients")).to_be_visible(timeout=PATIENCE_MS)
    described = found["parameter_openapi_schema"]["properties"]
    for name, one in described.items():
        assert one["description"], name
        expect(page.get_by_text(one["description"], exact=True).first).to_be_attached()
    field(page, "count").fill("100")
    field(page, "age").fill("60-")
    page.get_by_label("Select sex").click()
    page.get_by_role("option", name="female", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)  # the list of choices is gone, and takes no click any more
    with page.expect_response(lambda answer: answer.url.endswith("/create_flow_run")) as answered:
        page.get_by_role("button", name="Submit").click()
    ended = project.ended(answered.value.json()["id"])
    assert ended["state_name"] == "Completed", ended["state"]["message"]
    assert "100 patients: 100 created" in ended["state"]["message"]
    assert ended["name"].startswith("gen-mock 100 patients age 60- sex female 20")


def test_retry_is_pressed_on_a_failed_run_and_no_batch_that_was_done_is_sent_again(
    project: Project, page: Page
) -> None:
    project.faults(COUNTED, {**POSTS, "status": 503, "retry_after_s": 0, "skip": 2})
    run = project.start("gen-mock/adhoc", count=60, batch=10)
    assert project.ended(run)["state_name"] == "Failed"
    done = of_patients(project.task_states(run, attempt=1), "Completed")
    project.faults(COUNTED)
    page.goto(f"{project.local['PREFECT_UI_URL']}/v2/runs/flow-run/{run}")
    expect(page.get_by_text("Failed").first).to_be_visible(timeout=PATIENCE_MS)
    press_retry(page)
    ended = project.ended(run, attempt=2)
    assert ended["state_name"] == "Completed", ended["state"]["message"]
    states = project.task_states(run, attempt=2)
    assert (len(done), of_patients(states, "Cached"), len(of_patients(states, "Completed"))) == (2, done, 4)
    assert project.met() == 4
    (last, _) = project.prefect("POST", "artifacts/filter", summaries(run))  # of both attempts
    page.goto(f"{project.local['PREFECT_UI_URL']}/v2/artifacts/artifact/{last['id']}")
    shown = page.get_by_test_id("markdown-display")
    expect(shown.get_by_text("60 patients: 60 created.")).to_be_visible(timeout=PATIENCE_MS)
    expect(shown.get_by_text(re.compile("60 of 60 patients .* 20 of them by an earlier attempt"))).to_be_visible()


def summaries(run: str) -> Json:
    return {"artifacts": {"flow_run_id": {"any_": [run]}, "key": {"any_": ["summary"]}}, "sort": "CREATED_DESC"}
