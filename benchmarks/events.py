"""Events that other systems tell, one a request, durable, through ours and through FastAPI with asyncpg, in the same run.

    FASTAPI_PYTHON=/path/to/python python -m benchmarks.events [--clients 16] [--seconds 6] [--workers 1 2]

The same database server (default durability), the same payload and token, the same granian, the same clients: each tells
the opening of a case and then its answer. The peer (an environment of its own with fastapi, asyncpg, granian) does what such
an endpoint is commonly written to do: it looks the token up, checks the body by a model, and writes event and case in one
transaction, nothing twice. Ours also checks act and unit against the procedure and the rules, runs the clocks, judges, and
keeps number, words and the kernel's state.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import api, append
from qinzheng.operations import database

PEER = """
import datetime as dt, hashlib, json, os, uuid
from contextlib import asynccontextmanager
from typing import Any
import asyncpg
from fastapi import FastAPI, Header, HTTPException, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

class Told(BaseModel):
    model_config = ConfigDict(extra="forbid")
    case: str = Field(min_length=1, max_length=80)
    procedure: str = Field(max_length=80)
    act: str = Field(max_length=80)
    occurred_at: AwareDatetime
    organization: str = Field(max_length=80)
    form: dict[str, Any] = {}

@asynccontextmanager
async def life(app):
    app.state.pool = await asyncpg.create_pool(host=os.environ["PEER_HOST"], user="postgres", database="peer", min_size=8, max_size=8)
    yield
    await app.state.pool.close()

app = FastAPI(lifespan=life)

@app.post("/api/v1/ingest/acts")
async def one(told: Told, request: Request, authorization: str = Header()) -> dict[str, Any]:
    digest = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest()
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        source = await connection.fetchval("SELECT source FROM token WHERE digest = $1 AND revoked_at IS NULL AND expires_at > now()", digest)
        if source is None:
            raise HTTPException(401)
        case = uuid.uuid5(uuid.NAMESPACE_URL, f"{source}/{told.case}")
        id = uuid.uuid5(case, f"{told.act}/{told.occurred_at.isoformat()}")
        seq = await connection.fetchval(
            "INSERT INTO cases (id, number, procedure, state, organization, opened_at, last_seq) VALUES ($1, $2, $3, $4, $5, $6, 1) "
            "ON CONFLICT (id) DO UPDATE SET state = excluded.state, last_seq = cases.last_seq + 1 RETURNING last_seq",
            case, told.case, told.procedure, told.act, told.organization, told.occurred_at)
        new = await connection.fetchval(
            "INSERT INTO events (id, subject, seq, type, organization, occurred_at, recorded_at, body) "
            "VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), $7) ON CONFLICT (id) DO NOTHING RETURNING 1",
            id, case, seq, told.act, told.organization, told.occurred_at, json.dumps(told.form).encode())
    return {"case": told.case, "result": "taken" if new else "known", "event": str(id)}
"""
TABLES = """
CREATE TABLE token (digest bytea PRIMARY KEY, source text NOT NULL, expires_at timestamptz NOT NULL, revoked_at timestamptz);
CREATE TABLE cases (id uuid PRIMARY KEY, number text NOT NULL, procedure text NOT NULL, state text NOT NULL,
    organization text NOT NULL, opened_at timestamptz NOT NULL, last_seq int NOT NULL);
CREATE INDEX ON cases (organization, opened_at);
CREATE TABLE events (id uuid PRIMARY KEY, subject uuid NOT NULL, seq int NOT NULL, type text NOT NULL, organization text NOT NULL,
    occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, body bytea NOT NULL, UNIQUE (subject, seq));
"""


def client(port: int, secret: str, seconds: float, start: Any, out: Any) -> None:
    """Tell of cases until the time is over: the opening, then the answer."""
    mine = api.Client(port, secret)
    times: list[float] = []
    start.wait()
    used = api.spent()
    until = time.perf_counter() + seconds
    serial = 0
    while time.perf_counter() < until:
        serial += 1
        for act in ("submit", "reply"):
            body = json.dumps(
                {
                    "case": f"{os.getpid()}-{serial}", "procedure": "letters.reply", "act": act, "organization": "housing",
                    "occurred_at": dt.datetime.now(dt.UTC).isoformat(), "form": {},
                }
            ).encode()  # fmt: skip
            began = time.perf_counter()
            mine.post("/ingest/acts", body, keyed=False)
            times.append(time.perf_counter() - began)
    out.put((times, api.spent() - used))


@contextlib.contextmanager
def peer(python: str, workers: int, host: Path) -> Iterator[tuple[int, int]]:
    """(port, process) of the same endpoint in FastAPI."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "peer_events.py").write_text(PEER, encoding="utf-8")
        port = api.free_port()
        command = [
            python, "-m", "granian", "--interface", "asgi", "--port", str(port), "--workers", str(workers),
            "--log-level", "warning", "peer_events:app",
        ]  # fmt: skip
        environment = {**os.environ, "PEER_HOST": str(host)}
        server = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)
        try:
            api.wait_for(port)
            yield port, server.pid
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(api.PATIENCE_S)


def make_peer(secret: str) -> None:
    """The peer's database with the same token."""
    from django.db import connection  # noqa: PLC0415 (a fresh process: Django first)

    from qinzheng.access import actions as access  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE peer")
    import psycopg  # noqa: PLC0415

    settings = connection.get_connection_params()
    with psycopg.connect(host=settings["host"], user=settings["user"], dbname="peer") as own:
        own.execute(TABLES)
        own.execute(
            "INSERT INTO token VALUES (%s, 'bench', now() + interval '1 day')", [access.digest(secret)]
        )


def told(name: str, workers: int, at: tuple[int, int], secret: str, postmaster: int, options: Any) -> None:
    """Warm, measure, print."""
    port, server = at
    until = time.monotonic() + api.WARM_S / 2
    while time.monotonic() < until:
        api.measure(client, port, options.clients, secret, seconds=0.2)
    before = api.processor(server), api.processor(postmaster)
    times, used = api.measure(client, port, options.clients, secret, seconds=options.seconds)
    after = api.processor(server), api.processor(postmaster)
    line = api.row(options.clients, times, options.seconds, after[0] - before[0], after[1] - before[1], used)
    print(f"| {name} | {workers} {line}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    python = os.environ.get("FASTAPI_PYTHON", "")
    with database.temporary(configuration=append.SETTINGS) as cluster:
        os.environ["DATABASE_URL"] = cluster.url()
        from qinzheng.operations import console  # noqa: PLC0415

        console.ready()
        secret = api.prepare()
        make_peer(secret)
        postmaster = api.postmaster(cluster)
        head = api.HEAD.format("requests", "request").split("\n")
        print(f"| endpoint | workers {head[0]}\n|---|---{head[1]}")
        for workers in options.workers:
            with api.served(workers, 0) as at:
                told("ours", workers, at, secret, postmaster, options)
            if python:
                with peer(python, workers, cluster.socket_directory()) as at:
                    told("FastAPI, asyncpg", workers, at, secret, postmaster, options)
        if not python:
            print("the peer was not run: FASTAPI_PYTHON names no environment")


if __name__ == "__main__":
    main()
