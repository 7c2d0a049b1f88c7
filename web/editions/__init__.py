"""Published agendas as files: one frozen model of everything a reader gets, and one pure function per form."""
