"""The API of tills, shops and apps."""
