"""What an environment's file makes of the house: folders, names of tables, what is loaded unless a run is told otherwise."""

import httpx
import pytest
import yaml

from seedbed.actions.catalogue import catalogue_of, usual_entities
from seedbed.actions.setup.select import SetupRequest, select
from seedbed.core.errors import UserError
from seedbed.settings import ROOT, read_settings
from seedbed.wiring import open_app_context


@pytest.fixture
def opened(tmp_path):
    """A function: more keys of an environment's file -> its house."""

    def build(**said):
        path = tmp_path / "deployments/environments/uat.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        targets = {"postgres": {"host": "db.example.org", "database": "emr"}}
        path.write_text(yaml.safe_dump({"targets": targets, **said}), encoding="utf-8")
        return open_app_context(read_settings({"SEEDBED_ENV": "uat"}, root=tmp_path))

    return build


def names(entities):
    return sorted(entity.name for entity in entities)


def test_tables_and_columns_have_the_names_of_whoever_made_them(opened):
    house = opened(tables={"nationality": {"table": "ref.nations", "columns": {"code": "nat", "id": "nat_id"}}})
    found = house.entities["nationality"]
    assert (found.relation, found.stored("code"), found.stored("id")) == ("ref.nations", "nat", "nat_id")
    assert house.entities["race"].relation == "race"


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (
            {"nationalty": {}},
            "unknown table under 'tables' of deployments/environments/uat.yaml 'nationalty'; did you mean",
        ),
        ({"user": {}}, "unknown table under 'tables' of deployments/environments/uat.yaml 'user'"),
        (
            {"race": {"columns": {"cod": "x"}}},
            "unknown column of 'race' under 'tables' of deployments/environments/uat.yaml 'cod'; did you mean 'code'?",
        ),
        (
            {"race": {"columns": {"code": "info"}}},
            "code and info of 'race' under 'tables' of deployments/environments/uat.yaml are one column: info",
        ),
        (
            {"race": {"table": "ref.t"}, "nationality": {"table": "ref.t"}},
            "nationality and race under 'tables' of deployments/environments/uat.yaml are one table: ref.t",
        ),
    ],
)
def test_an_unknown_table_or_column_or_one_for_two_is_refused(opened, tables, expected):
    with pytest.raises(UserError) as caught:
        opened(tables=tables)
    assert str(caught.value).startswith(expected)


def test_its_folders_are_those_of_the_file(opened):
    house = opened(data=["data", "hospital"], expectations=["expectations", "hospital/expectations"])
    assert house.data_dirs == (ROOT / "data", ROOT / "hospital")
    assert house.expectations == (ROOT / "expectations", ROOT / "hospital/expectations")
    assert (house.environment_name, house.is_local) == ("uat", False)


def test_mode_all_loads_the_modules_and_entities_that_it_names_without_what_is_invented(opened):
    house = opened(modules=["coverage"], entities=["nationality", "blood_groups", "branch"])
    expected = ["abo_blood_group", "branch", "nationality", "rh_blood_group"]
    expected += [entity.name for entity in house.entities.values() if entity.module == "coverage"]
    assert names(usual_entities(house)) == sorted(expected)
    request = SetupRequest(data_dirs=house.data_dirs)
    units = select(request, catalogue_of(house))
    assert "branch" not in names(entity for unit in units for entity in unit.entities)
    allowed = catalogue_of(opened(entities=["branch"], invented=["all"]))
    assert [unit.name for unit in select(request, allowed)] == ["general"]


@pytest.mark.parametrize("key", ["modules", "entities", "invented"])
def test_a_module_or_entity_that_does_not_exist_is_refused_with_the_file_s_name(opened, key):
    with pytest.raises(UserError, match=r"^deployments/environments/uat.yaml: unknown (module|entity) 'genral'"):
        catalogue_of(opened(**{key: ["genral"]}))


@pytest.mark.parametrize(
    ("said", "answer_s", "connect_s"), [({}, 30, 10), ({"SEEDBED_API_TIMEOUT_S": "2.5"}, 2.5, 2.5)]
)
def test_apis_and_token_service_may_take_as_long_as_the_setting_says(tmp_path, said, answer_s, connect_s):
    apis = {"CORTEX_API_URL": "http://127.0.0.1:1/c", "DEMOGRAPHIC_API_URL": "http://127.0.0.1:1/d"}
    client = {"OAUTH2_TOKEN_URL": "http://127.0.0.1:1/t", "CLIENT_ID": "seedbed", "CLIENT_SECRET": "s3cret"}
    house = open_app_context(read_settings({**apis, **client, **said}, root=tmp_path))
    cortex, demographic = house.target("cortex_api").client, house.registrar().client
    opened = (cortex.http, demographic.http, cortex.tokens.http)
    assert [one.timeout for one in opened] == [httpx.Timeout(answer_s, connect=connect_s)] * 3
