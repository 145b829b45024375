"""Reports of the org, as the Reports and Dashboards REST API runs them."""
