"""What a dataset is: everything that the rest of Seedbed needs to know of it, as one value.

A dataset's package declares one `Dataset`, and `seedbed/datasets/registry.py` lists it. Nothing else names the package.
Values of a dataset's own types (its content, its cohorts) are `Any` here: only the dataset looks inside.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from seedbed.core.generated import GeneratedEntity
from seedbed.core.html_page import HtmlPage
from seedbed.core.registration import RegisterResult, RowToRegister
from seedbed.core.spec import Entity, module_graph, sort_by_dependency

DEFAULT_SCENARIO = "default"
Files = Mapping[str, Path]
Titles = Mapping[str, Mapping[str, tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Content:
    """The files of a data directory from which a dataset generates.

    - `entities`: ids of the entities whose CSV files are read.
    - `tables`: names of files `reference/<name>.csv` that belong to no entity.
    - `read`: the files by these ids and names -> the dataset's own value. Raises DataError where a file has gaps.
    - `titles`: the same files -> by column that pages show, each code's Thai and English name.
    - `documents`: further files by their path in the data directory, such as `scenarios/hospital/patients.yaml`. Their path is their name.
    - `uncounted`: SHA-256 of file contents that do not count in the digest of the content, so that earlier runs can be repeated.
    """

    entities: tuple[str, ...]
    tables: tuple[str, ...]
    read: Callable[[Files], Any]
    titles: Callable[[Files], Titles]
    documents: tuple[str, ...] = ()
    uncounted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NoCohort:
    """The words for cohorts of a dataset that has none."""


@dataclass(frozen=True, slots=True)
class Options:
    """What can be asked of a dataset's generators.

    - `cohort`: a frozen dataclass of the words in which a cohort is asked for. Its fields are the options' names; each has a default.
    - `scenarios`: the named mixes of numbers that can be generated; the first is the usual one.
    """

    cohort: type[Any] = NoCohort
    scenarios: tuple[str, ...] = (DEFAULT_SCENARIO,)


@dataclass(frozen=True, slots=True)
class Cohorts:
    """The cohorts of a generator: which rows are asked for.

    - `everyone`: the cohort without a condition.
    - `of`: content, words (`Options.cohort`), as-of day -> cohort. Raises UserError where a word is unknown or the cohort is empty.
    - `fixed`: words -> words that mean the same rows on every as-of day, for nightly runs.
    - `to_json`, `from_json`: the cohort as plain JSON, in which a run's request is kept.
    - `in_words`: content, cohort -> a phrase for pages, such as "women, aged 60 and over".
    - `as_options`: cohort -> the command line's options that ask for it, "" for everyone.
    """

    everyone: Any
    of: Callable[[Any, Any, date], Any]
    fixed: Callable[[Any], Any]
    to_json: Callable[[Any], dict[str, Any]]
    from_json: Callable[[Mapping[str, Any]], Any]
    in_words: Callable[[Any, Any], str]
    as_options: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Generator:
    """Makes the rows of one generated entity.

    - `entity`: its columns, key and target.
    - `source`: content, cohort, seed, as-of day -> the rows by their numbers.
    - `cohorts`: which rows can be asked for.
    - `first_day`: the earliest as-of day.
    - `named_seeds`: seeds below this number are for people to name; a run that names none gets one from it on.
    - `to_register`: a generated table -> what an API registers, one value a row; `full`: all fields, not only the documented ones.
    """

    entity: Entity
    source: Callable[[Any, Any, int, date], GeneratedEntity]
    cohorts: Cohorts
    first_day: date
    named_seeds: int
    to_register: Callable[[pa.Table, bool], list[RowToRegister]]


@dataclass(frozen=True, slots=True)
class Export:
    """A file that a run writes of its generated rows, for people.

    - `columns`: the header, in order.
    - `table`: a generated table and what became of its rows -> the lines of those that arrived, as text.
    """

    columns: tuple[str, ...]
    table: Callable[[pa.Table, Sequence[RegisterResult]], pa.Table]


class Counts(Protocol):
    """Counts over generated rows, added up block by block, whatever the order."""

    def add(self, table: pa.Table, /) -> None:
        """Counts the rows of one block."""
        ...


@dataclass(frozen=True, slots=True)
class SummaryFacts:
    """What a summary page says of the run beside its charts.

    - `cohort`: in words. `command`: makes the same rows again.
    - `created`, `existing`, `skipped`: rows.
    - `csv`: the run's file of rows, relative to the page, or empty.
    - `names`: by column, the Thai and English name of each code.
    """

    run: str
    seed: int
    as_of: date
    cohort: str
    created: int
    existing: int
    skipped: int
    csv: str
    command: str
    names: Titles = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summary:
    """The page that shows what a run's generated rows are like, next to what is expected of them.

    - `counts`: gives empty counts, to which every block is added.
    - `page`: counts, content, cohort, facts of the run -> the page.
    """

    counts: Callable[[], Counts]
    page: Callable[[Any, Any, Any, SummaryFacts], HtmlPage]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset.

    - `name`: as the registry, `generate:` in environment files and the ids of its entities call it; lower case, `_` between words.
    - `entities`: the entities that are read from CSV files, in any order; references decide the order of loading.
    - `generators`: by entity id, what makes the rows of the generated entities. Empty: nothing is generated.
    - `needs`: names of the datasets that its entities refer to. Empty: it stands alone.
    - `aliases`: other names that `--entities` takes -> the ids of the entities that are meant.
    - `options`: what can be asked of its generators. Empty: no cohorts, and the usual scenario alone.
    - `content`: the files that its generators read. None: they read none.
    - `publish`: ids of the entities whose tables go live together, in one transaction. Empty: each table is loaded in place.
    - `exports`: by name, the files of generated rows that a run writes for people. Empty: none.
    - `summary`: the page of generated rows. None: there is no page.
    - `version`: of the generators' code; with another number the same seed makes other rows.

    Example:

        Dataset("erp", entities=(Entity("product", "sales", columns, dataset="erp"),))
    """

    name: str
    entities: tuple[Entity, ...]
    generators: Mapping[str, Generator] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    content: Content | None = None
    publish: tuple[str, ...] = ()
    exports: Mapping[str, Export] = field(default_factory=dict)
    summary: Summary | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Registered:
    """All datasets put together.

    - `entities`: by id, in the order of loading. `generated`: by id, the entities that are not read from files.
    - `modules`: each module's id -> the modules that are loaded before it, in the order of loading.
    - `aliases`: other names of entities -> ids.
    """

    entities: Mapping[str, Entity]
    generated: Mapping[str, Entity]
    modules: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]]


