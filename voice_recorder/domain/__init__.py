"""What the program is about: values, rules and words, in the standard library only."""
