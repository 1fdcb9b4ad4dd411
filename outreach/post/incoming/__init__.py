"""Mail that people and mail servers send us: kept here; whoever stands above acts on it."""
