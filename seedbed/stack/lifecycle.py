"""Up and down: the whole stack."""

import shutil
import signal
from collections.abc import Mapping

from seedbed.core.errors import Transient
from seedbed.stack import (
    automations,
    deployments,
    flow_processes,
    keycloak,
    local_settings,
    postgres,
    prefect_api,
    prefect_server,
    realm,
    reports,
    sandbox_part,
    state,
    worker,
)
from seedbed.stack.databases import sandbox_database, target_database
from seedbed.stack.keycloak import Keycloak
from seedbed.stack.kinds import keycloak_kind, postgres_kind, prefect_kind, reports_kind, sandbox_kind, worker_kind
from seedbed.stack.options import CLIENT_ID, REALM, StackOptions
from seedbed.stack.parts import Kind, Say, end, ensure_ready, ensure_started
from seedbed.stack.postgres import Cluster
from seedbed.stack.status import Status, status
from seedbed.stack.upgrade import upgrade
from seedbed.stack.work_pool import work_pool


def up(options: StackOptions, say: Say) -> Status:
    """Starts what is missing, mends what died, leaves alone what works; upgrades an older state first."""
    state.prepare(options)
    with state.locked(options, say):
        if state.version_of(options.state) < state.VERSION:
            _stop(options, say)
            upgrade(options, say)
        secrets = state.credentials(options)
        server, shown = prefect_kind(options), reports_kind(options)
        ensure_started(options, server, say)  # the slowest to come: the others are started meanwhile
        ensure_started(options, shown, say)
        tokens = _token_settings(options, secrets, say)
        cluster = _cluster(options, say)
        target, store = target_database(cluster, secrets), sandbox_database(cluster, secrets)
        sandbox = sandbox_kind(options, sandbox_part.configuration(options, store, secrets, tokens))
        ensure_started(options, sandbox, say)
        api = _api(options, ensure_ready(options, server, say))
        if options.prefect_auth:
            say("prefect: its API and UI ask for the auth string that `seedbed env` prints as PREFECT_API_AUTH_STRING")
        hands = _worker(options, api, say)
        for kind in (sandbox, shown):
            ensure_ready(options, kind, say)
        local_settings.write(options, target, secrets, state.read_parts(options))
        deployments.deploy_if_changed(options, api, say)
        ensure_ready(options, hands, say)
    return status(options)


def _api(options: StackOptions, server: state.Part) -> str:
    """The address of the local Prefect API; requests of this process carry its auth string, which a server without one ignores."""
    api = prefect_server.api_url(server)
    prefect_api.use_auth_string(api, state.prefect_auth_string(options))
    return api


def _token_settings(options: StackOptions, secrets: Mapping[str, str], say: Say) -> dict[str, str]:
    """What the sandbox is told of a real Keycloak, which is started here; nothing where the sandbox plays it."""
    if options.keycloak == "sandbox":
        _end_keycloak(options, say)
        return {}
    server = _keycloak(options, secrets["keycloak_admin_password"], say)
    base = keycloak.url(ensure_ready(options, keycloak_kind(server), say))
    client = realm.Client(REALM, CLIENT_ID, secrets["client_secret"])
    realm.create_realm(base, server.admin_password, client)
    realm.declare(base, client, options.user_attributes, options.realm_roles)
    return realm.token_settings(base, REALM)


def _keycloak(options: StackOptions, admin_password: str, say: Say) -> Keycloak:
    folder = options.state / keycloak.NAME
    if not (folder / keycloak.FOLDER).exists():
        say(f"keycloak: fetching {keycloak.ARTIFACT}")
    home = keycloak.unpack(keycloak.fetch(folder), folder)
    return Keycloak(home, options.log_of(keycloak.NAME), admin_password)


def _end_keycloak(options: StackOptions, say: Say) -> None:
    end(options, keycloak.NAME, say)
    home = options.state / keycloak.NAME / keycloak.FOLDER
    if home.exists():
        keycloak.end_orphans(Keycloak(home, options.log_of(keycloak.NAME), ""))


def _cluster(options: StackOptions, say: Say) -> Cluster:
    cluster = postgres.install(options.state)
    running, recorded = postgres.running(cluster), state.read_parts(options).get(postgres.NAME)
    if running and (recorded is None or recorded.pid != running.pid):
        state.remember(options, running)  # started by an `up` that was interrupted before it wrote it down
    part = ensure_ready(options, postgres_kind(cluster), say)
    return postgres.on_port(cluster, part.port)


def _worker(options: StackOptions, api: str, say: Say) -> Kind:
    """Starts the worker, with all that it and its runs rely on in place."""
    if prefect_server.write_prefect_toml(options, api) is None:
        say(f"prefect.toml is not ours and is left alone: set PREFECT_API_URL={api} to reach the stack's server")
    prefect_api.ensure_work_pool(api, work_pool(options.root))
    automations.ensure_zombie_automation(api)
    before = state.read_parts(options).get(worker.NAME)
    kind = worker_kind(options, api)
    part = ensure_started(options, kind, say)
    if before is None or before.pid != part.pid:  # a worker that lives on sees to its runs itself
        flow_processes.mark_dead_as_crashed(api, say)
    return kind


def down(options: StackOptions, say: Say) -> Status:
    """Stops what `up` started and nothing else, when all that is known of runs is written."""
    if not options.state.exists():
        return status(options)
    state.version_of(options.state)  # an older one is stopped as ever, a newer one may have parts that we do not know
    with state.locked(options, say):
        _stop(options, say)
    return status(options)


def _stop(options: StackOptions, say: Say) -> None:
    end(options, worker.NAME, say)
    _settle_runs(options, say)
    for name in (prefect_server.NAME, sandbox_part.NAME, reports.NAME):
        end(options, name, say)
    _end_keycloak(options, say)
    _stop_postgres(options, say)


def _settle_runs(options: StackOptions, say: Say) -> None:
    part = state.read_parts(options).get(prefect_server.NAME)
    if part is None or not prefect_server.answers(part):
        return
    api = _api(options, part)
    try:
        flow_processes.stop_all(api)
        flow_processes.mark_dead_as_crashed(api, say)
        if not prefect_api.wait_until_counts_stand_still(api):
            say("Prefect was still recording runs after a minute: the last of them may be missing in its UI")
    except Transient as error:  # a server that fails now must not keep the other parts from being stopped
        say(f"the last runs may be missing in Prefect's UI: {error}")


def _stop_postgres(options: StackOptions, say: Say) -> None:
    if end(options, postgres.NAME, say, by=signal.SIGINT):
        return
    cluster = postgres.installed(options.state)
    if cluster and postgres.stop(cluster):  # an interrupted `up` did not write it down
        say(f"{postgres.NAME}: stopped")


def clean(options: StackOptions, say: Say) -> None:
    """Stops the stack and removes its state and its databases; there is no way back."""
    if not options.state.exists():
        return
    down(options, say)
    cluster = postgres.installed(options.state)
    if cluster:
        postgres.clean(cluster)
    shutil.rmtree(options.state)
