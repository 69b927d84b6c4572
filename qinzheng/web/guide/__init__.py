"""What a citizen or a firm needs before setting out: the checklist of its situation, on paper too; where to go; sub-sites."""
