"""The way in for people: HTTP routes, web pages and the command line.

Not here: any rule about evidence or mastery; a route asks the ledger or a projection.
"""
