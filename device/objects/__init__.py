"""Things in people's hands, found by a user's own detector."""
