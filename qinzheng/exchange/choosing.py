"""What a command names: the mapping, by its id or in a file of the user's own, and the calendars that go with it."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from pathlib import Path

from qinzheng.calendars import queries as calendars
from qinzheng.calendars.calendar import Calendar
from qinzheng.cases.schema import Procedure
from qinzheng.definitions.library import Kind, Library, default_root
from qinzheng.exchange.schema import Mapping


class Refusal(Exception):
    """The command cannot be carried out: what is wrong, and the remedy, in two languages."""


def choose(name: str, root: Path | None, kinds: MappingOf[str, Kind]) -> tuple[Library, Mapping]:
    """The definitions (the shipped ones unless ``root`` names others) and the mapping of that id or file."""
    roots = [root or default_root()]
    file = Path(name)
    own = file.suffix in (".yaml", ".yml")
    if own:
        if not file.is_file():
            raise Refusal(
                f"找不到映射文件 {file}，请检查路径 / there is no mapping file {file}: check the path"
            )
        roots.append(file)
    library = Library.read(roots, kinds)
    known = {mapping.id: mapping for mapping in library.all("mapping")}
    if own:
        chosen = [m for m in known.values() if library.where(m)[0].resolve() == file.resolve()]
        if not chosen:
            raise Refusal(f"{file} 里没有映射，应为 kind: mapping / {file} holds no mapping (kind: mapping)")
        return library, chosen[0]
    if name not in known:
        names = ", ".join(sorted(known))
        raise Refusal(f"没有映射 {name}；可用：{names} / there is no mapping {name}; there are: {names}")
    return library, known[name]


def covering(library: Library, procedure: Procedure) -> dict[str, Calendar]:
    """The calendars of the procedure's clocks, by name."""
    named = {clock.counting.calendar for clock in procedure.clocks.values()}
    for clock in procedure.clocks.values():
        for limit in (clock.limits.committed, clock.limits.own, clock.limits.statutory):
            if limit is not None and limit.counting is not None:
                named.add(limit.counting.calendar)
    return {name: calendars.calendar(library, name) for name in sorted(named)}
