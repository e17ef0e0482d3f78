"""The timeline under the pictures: lanes, curves, problems, and the part that is used."""
