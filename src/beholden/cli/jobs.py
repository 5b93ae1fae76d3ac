"""beholden jobs: what runs, how far it is, and how to stop it."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from beholden.cli.options import DataDir, Json
from beholden.cli.session import ask
from beholden.cli.terminal import terminal

jobs_app = typer.Typer(no_args_is_help=True)

JobId = Annotated[str, typer.Argument(help="The JobId that the Start operation gave.")]


@jobs_app.command("list")
def list_jobs(data_dir: DataDir = None, as_json: Json = False) -> None:
    """The newest first, for seven days after they have ended."""
    jobs = ask("beholden:ListJobs", {}, data_dir)["Jobs"]
    if as_json:
        print(json.dumps(jobs, indent=2))
        return
    table = Table("job", "kind", "purpose", "status", "done", "started")
    for job in jobs:
        done, started = f"{job['PercentDone']:g}%", job["CreatedAt"][:19]
        table.add_row(job["JobId"], job["Kind"], job["Purpose"], job["Status"], done, started)
    terminal(soft_wrap=True).print(table)


@jobs_app.command()
def show(job_id: JobId, data_dir: DataDir = None) -> None:
    """All that is known of a job but its results, as JSON."""
    _print(ask("beholden:DescribeJob", {"JobId": job_id}, data_dir))


@jobs_app.command()
def cancel(job_id: JobId, data_dir: DataDir = None) -> None:
    """End a job; what it has found so far is destroyed."""
    _print(ask("beholden:CancelJob", {"JobId": job_id}, data_dir))


def _print(answer: dict[str, Any]) -> None:
    print(json.dumps(answer, indent=2))
