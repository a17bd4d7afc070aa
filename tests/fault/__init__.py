"""Stops the program at each step, then audits what is left.

Not here: faults in foreign documents, which are data (unit).
"""
