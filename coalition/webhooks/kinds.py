"""What can be told of: one line for each kind of event."""

KINDS = {
    "member.enrolled": "A member joined the programme",
    "points.spent": "Points paid for a sale, or for a part of it",
    "purchase.booked": "A sale was booked",
    "return.booked": "Goods were taken back",
}
