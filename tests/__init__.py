"""The tests, as a package of its own name: some distributions install a package called tests, too."""
