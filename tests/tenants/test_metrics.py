"""What is counted has few labels, whatever strangers send."""

from tenants.runtime import metrics


def test_a_method_that_is_none_counts_as_other() -> None:
    for method in ("BREW", "WHEN", "HEAD"):
        metrics.answered("/of-this-test", method, 405, 0.001)
    lines = metrics.exposition().decode().splitlines()
    counted = [
        line for line in lines if line.startswith("coalition_requests_total{") and "/of-this-test" in line
    ]
    assert counted == [
        'coalition_requests_total{method="other",route="/of-this-test",status="405"} 2.0',
        'coalition_requests_total{method="HEAD",route="/of-this-test",status="405"} 1.0',
    ]
