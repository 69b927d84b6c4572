"""A library of definitions read from files: strict, complete, every problem reported at once.

Two rounds: what is wrong with single files first, for a file that cannot be read would make all that cites
it look wrong too; then what must hold between them. Works without a database: ``qinzheng supervise`` judges
with it. At run time a city's editions come from the database (``qinzheng.definitions.shelf``) as a library
of the same shape.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from qinzheng.definitions import strict

Place = tuple[Path, int]
Check = Callable[[Any, "Library"], Iterable["Complaint"]]


@dataclass(frozen=True)
class Complaint:
    """What a check of a kind found: where in the definition, and what to do."""

    path: strict.Path_
    zh: str
    en: str


@dataclass(frozen=True)
class Kind:
    """A kind of definition: its name in ``kind:``, its shape, and the checks beyond the shape."""

    name: str
    model: type[pydantic.BaseModel]
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Problem:
    """One error: file, line, key, and what is wrong with its remedy in two languages."""

    file: Path
    line: int
    key: str
    zh: str
    en: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" + (f" {self.key}" if self.key else "")
        return f"{where}\n    {self.zh}\n    {self.en}"


class DefinitionErrors(Exception):
    """Every problem of the definitions read; nothing of them is in use."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (str(problem.file), problem.line))
        count = len(self.problems)
        head = f"定义有 {count} 处错误，均未生效 / {count} error(s) in the definitions, none is in use"
        super().__init__("\n".join([head, *map(str, self.problems)]))


@dataclass(frozen=True)
class Held:
    """A definition with where it stands and its exact bytes."""

    definition: Any
    file: Path
    document: strict.Document


class Library:
    """Definitions by kind, id and day."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._held: dict[str, dict[str, list[Held]]] = {}
        self._of: dict[int, Held] = {}
        for entry in held:
            by_id = self._held.setdefault(entry.definition.kind, {})
            by_id.setdefault(entry.definition.id, []).append(entry)
            self._of[id(entry.definition)] = entry
        for by_id in self._held.values():
            for editions in by_id.values():
                editions.sort(key=lambda entry: entry.definition.in_force_from or dt.date.min)

    @classmethod
    def read(cls, roots: Sequence[Path], kinds: Mapping[str, Kind]) -> Library:
        """Read every ``*.yaml`` below the roots (or the files named); raises :class:`DefinitionErrors`."""
        held: list[Held] = []
        problems: list[Problem] = []
        for root in roots:
            files = _files(root, problems)
            for file in files:
                _read(file, kinds, held, problems)
        library = cls(held)
        problems = problems or library.problems(kinds)
        if problems:
            raise DefinitionErrors(problems)
        return library

    def all(self, kind: str) -> list[Any]:
        """Every edition of a kind, by id and day."""
        by_id = self._held.get(kind, {})
        return [entry.definition for name in sorted(by_id) for entry in by_id[name]]

    def standing(self, kind: str, day: dt.date | None = None) -> list[Any]:
        """One edition of each id: the one in force on the day; without a day the latest there is."""
        if day is None:
            return [entries[-1].definition for _, entries in sorted(self._held.get(kind, {}).items())]
        found = []
        for id in sorted(self._held.get(kind, {})):
            with contextlib.suppress(KeyError):
                found.append(self.in_force(kind, id, day))
        return found

    def get(self, kind: str, id: str) -> Any:
        """The latest edition of a definition; KeyError where there is none."""
        return self._held[kind][id][-1].definition

    def in_force(self, kind: str, id: str, day: dt.date) -> Any:
        """The edition in force on a day; KeyError where there is none."""
        for entry in reversed(self._held.get(kind, {}).get(id, [])):
            definition = entry.definition
            begins, ends = definition.in_force_from, definition.in_force_to
            if (begins is None or begins <= day) and (ends is None or day <= ends):
                return definition
        raise KeyError(f"{kind} {id}: {day} 没有有效版本 / no edition in force on {day}")

    def where(self, definition: Any) -> Place:
        """The file and line of a definition."""
        held = self._of[id(definition)]
        return held.file, held.document.line(())

    def text(self, definition: Any) -> bytes:
        """The exact bytes of its document."""
        return self._of[id(definition)].document.text

    def hash(self, definition: Any) -> str:
        """SHA-256 of these bytes: the name of the edition."""
        return hashlib.sha256(self.text(definition)).hexdigest()

    def __iter__(self) -> Iterator[Held]:
        return iter(self._of.values())

    def problems(self, kinds: Mapping[str, Kind], of: Iterable[Held] | None = None) -> list[Problem]:
        """What does not hold between the definitions: sources, doubles, and every check of each kind.

        ``of``: only what does not hold of these; what others then lack because of them is found without it.
        """
        problems: list[Problem] = []
        for entry in self if of is None else of:
            complaints = [*_sources(entry, self), *_twice(entry, self)]
            for check in kinds[entry.definition.kind].checks:
                complaints += check(entry.definition, self)
            problems += [
                Problem(entry.file, entry.document.line(c.path), _dotted(c.path), c.zh, c.en)
                for c in complaints
            ]
        return problems


def default_root() -> Path:
    """The repository's ``definitions/`` where it is, else the copy inside the installed package."""
    package = Path(__file__).resolve().parent.parent
    beside = package.parent / "definitions"
    return beside if beside.is_dir() else package / "_definitions"


