"""SQL storage: tables, migrations, queries."""
