"""A run that Prefect orchestrates is refused at a wrong target like a direct one; the table is in test_wrong_target.py."""

import pytest

from seedbed.database.engines import DatabaseAddress
from tests.support.stack.foreign import contents, fill
from tests.support.stack.project import Project

pytestmark = pytest.mark.stack


def test_a_run_that_prefect_orchestrates_is_refused_with_the_same_words(
    project: Project, address: DatabaseAddress
) -> None:
    fill(address)
    before = contents(address)
    names = {"HOST": address.host, "PORT": address.port, "DB": address.database, "SSL_MODE": "disable"}
    names |= {"USER": address.user, "PASSWORD": address.password}
    env = {f"POSTGRES_{name}": str(value) for name, value in names.items()}
    done = project.run("setup", "--mode", "entity", "--entities", "gender", env=env, check=False)
    assert (done.returncode, contents(address)) == (2, before)
    assert "targets are set, and no environment file names them" in done.stderr
