"""Writing a definition as strict YAML, so that what is drafted by a page or a drawing reads like what a person typed. Pure."""

from __future__ import annotations

from typing import Any

import yaml


class _Plain(yaml.SafeDumper):
    """Everything written out: our definitions know no anchors and aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def plain(document: dict[str, Any]) -> bytes:
    """A document as strict YAML, in the order of its keys."""
    text = yaml.dump(document, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)
    return text.encode()
