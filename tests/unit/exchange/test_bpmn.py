"""BPMN 2.0: what is exported opens again as the same procedure; what others drew becomes a draft, with all that is left out named."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinzheng import wiring
from qinzheng.cases.diagram import diagram
from qinzheng.cases.layout import layout
from qinzheng.cases.schema import Procedure
from qinzheng.definitions import strict
from qinzheng.exchange.bpmn import commands as bpmn_commands
from qinzheng.exchange.bpmn import vocabulary
from qinzheng.exchange.bpmn.draft import Draft
from qinzheng.exchange.bpmn.importing import draft
from qinzheng.exchange.bpmn.reading import DEEPEST, LARGEST, MOST, NotBpmn
from qinzheng.exchange.bpmn.writing import write
from tests.library import library, procedure
from tests.unit.exchange.procedures import procedures

DAY = dt.date(2026, 11, 25)
SHIPPED = [each.id for each in library().standing("procedure")]
FOREIGN = Path(__file__).parent / "drawn" / "permit.bpmn"


def opened(found: Draft) -> Procedure:
    """The draft as its YAML is read, strictly."""
    [document] = strict.documents(found.yaml())
    return Procedure.model_validate(document.value)


def same(one: Procedure, other: Procedure) -> bool:
    """Equal, and everything in the same order: the order of acts breaks ties in logs."""
    return one.model_dump_json() == other.model_dump_json()


def edited(id: str, *changes: tuple[str, str]) -> Draft:
    """The drawing of a shipped procedure after somebody's changes to its text."""
    text = write(procedure(id)).decode()
    for pattern, said in changes:
        text, count = re.subn(pattern, said, text, flags=re.DOTALL)
        assert count, pattern
    return draft(text.encode(), DAY)


# -- round trip ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", SHIPPED)
def test_every_shipped_procedure_opens_again_as_itself(id: str) -> None:
    found = draft(write(procedure(id)), DAY)
    assert same(opened(found), procedure(id))
    assert found.notes == []


@given(procedures())
@settings(max_examples=100, deadline=None)
def test_every_procedure_opens_again_as_itself(one: Procedure) -> None:
    found = draft(write(one), DAY)
    assert found.notes == []
    assert same(opened(found), one)


@given(procedures())
@settings(max_examples=40, deadline=None)
def test_every_shape_has_its_place_and_no_two_share_one(one: Procedure) -> None:
    drawing = diagram(one)
    placed = layout(drawing)
    apart = {part.id for part in drawing.apart}
    hung = {
        id
        for g in (drawing.main, *(p.graph for p in drawing.apart))
        for id, node in g.nodes.items()
        if node.on
    }
    boxes = sorted((id, box) for id, box in placed.boxes.items() if id not in apart | hung)
    for n, (id, a) in enumerate(boxes):
        assert 0 <= a.x <= placed.width
        assert a.y + a.height <= placed.height
        for other, b in boxes[n + 1 :]:
            clear = (
                a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
            )
            assert clear, (id, other)
    for line in placed.lines.values():
        assert len(line) > 1
        assert all(
            abs(a[0] - b[0]) < 0.6 or abs(a[1] - b[1]) < 0.6 for a, b in zip(line, line[1:], strict=False)
        )


def test_the_same_procedure_gives_the_same_bytes_and_every_element_is_drawn() -> None:
    one = procedure("approvals.joint")
    raw = write(one)
    assert raw == write(one)
    root = ElementTree.fromstring(raw)  # noqa: S314 -- our own
    model, di = f"{{{vocabulary.MODEL}}}", f"{{{vocabulary.DI}}}"
    drawn = {
        each.get("bpmnElement") for each in root.iter() if each.tag in (di + "BPMNShape", di + "BPMNEdge")
    }
    flow = {each.get("id") for each in root.iter() if each.get("id") and each.tag in {
        model + tag for tag in ("userTask", "serviceTask", "receiveTask", "exclusiveGateway", "parallelGateway", "startEvent",
                                "endEvent", "boundaryEvent", "subProcess", "sequenceFlow")}}  # fmt: skip
    assert drawn == flow
    silent = root.find(f".//{model}boundaryEvent[@cancelActivity='true']")
    assert silent is not None
    assert silent.get("attachedToRef") == "state_received"
    duration = silent.find(f".//{model}timeDuration")
    assert duration is not None
    assert (duration.text, duration.get("language")) == ("5 working_days", vocabulary.WORKING)
    assert len(root.findall(f".//{model}parallelGateway")) == 2
    at_any_time = {act.name.zh for act in one.acts.values() if act.any_time}
    assert {"补充材料", "撤回申请"} <= at_any_time
    assert {each.get("name") for each in root.iter(model + "subProcess")} == at_any_time


# -- edited elsewhere ---------------------------------------------------------------------------------


