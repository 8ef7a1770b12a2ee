"""What the rules about JavaScript read in a repository: packages, paths, imports, stacks, images."""
