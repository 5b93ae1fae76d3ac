"""What looks at the log: the published log, its counts, and misuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta

from beholden.config import Settings
from beholden.engines.audit.published import PublishedFolder
from beholden.engines.audit.served import ServedFolder
from beholden.engines.audit.trail import FolderTrail
from beholden.engines.notifier.lines import Lines
from beholden.engines.notifier.outbox import Outbox
from beholden.engines.notifier.webhook import Webhook, secret_of
from beholden.engines.records.engine import SqlRecords
from beholden.engines.states.folder import StateFolder
from beholden.loop import Loop
from beholden.operations._names import new_id
from beholden.oversight.follow import Counter, Feed, Publisher
from beholden.oversight.misuse import Limits
from beholden.oversight.oversight import Oversight
from beholden.oversight.watch import Desk, Watcher
from beholden.ports.audit import Audit
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault

# As `oversight_terms`, in a deployment that sets none of them.
USUAL: Mapping[str, object] = {**asdict(Limits()), "publish_delay_hours": 0}


def oversight_of(
    settings: Settings,
    vault: Vault,
    records: SqlRecords,
    audit: Audit,
    told: tuple[Clock, Outbox],
) -> Oversight:
    trail = FolderTrail(settings.data_dir / "log", audit.publish)
    states = StateFolder(settings.data_dir / "states")
    folder = settings.data_dir / "published"
    log = PublishedFolder(folder, settings.data_dir / "log.key", settings.log_origin)
    clock, outbox = told
    publisher = Publisher(trail, log, clock, timedelta(hours=settings.publish_delay_hours))
    watcher = Watcher(
        trail,
        Desk(audit, outbox, records.alerts, new_id),
        states,
        clock,
        limits=_limits(settings),
        secret=vault.derive("oversight: the random sample"),
    )
    counter, feed = Counter(log, states), Feed(trail, log, clock, states)
    steps = (outbox.start, watcher.run, publisher.run, counter.run, feed.run)
    loop = Loop("oversight", steps, settings.oversight_every_s)
    return Oversight(publisher, counter, feed, watcher, loop, ServedFolder(folder), log.close)


def alerts_outbox(settings: Settings) -> Outbox:
    folder = settings.data_dir / "alerts"
    if settings.alert_webhook is None:
        return Outbox(folder / "outbox", Lines(folder / "alerts.jsonl"))
    secret = secret_of(settings.alert_webhook_secret.get_secret_value())
    return Outbox(folder / "outbox", Webhook(settings.alert_webhook, secret))


def _limits(settings: Settings) -> Limits:
    return Limits(
        probes_per_case=settings.misuse_probes_per_case,
        cases_per_probe=settings.misuse_cases_per_probe,
        window_days=settings.misuse_window_days,
        volume_factor=settings.misuse_volume_factor,
        volume_min=settings.misuse_volume_min,
        sample_pct=settings.misuse_sample_pct,
    )


def oversight_terms(settings: Settings) -> Mapping[str, object]:
    """What whoever may change settings could blind oversight with: the log says when they did."""
    limits = asdict(_limits(settings))
    return limits | {"publish_delay_hours": settings.publish_delay_hours}
