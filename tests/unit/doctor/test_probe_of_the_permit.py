from seedbed.core.errors import UserError
from tests.support.builders.clinic import clinic, examine


def test_what_permits_is_said():
    check = examine("Permit", clinic(permit=lambda _: "database 'emr' is adopted for the environment 'uat'"))
    assert (check.status, check.message) == ("PASS", "database 'emr' is adopted for the environment 'uat'")


def test_without_a_permit_the_check_fails_with_the_step_that_mends_it():
    def refuse(_):
        raise UserError("database 'emr' is not adopted", next_step="run `seedbed adopt uat`")

    check = examine("Permit", clinic(permit=refuse))
    assert (check.status, check.message, check.next) == (
        "FAIL",
        "database 'emr' is not adopted",
        "run `seedbed adopt uat`",
    )
