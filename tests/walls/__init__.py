"""House rules and tenant walls, held by the database itself and by the shape of the code."""
