"""The documents (*.md): what keeps them true. See `python -m app.documents --help`."""
