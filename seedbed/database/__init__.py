"""The only owner of SQLAlchemy and psycopg2: engines, COPY, migrations, receipts."""
