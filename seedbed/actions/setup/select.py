"""What a set-up is asked to load -> units: modules with their entities, in dependency order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seedbed.actions.catalogue import Catalogue
from seedbed.content.file_sources import read_fictitious
from seedbed.content.find_files import check_directories, correction_file, find_file, find_files_or_none
from seedbed.core.errors import DataError, UserError
from seedbed.core.spec import Entity, sort_by_dependency
from seedbed.targets.port import OnDuplicate

Mode = Literal["all", "modules", "entity"]
OnMissing = Literal["list", "deactivate"]


@dataclass(frozen=True, slots=True)
class SetupRequest:
    """What a set-up was asked for. `data_dirs`: absolute; a file of a later one stands for the same file before it, or corrects it.

    `on_missing`: what happens to rows that we wrote and that the file no longer has; `brakes`: whether an entity that would
    change too much is left untouched, but those in `let_pass`.
    """

    mode: Mode = "all"
    modules: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    data_dirs: tuple[Path, ...] = ()
    on_duplicate: OnDuplicate = "skip"
    strict: bool = False
    dry_run: bool = False
    on_missing: OnMissing = "list"
    brakes: bool = False
    let_pass: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleUnit:
    """What is retried as a whole: a module's chosen entities in order, and the chosen modules that it waits for."""

    name: str
    entities: tuple[Entity, ...]
    needs: tuple[str, ...]


def entities_of(units: Iterable[ModuleUnit]) -> list[Entity]:
    """The units' entities, in the order in which they are loaded."""
    return [entity for unit in units for entity in unit.entities]


def entities_ignoring_limits(request: SetupRequest, catalogue: Catalogue) -> frozenset[str]:
    """The entities that no change limit stops; UserError with a suggestion where a name is unknown."""
    return frozenset(name for given in request.let_pass for name in catalogue.resolve(given))


def select(request: SetupRequest, catalogue: Catalogue) -> tuple[ModuleUnit, ...]:
    """The units of a request, each after those it waits for. UserError where the request is wrong."""
    names = _chosen(request, catalogue)
    entities_ignoring_limits(request, catalogue)
    check_directories(request.data_dirs)
    withheld = set(withheld_entities(request, catalogue))
    step = f"name them under 'invented' in {catalogue.environment_file}, or bring files of your own"
    if names and names <= withheld:
        raise UserError(
            f"nothing to load: the content of {', '.join(sorted(withheld))} is fictitious",
            next_step=step,
            code="fictitious-content",
        )
    if lost := _named_but_withheld(request, catalogue, withheld):
        raise UserError(
            f"requested by name and not loaded: the content of {', '.join(lost)} is fictitious",
            next_step=step,
            code="fictitious-content",
        )
    chosen = [e for e in sort_by_dependency(catalogue.entities.values()) if e.id in names - withheld]
    corrected = _corrected(request, chosen, catalogue)
    chosen = [entity for entity in chosen if not corrected or entity.id in corrected]
    by_module: dict[str, list[Entity]] = {}
    for module in catalogue.modules:
        if found := [entity for entity in chosen if entity.module_id == module]:
            by_module[module] = found
    return tuple(
        ModuleUnit(
            module, tuple(entities), tuple(need for need in _all_needs(module, catalogue.modules) if need in by_module)
        )
        for module, entities in by_module.items()
    )


def _named_but_withheld(request: SetupRequest, catalogue: Catalogue, withheld: Collection[str]) -> list[str]:
    """The held entities that the request names, or whose modules it names and of which nothing else is left."""
    if request.mode == "entity":
        return sorted(withheld)
    if request.mode != "modules":
        return []
    kept = {catalogue.entities[name].module_id for name in _chosen(request, catalogue) if name not in withheld}
    return sorted(name for name in withheld if catalogue.entities[name].module_id not in kept)


def withheld_entities(request: SetupRequest, catalogue: Catalogue) -> tuple[str, ...]:
    """The chosen entities that are not loaded, because their content is fictitious and the environment does not name them."""
    if not catalogue.withholds_fictitious:
        return ()
    says = {folder: read_fictitious(folder) for folder in request.data_dirs}
    names = sorted(_chosen(request, catalogue) - catalogue.fictitious)
    return tuple(name for name in names if _is_fictitious(request.data_dirs, catalogue.entities[name], says))


def _is_fictitious(data_dirs: Sequence[Path], entity: Entity, says: Mapping[Path, Mapping[str, str]]) -> bool:
    try:
        found = find_files_or_none(data_dirs, entity)
    except DataError:  # two files: its own loading says so, and nothing of it is written
        return False
    return found is not None and says[found.folder].get(found.path.relative_to(found.folder).as_posix()) == "yes"


def _corrected(request: SetupRequest, chosen: Sequence[Entity], catalogue: Catalogue) -> set[str]:
    """The chosen entities to which the request brings corrections: it is limited to them. UserError where a folder is of no use."""
    names = {entity.id for entity in chosen}
    for folder in request.data_dirs[1:]:
        known = catalogue.entities.values()
        corrects = {e.id for e in known if correction_file(folder, e)}
        brings = corrects | {e.id for e in known if e.id not in corrects and find_file(folder, e)}
        if not brings or (corrects and not names & brings):
            raise UserError(
                f"no file of a chosen entity in {folder}",
                next_step="give a data directory, or a folder of rejects such as output/<run>/rejects",
                code="data-directory",
            )
    if len(request.data_dirs) < 2:
        return set()
    return {e.id for e in chosen if (found := find_files_or_none(request.data_dirs, e)) and found.corrections}


def _chosen(request: SetupRequest, catalogue: Catalogue) -> set[str]:
    for option, mode, given in (("modules", "modules", request.modules), ("entities", "entity", request.entities)):
        if given and request.mode != mode:
            raise UserError(
                f"--{option} has no effect in mode '{request.mode}'",
                next_step=f"add --mode {mode}",
                code="option-invalid",
            )
    if request.mode == "modules":
        if not request.modules:
            raise UserError(
                "mode 'modules' needs --modules",
                next_step=f"known: {', '.join(catalogue.modules)}",
                code="option-invalid",
            )
        modules = {catalogue.module(name) for name in request.modules}
        return {entity.id for entity in catalogue.entities.values() if entity.module_id in modules}
    if request.mode == "entity":
        if not request.entities:
            raise UserError(
                "mode 'entity' needs --entities",
                next_step="for example --entities nationality,occupation",
                code="option-invalid",
            )
        return {name for given in request.entities for name in catalogue.resolve(given)}
    return set(catalogue.usual or catalogue.entities)


def _all_needs(module: str, graph: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Everything that the module waits for, directly or through others."""
    found: dict[str, None] = {}
    for need in graph[module]:
        found |= dict.fromkeys(_all_needs(need, graph)) | {need: None}
    return tuple(found)
