"""The generic case page, its acts, and the lists that lead to it: any procedure, any desk."""
