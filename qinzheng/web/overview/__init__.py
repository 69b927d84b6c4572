"""How a unit does: the measures with interval, n and trend, by unit and item; every figure opens to its events."""
