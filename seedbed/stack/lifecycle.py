"""Up and down: the whole stack."""

import shutil
import signal
from collections.abc import Mapping

from seedbed.core.errors import Transient
from seedbed.stack import (
    automations,
    flow_processes,
    keycloak_service,
    local_settings,
    postgres_service,
    prefect_api,
    prefect_service,
    realm_setup,
    reports_service,
    sandbox_service,
    state,
    worker_service,
)
from seedbed.stack.databases import sandbox_database, target_database
from seedbed.stack.deploy import to_local_stack
from seedbed.stack.keycloak_service import Keycloak
from seedbed.stack.postgres_service import Cluster
from seedbed.stack.service_kinds import (
    keycloak_kind,
    postgres_kind,
    prefect_kind,
    reports_kind,
    sandbox_kind,
    worker_kind,
)
from seedbed.stack.services import Say, ServiceKind, ensure_ready, ensure_started, stop_service
from seedbed.stack.stack_options import CLIENT_ID, REALM, StackOptions
from seedbed.stack.status import StackStatus, status
from seedbed.stack.upgrade import upgrade_state
from seedbed.stack.work_pool import work_pool


def up(options: StackOptions, say: Say) -> StackStatus:
    """Starts what is missing, mends what died, leaves alone what works; upgrades an older state first."""
    state.prepare_state_folder(options)
    with state.stack_lock(options, say):
        if state.state_version(options.state) < state.VERSION:
            _stop(options, say)
            upgrade_state(options, say)
        secrets = state.credentials(options)
        server, shown = prefect_kind(options), reports_kind(options)
        ensure_started(options, server, say)  # the slowest to come: the others are started meanwhile
        ensure_started(options, shown, say)
        tokens = _token_settings(options, secrets, say)
        cluster = _cluster(options, say)
        target, store = target_database(cluster, secrets), sandbox_database(cluster, secrets)
        sandbox = sandbox_kind(options, sandbox_service.configuration(options, store, secrets, tokens))
        ensure_started(options, sandbox, say)
        api = _api(options, ensure_ready(options, server, say))
        if options.prefect_auth:
            say("prefect: its API and UI ask for the auth string that `seedbed env` prints as PREFECT_API_AUTH_STRING")
        hands = _worker(options, api, say)
        for kind in (sandbox, shown):
            ensure_ready(options, kind, say)
        local_settings.write(options, target, secrets, state.read_services(options))
        to_local_stack.deploy_if_changed(options, api, say)
        ensure_ready(options, hands, say)
    return status(options)


def _api(options: StackOptions, server: state.Service) -> str:
    """The address of the local Prefect API; requests of this process carry its auth string, which a server without one ignores."""
    api = prefect_service.api_url(server)
    prefect_api.use_auth_string(api, state.prefect_auth_string(options))
    return api


def _token_settings(options: StackOptions, secrets: Mapping[str, str], say: Say) -> dict[str, str]:
    """What the sandbox is told of a real Keycloak, which is started here; nothing where the sandbox plays it."""
    if options.keycloak == "sandbox":
        _end_keycloak(options, say)
        return {}
    server = _keycloak(options, secrets["keycloak_admin_password"], say)
    base = keycloak_service.url(ensure_ready(options, keycloak_kind(server), say))
    client = realm_setup.Client(REALM, CLIENT_ID, secrets["client_secret"])
    realm_setup.create_realm(base, server.admin_password, client)
    realm_setup.declare(base, client, options.user_attributes, options.realm_roles)
    return realm_setup.token_settings(base, REALM)


def _keycloak(options: StackOptions, admin_password: str, say: Say) -> Keycloak:
    folder = options.state / keycloak_service.NAME
    if not (folder / keycloak_service.FOLDER).exists():
        say(f"keycloak: fetching {keycloak_service.ARTIFACT}")
    home = keycloak_service.unpack(keycloak_service.fetch(folder), folder)
    return Keycloak(home, options.log_of(keycloak_service.NAME), admin_password)


def _end_keycloak(options: StackOptions, say: Say) -> None:
    stop_service(options, keycloak_service.NAME, say)
    home = options.state / keycloak_service.NAME / keycloak_service.FOLDER
    if home.exists():
        keycloak_service.end_orphans(Keycloak(home, options.log_of(keycloak_service.NAME), ""))


def _cluster(options: StackOptions, say: Say) -> Cluster:
    cluster = postgres_service.install(options.state)
    running, recorded = postgres_service.running(cluster), state.read_services(options).get(postgres_service.NAME)
    if running and (recorded is None or recorded.pid != running.pid):
        state.remember(options, running)  # started by an `up` that was interrupted before it wrote it down
    part = ensure_ready(options, postgres_kind(cluster), say)
    return postgres_service.on_port(cluster, part.port)


def _worker(options: StackOptions, api: str, say: Say) -> ServiceKind:
    """Starts the worker, with all that it and its runs rely on in place."""
    if prefect_service.write_prefect_toml(options, api) is None:
        say(f"prefect.toml is not ours and is left alone: set PREFECT_API_URL={api} to reach the stack's server")
    prefect_api.ensure_work_pool(api, work_pool(options.root))
    automations.ensure_zombie_automation(api)
    before = state.read_services(options).get(worker_service.NAME)
    kind = worker_kind(options, api)
    part = ensure_started(options, kind, say)
    if before is None or before.pid != part.pid:  # a worker that lives on sees to its runs itself
        flow_processes.mark_dead_as_crashed(api, say)
    return kind


def down(options: StackOptions, say: Say) -> StackStatus:
    """Stops what `up` started and nothing else, when all that is known of runs is written."""
    if not options.state.exists():
        return status(options)
    state.state_version(
        options.state
    )  # an older one is stopped as ever, a newer one may have parts that we do not know
    with state.stack_lock(options, say):
        _stop(options, say)
    return status(options)


def _stop(options: StackOptions, say: Say) -> None:
    stop_service(options, worker_service.NAME, say)
    _finish_runs(options, say)
    for name in (prefect_service.NAME, sandbox_service.NAME, reports_service.NAME):
        stop_service(options, name, say)
    _end_keycloak(options, say)
    _stop_postgres(options, say)


def _finish_runs(options: StackOptions, say: Say) -> None:
    part = state.read_services(options).get(prefect_service.NAME)
    if part is None or not prefect_service.answers(part):
        return
    api = _api(options, part)
    try:
        flow_processes.stop_all(api)
        flow_processes.mark_dead_as_crashed(api, say)
        if not prefect_api.wait_until_runs_recorded(api):
            say("Prefect was still recording runs after a minute: the last of them may be missing in its UI")
    except Transient as error:  # a server that fails now must not keep the other parts from being stopped
        say(f"the last runs may be missing in Prefect's UI: {error}")


def _stop_postgres(options: StackOptions, say: Say) -> None:
    if stop_service(options, postgres_service.NAME, say, by=signal.SIGINT):
        return
    cluster = postgres_service.installed(options.state)
    if cluster and postgres_service.stop(cluster):  # an interrupted `up` did not write it down
        say(f"{postgres_service.NAME}: stopped")


def clean(options: StackOptions, say: Say) -> None:
    """Stops the stack and removes its state and its databases; there is no way back."""
    if not options.state.exists():
        return
    down(options, say)
    cluster = postgres_service.installed(options.state)
    if cluster:
        postgres_service.remove_cluster(cluster)
    shutil.rmtree(options.state)
