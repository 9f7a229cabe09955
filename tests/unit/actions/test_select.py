from dataclasses import replace

import pytest

from seedbed.actions.catalogue import Catalogue
from seedbed.actions.setup.select import SetupRequest, select, withheld_entities
from seedbed.core.errors import UserError
from seedbed.datasets.registry import ALIASES, ENTITIES, MODULES

CATALOGUE = Catalogue(ENTITIES, MODULES, ALIASES)


@pytest.fixture
def chosen(tmp_path):
    """A function: the request's options -> module -> entity names, in order."""
    (tmp_path / "data").mkdir()

    def choose(**options):
        units = select(SetupRequest(data_dirs=(tmp_path / "data",), **options), CATALOGUE)
        return {unit.name: [entity.name for entity in unit.entities] for unit in units}

    return choose


def refusal(chosen, **options):
    with pytest.raises(UserError) as caught:
        chosen(**options)
    return str(caught.value)


def test_all_is_every_entity_once_in_an_order_that_honours_references(chosen):
    found = chosen()
    assert list(found) == list(MODULES)
    order = [name for names in found.values() for name in names]
    assert sorted(order) == sorted(ENTITIES)
    for name in order:
        for column in ENTITIES[name].references:
            referred = ENTITIES[column.references.entity]
            same = referred.module == ENTITIES[name].module
            assert not same or referred.name == name or order.index(referred.name) < order.index(name)


def test_each_unit_waits_for_all_that_it_needs_of_what_was_chosen(tmp_path):
    (tmp_path / "data").mkdir()
    units = select(
        SetupRequest("modules", ("user", "demographic", "general"), data_dirs=(tmp_path / "data",)), CATALOGUE
    )
    needs = {unit.name: set(unit.needs) for unit in units}
    assert set(needs) == {"user", "demographic", "general"}
    names = list(needs)
    for name, waits in needs.items():
        assert set(MODULES[name]) & set(needs) <= waits
        assert all(names.index(need) < names.index(name) for need in waits)


def test_modules_may_be_written_with_capitals_and_hyphens(chosen):
    assert list(chosen(mode="modules", modules=("Demographic",))) == ["demographic"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("nationality", {"demographic": ["nationality"]}),
        ("Education-Level", {"demographic": ["education_level"]}),
        ("blood_groups", {"demographic": ["rh_blood_group", "abo_blood_group"]}),
        ("users", {"user": ["user"]}),
        ("practitioners", {"user": ["practitioner"]}),
        ("atc-mapper", {"medication": ["tpu_atc_mapping"]}),
    ],
)
def test_an_entity_goes_by_its_name_or_an_alias(chosen, given, expected):
    assert chosen(mode="entity", entities=(given,)) == expected


def test_entities_of_several_modules_come_in_dependency_order(chosen):
    found = chosen(mode="entity", entities=("district", "user", "province", "users"))
    assert found == {"demographic": ["province", "district"], "user": ["user"]}


def test_an_unknown_module_is_refused_with_a_suggestion(chosen):
    assert refusal(chosen, mode="modules", modules=("demografic",)).startswith(
        "unknown module 'demografic'; did you mean 'demographic'? known: "
    )


def test_an_unknown_entity_is_refused_with_a_suggestion(chosen):
    assert refusal(chosen, mode="entity", entities=("nationalty",)).startswith(
        "unknown entity 'nationalty'; did you mean 'nationality'? known: "
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"modules": ("lab",)}, "--modules has no effect in mode 'all'; add --mode modules"),
        ({"entities": ("race",)}, "--entities has no effect in mode 'all'; add --mode entity"),
        (
            {"mode": "modules", "modules": ("lab",), "entities": ("race",)},
            "--entities has no effect in mode 'modules'; add --mode entity",
        ),
        (
            {"mode": "entity", "entities": ("race",), "modules": ("lab",)},
            "--modules has no effect in mode 'entity'; add --mode modules",
        ),
        ({"mode": "entity"}, "mode 'entity' needs --entities; for example --entities nationality,occupation"),
    ],
)
def test_an_option_that_the_mode_does_not_take_or_lacks_is_refused(chosen, options, expected):
    assert refusal(chosen, **options) == expected


def test_mode_modules_without_modules_lists_them(chosen):
    assert refusal(chosen, mode="modules") == f"mode 'modules' needs --modules; known: {', '.join(MODULES)}"


def test_a_data_directory_that_is_missing_is_named_in_full(tmp_path):
    with pytest.raises(UserError) as caught:
        select(SetupRequest(data_dirs=(tmp_path / "nowhere",)), CATALOGUE)
    assert f"the data directory {tmp_path / 'nowhere'} does not exist" in str(caught.value)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is not a directory"):
        select(SetupRequest(data_dirs=(tmp_path / "file",)), CATALOGUE)


def test_a_folder_of_corrections_limits_the_run_to_its_entities(tmp_path):
    for path in ("data", "fix/demographic"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "data/demographic").mkdir()
    for path, header in (("data", "code"), ("fix", "code,_row")):
        (tmp_path / path / "demographic/race.csv").write_text(f"{header}\n")
    folders = (tmp_path / "data", tmp_path / "fix")
    units = select(SetupRequest(data_dirs=folders), CATALOGUE)
    assert [(unit.name, [entity.name for entity in unit.entities]) for unit in units] == [("demographic", ["race"])]
    with pytest.raises(UserError, match="no file of a chosen entity in"):
        select(SetupRequest("modules", ("lab",), data_dirs=folders), CATALOGUE)


