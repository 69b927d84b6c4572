"""Settings and URLs of the deployment; everything comes from the environment."""
