"""What programs of partners call: tills, shops and apps. One application of its own, mounted at /v1."""
