"""An environment's deployments: prefect.yaml's, under its name, on its pool, with its code."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from seedbed.core.environment import CodeSource, Environment, Pool, PostgresConfig, Schedule, TargetsConfig
from seedbed.stack.deploy.environment_deployments import job_variables, pull_steps, render_environment

ROOT = Path(__file__).resolve().parents[3]
SOURCE: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
TAGGED = CodeSource(repository="https://git.example.org/seedbed.git", tag="v1.4.0")
BAKED = CodeSource(image="registry.example.org/seedbed:1.4.0")
TARGETS = TargetsConfig(postgres=PostgresConfig(host="db.example.org", database="emr"))


def environment(**given: Any) -> Environment:
    return Environment(name="north", targets=TARGETS, **given)


def test_every_deployment_is_renamed_and_nothing_else_of_it_is_lost() -> None:
    file = render_environment(SOURCE, environment())
    assert [one["name"] for one in file["deployments"]] == [f"{one['name']}-north" for one in SOURCE["deployments"]]
    kept = ("description", "entrypoint", "parameters", "concurrency_limit")
    for one, source in zip(file["deployments"], SOURCE["deployments"], strict=True):
        assert {name: one.get(name) for name in kept} == {name: source.get(name) for name in kept}
        assert set(one["tags"]) == {*source["tags"], "seedbed", "north"}


def test_the_environment_says_when_the_nights_are_and_the_file_all_other_times() -> None:
    nights = Schedule(cron="0 3 * * *", timezone="Europe/Berlin", active=True)
    by_name = {one["name"]: one for one in render_environment(SOURCE, environment(schedule=nights))["deployments"]}
    (nightly,) = by_name["nightly-north"]["schedules"]
    assert nightly == {"cron": "0 3 * * *", "timezone": "Europe/Berlin", "slug": "nightly", "active": True}
    assert by_name["hourly-north"]["schedules"] == SOURCE["deployments"][-1]["schedules"]


def test_a_pool_that_the_file_does_not_name_is_called_as_the_environment() -> None:
    for given, name in (({}, "north"), ({"pool": {"type": "process"}}, "north"), ({"pool": {"name": "p"}}, "p")):
        pools = {one["work_pool"]["name"] for one in render_environment(SOURCE, environment(**given))["deployments"]}
        assert pools == {name}


def test_prefect_yaml_itself_is_not_changed() -> None:
    before = yaml.safe_dump(SOURCE)
    render_environment(SOURCE, environment(code=TAGGED))
    assert yaml.safe_dump(SOURCE) == before


def test_code_of_a_tag_is_cloned_and_code_of_an_image_or_the_workers_folder_is_not() -> None:
    clone = {"repository": "https://git.example.org/seedbed.git", "branch": "v1.4.0"}
    assert pull_steps(TAGGED) == [{"prefect.deployments.steps.git_clone": clone}]
    assert pull_steps(BAKED) == pull_steps(CodeSource()) == []


def test_the_token_of_a_private_repository_is_named_and_not_said() -> None:
    private = CodeSource(repository=TAGGED.repository, tag=TAGGED.tag, token_block="hospital-git")
    (step,) = pull_steps(private)
    assert step["prefect.deployments.steps.git_clone"]["access_token"] == "{{ prefect.blocks.secret.hospital-git }}"


def test_a_run_is_told_its_environment_and_its_code() -> None:
    env = job_variables(environment(code=TAGGED))["env"]
    assert (env["SEEDBED_ENV"], env["SEEDBED_CODE_VERSION"]) == ("north", "v1.4.0")


@pytest.mark.parametrize(
    ("kind", "secrets"),
    [("docker", {"secrets_folder": "/etc/seedbed/north"}), ("kubernetes", {"secret_name": "seedbed-north"})],
)
def test_a_container_is_told_its_image_and_where_its_secrets_are(kind: Any, secrets: dict[str, str]) -> None:
    variables = job_variables(environment(code=BAKED, pool=Pool(type=kind)))
    assert {name: value for name, value in variables.items() if name != "env"} == {"image": BAKED.image, **secrets}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"code": {"repository": "x", "image": "y", "tag": "z"}}, "exclude each other"),
        ({"code": {"repository": "x"}}, "repository and tag belong together"),
        ({"code": {"tag": "v1"}}, "repository and tag belong together"),
        ({"code": {"token_block": "b"}}, "say which repository"),
        ({"code": {"repository": "https://me:secret@git.example.org/x", "tag": "v1"}}, "holds a password"),
        ({"code": {"repository": "https://secret@git.example.org/x", "tag": "v1"}}, "holds a password or token"),
        ({"code": {"repository": "x", "tag": "--upload-pack=x"}}, "String should match pattern"),
        ({"code": {"image": "y"}}, "a process pool runs no image"),
        ({"pool": {"type": "kubernetes"}}, "a kubernetes pool needs code.image"),
        ({"pool": {"type": "docker"}, "code": {"repository": "x", "tag": "v1"}}, "a docker pool needs code.image"),
    ],
)
def test_contradictions_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        environment(**given)
    assert "secret" not in "".join(str(one["msg"]) for one in caught.value.errors())
