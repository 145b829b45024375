"""SOQL: text to tokens, tokens to a tree, the tree bound to the schema, and evaluated."""
