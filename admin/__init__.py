"""The faces of the staff: the command line, the demo, the desk; later the contact centre and the claims desk."""
