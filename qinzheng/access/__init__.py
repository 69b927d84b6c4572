"""Access: who logs in, and the one module that says who may do what. Everything is denied unless a rule allows it."""
