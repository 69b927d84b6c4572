"""House rules as small lints over the tree, each tested on a bad sample of its own."""