def put_together(datasets: Mapping[str, Dataset]) -> Registered:
    """The entities, modules and aliases of all datasets. ValueError where two have one id or alias, or references form a circle."""
    for name, dataset in datasets.items():
        _check(name, dataset, datasets)
    declared = [entity for dataset in datasets.values() for entity in dataset.entities]
    generated = {key: one.entity for dataset in datasets.values() for key, one in dataset.generators.items()}
    aliases = [(alias, ids) for dataset in datasets.values() for alias, ids in dataset.aliases.items()]
    ids = [*(entity.id for entity in declared), *generated, *(alias for alias, _ in aliases)]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise ValueError(f"two entities or aliases are called {', '.join(twice)}")
    if unknown := sorted({one for _, meant in aliases for one in meant} - set(ids)):
        raise ValueError(f"an alias means no entity: {', '.join(unknown)}")
    entities = {entity.id: entity for entity in sort_by_dependency(declared)}
    return Registered(entities, generated, module_graph(declared), dict(aliases))


def _check(name: str, dataset: Dataset, datasets: Mapping[str, Dataset]) -> None:
    if dataset.name != name:
        raise ValueError(f"dataset '{dataset.name}' is registered as '{name}'")
    if unknown := sorted(set(dataset.needs) - datasets.keys()):
        raise ValueError(f"dataset '{name}' needs unknown datasets: {', '.join(unknown)}")
    generated = [generator.entity for generator in dataset.generators.values()]
    if wrong := sorted(entity.id for entity in (*dataset.entities, *generated) if entity.dataset not in ("", name)):
        raise ValueError(f"entities of another dataset in '{name}': {', '.join(wrong)}")
    if wrong := sorted(key for key, one in dataset.generators.items() if one.entity.id != key):
        raise ValueError(f"generators of '{name}' are not listed by their entities' ids: {', '.join(wrong)}")
    owners = {entity.id: other for other, one in datasets.items() for entity in one.entities}
    referred = _referred(dataset.entities)
    if unknown := sorted(referred - owners.keys()):
        raise ValueError(f"dataset '{name}' refers to unknown entities: {', '.join(unknown)}")
    if undeclared := sorted({owners[target] for target in referred} - {name, *dataset.needs}):
        raise ValueError(f"dataset '{name}' refers to {', '.join(undeclared)}, which its `needs` do not name")


def _referred(entities: Iterable[Entity]) -> set[str]:
    return {column.references.entity for entity in entities for column in entity.references if column.references}
