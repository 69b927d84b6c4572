"""Joint handling (并联会办): each organization that is asked has a case of its own for its opinion, with a clock of its own."""
