"""``/styleguide/``: every component in every state, so that whoever changes one sees what else changes."""
