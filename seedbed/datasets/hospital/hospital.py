"""The hospital as a dataset: its master data, and its generated patients."""

from seedbed.core.dataset import Cohorts, Content, Dataset, Export, Generator, Options, Summary
from seedbed.datasets.hospital.entities import ALIASES, DECLARED
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, REFERENCE
from seedbed.datasets.hospital.patients.cohort_text import (
    CohortOptions,
    cohort_from_json,
    cohort_options,
    cohort_to_json,
    fixed,
    parse_cohort,
)
from seedbed.datasets.hospital.patients.identity import SEEDS
from seedbed.datasets.hospital.patients.patient_entity import PATIENT
from seedbed.datasets.hospital.patients.payload import CSV_COLUMNS, csv_table, rows_to_register
from seedbed.datasets.hospital.patients.population_page import summary_page
from seedbed.datasets.hospital.patients.population_summary import PopulationSummary, describe_cohort
from seedbed.datasets.hospital.patients.read_vocabulary import (
    FIRST_MIX,
    LISTED,
    MIX,
    TABLES,
    read_titles,
    read_vocabulary,
)
from seedbed.datasets.hospital.patients.source import GENERATOR_VERSION, patient_source

COHORTS = Cohorts(
    everyone=ALL_PATIENTS,
    of=parse_cohort,
    fixed=fixed,
    to_json=cohort_to_json,
    from_json=cohort_from_json,
    in_words=describe_cohort,
    as_options=cohort_options,
)
PATIENTS = Generator(
    entity=PATIENT,
    source=patient_source,
    cohorts=COHORTS,
    first_day=REFERENCE,
    named_seeds=SEEDS,
    to_register=lambda table, full: rows_to_register(table, full=full),
)
HOSPITAL = Dataset(
    "hospital",
    entities=DECLARED,
    generators={PATIENT.id: PATIENTS},
    aliases=ALIASES,
    options=Options(CohortOptions),
    content=Content(LISTED, TABLES, read_vocabulary, read_titles, (MIX,), frozenset({FIRST_MIX})),
    exports={"patients": Export(CSV_COLUMNS, csv_table)},
    summary=Summary(PopulationSummary, summary_page),
    version=GENERATOR_VERSION,
)
