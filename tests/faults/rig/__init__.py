"""What the tests on real processes stand on: PostgreSQL, a registry, Git, `nsd` in any split, and what tells whether all is well."""
