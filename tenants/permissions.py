"""Every permission of the house, alphabetical, as scope:resource:action."""

from enum import StrEnum


class Permission(StrEnum):
    """What an actor may do; an action asks for one in its first line."""

    CABINET_CLAIM_OPEN = "cabinet:claim:open"
    CABINET_PROFILE_EDIT = "cabinet:profile:edit"
    CABINET_REDEMPTION_MAKE = "cabinet:redemption:make"
    DESK_BENEFIT_EDIT = "desk:benefit:edit"
    DESK_BENEFIT_USE = "desk:benefit:use"
    DESK_BRANDING_EDIT = "desk:branding:edit"
    DESK_CARD_BLOCK = "desk:card:block"
    DESK_CARD_EDIT = "desk:card:edit"
    DESK_CARD_UNBLOCK = "desk:card:unblock"
    DESK_CLAIM_APPROVE = "desk:claim:approve"
    DESK_CLAIM_DECIDE = "desk:claim:decide"
    DESK_CLAIM_OPEN = "desk:claim:open"
    DESK_CLAIM_READ = "desk:claim:read"
    DESK_CLIENT_EDIT = "desk:client:edit"
    DESK_DEPOSIT_EDIT = "desk:deposit:edit"
    DESK_EVENT_NOTE = "desk:event:note"
    DESK_FILE_RECEIVE = "desk:file:receive"
    DESK_FUND_EDIT = "desk:fund:edit"
    DESK_LEDGER_ADJUST = "desk:ledger:adjust"
    DESK_MEMBER_ENROL = "desk:member:enrol"
    DESK_MEMBER_NOTE = "desk:member:note"
    DESK_MEMBER_READ = "desk:member:read"
    DESK_MEMBER_REVEAL = "desk:member:reveal"
    DESK_MESSAGE_SEND = "desk:message:send"
    DESK_PARTNER_EDIT = "desk:partner:edit"
    DESK_PAYOUT_SETTLE = "desk:payout:settle"
    DESK_POINTS_GRANT = "desk:points:grant"
    DESK_POINTS_SPEND = "desk:points:spend"
    DESK_PROGRAMME_EDIT = "desk:programme:edit"
    DESK_PROMOTION_APPROVE = "desk:promotion:approve"
    DESK_PROMOTION_EDIT = "desk:promotion:edit"
    DESK_PROMOTION_PUBLISH = "desk:promotion:publish"
    DESK_PURCHASE_RECORD = "desk:purchase:record"
    DESK_REWARD_EDIT = "desk:reward:edit"
    DESK_SANDBOX_MOVE = "desk:sandbox:move"
    DESK_SEGMENT_EDIT = "desk:segment:edit"
    DESK_STAFF_EDIT = "desk:staff:edit"


MEMBER = frozenset(
    {Permission.CABINET_CLAIM_OPEN, Permission.CABINET_PROFILE_EDIT, Permission.CABINET_REDEMPTION_MAKE}
)
EVERYTHING = frozenset(Permission)
