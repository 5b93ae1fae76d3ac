"""Settings, read once by bootstrap and handed on as constructor arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from beholden.domain.profile import Profile

HOME = user_data_path("beholden")


class Settings(BaseSettings):
    """Every setting has an environment variable: BEHOLDEN_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="BEHOLDEN_", frozen=True, extra="forbid")

    data_dir: Path = Field(HOME / "data", description="The whole state of this deployment.")
    models_dir: Path = Field(HOME / "models", description="Installed models; shared, no state.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8600, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    profile: Profile | None = Field(
        None, description="Policy profile of a new deployment; [default: personal]."
    )
    credentials: Path | None = Field(
        None, description="Access key of the command line; [default: DATA_DIR/credentials]."
    )
    region: str = Field("us-east-1", description="The AWS region this deployment plays.")
    account_id: str = Field(
        "000000000000", pattern=r"^\d{12}$", description="The AWS account this deployment plays."
    )
    log_origin: str = Field(
        "beholden.localhost", description="The name under which this deployment signs its log."
    )
    blobs_url: str | None = Field(
        None, description="Where buckets are: s3://, gs:// or az://; folders in DATA_DIR if unset."
    )
    streams: int = Field(0, ge=0, description="Inferences at once; 0 takes one per core.")
    precision: Literal["f32", "bf16"] = Field("f32", description="Precision of inference.")
    max_waiting: int = Field(64, ge=1, description="Requests that may wait before throttling.")
    gallery_memory_mb: int = Field(4096, ge=1, description="Memory for loaded galleries.")
