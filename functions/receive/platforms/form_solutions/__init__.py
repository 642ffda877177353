"""Form-Solutions (Antragsmanagement): what it pushes here, and what is fetched from it."""
