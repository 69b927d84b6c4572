"""Has independent readers open the exported drawings: the OMG's schema, and bpmn-moddle, the reader of bpmn.io (out of process).

For development only; nothing here is used at run time. In an empty folder ``npm install bpmn-moddle``, which also holds the
schema, then ``python -m scripts.bpmn_check FOLDER``. Prints one line a procedure; exit code 1 where a reader sees anything else.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from qinzheng.cases.diagram import diagram
from qinzheng.cases.schema import Procedure
from qinzheng.definitions.library import Library, default_root
from qinzheng.exchange.bpmn import importing as bpmn_import
from qinzheng.exchange.bpmn import writing as bpmn_writing
from qinzheng.wiring import KINDS

READER = """
import { readFileSync, writeFileSync } from 'node:fs';
import { BpmnModdle } from 'bpmn-moddle';
const said = {};
for (const file of process.argv.slice(2)) {
  const moddle = new BpmnModdle();
  const { rootElement, warnings } = await moddle.fromXML(readFileSync(file, 'utf8'));
  writeFileSync(file + '.again', (await moddle.toXML(rootElement, { format: true })).xml);
  const flow = {};
  const walk = (level) => { for (const each of level.flowElements || []) { flow[each.id] = each.$type; if (each.flowElements) walk(each); } };
  rootElement.rootElements.filter((each) => each.$type === 'bpmn:Process').forEach(walk);
  const drawn = rootElement.diagrams[0].plane.planeElement.map((each) => each.bpmnElement && each.bpmnElement.id);
  said[file] = { flow, drawn, warnings: warnings.map((each) => each.message) };
}
console.log(JSON.stringify(said));
"""


def main() -> int:
    """Check every shipped procedure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where bpmn-moddle is installed")
    folder: Path = parser.parse_args().folder.resolve()
    procedures: list[Procedure] = Library.read([default_root()], KINDS).standing("procedure")
    schema = etree.XMLSchema(etree.parse(folder / "node_modules/bpmn-moddle/resources/bpmn/xsd/BPMN20.xsd"))
    with TemporaryDirectory() as scratch:
        files = {each.id: Path(scratch) / f"{each.id}.bpmn" for each in procedures}
        for each in procedures:
            files[each.id].write_bytes(bpmn_writing.write(each))
        seen = _read(folder, list(files.values()))
        wrong = 0
        for each in procedures:
            faults = list(_faults(each, seen[str(files[each.id])]))
            valid = schema.validate(etree.parse(files[each.id]))
            faults += _changed(each, files[each.id].with_name(files[each.id].name + ".again"))
            faults += [] if valid else [str(error) for error in schema.error_log]
            kinds = Counter(seen[str(files[each.id])]["flow"].values())
            print(
                f"{each.id}: {sum(kinds.values())} elements, {'; '.join(faults) or 'valid, all seen, all drawn, the same when written by the other side'}"
            )
            wrong += bool(faults)
    return 1 if wrong else 0


def _read(folder: Path, files: list[Path]) -> dict[str, dict[str, dict[str, str]]]:
    reader = folder / "read.mjs"
    reader.write_text(READER, encoding="utf-8")
    done = subprocess.run(  # noqa: S603 -- our own files
        ["node", str(reader), *map(str, files)], cwd=folder, check=True, capture_output=True, text=True  # noqa: S607
    )  # fmt: skip
    found: dict[str, dict[str, dict[str, str]]] = json.loads(done.stdout)
    return found


def _changed(procedure: Procedure, written: Path) -> list[str]:
    """What differs when the other side's own writing of the drawing is opened again."""
    found = bpmn_import.draft(written.read_bytes(), dt.date.today())
    if found.notes or Procedure.model_validate(found.document) != procedure:
        return [f"written by the other side it is another procedure: {found.notes[:3]}"]
    return []


def _faults(procedure: Procedure, seen: dict[str, dict[str, str]]) -> list[str]:
    """Where the reader sees other elements than we drew."""
    drawing = diagram(procedure)
    ours: dict[str, str] = {}
    for graph in (drawing.main, *(part.graph for part in drawing.apart)):
        for node in graph.nodes.values():
            tag = bpmn_writing.TAGS[node.sort] if node.on or node.sort != "timer" else "startEvent"
            ours[node.id] = f"bpmn:{tag[0].upper()}{tag[1:]}"
        ours |= dict.fromkeys(graph.flows and [flow.id for flow in graph.flows.values()], "bpmn:SequenceFlow")
    ours |= {part.id: "bpmn:SubProcess" for part in drawing.apart}
    faults = [f"a warning: {each}" for each in seen["warnings"]]
    if seen["flow"] != ours:
        faults.append(f"other elements: {sorted(set(seen['flow'].items()) ^ set(ours.items()))[:4]}")
    if set(seen["drawn"]) != set(ours):
        faults.append(f"not drawn: {sorted(set(ours) - set(seen['drawn']))[:4]}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
