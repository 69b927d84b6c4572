"""Who is said to have done what happened, on the page of a case."""

from types import SimpleNamespace
from typing import Any

import pytest

from qinzheng.web import history


@pytest.mark.parametrize(
    ("actor", "body", "zh"),
    [
        ("a-1f2e3d4c5b6a", {"role": "applicant"}, "申请人"),
        ("", {"role": "applicant"}, "申请人"),
        ("", {"role": "citizen"}, "申请人"),
        ("", {"role": "handler"}, ""),
        ("", {}, ""),
    ],
)
def test_what_a_source_tells_of_an_applicant_is_the_applicants(
    actor: str, body: dict[str, Any], zh: str
) -> None:
    event: Any = SimpleNamespace(actor=actor, body=body)
    assert history._actor(event, None).zh == zh


def test_a_post_goes_by_its_name() -> None:
    event: Any = SimpleNamespace(actor="p-1f2e3d4c5b6a", body={"role": "clerk"})
    post = SimpleNamespace(name_zh="综合窗口1号", name_en="Window 1")
    assert history._actor(event, post).zh == "综合窗口1号"
