"""What pip needs to know about Coalition; the dependencies are in requirements.in, pinned in requirements.txt."""

from setuptools import find_packages, setup

setup(
    name="coalition",
    version="0.1.0",
    description="One ledger of loyalty points for many banks, retailers and their partners",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(
        include=["admin*", "bench*", "charity*", "coalition*", "migrations*", "partner_portal*", "tenants*"]
    ),
    package_data={
        "admin.opening": ["businesses/*.yaml"],
        "partner_portal.aggregator.adapters": ["data/*.json"],
        "partner_portal.aggregator.loopback": ["data/*"],
        "coalition.promotions.templates": ["*.yaml", "catalogue/*.yaml"],
    },
    py_modules=["wsgi"],
    entry_points={"console_scripts": ["coalition = admin.cli.main:cli"]},
)
