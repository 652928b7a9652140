"""Files: HDF5 documents, runs in them, readers of strangers' files, rows of tables, work that is under way."""
