"""The form of a rating, made from the scheme."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from qinzheng.definitions.form import Text
from qinzheng.mechanisms.ratings.giving import LONGEST_WORDS, Opinion
from qinzheng.mechanisms.ratings.schema import GRADES, Scheme
from qinzheng.web.cases.forms import CHOOSE_ONE
from qinzheng.web.language import Language, pick

GRADE = Text(zh="服务怎么样", en="How was the service")
ANSWER = Text(zh="事情办成了吗", en="Was the matter done")
ANSWER_HELP = Text(zh="和态度好不好分开：只说事情", en="Apart from manners: only whether it got done")
ANSWERS = {
    "done": Text(zh="办成了", en="done"), "not_done": Text(zh="没办成", en="not done"),
    "not_yet": Text(zh="还在办", en="not yet"), "unsaid": Text(zh="不想说", en="I would rather not say"),
}  # fmt: skip
REASONS = Text(zh="哪里不好", en="What was wrong")
WORDS = Text(zh="想说的话", en="In your own words")
WORDS_HELP = Text(
    zh="加密保存。被评单位能看到这段话，请不要写姓名、电话",
    en="Kept sealed. The rated unit reads these words: write no name and no telephone number",
)
NAMED = Text(
    zh="让承办单位知道是哪一件，好联系我",
    en="The office may know which case it is, so that it can contact me",
)
NAMED_HELP = Text(
    zh="不勾选，任何工作人员都看不到是谁、评的是哪一件",
    en="Unless you tick this, no official sees who rated or which case",
)


class RatingForm(forms.Form):
    """Five grades, done or not, what was wrong. ``word`` opens the one case."""

    word = forms.CharField(widget=forms.HiddenInput, max_length=400)

    def __init__(
        self, scheme: Scheme, spoken: Language, data: QueryDict | None = None, word: str = ""
    ) -> None:
        super().__init__(data, auto_id="rating-%s", initial={"word": word, "answer": "unsaid"})
        choose = {"required": pick(CHOOSE_ONE, spoken)}
        self.fields["grade"] = forms.ChoiceField(
            label=pick(GRADE, spoken), widget=forms.RadioSelect, error_messages=choose,
            choices=[(grade, pick(scheme.grades[grade], spoken)) for grade in GRADES],  # type: ignore[index]
        )  # fmt: skip
        self.fields["answer"] = forms.ChoiceField(
            label=pick(ANSWER, spoken), help_text=pick(ANSWER_HELP, spoken), widget=forms.RadioSelect, error_messages=choose,
            choices=[(key, pick(words, spoken)) for key, words in ANSWERS.items()],
        )  # fmt: skip
        self.fields["reasons"] = forms.MultipleChoiceField(
            label=pick(REASONS, spoken), required=False, widget=forms.CheckboxSelectMultiple,
            choices=[(key, pick(words, spoken)) for key, words in scheme.reasons.items()],
        )  # fmt: skip
        self.fields["words"] = forms.CharField(
            label=pick(WORDS, spoken), help_text=pick(WORDS_HELP, spoken), required=False, max_length=LONGEST_WORDS,
            widget=forms.Textarea(attrs={"rows": 3}),
        )  # fmt: skip
        self.fields["named"] = forms.BooleanField(
            label=pick(NAMED, spoken), help_text=pick(NAMED_HELP, spoken), required=False
        )

    def opinion(self) -> Opinion:
        """What was said, as the domain takes it."""
        said = self.cleaned_data
        return Opinion(said["grade"], said["answer"], tuple(said["reasons"]), said["words"], said["named"])

    def blame(self, field: str, zh: str, en: str, spoken: Language) -> None:
        """What the domain refused, at its field or at the top."""
        self.add_error(field if field in self.fields else None, zh if spoken == "zh" else en)
