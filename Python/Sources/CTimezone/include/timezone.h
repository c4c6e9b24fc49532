// Nothing to import: the target is here for its one symbol.
