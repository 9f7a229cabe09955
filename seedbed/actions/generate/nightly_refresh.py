"""The nightly refresh: health checks, all master data and its tests, then the environment's patients."""

from dataclasses import replace
from datetime import date
from functools import partial

from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate.patient_request import nightly_request
from seedbed.actions.generate.run_gen_mock import patient_stage
from seedbed.actions.runs.orchestrate import RunSpec
from seedbed.actions.setup.run_setup import setup_spec
from seedbed.actions.setup.select import SetupRequest
from seedbed.datasets.registry import MOCK_DATASET


def refresh_spec(context: AppContext, run: Run, request: SetupRequest, day: date) -> RunSpec[None]:
    """What a refresh does. Patients come after the tests, where the environment's file asks for them; `day`: the run's, in the hospital."""
    spec = setup_spec(context, run, request, has_doctor=True)
    asked = context.environment.generated_of(MOCK_DATASET.name) if context.environment else None
    if asked is None:
        return spec
    patients = nightly_request(asked, request.data_dirs)
    return replace(spec, stages=(*spec.stages, partial(patient_stage, context, run, patients, day)))
