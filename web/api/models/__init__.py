"""What the interface takes and answers: one documented model for each thing, made from the views of web.ports."""