# Data directories


@pytest.fixture
def folders(tmp_path):
    """A function: folder, path and header -> the folder, with a file of that header."""

    def make(folder, path="", header="code"):
        (tmp_path / folder / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / folder).mkdir(exist_ok=True)
        if path:
            (tmp_path / folder / path).write_text(f"{header}\n")
        return tmp_path / folder

    return make


def names(units):
    return [entity.name for unit in units for entity in unit.entities]


def test_a_folder_that_replaces_files_does_not_limit_the_run(folders):
    own = (folders("data", "demographic/race.csv"), folders("hospital", "demographic/race.csv"))
    assert names(select(SetupRequest("modules", ("demographic", "lab"), data_dirs=own), CATALOGUE)) == names(
        select(SetupRequest("modules", ("demographic", "lab"), data_dirs=own[:1]), CATALOGUE)
    )
    assert len(names(select(SetupRequest("modules", ("lab",), data_dirs=own), CATALOGUE))) == len(
        [e for e in ENTITIES.values() if e.module == "lab"]
    )


def test_a_folder_that_replaces_and_corrects_limits_the_run_to_what_it_corrects(folders):
    folders("data", "demographic/race.csv")
    folders("mixed", "demographic/gender.csv")
    both = (folders("data"), folders("mixed", "demographic/race.csv", "code,_row"))
    assert names(select(SetupRequest(data_dirs=both), CATALOGUE)) == ["race"]


def test_a_folder_without_any_file_of_an_entity_is_refused(folders):
    with pytest.raises(UserError, match="no file of a chosen entity in"):
        select(SetupRequest(data_dirs=(folders("data"), folders("hospital", "notes/readme.csv"))), CATALOGUE)


# What an environment loads

SOURCES = "file,invented\ndemographic/race.csv,yes\ndemographic/gender.csv,partly\n"


def test_mode_all_is_what_the_environment_usually_loads_and_others_can_be_asked_for(folders):
    usual = replace(CATALOGUE, usual=frozenset({"race", "gender"}))
    data = (folders("data"),)
    assert names(select(SetupRequest(data_dirs=data), usual)) == ["race", "gender"]
    assert names(select(SetupRequest("entity", entities=("lab_item",), data_dirs=data), usual)) == ["lab_item"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ()),
        ({"withholds_fictitious": True}, ("race",)),
        ({"withholds_fictitious": True, "fictitious": frozenset({"race"})}, ()),
        ({"withholds_fictitious": True, "fictitious": frozenset({"gender"})}, ("race",)),
    ],
)
def test_what_is_invented_loads_where_the_environment_names_it(folders, changes, expected):
    folders("data", "demographic/gender.csv")
    data = folders("data", "demographic/race.csv")
    (data / "sources.csv").write_text(SOURCES)
    request, catalogue = SetupRequest("modules", ("demographic",), data_dirs=(data,)), replace(CATALOGUE, **changes)
    assert withheld_entities(request, catalogue) == expected
    assert ("race" in names(select(request, catalogue))) is not bool(expected)


def test_a_file_of_the_hospital_s_own_is_not_invented(folders):
    data, own = folders("data", "demographic/race.csv"), folders("own", "demographic/race.csv")
    (data / "sources.csv").write_text(SOURCES)
    assert withheld_entities(SetupRequest(data_dirs=(data, own)), replace(CATALOGUE, withholds_fictitious=True)) == ()


def test_where_everything_that_was_asked_for_is_held_back_the_run_is_refused(folders):
    data = folders("data", "demographic/race.csv")
    (data / "sources.csv").write_text(SOURCES)
    with pytest.raises(
        UserError, match="nothing to load: the content of race is fictitious; name them under 'invented'"
    ):
        select(
            SetupRequest("entity", entities=("race",), data_dirs=(data,)), replace(CATALOGUE, withholds_fictitious=True)
        )


@pytest.mark.parametrize(
    "asked",
    [
        SetupRequest("entity", entities=("race", "gender")),
        SetupRequest("modules", ("demographic", "user")),
    ],
)
def test_what_is_asked_for_by_name_is_not_left_out_in_silence(folders, asked):
    folders("data", "demographic/race.csv")
    data = folders("data", ENTITIES["user"].path)
    (data / "sources.csv").write_text(f"{SOURCES}{ENTITIES['user'].path},yes\n")
    entities = {name: e for name, e in ENTITIES.items() if e.module != "user" or name == "user"}
    catalogue = replace(CATALOGUE, entities=entities, withholds_fictitious=True, environment_file="deployments/x.yaml")
    lost = "race" if asked.mode == "entity" else "user"
    with pytest.raises(
        UserError, match=f"requested by name and not loaded: the content of {lost} is fictitious"
    ) as caught:
        select(replace(asked, data_dirs=(data,)), catalogue)
    assert "name them under 'invented' in deployments/x.yaml" in str(caught.value)


def test_an_entity_that_no_brake_shall_stop_must_exist():
    with pytest.raises(UserError, match="unknown entity 'natoinality'; did you mean 'nationality'"):
        select(SetupRequest(let_pass=("natoinality",)), CATALOGUE)
