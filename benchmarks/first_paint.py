"""First contentful paint and bytes of the main pages in a running city, by a real Chromium.

    python -m benchmarks.first_paint [--at http://127.0.0.1:8000] [--loads 15]

Without ``--at`` a fictional city is started for it. ``cold``: nothing kept by the browser; ``warm``: the sheet and the
scripts are. ``sent`` is what the network carries (compressed, with headers), ``unpacked`` what the browser reads.
"""

from __future__ import annotations

import argparse
import statistics
from contextlib import nullcontext
from dataclasses import dataclass, field

from playwright.sync_api import CDPSession, Page

from scripts.city import Visitor, running, visited

PAGES = (
    ("home", "", "/"), ("search", "", "/items/?q=开一家小吃店"), ("item", "", "/items/market.food-business-licence/"), ("town", "", "/organizations/town-16/"),
    ("progress", "", "/progress/"), ("login", "", "/login/"), ("worklist", "handler", "/work/"), ("cases", "supervisor", "/cases/"),
    ("case", "supervisor", ""), ("cards", "supervisor", "/cards/"), ("overview", "supervisor", "/overview/"), ("wall", "supervisor", "/wall/"),
)  # fmt: skip
"""(name, who looks, where); the case is the first of the list."""
PAINT = """() => new Promise(done => {
  const found = performance.getEntriesByName('first-contentful-paint');
  if (found.length) return done(found[0].startTime);
  new PerformanceObserver((list, watcher) => {
    const [entry] = list.getEntriesByName('first-contentful-paint');
    if (entry) { watcher.disconnect(); done(entry.startTime); }
  }).observe({type: 'paint', buffered: true});
})"""


@dataclass
class Loads:
    """The loads of one page: paints in milliseconds, bytes of the last one."""

    paints: list[float] = field(default_factory=list)
    sent: int = 0
    unpacked: int = 0

    def quantile(self, share: float) -> float:
        """The paint that so many loads do not exceed."""
        return sorted(self.paints)[min(int(share * len(self.paints)), len(self.paints) - 1)]


def load(page: Page, network: CDPSession, address: str, into: Loads) -> None:
    """Open the page once and note what it took."""
    sizes = {"sent": 0, "unpacked": 0}

    def finished(event: dict[str, float]) -> None:
        sizes["sent"] += int(event["encodedDataLength"])

    def arrived(event: dict[str, float]) -> None:
        sizes["unpacked"] += int(event["dataLength"])

    network.on("Network.loadingFinished", finished)
    network.on("Network.dataReceived", arrived)
    page.goto(address, wait_until="load")
    into.paints.append(page.evaluate(PAINT))
    network.remove_listener("Network.loadingFinished", finished)
    network.remove_listener("Network.dataReceived", arrived)
    into.sent, into.unpacked = sizes["sent"], sizes["unpacked"]


def measure(visitor: Visitor, role: str, path: str, loads: int) -> tuple[Loads, Loads]:
    """(cold, warm) of one page as somebody sees it."""
    context = visitor.context(role, width=1280, height=800)
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    found = []
    for kept in (False, True):
        network.send("Network.setCacheDisabled", {"cacheDisabled": not kept})
        load(page, network, visitor.address + path, Loads())  # not counted: the server's own first time
        into = Loads()
        for _ in range(loads):
            page.goto("about:blank")
            load(page, network, visitor.address + path, into)
        found.append(into)
    context.close()
    return found[0], found[1]


def first_case(visitor: Visitor) -> str:
    """The address of the first case of the supervisor's list."""
    page = visitor.seen("supervisor", "/cases/")
    address = page.locator("a[data-open]").first.get_attribute("href")
    page.context.close()
    assert address
    return address


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", help="address of a running demonstration")
    parser.add_argument("--loads", type=int, default=15)
    options = parser.parse_args()
    with nullcontext(options.at) if options.at else running() as address, visited(address) as visitor:
        case = first_case(visitor)
        print(
            "| page | cold p50 ms | p95 | warm p50 ms | p95 | cold sent KB | unpacked KB | warm sent KB |\n|---|---|---|---|---|---|---|---|"
        )
        every: list[float] = []
        for name, role, path in PAGES:
            cold, warm = measure(visitor, role, path or case, options.loads)
            every += cold.paints
            print(
                f"| {name} | {statistics.median(cold.paints):.0f} | {cold.quantile(0.95):.0f} | {statistics.median(warm.paints):.0f} | "
                f"{warm.quantile(0.95):.0f} | {cold.sent / 1000:.1f} | {cold.unpacked / 1000:.1f} | {warm.sent / 1000:.1f} |",
                flush=True,
            )  # fmt: skip
        print(f"\nall pages, cold: p50 {statistics.median(every):.0f} ms, {options.loads} loads each")


if __name__ == "__main__":
    main()
