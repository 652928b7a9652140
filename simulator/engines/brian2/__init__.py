"""The reference engine. Brian2 is imported when it is first used."""
