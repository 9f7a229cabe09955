import pyarrow as pa
import pytest

from seedbed.core.spec import ARROW_TYPES, Column, Entity, Reference, module_graph, sort_by_dependency


def entity(name: str, *refers_to: str, module: str = "m") -> Entity:
    references = tuple(Column(f"{other}_id", references=Reference(other)) for other in refers_to)
    return Entity(name, module, (Column("code", required=True), *references))


def names(entities: tuple[Entity, ...]) -> list[str]:
    return [one.name for one in entities]


def test_entities_stand_after_those_they_refer_to_and_otherwise_as_given():
    given = [entity("bed", "ward", "building"), entity("ward", "building"), entity("x"), entity("building")]
    assert names(sort_by_dependency(given)) == ["building", "ward", "bed", "x"]


def test_a_reference_to_itself_or_to_a_stranger_orders_nothing():
    assert names(sort_by_dependency([entity("a", "a", "stranger"), entity("b")])) == ["a", "b"]


def test_a_circle_of_entities_is_named():
    with pytest.raises(ValueError, match="in a circle: a -> b -> c -> a"):
        sort_by_dependency([entity("a", "b"), entity("b", "c"), entity("c", "a")])


def test_a_module_needs_the_modules_its_entities_refer_to():
    given = [
        entity("bed", "ward", "plan", module="beds"),
        entity("plan", "ward", module="plans"),
        entity("ward", module="wards"),
        entity("desk", "desk", module="wards"),
    ]
    assert module_graph(given) == {"wards": (), "plans": ("wards",), "beds": ("plans", "wards")}
    assert list(module_graph(given)) == ["wards", "plans", "beds"]


def test_a_circle_of_modules_is_named_even_where_entities_have_none():
    given = [
        entity("a", "b", module="m"),
        entity("b", module="n"),
        entity("c", "d", module="n"),
        entity("d", module="m"),
    ]
    assert names(sort_by_dependency(given)) == ["b", "a", "d", "c"]
    with pytest.raises(ValueError, match="in a circle: m, n"):
        module_graph([*given, entity("free", module="o")])


def test_a_column_is_made_of_its_header_its_name_or_its_parts():
    assert Column("a").headers == ("a",)
    assert Column("a_id", header="a_code").headers == ("a_code",)
    assert Column("info", "json", parts=("info.th.name", "info.en.name")).headers == ("info.th.name", "info.en.name")


def test_parts_stand_in_the_object_where_their_dots_or_their_paths_say():
    assert Column("info", parts=("info.th.name", "plain")).json_paths == (("th", "name"), ("plain",))
    assert Column("info", parts=("a", "b"), paths=("th.first", "en")).json_paths == (("th", "first"), ("en",))
    assert Column("a").json_paths == ()


@pytest.mark.parametrize(
    ("column", "may"),
    [
        (Column("a"), True),
        (Column("a", required=True), False),
        (Column("a", required=True, default=False), True),
        (Column("a", required=True, default=0), True),
    ],
)
def test_only_a_required_column_without_a_default_must_be_there(column, may):
    assert column.may_be_absent is may


def test_an_entity_knows_its_file_table_headers_and_keys():
    columns = (
        Column("code", required=True),
        Column("sub_id", header="sub_code", references=Reference("sub")),
        Column("again", header="code"),
        Column("info", "json", parts=("info.th.name",)),
    )
    one = Entity("ward", "general", columns, key=("code", "sub_id"))
    assert (one.path, one.relation) == ("general/ward.csv", "ward")
    assert one.headers == ("code", "sub_code", "info.th.name")
    assert one.key_headers == ("code", "sub_code")
    assert [column.name for column in one.references] == ["sub_id"]
    other = Entity("ward", "general", columns, file="x/y.csv", table="wards")
    assert (other.path, other.relation) == ("x/y.csv", "wards")


def test_a_column_that_does_not_exist_is_named():
    with pytest.raises(KeyError, match="ward has no column 'colour'"):
        entity("ward").column("colour")


def test_the_schema_has_the_type_and_the_nullability_of_every_column():
    columns = tuple(Column(kind, kind, required=kind == "text") for kind in ARROW_TYPES)
    schema = Entity("all", "m", columns).schema
    assert schema == pa.schema([pa.field(kind, of, nullable=kind != "text") for kind, of in ARROW_TYPES.items()])


def test_what_a_column_means_is_metadata_of_its_field():
    schema = Entity("one", "m", (Column("said", doc="what it means"), Column("silent"))).schema
    assert [field.metadata for field in schema] == [{b"doc": b"what it means"}, None]
