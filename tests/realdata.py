"""Where the real logs lie, beside the project; never copied into it."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("QINZHENG_REALDATA", Path(__file__).resolve().parents[2] / "shared" / "data"))

needs_realdata = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the real logs are not at {DATA.name}/ beside the project"
)
