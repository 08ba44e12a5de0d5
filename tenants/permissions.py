"""Every permission of the house, alphabetical, as scope:resource:action, each with the words that a role is told by."""

from enum import StrEnum
from typing import Self

from tenants.translations import N_


class Permission(StrEnum):
    """What an actor may do; an action asks for one in its first line, a page for one that ends in `read`."""

    words: str

    def __new__(cls, code: str, words: str = "") -> Self:
        """A code with what it allows, as a message that ends the sentence "This person may …"."""
        member = str.__new__(cls, code)
        member._value_, member.words = code, words
        return member

    CABINET_CLAIM_OPEN = "cabinet:claim:open"
    CABINET_PROFILE_EDIT = "cabinet:profile:edit"
    CABINET_REDEMPTION_MAKE = "cabinet:redemption:make"
    CABINET_SHOP_VISIT = "cabinet:shop:visit"
    DESK_APPLICATION_DECIDE = "desk:application:decide", N_("admit and decline those who apply as partners")
    DESK_APPLICATION_READ = "desk:application:read", N_("see who applies as a partner")
    DESK_AUDIT_READ = "desk:audit:read", N_("see the audit trail")
    DESK_BENEFIT_EDIT = "desk:benefit:edit", N_("add and retire benefits")
    DESK_BENEFIT_READ = "desk:benefit:read", N_("see benefits")
    DESK_BENEFIT_USE = "desk:benefit:use", N_("use what a member's code is for")
    DESK_BRANDING_EDIT = "desk:branding:edit", N_("change the name, colours and logo")
    DESK_CARD_BLOCK = "desk:card:block", N_("block programme cards")
    DESK_CARD_EDIT = "desk:card:edit", N_("issue and replace programme cards, send their links")
    DESK_CARD_READ = "desk:card:read", N_("see the list of loyalty cards")
    DESK_CARD_UNBLOCK = "desk:card:unblock", N_("unblock programme cards")
    DESK_CHANGE_APPROVE = (
        "desk:change:approve",
        N_(
            "sign changes that others asked for: levels, days off, categories, files of members, copies and erasures"
        ),
    )
    DESK_CLAIM_APPROVE = "desk:claim:approve", N_("sign decisions on claims")
    DESK_CLAIM_DECIDE = "desk:claim:decide", N_("decide claims")
    DESK_CLAIM_OPEN = "desk:claim:open", N_("open claims for members")
    DESK_CLAIM_READ = "desk:claim:read", N_("see claims")
    DESK_CLIENT_EDIT = "desk:client:edit", N_("add and end programs that call the API, and their webhooks")
    DESK_CLIENT_LIMIT = (
        "desk:client:limit",
        N_("limit programs that call the API, and take their keys and certificates away"),
    )
    DESK_CLIENT_READ = "desk:client:read", N_("see programs that call the API")
    DESK_CODE_READ = "desk:code:read", N_("see who brought whom")
    DESK_DEPOSIT_EDIT = "desk:deposit:edit", N_("pay into deposits")
    DESK_DEPOSIT_READ = "desk:deposit:read", N_("see deposits and their payments")
    DESK_DRAW_READ = "desk:draw:read", N_("see draws and who has won")
    DESK_EVENT_NOTE = "desk:event:note", N_("note events of members")
    DESK_FIGURE_READ = (
        "desk:figure:read",
        N_("see figures of the programme: points, liability, active members"),
    )
    DESK_FILE_READ = "desk:file:read", N_("see the bank's files and their results")
    DESK_FILE_RECEIVE = "desk:file:receive", N_("upload the bank's files")
    DESK_FUND_EDIT = "desk:fund:edit", N_("admit funds and begin their campaigns")
    DESK_JOB_READ = "desk:job:read", N_("see work in the background")
    DESK_JOB_RETRY = "desk:job:retry", N_("have work that failed done again")
    DESK_LEDGER_ADJUST = (
        "desk:ledger:adjust",
        N_("give and take points: returns, doubtful sales, corrections"),
    )
    DESK_LIST_EXPORT = "desk:list:export", N_("make files of the lists that they see")
    DESK_LIST_SAVE = "desk:list:save", N_("save filters of lists, also for others")
    DESK_MAILING_DECIDE = "desk:mailing:decide", N_("let mailings of partners out, decline and stop them")
    DESK_MAILING_READ = "desk:mailing:read", N_("see mailings of partners")
    DESK_MEMBER_ENROL = "desk:member:enrol", N_("enrol members, enter their codes, bring facts of them")
    DESK_MEMBER_NOTE = "desk:member:note", N_("keep notes about members")
    DESK_MEMBER_READ = "desk:member:read", N_("find members and see their page, masked")
    DESK_MEMBER_REVEAL = (
        "desk:member:reveal",
        N_("see a value of a member's behind its mask, with a reason"),
    )
    DESK_MESSAGE_READ = "desk:message:read", N_("see that texts were sent to members, not what they say")
    DESK_MESSAGE_SEND = "desk:message:send", N_("send a member's certificate once more")
    DESK_NETWORK_EDIT = "desk:network:edit", N_("add networks of shops")
    DESK_PARTNER_EDIT = "desk:partner:edit", N_("admit, change and close partners, outlets and terminals")
    DESK_PARTNER_READ = "desk:partner:read", N_("see partners, outlets and terminals")
    DESK_PAYOUT_READ = "desk:payout:read", N_("see payouts and their registers")
    DESK_PAYOUT_SETTLE = (
        "desk:payout:settle",
        N_("make registers of payouts, download them, mark what was paid"),
    )
    DESK_POINTS_GRANT = (
        "desk:points:grant",
        N_("give points of goodwill within the limits, and take the own ones of the day back"),
    )
    DESK_POINTS_SPEND = "desk:points:spend", N_("take points for a purchase")
    DESK_POINTS_UNDO = (
        "desk:points:undo",
        N_("take back points of goodwill that others gave, or on an earlier day"),
    )
    DESK_PRIVACY_EDIT = (
        "desk:privacy:edit",
        N_("take in requests about personal data, download copies, ask for erasures"),
    )
    DESK_PRIVACY_READ = "desk:privacy:read", N_("see requests about personal data")
    DESK_PROGRAMME_EDIT = "desk:programme:edit", N_("change levels, days off, categories and terms")
    DESK_PROGRAMME_READ = "desk:programme:read", N_("see levels, days off and categories")
    DESK_PROMOTION_APPROVE = "desk:promotion:approve", N_("sign promotions and corrections that others wrote")
    DESK_PROMOTION_EDIT = "desk:promotion:edit", N_("write promotions, replay them, ask for corrections")
    DESK_PROMOTION_PUBLISH = "desk:promotion:publish", N_("publish, pause and end promotions, hold draws")
    DESK_PROMOTION_READ = "desk:promotion:read", N_("see promotions, replays, forecasts and corrections")
    DESK_PURCHASE_READ = "desk:purchase:read", N_("see the list of purchases")
    DESK_PURCHASE_RECORD = "desk:purchase:record", N_("record purchases")
    DESK_REDEMPTION_READ = "desk:redemption:read", N_("see the list of redemptions")
    DESK_RETURN_READ = "desk:return:read", N_("see returns and doubtful sales that wait for a decision")
    DESK_REWARD_EDIT = "desk:reward:edit", N_("add and change rewards, load certificates")
    DESK_REWARD_READ = "desk:reward:read", N_("see rewards and how many certificates are left")
    DESK_ROLE_EDIT = "desk:role:edit", N_("make and change roles")
    DESK_SANDBOX_MOVE = "desk:sandbox:move", N_("move a sandbox's clock")
    DESK_SEGMENT_EDIT = "desk:segment:edit", N_("define segments and bring lists")
    DESK_SEGMENT_READ = "desk:segment:read", N_("see segments")
    DESK_SETTLEMENT_AGREE = "desk:settlement:agree", N_("agree with statements, or dispute their lines")
    DESK_SETTLEMENT_CLOSE = (
        "desk:settlement:close",
        N_("close months, draw up and send statements, answer objections"),
    )
    DESK_SETTLEMENT_EDIT = "desk:settlement:edit", N_("say by what terms participants settle")
    DESK_SETTLEMENT_PAY = "desk:settlement:pay", N_("order payments, mark statements as paid")
    DESK_SETTLEMENT_READ = (
        "desk:settlement:read",
        N_("see statements of participants and what is behind them"),
    )
    DESK_SHOP_EDIT = "desk:shop:edit", N_("choose shops of networks and their share")
    DESK_SHOP_READ = "desk:shop:read", N_("see shops of networks, their orders and alerts")
    DESK_STAFF_EDIT = "desk:staff:edit", N_("invite people, change their roles, deactivate them")
    DESK_STAFF_READ = "desk:staff:read", N_("see people and roles")
    DESK_SUPPORT_GRANT = "desk:support:grant", N_("let operators of the deployment in for some hours")
    DESK_TICKET_ANSWER = "desk:ticket:answer", N_("answer questions of partners")
    DESK_TICKET_READ = "desk:ticket:read", N_("see questions of partners")
    OPERATOR_TENANT_EDIT = (
        "operator:tenant:edit",
        N_("open tenants, switch their parts, enter where it is allowed"),
    )
    OPERATOR_TENANT_READ = "operator:tenant:read", N_("see tenants and how much there is of them")
    PORTAL_CARD_OPERATE = (
        "portal:card:operate",
        N_("enter purchases, returns and cards of members by hand, where the programme lets the company"),
    )
    PORTAL_CLAIM_EDIT = (
        "portal:claim:edit",
        N_("open claims for the own sales and answer what the programme asks"),
    )
    PORTAL_CLAIM_READ = "portal:claim:read", N_("see the claims that the own company takes part in")
    PORTAL_CLIENT_EDIT = (
        "portal:client:edit",
        N_("add and end the own programs that call the API, and draw their secrets"),
    )
    PORTAL_CLIENT_READ = "portal:client:read", N_("see the own programs that call the API")
    PORTAL_FIGURE_READ = "portal:figure:read", N_("see the figures of the own company")
    PORTAL_FUND_READ = "portal:fund:read", N_("see what was given to the own fund, and what was transferred")
    PORTAL_MAILING_EDIT = "portal:mailing:edit", N_("plan mailings of the own company and offer them")
    PORTAL_MAILING_READ = "portal:mailing:read", N_("see the own communications plan and what came of it")
    PORTAL_OUTLET_EDIT = "portal:outlet:edit", N_("open, change and close the own outlets")
    PORTAL_OUTLET_READ = "portal:outlet:read", N_("see the own outlets and tills")
    PORTAL_PROMOTION_EDIT = "portal:promotion:edit", N_("write promotions at the own expense and offer them")
    PORTAL_PROMOTION_READ = "portal:promotion:read", N_("see the own promotions and their forecasts")
    PORTAL_REPORT_READ = (
        "portal:report:read",
        N_("see and download reports of the own company, and have the month's figures mailed"),
    )
    PORTAL_SALE_READ = "portal:sale:read", N_("see the own sales, with members masked")
    PORTAL_STAFF_EDIT = "portal:staff:edit", N_("invite people of the own company and deactivate them")
    PORTAL_STAFF_READ = "portal:staff:read", N_("see people of the own company")
    PORTAL_TICKET_EDIT = "portal:ticket:edit", N_("write to the programme for the own company")
    PORTAL_TICKET_READ = "portal:ticket:read", N_("see what the own company and the programme wrote")


MEMBER = frozenset(
    {
        Permission.CABINET_CLAIM_OPEN,
        Permission.CABINET_PROFILE_EDIT,
        Permission.CABINET_REDEMPTION_MAKE,
        Permission.CABINET_SHOP_VISIT,
    }
)
EVERYTHING = frozenset(Permission)
OF_STAFF = tuple(one for one in Permission if one.startswith("desk:"))
"""What the tenant's own people may do, in order."""
OF_PORTAL = tuple(one for one in Permission if one.startswith("portal:"))
"""What people of a participant alone may do, at their own company, in order."""
OF_ROLES = (*OF_STAFF, *OF_PORTAL)
"""What roles are put together from, in order."""
OF_OPERATORS = tuple(one for one in Permission if one.startswith("operator:"))
"""What only an operator of the deployment may do, at the operators' own place."""
OF_PARTICIPANTS = frozenset(
    {
        Permission.DESK_SETTLEMENT_AGREE,
        Permission.DESK_SETTLEMENT_READ,
        *OF_PORTAL,
    }
)
"""What people of a participant may do, each for their own participant; of their statements as the tenant's own do."""
READING = frozenset(one for one in OF_STAFF if one.endswith(":read"))
"""What changes nothing."""
