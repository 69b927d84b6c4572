"""People who act on cases: forms filled in, roles taken, and what must hold of a case whatever they did."""

import copy
from random import Random
from typing import Any

from qinzheng.cases import actions as cases
from qinzheng.cases import writing
from qinzheng.cases.acts import DEEMED, OPENED, PERFORMED, UNDEEMED, Change
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case
from qinzheng.cases.schema import Act, Field_
from qinzheng.definitions import shelf
from qinzheng.ledger import queries as ledger
from qinzheng.supervision import live, programs

ORGANS = ("住建局", "水利局", "公安局")
MINUTE, DAY = 60_000_000, 86_400_000_000


def form(random: Random, act: Act, now: int) -> dict[str, Any]:
    """The act's form filled in as it asks."""
    return {
        name: _value(random, field, name, now)
        for name, field in act.form.items()
        if field.required or random.random() < 0.5
    }


def _value(random: Random, field: Field_, name: str, now: int) -> Any:
    if field.type == "integer":
        return random.randint(field.least or 0, min(field.most or 30, (field.least or 0) + 12))
    if field.type == "boolean":
        return random.random() < 0.5
    if field.type == "choice":
        return random.choice(sorted(field.choices))
    if field.type in ("instant", "day"):
        moment = writing.moment(now + random.randint(-5, 60) * DAY).astimezone(shelf.ZONE)
        return moment.strftime("%Y-%m-%dT%H:%M" if field.type == "instant" else "%Y-%m-%d")
    if name == "organs":
        return random.sample(ORGANS, random.randint(1, 3))
    return random.choice(ORGANS) if name == "next" or field.type == "reference" else "说明"


def whoever(random: Random, case: Case, act: Act, *, lawful: bool = True) -> Who:
    """Somebody who may do the act; now and then somebody who may not."""
    role = random.choice(act.by) if act.by and lawful else random.choice(("clerk", "handler", "approver"))
    group = next(iter(case.situation.get("joints", {}).values()), None) if act.joint else None
    organization = random.choice(group["asked"]) if group else case.organization or ORGANS[0]
    return Who(
        f"{role}-{random.randrange(3)}", "" if role in ("applicant", "citizen") else organization, role
    )


def allowed(case: Case) -> list[str]:
    """The acts that the state of the case allows, whoever does them."""
    procedure = cases.procedure_of(case)
    state = procedure.states[case.state]
    return [
        name
        for name, act in procedure.acts.items()
        if act.by and not act.opens
        and (case.state in act.from_ or (act.any_time and (not state.final or "reopening" in act.traits)))
    ]  # fmt: skip


def check(case_id: str) -> None:
    """The ledger folded anew is what the tables say; engine and kernel agree; every act was lawful where it stands."""
    case = Case.objects.get(pk=case_id)
    _is_lawful(case)
    kept = case.fold
    assert kept is not None
    anew = copy.deepcopy(case)
    anew.fold = {"names": kept["names"]}
    last_judged = max(case.situation["recorded"], kept["horizon"])
    change = Change(anew, cases.procedure_of(case), [], last_judged)
    deemed = live.project(change)
    found = [(event.type, event.body) for event in change.determinations]
    assert not found, (found, told(case_id))
    assert sorted([d.at, d.effective, d.act] for d in deemed) == sorted(
        [at, effective, act] for act, effective, at in case.situation.get("deemed", [])
    )
    assert anew.fold is not None
    assert anew.fold["state"] == kept["state"]
    compiled = programs.ready(case.procedure, case.edition, case.variant).compiled
    assert kept["state"]["stage"] == compiled.states[case.state]
    assert (case.closed_at is not None) == (cases.procedure_of(case).states[case.state].final is not None)


def told(case_id: str) -> list[str]:
    """The case's history, for a person who must find out what went wrong."""
    return [
        f"{e.subject_seq} {e.type} {e.body.get('act', '')} at {e.occurred_at} rec {e.recorded_at} {dict(e.body)}"
        for e in ledger.history(case_id)
    ]


def _is_lawful(case: Case) -> None:
    """Told by the definition alone: each act from a state that it names, in the order claimed."""
    procedure = cases.procedure_of(case)
    events = ledger.history(case.id)
    gone = [(e.body["act"], e.body["passed_at"]) for e in events if e.type == UNDEEMED]
    steps = [(e.occurred_at, 0, e.subject_seq, e) for e in events if e.type in (OPENED, PERFORMED)]
    for e in events:
        if e.type == DEEMED:
            if (e.body["act"], e.body["passed_at"]) in gone:
                gone.remove((e.body["act"], e.body["passed_at"]))
            else:
                steps.append((e.body["passed_at"], 1, e.subject_seq, e))
    state, answered = "", set[str]()
    for _, _, _, event in sorted(steps, key=lambda step: step[:3]):
        act = procedure.acts[event.body["act"]]
        if act.opens:
            assert state == ""
        elif act.any_time:
            assert not procedure.states[state].final or "reopening" in act.traits
        else:
            assert state in act.from_, (event.body["act"], state, told(case.id))
        if act.system:
            assert event.type == DEEMED
        else:
            assert event.body["role"] in act.by
        if act.name.en == "ask the organs concerned":
            answered = set(event.body["form"]["organs"])
        elif act.joint:
            answered.remove(event.organization)
            state = state if answered else "agreed"
        state = act.to or state
    assert state == case.state
    numbers = [event.subject_seq for event in events]
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(a.recorded_at <= b.recorded_at for a, b in zip(events, events[1:], strict=False))
