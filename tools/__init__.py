"""Programs that the build and the documentation run."""
