"""Articles of law, rules, procedures and items in plain words: public, each with its source and when it was checked."""