def _files(root: Path, problems: list[Problem]) -> list[Path]:
    """The files below a folder; a misspelt suffix or an empty folder is said, never passed over."""
    if not root.is_dir():
        return [root]
    for file in sorted(root.rglob("*.[yY]*")):
        if file.suffix != ".yaml" and file.suffix.lower() in (".yaml", ".yml"):
            zh, en = "文件名须以 .yaml 结尾，请改名", "the name must end in .yaml: rename it"
            problems.append(Problem(file, 1, "", zh, en))
    files = sorted(root.rglob("*.yaml"))
    if not files:
        zh = "此目录没有定义（*.yaml），请检查路径"
        problems.append(Problem(root, 1, "", zh, "no definitions (*.yaml) in this folder: check the path"))
    return files


def _read(file: Path, kinds: Mapping[str, Kind], held: list[Held], problems: list[Problem]) -> None:
    try:
        documents = strict.documents(file.read_bytes())
    except strict.Unreadable as why:
        problems.append(Problem(file, why.line, _dotted(why.path), why.zh, why.en))
        return
    except OSError as why:
        problems.append(
            Problem(file, 1, "", f"读不到文件：{why.strerror}", f"cannot be read: {why.strerror}")
        )
        return
    if not documents:
        zh, en = "文件里没有定义，请补上或删去文件", "nothing is defined here: fill it in or remove the file"
        problems.append(Problem(file, 1, "", zh, en))
    for document in documents:
        name = str(document.value.get("kind")) if isinstance(document.value, dict) else ""
        if name not in kinds:
            line, known = document.line(("kind",)), ", ".join(kinds)
            zh, en = f"没有这一类定义：{name}；可用：{known}", f"no such kind: {name}; known: {known}"
            problems.append(Problem(file, line, "kind", zh, en))
            continue
        try:
            definition = kinds[name].model.model_validate(document.value)
        except pydantic.ValidationError as errors:
            problems += [invalid(file, document, error) for error in errors.errors()]
            continue
        held.append(Held(definition, file, document))


_WORDS = {
    "missing": ("缺少此项，请补上", "is missing: add it"),
    "extra_forbidden": ("不认识的键，请检查拼写或删去", "unknown key: check the spelling or remove it"),
    "literal_error": ("不是允许的取值", "is not one of the allowed values"),
    "date_type": ("应为日期 YYYY-MM-DD", "must be a date YYYY-MM-DD"),
    "int_type": ("应为整数", "must be a whole number"),
    "string_type": ("应为文字", "must be text"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "dict_type": ("应为若干“键: 值”", "must be keys with values"),
    "list_type": ("应为列表", "must be a list"),
    "greater_than_equal": ("太小", "is too small"),
    "less_than_equal": ("太大", "is too large"),
    "too_short": ("不能为空", "must not be empty"),
    "string_pattern_mismatch": ("写法不对", "is not written as it must be"),
    "string_too_long": ("太长，请缩短", "is too long: shorten it"),
    "union_tag_invalid": ("没有这一种", "no such kind"),
    "union_tag_not_found": ("没有写明是哪一种", "does not say which kind"),
}


_SAID = {
    "ge": "至少 {}",
    "le": "至多 {}",
    "expected": "可用 {}",
    "expected_tags": "可用 {}",
    "pattern": "须合 {}",
}


def invalid(file: Path, document: strict.Document, error: Any) -> Problem:
    """One error of the shape, in our words, with the line and key at fault."""
    path = _written(document.value, error["loc"])
    zh, en = _WORDS.get(error["type"], ("不符合要求", "does not fit"))
    context = error.get("ctx", {})
    if isinstance(context.get("error"), ValueError):  # one of ours: both languages, with the remedy
        said, _, told = str(context["error"]).partition(" / ")
        return Problem(file, document.line(path), _dotted(path), said, told or said)
    zh += "".join(f"：{words.format(context[key])}" for key, words in _SAID.items() if key in context)
    return Problem(file, document.line(path), _dotted(path), zh, f"{en}: {error['msg']}")


def _written(value: Any, location: Sequence[str | int]) -> strict.Path_:
    """The key path as it stands in the file: a validator's own steps (which member of a union) are left out."""
    path: list[str | int] = []
    for number, step in enumerate(location):
        inside = (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and step < len(value)
        )
        if inside or number == len(location) - 1:
            path.append(step)
            value = value[step] if inside else None
    return tuple(path)


def _dotted(path: strict.Path_) -> str:
    return ".".join(str(part) for part in path)


def _sources(entry: Held, library: Library) -> Iterator[Complaint]:
    """Every ``source`` anywhere in the document names a loaded source and one of its articles."""
    for path, reference in _references(entry.document.value, ()):
        name, _, article = str(reference).partition("/")
        sources = library._held.get("source", {})
        if name not in sources:
            yield Complaint(
                path,
                f"没有出处 {name}，请在 definitions/sources 中补上",
                f"no source {name}: add it to definitions/sources",
            )
        elif article and article not in sources[name][-1].definition.articles:
            yield Complaint(
                path, f"出处 {name} 没有条目 {article}", f"source {name} has no article {article}"
            )


def _references(value: Any, path: strict.Path_) -> Iterator[tuple[strict.Path_, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "source" and isinstance(part, list):
                yield from (((*path, key, i), reference) for i, reference in enumerate(part))
            else:
                yield from _references(part, (*path, key))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from _references(part, (*path, i))


def _twice(entry: Held, library: Library) -> Iterator[Complaint]:
    """Two editions of one id must differ in the day from which they are in force."""
    editions = library._held[entry.definition.kind][entry.definition.id]
    same = [other for other in editions if other.definition.in_force_from == entry.definition.in_force_from]
    if len(same) > 1 and same[0] is not entry:
        first = f"{same[0].file.name}:{same[0].document.line(())}"
        yield Complaint(("id",), f"与 {first} 重复：同一编号、同一生效日", f"same id and day as {first}")
