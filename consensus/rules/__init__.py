"""The decision rules: each is data in a round's open record and one pure function to an outcome."""
