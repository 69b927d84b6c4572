"""The page of the service network: each point's hours, load and lateness, and what its neighbours wait for."""
