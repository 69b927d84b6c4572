"""The papers and the person of the fast intake: a mark for each paper that the situation asks for; a code that is known needs no name."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from qinzheng.access.users import User
from qinzheng.cases.guide import Guide, Material
from qinzheng.cases.item_words import FORMS
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.windows.checking import FINE, LATER, MISSING, SHARED, WRONG
from qinzheng.parties import queries as parties
from qinzheng.parties.codes import WrongCode
from qinzheng.web.applying.checking import LONGEST_NOTE, SAY_WHY
from qinzheng.web.cases.person import NEEDS_NAME, AboutForm
from qinzheng.web.language import Language, pick

NOT_CHECKED = Text(zh="还没有核对", en="Not checked yet")
NOT_SAID = Text(zh="请选择情形", en="Say which it is")
UNKNOWN = Text(zh="没有这个号码的记录，请填姓名或名称", en="No record has this code: give the name")
NO_LATER = Text(zh="这份材料不能容缺后补", en="This paper cannot come later")


class Person(AboutForm):
    """Who asks. The name may be left out where the code is known: then the earlier record is meant."""

    def __init__(self, who: User, spoken: Language, data: QueryDict | None) -> None:
        super().__init__(False, who, spoken, data, True, [])
        self.known = ""
        name = self.fields["name"]
        name.help_text = pick(
            Text(zh="号码有记录的可不填", en="May be left empty where the code is known"), spoken
        )
        self.order_fields(["kind", "code", "name", "phone", "town"])

    def clean(self) -> dict[str, Any]:
        """Without a name the code must be known."""
        clean = self.cleaned_data
        code = clean.get("code", "")
        if clean.get("name") or "name" in self.errors:
            return clean
        if not code:
            self.add_error("name", pick(NEEDS_NAME, self.spoken))
            return clean
        try:
            found = parties.find_by_code(code)
        except WrongCode as why:
            self.blame("code", why.zh, why.en)
            return clean
        if found is None:
            self.add_error("name", pick(UNKNOWN, self.spoken))
        else:
            self.known = found.pk
        return clean


class Row:
    """One paper on the page: what it is, whether the situation asks for it, what the clerk found."""

    def __init__(self, key: str, material: Material, wanted: bool, given: QueryDict | None) -> None:
        self.key, self.material, self.wanted = key, material, wanted
        self.shared, self.may_later = material.shared_from is not None, material.later
        self.form = FORMS[material.form]
        self.mark = given.get(f"mark-{key}", "") if given is not None else ""
        self.note = " ".join(given.get(f"note-{key}", "").split())[:LONGEST_NOTE] if given is not None else ""
        if self.shared and self.mark == "":
            self.mark = SHARED
        self.fault: Text | None = None
        if given is not None and wanted:
            self.fault = self._fault()

    def _fault(self) -> Text | None:
        if self.mark not in (FINE, MISSING, WRONG, LATER, SHARED) or (
            self.mark == SHARED and not self.shared
        ):
            return NOT_CHECKED
        if self.mark == LATER and not self.may_later:
            return NO_LATER
        return SAY_WHY if self.mark == WRONG and not self.note else None

    @property
    def when(self) -> str:
        """Question and answers on which it depends, for the page's script: ``business=restaurant,canteen;who=agent``."""
        return ";".join(f"{question}={','.join(answers)}" for question, answers in self.material.when.items())


class Papers:
    """All papers of an item, with the questions on the situation that say which of them are asked for."""

    def __init__(self, guide: Guide, given: QueryDict | None) -> None:
        self.guide = guide
        self.situations = {
            key: given.getlist(f"situation-{key}") if given is not None else [] for key in guide.situations
        }
        wanted = guide.materials_for(self.situations) if given is not None else guide.materials
        self.rows = [Row(key, material, key in wanted, given) for key, material in guide.materials.items()]
        self.questions = [
            (
                key,
                question,
                self.situations[key],
                NOT_SAID if given is not None and not self._answered(key) else None,
            )
            for key, question in guide.situations.items()
        ]

    def _answered(self, key: str) -> bool:
        given = self.situations[key]
        question = self.guide.situations[key]
        return bool(given) and set(given) <= set(question.answers) and (question.several or len(given) == 1)

    def is_valid(self) -> bool:
        """Whether every question is answered and every paper that is asked for was checked."""
        return not any(fault for *_, fault in self.questions) and not any(row.fault for row in self.rows)

    @property
    def faults(self) -> list[tuple[str, Text, Text]]:
        """(where on the page, what, why) of everything that is missing."""
        found = [
            (f"situation-{key}", question.name, fault) for key, question, _, fault in self.questions if fault
        ]
        return found + [(f"paper-{row.key}", row.material.name, row.fault) for row in self.rows if row.fault]
