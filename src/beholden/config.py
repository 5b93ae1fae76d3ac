"""Settings, read once by bootstrap and handed on as constructor arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from beholden.domain.profile import Profile

HOME = user_data_path("beholden")


class Settings(BaseSettings):
    """Every setting has an environment variable: BEHOLDEN_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="BEHOLDEN_", frozen=True, extra="forbid")

    data_dir: Path = Field(HOME / "data", description="The whole state of this deployment.")
    models_dir: Path = Field(HOME / "models", description="Installed models; shared, no state.")
    models_manifest: Path | None = Field(
        None, description="Models in place of Beholden's own, or besides them: docs/models.md."
    )
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
    witnesses: tuple[str, ...] = Field(
        (), description='Witnesses of the log, a JSON list of "URL NAME+ID+KEY".'
    )
    witness_quorum: int = Field(
        0, ge=0, description="Witnesses that must have cosigned before anybody is identified."
    )
    witness_entries: int = Field(
        1000, ge=0, description="Entries of the log that may be newer than what they cosigned."
    )
    witness_age_s: int = Field(
        3600, ge=1, description="Seconds that their cosignatures may be old."
    )
    blobs_url: str | None = Field(
        None, description="Where buckets are: s3://, gs:// or az://; folders in DATA_DIR if unset."
    )
    streams: int = Field(0, ge=0, description="Inferences at once; 0 takes one per core.")
    models_idle_s: float = Field(
        600.0, gt=0, description="Seconds after which a network that nobody uses leaves memory."
    )
    precision: Literal["f32", "bf16"] = Field("f32", description="Precision of inference.")
    job_workers: int = Field(1, ge=1, description="Processes that work on stored videos.")
    job_worker_memory_mb: int = Field(
        4096,
        ge=256,
        description="Memory of each, and of that which looks at cameras, beside models' files.",
    )
    jobs_at_once: int = Field(
        4, ge=1, description="Videos and manifests that are worked on in turns."
    )
    job_lease_s: float = Field(
        10.0, gt=0, description="Seconds after which a job of a server that died is taken up."
    )
    sns_endpoint: str | None = Field(
        None, description="Where SNS is, for NotificationChannel; it is refused if unset."
    )
    job_webhook: str | None = Field(None, description="Address that ends of jobs are posted to.")
    job_webhook_secret: SecretStr = Field(
        SecretStr(""), description="What its posts are signed with, as the receiver knows it."
    )
    max_waiting: int = Field(64, ge=1, description="Requests that may wait before throttling.")
    publish_delay_hours: int = Field(
        0, ge=0, description="How old an entry of the log must be before it is published."
    )
    oversight_every_s: float = Field(
        15.0, gt=0, le=60, description="How often the log is published and looked at for misuse."
    )
    misuse_probes_per_case: int = Field(
        10, ge=1, description="Unrelated probes under one case that go without an alert."
    )
    misuse_cases_per_probe: int = Field(
        2, ge=1, description="Cases under which one probe may be searched for without an alert."
    )
    misuse_window_days: int = Field(30, ge=1, description="How long a case is looked back on.")
    misuse_volume_factor: float = Field(
        4.0, gt=1, description="How many times somebody's typical day goes without an alert."
    )
    misuse_volume_min: int = Field(
        20, ge=1, description="Calls within 24 hours that never raise an alert by their number."
    )
    misuse_sample_pct: float = Field(
        1.0, ge=0, le=100, description="Share of searches drawn for a second look, in percent."
    )
    alert_webhook: str | None = Field(
        None, description="Address that alerts are posted to; [default: DATA_DIR/alerts]."
    )
    alert_webhook_secret: SecretStr = Field(
        SecretStr(""), description="What its posts are signed with, as the receiver knows it."
    )
    kinesis_endpoint: str | None = Field(
        None, description='Where Kinesis Data Streams are, "aws" for AWS; no records go if unset.'
    )
    stream_webhook: str | None = Field(
        None, description="Address that records of stream processors are posted to."
    )
    stream_webhook_secret: SecretStr = Field(
        SecretStr(""), description="What its posts are signed with, as the receiver knows it."
    )
    stream_mqtt: SecretStr = Field(
        SecretStr(""),
        description="Broker that records of stream processors go to: mqtt(s)://USER:PASSWORD@HOST/TOPIC.",
    )
    camera_patience_s: float = Field(
        600.0, gt=0, description="Seconds that a camera may be away before its processor fails."
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="Whoever shows it reads /metrics, in Prometheus's format; unset, it is not "
        "there.",
    )
    celebrity_threshold: float = Field(
        95.0, ge=50, le=100, description="Least similarity to a public figure: docs/celebrities.md."
    )
    gallery_memory_mb: int = Field(4096, ge=1, description="Memory for loaded galleries.")
