"""Pages of those who operate the deployment: tenants, the wizard that opens one, the way into one that allows it.

They are sections of the desk like any other, and ask for permissions that only the operators' own place gives.
"""
