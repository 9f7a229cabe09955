"""Tables: what PostgreSQL holds, what entities need, and how one becomes the other."""