def test_what_a_person_changed_in_an_editor_counts_and_is_said() -> None:
    found = edited(
        "approvals.joint",
        ('(id="act_grant" name=)"[^"]*"', r'\1"同意"'),
        ('(id="act_refuse".*?)(?=</bpmn:userTask>)', r"\1"),
        ('targetRef="state_refusing"', 'targetRef="state_granted"'),
        (r"(<bpmn:timeDuration[^>]*>)45 working_days", r"\g<1>30 working_days"),
    )
    one = opened(found)
    assert one.acts["grant"].name.zh == "同意"
    assert one.acts["refuse"].to == "granted"
    assert one.clocks["decision"].limits.statutory is not None
    assert one.clocks["decision"].limits.statutory.amount == 30
    said = {(each.id, each.en) for each in found.notes}
    assert ("act_grant", "renamed to '同意'") in said
    assert ("act_refuse", "now leads to: granted") in said
    assert ("clock_decision", "the limit was 45, now 30") in said
    assert all(each.line > 1 for each in found.notes)


def test_an_act_removed_is_gone_and_what_it_leaves_behind_is_named(tmp_path: Path) -> None:
    found = edited("approvals.standard", (r'<bpmn:userTask id="act_issue".*?</bpmn:userTask>', ""))
    assert "issue" not in found.document["acts"]
    assert any("end of this arrow" in each.en for each in found.notes)
    lacks = bpmn_commands.lacking(found.yaml(), tmp_path / "draft.yaml", library())
    assert any("there is no act issue" in each for each in lacks)


def test_another_amount_in_another_unit_is_not_taken_in_silence() -> None:
    found = edited("approvals.joint", (r"(<bpmn:timeDuration[^>]*>)45 working_days", r"\g<1>P6W"))
    assert (
        opened(found).clocks["decision"].limits.statutory
        == procedure("approvals.joint").clocks["decision"].limits.statutory
    )
    assert any("'P6W' is another unit" in each.en and each.decide_en for each in found.notes)


# -- other systems' drawings --------------------------------------------------------------------------


