"""An event of the ledger with its proof in plain words."""
