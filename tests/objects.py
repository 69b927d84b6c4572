"""An object store that speaks S3, a real server in a process of its own, for tests: it checks signatures as a store does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import botocore.session
from botocore.config import Config

BUCKET = "qinzheng-tests"
SAID = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
BEFORE_AUTHENTICATION = 4
"""What may be asked without a signature: a user, its policy, its key, the bucket."""


@dataclass(frozen=True)
class Objects:
    """Where it listens, and the keys that it lets in."""

    endpoint: str
    key: str
    secret: str

    def settings(self, **other: str) -> dict[str, str]:
        """As ``config.settings`` holds them."""
        own = {"endpoint": self.endpoint, "region": "us-east-1", "key": self.key, "secret": self.secret}
        return {**own, "style": "path", **other}


@contextmanager
def serving() -> Iterator[Objects]:
    """The server, with a bucket and one user."""
    environ = {
        **os.environ,
        "INITIAL_NO_AUTH_ACTION_COUNT": str(BEFORE_AUTHENTICATION),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            endpoint = _listening(process.stderr)
            threading.Thread(
                target=process.stderr.read, daemon=True
            ).start()  # its log must not stand in its way
            yield _user(endpoint)
        finally:
            process.kill()


def _listening(said: IO[str]) -> str:
    heard = []
    for line in said:
        heard.append(line)
        if found := SAID.search(line):
            return found[1]
    raise AssertionError("the object store did not start:\n" + "".join(heard))


def _client(service: str, endpoint: str) -> Any:
    session = botocore.session.Session()
    return session.create_client(
        service, region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="none", aws_secret_access_key="none",
        config=Config(proxies={}, s3={"addressing_style": "path"}),
    )  # fmt: skip


def _user(endpoint: str) -> Objects:
    iam = _client("iam", endpoint)
    iam.create_user(UserName="qinzheng")
    iam.put_user_policy(UserName="qinzheng", PolicyName="all", PolicyDocument=POLICY)
    made = iam.create_access_key(UserName="qinzheng")["AccessKey"]
    _client("s3", endpoint).create_bucket(Bucket=BUCKET)
    return Objects(endpoint, made["AccessKeyId"], made["SecretAccessKey"])
