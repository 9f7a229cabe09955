from tests.support.builders.entities_doc import DOC, page


def test_the_table_of_entities_is_that_of_the_registry():
    assert page() == DOC.read_text(encoding="utf-8"), "run: python -m tests.support.builders.entities_doc"
