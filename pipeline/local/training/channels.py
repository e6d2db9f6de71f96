"""The files of a training job's channels: downloaded once, then linked into the folders of the instances."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.training.layout import Instance


def fill_channels(job: Job, instances: Sequence[Instance]) -> None:
    """Gives every instance its files of every channel; raises JobFailure for what is not there or not supported.

    ShardedByS3Key deals the objects out in the order of their keys, or as ShuffleConfig's seed shuffles them. FastFile
    mode has the same files: here they are local either way.
    """
    for channel in job.request.get("InputDataConfig", ()):
        name = channel["ChannelName"]
        if name in {".", ".."}:
            raise JobFailure(f"ClientError: {name!r} cannot be the name of a channel")
        source = _source(channel)
        downloaded = job.folder / "channels" / name
        paths = job.objects.download(source["S3Uri"], downloaded, data_type=source["S3DataType"])
        if "ShuffleConfig" in channel:
            random.Random(channel["ShuffleConfig"]["Seed"]).shuffle(paths)  # noqa: S311 - an order, not a secret
        sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
        wanted = _instances(source, name, instances)
        for index, instance in enumerate(wanted):
            share = paths[index :: len(wanted)] if sharded else paths
            _link(share, downloaded, instance.channel(name))


def _source(channel: dict[str, Any]) -> dict[str, Any]:
    source: dict[str, Any] | None = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise JobFailure(
            f"ClientError: channel {channel['ChannelName']}: only an S3DataSource is supported here",
            hint="file systems are not mounted: put the data into S3",
        )
    return source


def _instances(source: dict[str, Any], name: str, instances: Sequence[Instance]) -> list[Instance]:
    """Those that the channel is for: all, or those of the groups that it names."""
    groups = source.get("InstanceGroupNames") or {instance.group for instance in instances}
    wanted = [instance for instance in instances if instance.group in groups]
    if not wanted:
        raise JobFailure(f"ClientError: channel {name}: no instance group is called {' or '.join(sorted(groups))}")
    return wanted


def _link(paths: Sequence[Path], downloaded: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        target = folder / path.relative_to(downloaded)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.hardlink_to(path)
