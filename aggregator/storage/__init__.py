"""The database: tables, migrations and the store. The only user of SQLAlchemy."""
