"""Sealed bytes in a bucket of an object store that speaks S3: a city's own (Ceph, MinIO …) or a cloud's (OSS, COS, OBS …).

The store sees sealed bytes under random names and holds no key; that it gives back other bytes is found by the commitment.
It is reached straight, by no proxy, with the keys of the environment only: nothing is looked up on the machine or its network.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from qinzheng.cases import attachments_places as places
from qinzheng.cases.attachments_places import Away, Kept

CONNECT_S, READ_S, TRIES = 5, 30, 3
STYLES = ("path", "virtual")
"""How a bucket is named: in the address's path, or before the host (Alibaba Cloud wants the latter)."""
NOT_THERE = {"NoSuchKey", "404"}
REMEDY = (
    "请检查 QINZHENG_S3_ENDPOINT、QINZHENG_S3_KEY、QINZHENG_S3_SECRET、桶名与网络 / "
    "check QINZHENG_S3_ENDPOINT, QINZHENG_S3_KEY, QINZHENG_S3_SECRET, the bucket's name and the network"
)


class Bucket:
    """A bucket, or what lies below a prefix of it. Safe for many threads."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self.client, self.bucket, self.prefix = client, bucket, prefix

    def keep(self, place: str, content: bytes) -> None:
        """Whole or not at all: the store takes an object at once."""
        with _answered():
            self.client.put_object(
                Bucket=self.bucket, Key=self._key(place), Body=content, ContentType="application/octet-stream"
            )

    def get(self, place: str) -> bytes:
        """The bytes."""
        with _answered():
            found = self.client.get_object(Bucket=self.bucket, Key=self._key(place))
            return bytes(found["Body"].read())

    def drop(self, place: str) -> None:
        """Take the object away. Where the bucket keeps versions, former ones stay: sealed, and without their key for good."""
        with contextlib.suppress(FileNotFoundError), _answered():
            self.client.delete_object(Bucket=self.bucket, Key=self._key(place))

    def kept(self) -> Iterator[Kept]:
        """Every object below the prefix that bears a name of ours, a thousand a call."""
        with _answered():
            for page in self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix
            ):
                for each in page.get("Contents", ()):
                    place = places.of_path(each["Key"].removeprefix(self.prefix))
                    if place is not None:
                        yield Kept(place, each["Size"])

    def _key(self, place: str) -> str:
        return self.prefix + places.path(place)


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    """Whatever the store or the way to it says, as the store's two faults: not there, or away."""
    try:
        yield
    except ClientError as why:
        said = why.response.get("Error", {})
        if said.get("Code") in NOT_THERE:
            raise FileNotFoundError("no such object") from None
        raise Away(f"{said.get('Code')} {said.get('Message', '')}：{REMEDY}") from None
    except BotoCoreError as why:
        raise Away(f"{type(why).__name__}：{REMEDY}") from None


@lru_cache(maxsize=4)
def bucket(
    where: str, endpoint: str, region: str, key: str, secret: str, style: str, authority: str
) -> Bucket:
    """The bucket ``name/prefix`` at an endpoint. Raises :class:`Away` where something needed is not told."""
    name, _, prefix = where.partition("/")
    if not (name and endpoint.startswith(("https://", "http://")) and key and secret and style in STYLES):
        raise Away(
            "QINZHENG_FILES=s3://桶名[/前缀] 还需要 QINZHENG_S3_ENDPOINT（https://…）、QINZHENG_S3_KEY、QINZHENG_S3_SECRET；"
            "QINZHENG_S3_STYLE 为 path 或 virtual / QINZHENG_FILES=s3://bucket[/prefix] needs QINZHENG_S3_ENDPOINT (https://…), "
            "QINZHENG_S3_KEY and QINZHENG_S3_SECRET too; QINZHENG_S3_STYLE is path or virtual"
        )
    session = botocore.session.Session()
    for kind in ("config_file", "credentials_file"):
        session.set_config_variable(kind, os.devnull)
    try:
        client = session.create_client(
            "s3", region_name=region, endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
            verify=authority or True,
            config=Config(
                signature_version="s3v4", s3={"addressing_style": style}, connect_timeout=CONNECT_S, read_timeout=READ_S,
                retries={"mode": "standard", "total_max_attempts": TRIES}, proxies={}, max_pool_connections=32,
                # Checksums beyond the signature are newer than many a store that speaks S3.
                request_checksum_calculation="when_required", response_checksum_validation="when_required",
            ),
        )  # fmt: skip
    except (BotoCoreError, ValueError) as why:
        raise Away(f"{type(why).__name__}：{REMEDY}") from None
    prefix = prefix.strip("/")
    return Bucket(client, name, f"{prefix}/" if prefix else "")
