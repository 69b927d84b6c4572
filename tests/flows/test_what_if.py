"""A draft is tried on history before it is published."""

import json
import shutil

from qinzheng import wiring
from qinzheng.definitions.library import default_root
from qinzheng.simulation import commands


def run(tmp_path, capsys, change):
    commands.simulate(300, 5, tmp_path / "log.csv", None)
    draft = tmp_path / "draft"
    shutil.copytree(default_root(), draft)
    file = draft / "procedures" / "approvals" / "demo-permit.yaml"
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    arguments = ["what-if", str(tmp_path / "log.csv"), "--mapping", "demo", "--draft", str(draft), "--json"]
    code = wiring.main(arguments)
    return code, capsys.readouterr()


def test_a_shorter_promise_makes_cards_and_unmakes_none(tmp_path, capsys):
    code, said = run(
        tmp_path, capsys, lambda text: text.replace("committed: {amount: 10,", "committed: {amount: 6,")
    )
    answer = json.loads(said.out)
    assert code == 0
    assert answer["rules"]["standard.demo-past-promise"]["appear"] > 0
    assert answer["vanish"] == 0
    assert answer["cards_then"] == answer["cards_now"] + answer["appear"]


def test_another_hash_is_no_difference(tmp_path, capsys):
    code, said = run(tmp_path, capsys, lambda text: text + "# a remark\n")
    answer = json.loads(said.out)
    assert (code, answer["appear"], answer["vanish"], answer["rules"]) == (0, 0, 0, {})


def test_a_draft_that_does_not_hold_is_refused(tmp_path, capsys):
    code, said = run(
        tmp_path, capsys, lambda text: text.replace("committed: {amount: 10,", "committed: {amount: 30,")
    )
    assert code == 1
    assert "demo-permit.yaml" in said.err.replace("\n", "")
