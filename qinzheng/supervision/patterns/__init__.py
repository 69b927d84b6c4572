"""What only a comparison of many cases shows: queues not kept, favours, steps that the public guide does not name.

No finding here is a card, and none says that anybody did wrong: it is a place to look, with the numbers that led there,
how sure they are, and what else could explain them. Nothing changes for a person until a named human has looked.
"""
