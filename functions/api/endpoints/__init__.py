"""One file a resource: parse, check the permission, call the core, answer."""
