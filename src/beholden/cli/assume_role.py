"""beholden assume-role: a session for one purpose or case, without a new key."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from beholden.cli.options import DataDir, Json, settings_with
from beholden.cli.session import open_session
from beholden.domain.roles import Role


def assume_role(
    role: Annotated[Role, typer.Argument(help="The role of your key, or a weaker one.")],
    purpose: Annotated[
        str | None, typer.Option(help="What for. [default: that of your key]")
    ] = None,
    case: Annotated[str | None, typer.Option(help="The reference of a case, for the log.")] = None,
    name: Annotated[str, typer.Option(help="The session's name, for the log.")] = "beholden-cli",
    minutes: Annotated[int, typer.Option(min=15, max=720, help="How long it is good for.")] = 60,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Open a session and print it as environment variables. An AWS SDK does the same by itself:
    STS AssumeRole with the tags purpose and case, at this server's address."""
    settings = settings_with(data_dir=data_dir)
    tags = {"purpose": purpose, "case": case}
    request = {
        "RoleArn": f"arn:aws:iam::{settings.account_id}:role/{role}",
        "RoleSessionName": name,
        "DurationSeconds": minutes * 60,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items() if value],
    }
    with open_session(settings) as session:
        opened = session.call("sts:AssumeRole", request)["Credentials"]
    if as_json:
        print(json.dumps(opened, indent=2, default=str))
        return
    print(f"export AWS_ACCESS_KEY_ID={opened['AccessKeyId']}")
    print(f"export AWS_SECRET_ACCESS_KEY={opened['SecretAccessKey']}")
    print(f"export AWS_SESSION_TOKEN={opened['SessionToken']}")
