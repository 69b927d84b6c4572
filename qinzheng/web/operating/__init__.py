"""How the system itself is doing: figures for the monitoring, the health page of the administrators."""
