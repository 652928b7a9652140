"""Groups of replicates under the same measures: panels, nulls, verdicts, the result and its words."""
