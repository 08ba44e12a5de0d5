"""The faces of the staff: the command line, the demo; later the console, the contact centre and the claims desk."""
