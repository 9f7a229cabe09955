"""What is typed after `seedbed gen-mock`: an empty word is not everybody."""

from pathlib import Path

import pytest

from seedbed.cli import command_line as door


@pytest.mark.parametrize("option", ["--province", "--age", "--repeat", "--as-of", "--counted-on"])
def test_an_empty_word_is_refused(option: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = door.main(["gen-mock", "--to", "csv", "--output-dir", str(tmp_path), option, ""])
    said = f"Invalid value for '{option}': it is empty; leave the option out"
    assert (code, said in capfd.readouterr().err, list(tmp_path.iterdir())) == (2, True, [])