def test_a_drawing_of_another_editor_becomes_a_draft_that_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "draft.yaml"
    assert wiring.main(["definitions", "bpmn", "import", str(FOREIGN), "--to", str(target), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["lacks"] == []
    [document] = strict.documents(target.read_bytes())
    one = Procedure.model_validate(document.value)
    assert {name for name, act in one.acts.items() if act.opens} == {"receive-papers"}
    assert one.acts["check-papers"].by == ["window-clerk"]
    assert one.acts["ask-for-more"].to == "before-check-papers"
    branches = {name for name, act in one.acts.items() if act.from_ == ["choice"] and act.to is None}
    assert branches == {"fire-review", "env", "env-visit"}
    assert [guard.acts for guard in one.acts["all-done"].guards] == [["fire-review", "env-visit"]]
    assert one.clocks["too-late"].limits.own is not None
    assert (one.clocks["too-late"].counting.unit, one.clocks["too-late"].limits.own.amount) == (
        "calendar_days",
        20,
    )
    assert one.acts["too-late-deemed"].system
    assert one.acts["withdraw"].any_time
    assert "orphan" not in one.acts


def test_everything_that_is_left_out_is_named_with_its_line() -> None:
    lines = FOREIGN.read_text(encoding="utf-8").splitlines()
    notes = draft(FOREIGN.read_bytes(), DAY).notes
    named = {(each.element, each.id) for each in notes}
    wanted = {
        ("collaboration", "Collaboration_1"), ("textAnnotation", "note"), ("task", "orphan"), ("sequenceFlow", "f4"),
        ("boundaryEvent", "odd"), ("serviceTask", "env"), ("subProcess", "cancel"), ("parallelGateway", "fork"),
        ("formData", "http://camunda.org/schema/1.0/bpmn"), ("assignee", "http://activiti.org/bpmn"),
    }  # fmt: skip
    assert wanted <= named
    for each in notes:
        if not each.id.startswith("http"):
            assert f'id="{each.id}"' in lines[each.line - 1], each


def test_a_drawing_without_a_start_or_an_end_says_so() -> None:
    raw = (
        f'<definitions xmlns="{vocabulary.MODEL}"><process id="p"><task id="a" name="A"/><task id="b" name="B"/>'
        '<sequenceFlow id="f" sourceRef="a" targetRef="b"/></process></definitions>'
    ).encode()
    found = draft(raw, DAY)
    assert opened(found).acts["a"].opens
    assert opened(found).states["ended"].final == "completed"
    assert {"there is no start event: this act opens", "no arrow leaves it: the case ends with it"} <= {
        n.en for n in found.notes
    }


@st.composite
def drawings(draw: st.DrawFn) -> bytes:
    """Any boxes with any arrows between them, mad ones too."""
    tags = st.sampled_from(["task", "userTask", "receiveTask", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "startEvent",
                            "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "callActivity", "subProcess"])  # fmt: skip
    ids = [f"n{n}" for n in range(draw(st.integers(1, 9)))]
    shapes = "".join(
        f'<{(tag := draw(tags))} id="{id}" name="{draw(st.sampled_from(["", "甲", "Do it"]))}"></{tag}>'
        for id in ids
    )
    ends = st.sampled_from([*ids, "gone"])
    ways = "".join(
        f'<sequenceFlow id="f{n}" sourceRef="{draw(ends)}" targetRef="{draw(ends)}"/>'
        for n in range(draw(st.integers(0, 14)))
    )
    hung = "".join(
        f'<boundaryEvent id="b{n}" attachedToRef="{draw(ends)}"><timerEventDefinition><timeDuration>{draw(st.sampled_from(["P3D", "PT1H30M", "${x}"]))}'
        "</timeDuration></timerEventDefinition></boundaryEvent>" for n in range(draw(st.integers(0, 2)))
    )  # fmt: skip
    return f'<definitions xmlns="{vocabulary.MODEL}"><process id="p">{shapes}{hung}{ways}</process></definitions>'.encode()


@given(drawings())
@settings(max_examples=200, deadline=None)
def test_any_drawing_becomes_a_draft_or_what_it_lacks_is_named(raw: bytes) -> None:
    found = draft(raw, DAY)
    lacks = bpmn_commands.lacking(found.yaml(), Path("draft.yaml"), library())
    assert all("\n" in each for each in lacks), "each with its remedy"
    if not lacks:
        assert same(opened(draft(write(opened(found)), DAY)), opened(found)), (
            "and a draft that holds goes round too"
        )


# -- hostile files ------------------------------------------------------------------------------------

BOMB = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><definitions>&b;</definitions>'


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (BOMB, "declares a document type"),
        (b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><definitions/>', "declares a document type"),
        (b"<definitions>" + b"<a>" * (DEEPEST + 1), "nested too deeply"),
        (b"<definitions>" + b"<a/>" * (MOST + 1), "too many elements"),
        (b" " * (LARGEST + 1), "over"),
        (b"", "not valid XML"),
        (b"\0\1\2", "not valid XML"),
        (b"<definitions><process", "not valid XML"),
        (b"<log/>", "not BPMN 2.0"),
        (b"<definitions/>", "holds no process"),
        (b'<definitions><process id="p"><task id="a"/><task id="a"/></process></definitions>', "used twice"),
        (b'<?xml version="1.0" encoding="GB18030"?><definitions/>', "UTF-8"),
    ],
)  # fmt: skip
def test_a_hostile_or_broken_file_is_refused_with_its_line(raw: bytes, said: str) -> None:
    with pytest.raises(NotBpmn, match=said) as refused:
        draft(raw, DAY)
    assert refused.value.line >= 1


def test_a_broken_definition_inside_is_said_and_the_drawing_counts() -> None:
    found = edited("letters.reply", (r'(<qinzheng:act ref="reply"[^>]*>)[^<]*', r"\1{not json"))
    assert any("cannot be read" in each.en for each in found.notes)


SOUND = write(procedure("approvals.joint")).decode()


@given(
    st.integers(0, len(SOUND)),
    st.integers(0, 400),
    st.text('<>"&{}[]:,/=abc019_-\0 ', max_size=30),
    st.integers(0, 60_000),
)
@settings(max_examples=150, deadline=None)
def test_a_spoilt_drawing_is_refused_or_drafted_but_never_breaks(
    at: int, length: int, put: str, other: int
) -> None:
    text = SOUND[:at] + put + SOUND[at + length :]
    swapped = re.sub(
        r'(ref|Ref|id)="[^"]*"',
        lambda found: f'{found[1]}="state_received"' if found.start() > other else found[0],
        SOUND,
        count=1,
    )
    for raw in (
        text.encode(),
        swapped.encode(),
        re.sub(r">\{[^<]*<", ">{}<", SOUND[:at]).encode() + SOUND[at:].encode(),
    ):
        try:
            found = draft(raw, DAY)
        except NotBpmn as why:
            refused = why
        else:
            bpmn_commands.lacking(found.yaml(), Path("draft.yaml"), library())
            continue
        assert refused.line >= 1
        assert refused.zh
        assert refused.en


def test_commands_say_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert wiring.main(["definitions", "bpmn", "export", "--to", str(tmp_path / "all")]) == 0
    assert sorted(each.stem for each in (tmp_path / "all").iterdir()) == sorted(SHIPPED)
    assert wiring.main(["definitions", "bpmn", "export", "no.such", "--to", str(tmp_path / "x.bpmn")]) == 1
    assert "approvals.standard" in capsys.readouterr().err
    assert (
        wiring.main(
            ["definitions", "bpmn", "import", str(tmp_path / "none.bpmn"), "--to", str(tmp_path / "x.yaml")]
        )
        == 1
    )
    (tmp_path / "bomb.bpmn").write_bytes(BOMB)
    assert (
        wiring.main(
            ["definitions", "bpmn", "import", str(tmp_path / "bomb.bpmn"), "--to", str(tmp_path / "x.yaml")]
        )
        == 1
    )
    assert "bomb.bpmn:1" in capsys.readouterr().err
