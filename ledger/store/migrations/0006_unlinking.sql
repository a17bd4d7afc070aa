-- A steward takes a name from a learner: the link goes, and the mark that the learner holds one.
GRANT DELETE ON ledger.identifiers, ledger.holdings TO mastery_app;
