"""The aggregator: averages deltas, gates, signs and pushes releases."""
