"""Exchange: logs of other systems in, standard logs out."""
