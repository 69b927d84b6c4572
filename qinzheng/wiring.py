"""The one list of what is plugged into what: kinds of definitions, commands, projectors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from qinzheng import __version__
from qinzheng.calendars import checks as calendar_checks
from qinzheng.calendars import schema as calendar_schema
from qinzheng.cases import checks as case_checks
from qinzheng.cases import items, vocabulary
from qinzheng.cases import schema as case_schema
from qinzheng.definitions import schema as definition_schema
from qinzheng.definitions.library import Kind
from qinzheng.exchange import checks as exchange_checks
from qinzheng.exchange import (
    convert,
    items_json,
    replay_parser,
    supervise,
    what_if,
)
from qinzheng.exchange import schema as exchange_schema
from qinzheng.exchange.bpmn import commands as bpmn_commands
from qinzheng.exchange.collecting import parser as collecting_parser
from qinzheng.exchange.collecting import schema as collecting_schema
from qinzheng.exchange.upward import parser as upward_parser
from qinzheng.exchange.upward import schema as upward_schema
from qinzheng.measures import checks as measure_checks
from qinzheng.measures import presence
from qinzheng.measures import schema as measure_schema
from qinzheng.mechanisms.catalogue import schema as catalogue_schema
from qinzheng.mechanisms.fees import schema as fee_schema
from qinzheng.mechanisms.matters import schema as matter_schema
from qinzheng.mechanisms.papers import schema as paper_schema
from qinzheng.mechanisms.ratings import schema as rating_schema
from qinzheng.mechanisms.sites import schema as site_schema
from qinzheng.mechanisms.windows import schema as window_schema
from qinzheng.notifications import schema as notice_schema
from qinzheng.operations import (
    account_parser,
    catalogue_parser,
    console,
    definition_commands,
    measuring,
    party_commands,
    process_commands,
    project_parser,
    token_parser,
    webhook_parser,
)
from qinzheng.simulation import commands as simulation
from qinzheng.simulation.qinghe import commands as city
from qinzheng.supervision import checks as supervision_checks
from qinzheng.supervision import examples
from qinzheng.supervision import schema as supervision_schema
from qinzheng.supervision.patterns import schema as pattern_schema

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("source", definition_schema.Source),
        Kind("calendar", calendar_schema.CalendarDefinition, (calendar_checks.check_calendar,)),
        Kind("procedure", case_schema.Procedure, (case_checks.check_procedure,)),
        Kind("item", items.Item, (items.check_item,)),
        Kind("paper", paper_schema.Paper, (paper_schema.check_paper,)),
        Kind("matter", matter_schema.Matter, (matter_schema.check_matter,)),
        Kind("rate", catalogue_schema.Rate),
        Kind("checklist", catalogue_schema.Checklist, (catalogue_schema.check_checklist,)),
        Kind("window", window_schema.Window, (window_schema.check_window,)),
        Kind("fees", fee_schema.FeeRules, (fee_schema.check_fees,)),
        Kind("rating", rating_schema.Scheme, (rating_schema.check_scheme,)),
        Kind("vocabulary", vocabulary.Vocabulary, (vocabulary.check_vocabulary,)),
        Kind("rule", supervision_schema.Rule, (supervision_checks.check_rule,)),
        Kind("example", examples.Example, (examples.check_example,)),
        Kind("measure", measure_schema.Measure, (measure_checks.check_measure,)),
        Kind("presence", presence.Presence, (presence.check_presence,)),
        Kind("pattern", pattern_schema.Pattern, (pattern_schema.check_pattern,)),
        Kind("site", site_schema.Site, (site_schema.check_site,)),
        Kind("notice", notice_schema.Notice, (notice_schema.check_notice,)),
        Kind("mapping", exchange_schema.Mapping, (exchange_checks.check_mapping,)),
        Kind("collector", collecting_schema.Collector, (collecting_schema.check_collector,)),
        Kind("upward", upward_schema.Upward, (upward_schema.check_upward,)),
    )
}


def build_parser() -> argparse.ArgumentParser:
    """The console command with every group of commands."""
    parser = argparse.ArgumentParser(
        prog="qinzheng", description="勤政：让每一件事都有时钟 · every case has a clock"
    )
    parser.add_argument("--version", action="version", version=f"qinzheng {__version__}")
    groups = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    supervise.register(groups, KINDS)
    convert.register(groups, KINDS)
    what_if.register(groups, KINDS)
    replay_parser.register(groups, KINDS, console.on_database)
    collecting_parser.register(groups, console.on_database)
    upward_parser.register(groups, console.on_database)
    console.register(groups)
    process_commands.register(groups)
    measuring.register(groups)
    catalogue_parser.register(groups)
    verbs = definition_commands.register(groups, KINDS)
    bpmn_commands.register(verbs, KINDS)
    items_json.register(verbs, KINDS)
    party_commands.register(groups)
    project_parser.register(groups)
    token_parser.register(groups)
    account_parser.register(groups)
    webhook_parser.register(groups)
    simulation.register(groups, KINDS)
    city.register(groups)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 for done, 1 for a refusal that was explained, 2 for bad usage."""
    arguments = build_parser().parse_args(argv)
    code: int = arguments.run(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
