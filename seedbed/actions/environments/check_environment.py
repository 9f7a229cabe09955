"""What an environment's file asks of its nights, judged by day: nothing is asked over the network, and no secret is needed."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from seedbed.actions.catalogue import catalogue_of
from seedbed.actions.context import AppContext
from seedbed.actions.generate.patient_request import nightly_request, population_of
from seedbed.actions.permit import require_environment
from seedbed.actions.setup.select import SetupRequest, entities_of, select
from seedbed.content.environment_files import parse_environment, read_others
from seedbed.content.find_files import has_file
from seedbed.content.revisions import content_at, open_revision, remotes
from seedbed.core.addresses import is_same_repository
from seedbed.core.environment import Environment
from seedbed.core.errors import UserError
from seedbed.core.spec import Entity
from seedbed.datasets.registry import MOCK_DATASET

NARROW = "say under 'modules' and 'entities' what is loaded without"
NAMED = 5
OF_DEPLOYING = {"schedule", "pool", "code"}  # what a deployment says, and runs do not read in the file


def check_nightly_config(context: AppContext, day: date) -> str:
    """What the nights load and make, as a sentence. UserError names the key of the environment's file that is wrong."""
    environment = require_environment(context)
    check_alone(context)
    _check_folders(context.root, environment)
    with _said_of(environment.path):
        chosen = entities_of(select(SetupRequest(data_dirs=context.data_dirs), catalogue_of(context)))
    _check_files(context, environment, chosen)
    _check_targets(context, environment, chosen)
    said = f"{environment.path}: {len(chosen)} entities"
    patients = environment.generated_of(MOCK_DATASET.name)
    if patients is None:
        return said
    with _said_of(f"{environment.path}: patients"):
        population_of(nightly_request(patients, context.data_dirs), "", day)
    return f"{said}, {patients.count:,} patients"


def check_alone(context: AppContext) -> None:
    """UserError where the file names what does not exist, or is at odds with another environment's; no file of data is looked at."""
    environment = require_environment(context)
    catalogue_of(context)
    _check_folders(context.root, environment, excused=folders_missing_here(context.root, environment))
    if environment.generated_of(MOCK_DATASET.name) and not environment.targets.demographic_api:
        raise UserError(
            f"{environment.path}: patients are asked for, and no API that takes them",
            next_step="name targets.demographic_api",
            code="environment-file-invalid",
        )
    for other in read_others(context.root, environment.name):
        _check_other(environment, other)


def check_tag(root: Path, environment: Environment) -> str:
    """UserError where runs, cloned at the tag, read something else in its file than is judged; why that cannot be told, else ""."""
    tag, path = environment.code.tag, root / environment.path
    if not tag:
        return ""
    try:
        revision = open_revision(path.parent, tag)
    except UserError as error:  # no repository, or the tag was not fetched
        return error.message
    if not any(is_same_repository(url, environment.code.repository) for url in remotes(path.parent)):
        return f"this folder is no clone of {environment.code.repository}"
    if path.name in revision.paths and _says_the_same(content_at(revision, path.name), environment):
        return ""
    raise UserError(
        f"{environment.path}: code.tag '{tag}' has not this file as it is here, and runs read the tag's",
        next_step="commit the file with a new tag in it, and tag that commit; or check the tag out",
        code="environment-file-invalid",
    )


def _says_the_same(tagged: bytes, here: Environment) -> bool:
    try:
        there = parse_environment(tagged, here.path, here.name)
    except UserError:  # runs could not read it either
        return False
    is_same = there.model_dump(exclude=OF_DEPLOYING) == here.model_dump(exclude=OF_DEPLOYING)
    return is_same and there.code.tag == here.code.tag


def folders_missing_here(root: Path, environment: Environment) -> tuple[str, ...]:
    """The folders that are not on this machine and may be where runs are: whole paths, and any where runs have code of their own."""
    folders = (*environment.data, *environment.expectations)
    may_be_there = (one for one in folders if environment.code.version or Path(one).is_absolute())
    return tuple(folder for folder in may_be_there if not _exists(root / folder))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # where we may not look, for example: runs may
        return False


def _check_other(own: Environment, other: Environment) -> None:
    if _database(own) == _database(other):
        raise UserError(
            f"{own.path}: targets.postgres is the database of environment '{other.name}'",
            next_step="a database belongs to one environment: name another, or use that environment",
            code="environment-file-invalid",
        )
    api, others = own.targets.demographic_api.rstrip("/"), other.targets.demographic_api.rstrip("/")
    ours, theirs = own.generated_of(MOCK_DATASET.name), other.generated_of(MOCK_DATASET.name)
    if ours and theirs and api == others and ours.seed == theirs.seed:
        raise UserError(
            f"{own.path}: patients.seed {ours.seed} is that of environment '{other.name}', at the same API",
            next_step="give each a seed of its own",
            code="environment-file-invalid",
        )


def _database(environment: Environment) -> tuple[str, int, str]:
    postgres = environment.targets.postgres
    return postgres.host.lower(), postgres.port, postgres.database


def _check_folders(root: Path, environment: Environment, excused: Collection[str] = ()) -> None:
    for key, folders in (("data", environment.data), ("expectations", environment.expectations)):
        for folder in folders:
            path = root / folder
            if folder in excused:
                continue
            try:
                is_right, what = path.is_dir(), "is not a directory" if path.exists() else "does not exist"
            except OSError as error:
                is_right, what = False, f"cannot be looked at: {error.strerror}"
            if not is_right:
                raise UserError(
                    f"{environment.path}: {key}: '{folder}' {what}",
                    next_step="name directories relative to the project's, or by their whole path",
                    code="environment-file-invalid",
                )


def _check_files(context: AppContext, environment: Environment, chosen: Sequence[Entity]) -> None:
    absent = [entity.id for entity in chosen if not has_file(context.data_dirs, entity)]
    if absent:
        raise UserError(
            f"{environment.path}: data: no file for {_listed(absent)}",
            next_step=f"name the directory that has them (data: [data, hospital]), or {NARROW}",
            code="environment-file-invalid",
        )


def _check_targets(context: AppContext, environment: Environment, chosen: Sequence[Entity]) -> None:
    """UserError where rows have nowhere to go, or an API's tokens nowhere to come from."""
    for target in dict.fromkeys(entity.target for entity in chosen):
        if target not in context.target_addresses:
            going = [entity.id for entity in chosen if entity.target == target]
            raise UserError(
                f"{environment.path}: {_listed(going)} go to targets.{target}, which is not there",
                next_step=f"name it, or {NARROW}",
                code="environment-file-invalid",
            )
    targets = environment.targets
    if (targets.cortex_api or targets.demographic_api) and not targets.token_url:
        raise UserError(
            f"{environment.path}: the APIs want tokens, and targets.token_url is not there",
            next_step="name it",
            code="environment-file-invalid",
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


@contextmanager
def _said_of(where: str) -> Iterator[None]:
    """UserErrors, with the place in the environment's file that they are about."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{where}: {error.message}", next_step=error.next_step, code=error.code) from None
