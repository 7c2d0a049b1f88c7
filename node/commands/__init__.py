"""One module for each sub-command of comitia, imported when it is called and not before."""
