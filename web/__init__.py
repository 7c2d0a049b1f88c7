"""What people see and do: pages, forms, sessions, charts, translations."""
