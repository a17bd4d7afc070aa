"""What can happen, and who may make it happen: pure types and decisions.

Not here: clocks, random ids, keys, SQL, HTTP. Time and ids are arguments.
"""
