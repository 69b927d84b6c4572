"""Help and proxy (帮办代办): done for a neighbour with consent, its result handed back where it was asked for."""
