"""Foreign documents become evidence, and records become foreign documents.

Each standard is a pure module: bytes in, a `Translation` of commands and rejects out.
Not here: decisions about evidence (ledger.domain), sockets, files and the database.
"""
