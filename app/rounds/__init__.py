"""The rounds: what ServerGem looks after by itself, regularly, so that nothing is lost and nothing is left behind."""
