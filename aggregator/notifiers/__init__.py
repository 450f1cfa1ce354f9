"""From message to chat: the plugin contract, the registry, one module a service."""
