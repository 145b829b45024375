"""Bulk API 2.0: jobs that load CSV files into the org and jobs that run a query to CSV."""
