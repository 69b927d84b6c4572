"""Applying, one step a page: situation, what to bring, form, files, check, receipt. For citizens, firms and village officers.

Without a script, phone first; nothing typed is lost, nothing is overwritten silently, and the last page before sending shows
everything, with the moment at which an answer is due.
"""
