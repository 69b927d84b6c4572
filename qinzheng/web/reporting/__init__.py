"""The page of reporting upward: what each unit must mend, and for those who watch, whether the counts agree."""
