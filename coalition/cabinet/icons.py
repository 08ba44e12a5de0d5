"""Which icon stands for a kind of shop: by MCC (ISO 18245), the first range that holds it."""

_RANGES = (
    (742, 763, "tree"),
    (1520, 1799, "tools"),
    (3000, 3299, "airplane"),
    (3351, 3500, "car-front"),
    (3501, 3999, "suitcase"),
    (4111, 4131, "bus-front"),
    (4511, 4582, "airplane"),
    (4812, 4816, "phone"),
    (4899, 4899, "tv"),
    (4900, 4900, "lightning-charge"),
    (5200, 5211, "hammer"),
    (5251, 5261, "hammer"),
    (5300, 5331, "bag"),
    (5411, 5499, "basket"),
    (5511, 5533, "car-front"),
    (5541, 5542, "fuel-pump"),
    (5611, 5699, "handbag"),
    (5712, 5722, "house"),
    (5732, 5735, "laptop"),
    (5811, 5814, "cup-hot"),
    (5912, 5912, "capsule"),
    (5940, 5941, "bicycle"),
    (5942, 5943, "book"),
    (5945, 5947, "gift"),
    (5992, 5992, "flower1"),
    (6010, 6051, "cash-coin"),
    (7011, 7033, "suitcase"),
    (7210, 7299, "scissors"),
    (7372, 7379, "laptop"),
    (7512, 7549, "car-front"),
    (7832, 7999, "film"),
    (8011, 8099, "heart-pulse"),
    (8211, 8299, "mortarboard"),
    (9211, 9402, "bank"),
)


def shop_icon(mcc: int | None) -> str:
    """The icon of a shop's category; a plain bag for what we cannot tell."""
    return next((icon for first, last, icon in _RANGES if mcc is not None and first <= mcc <= last), "bag")
