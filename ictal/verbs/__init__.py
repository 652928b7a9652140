"""What can be asked of the bench: one verb a file, of the same name as its command."""
