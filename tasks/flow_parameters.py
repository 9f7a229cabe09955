"""Flow parameters -> a checked request."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from seedbed.actions.generate.patient_request import PatientRequest, patient_request, words_of
from seedbed.actions.setup.select import SetupRequest
from seedbed.actions.setup.setup_request import setup_request
from seedbed.settings import ROOT
from seedbed.wiring import app_context

Seconds = Annotated[int, Field(ge=0)]


def setup_request_from_parameters(**parameters: Any) -> SetupRequest:
    """The request that a flow's parameters make; UserError where a name is unknown."""
    return setup_request(parameters, root=ROOT, data_dirs=app_context().data_dirs)


def patient_request_from_parameters(asked: Mapping[str, Any], **parameters: Any) -> PatientRequest:
    """The request that gen-mock's parameters make; UserError where one is wrong."""
    return patient_request(parameters, words_of(asked), root=ROOT, data_dirs=app_context().data_dirs)


def path_or_none(given: str | None, root: Path) -> Path | None:
    """A file below the project's root, or where an absolute path says."""
    return root / given if given else None
