"""Rating a service with its receipt, and what officials see of ratings: never who gave them."""
