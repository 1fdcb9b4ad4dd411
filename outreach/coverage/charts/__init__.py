"""Pictures of standings: the county as a map, and how two dates lie apart. Pure; pixels and words, no
markup."""
