"""清和市: a fictional city for demonstrations. Every name of a person, firm or village here is made up."""
