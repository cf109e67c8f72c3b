"""The whole table as a chart; all keys are made here, those of the indexes in `indexes`.

Every key starts with the program (the tenant), so no query can cross it: all but five doors, opened before it is known (hashes of
API keys and of sessions, storefronts, slugs, users' addresses), what was asked for of late, and agents' plans. `registry` lists programs.

    item             pk                              sk                       by_member            by_owner                work
    ---------------  ------------------------------  -----------------------  -------------------  ----------------------  -------
    program          {prg}                           program
    registry         programs                        {prg}
    asked address    asked#{sha256}                  asked, nobody, member
    api key          {prg}#keys                      {key}
      its door       key#{sha256 of the key}         key
    user             {prg}#users, #removed-users     {usr}
      its door       user#{sha256 of the address}    {prg}
    logo             {prg}#logo                      logo
    sign-in link     {prg}#sign-in#{sha256}          link
      address link   {prg}#sign-in#{sha256}          address
    session          session#{sha256 of its text}    session
    applications     {prg}#applications              applications
    storefront       {prg}#storefronts               {sf}
      its door       storefront#{sf}                 storefront
    delivery         {prg}#{sf}#deliveries#{shard}   {instant}#{about}                             {sf}#refused
      delivery body  {prg}#{dlv}#{n}                 body
    mail template    {prg}#templates                 {tpl}
    connection       {prg}#connections               {sf}                                                                  shop
    watch            {prg}#watches                   {sf}                                                                  shop
    offer            {prg}#offers                    {off}
      history        {prg}#history#{off}             {instant}#{about}        {off}#{mem}#history
    rule             {prg}#rules                     {rul}
      history        {prg}#history#{rul}             {instant}#{about}
    events           {prg}#events#{shard}            {time}{digest}
    endpoint         {prg}#endpoints                 {end}
      endpoint progress  {prg}#endpoints             {end}#progress                                                        events
      event delivery {prg}#{end}#deliveries          {instant}#{about}
      test event     {prg}#{end}#tests               {time}{digest}
    member           {prg}#{mem}                     member                                        members
      day totals     {prg}#{mem}                     day#{date}#{off}                              {off}#totals
      enrollment     {prg}#{mem}                     enrollment#{off}         {off}#{opt}#members  {off}#enrollments
      fired rule     {prg}#{mem}                     fired#{rul}
      shop code      {prg}#{mem}                     shop#{off}#{sf}                               {sf}#codes#{state}      shop
      head           {prg}#{mem}                     head
      month totals   {prg}#{mem}                     month#{inverted}#{off}
      repeats        {prg}#{mem}                     repeats#{rul}#{period}
      payee          {prg}#{mem}                     payee
      referrals      {prg}#{mem}                     as day and month totals of the offer `referrals`
      name           {prg}#{mem}                     name#{n}                                        names#{2 letters}
      tree           {prg}#{mem}                     tree
      history        {prg}#history#{mem}             {instant}#{about}
    e-mail claim     {prg}#email#{sha256}            email
    customer claim   {prg}#customer#{hash}           customer
    subscription     {prg}#subscription#{hash}       subscription
    payment          {prg}#payment#{hash}            payment
    recurrence       {prg}#{rec}                     recurrence                                                            recur
    promo code       {prg}#code#{sha256}             code
    made code        {prg}#made#{sha256}             made
    link             link#{slug}                     link
    commission       {prg}#{com}                     commission               {mem}#{off}#rows     {off}#rows#{b}          pend, hold
      evidence       {prg}#{com}                     evidence
      history        {prg}#{com}                     history#{instant}#{n}
      stub           {prg}#{com}                     commission
      refund         {prg}#{com}                     refund#{sha256 of its id}                         parked
    unattributed     {prg}#{com}                     commission                                    unattributed#{b}
    click            {prg}#{clk}                     click                                                                 click
    click tally      {prg}#{com}                     commission               {mem}#clicks                                 pend
    mail             {prg}#mails#{shard}             {instant}#{mai}          {mem}#mails          {rul}#mails             mail
    confirmation     {prg}#mails#{shard}             {instant}#{mai}                                                       mail
    payout           {prg}#payouts                   {pay}
      payout line    {prg}#{pay}                     line#{mem}
      payout page    {prg}#{pay}                     page#{mem}#{n}
    job              {prg}#jobs                      {job}                                                                 job
    backtest         {prg}#{job}                     backtest
      backtest page  {prg}#{job}                     page#{n}
    idempotency      {prg}#idempotency#{sha256}      answer
    plan             plan#{prg}#{key}#{hash}         plan

All index partitions carry the program in front too. In those of rows and in totals, `-` stands for no offer. The rows that a
rule made are also listed `by_rule`: {rul}#rows. A member's collection sorts so that one contiguous range holds what an account
transition reads: days (oldest first), enrollments, the last period of each rule that fired, head, the member, months
(newest first); payee, repeats and tree lie behind. A commission's id is derived from its business key, so
`{prg}#{com}` spreads evenly.
"""

import hashlib
from datetime import datetime
from typing import Final, NamedTuple

from laurel.domain.values.codes import code_identity


class Key(NamedTuple):
    """The primary key of one item."""

    pk: str
    sk: str


TTL_ATTRIBUTE: Final = "expires_at"
MAIL_SHARDS: Final = 4
LAST: Final = "~"
ENROLLMENTS: Final = "enrollment#"  # the prefix of enrollments in a member's collection
_TELLING_CHARACTERS: Final = 10


def digest(*parts: str) -> str:
    """Hex SHA-256 over length-prefixed parts, so that no two lists of parts share one text."""
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()


def instant(at: datetime) -> str:
    """`at` (aware UTC) as text whose order is the order of time, to the millisecond."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def place(at: datetime, identity: str) -> str:
    """A sort key in an index by time. The end of the id keeps items of one millisecond apart."""
    return f"{instant(at)}#{identity[-_TELLING_CHARACTERS:]}"


def shard(identity: str, count: int) -> int:
    """The shard, of `count`, of an id."""
    return int(digest(identity)[:8], 16) % count


def program(program_id: str) -> Key:
    """A program's settings."""
    return Key(program_id, "program")


def registry(program_id: str = "") -> Key:
    """A program's line in the list of programs."""
    return Key("programs", program_id)


def asked_address(identity: str) -> Key:
    """The confirmation mails that an address got in the past hour (`identity`: of its mailbox)."""
    return Key(f"asked#{digest(identity)}", "asked")


def api_key(program_id: str, key_id: str) -> Key:
    """An API key as its program lists it."""
    return Key(f"{program_id}#keys", key_id)


def api_key_door(sha256: str) -> Key:
    """The key by which a presented API key is looked up."""
    return Key(f"key#{sha256}", "key")


def storefront(program_id: str, storefront_id: str) -> Key:
    """A storefront as its program lists it."""
    return Key(f"{program_id}#storefronts", storefront_id)


def storefront_door(storefront_id: str) -> Key:
    """The key by which a webhook's storefront is looked up."""
    return Key(f"storefront#{storefront_id}", "storefront")


def template(program_id: str, template_id: str) -> Key:
    """A mail template."""
    return Key(f"{program_id}#templates", template_id)


def offer(program_id: str, offer_id: str) -> Key:
    """An offer with its payout options."""
    return Key(f"{program_id}#offers", offer_id)


def rule(program_id: str, rule_id: str) -> Key:
    """A performance-reward rule."""
    return Key(f"{program_id}#rules", rule_id)


def account(program_id: str, member_id: str) -> str:
    """The partition of a member's collection."""
    return f"{program_id}#{member_id}"


def member(program_id: str, member_id: str) -> Key:
    """A member's profile."""
    return Key(account(program_id, member_id), "member")


def head(program_id: str, member_id: str) -> Key:
    """The version and balances of a member's account."""
    return Key(account(program_id, member_id), "head")


def enrollment(program_id: str, member_id: str, offer_id: str) -> Key:
    """A member in an offer."""
    return Key(account(program_id, member_id), f"{ENROLLMENTS}{offer_id}")


def standing(program_id: str, member_id: str, offer_id: str) -> tuple[Key, Key, Key]:
    """The keys of a member's standing in an offer: the offer, the member, the enrollment."""
    of_member = member(program_id, member_id)
    return offer(program_id, offer_id), of_member, enrollment(program_id, member_id, offer_id)


def fired(program_id: str, member_id: str, rule_id: str) -> Key:
    """The period that a rule fired for last, whose marker need not be read then; and what was deleted of its rows."""
    return Key(account(program_id, member_id), f"fired#{rule_id}")


def history(program_id: str, subject_id: str, at: datetime, about: str) -> Key:
    """One line of the history of an offer, a rule or a member; `about` keeps lines of one instant apart."""
    return Key(histories(program_id, subject_id), place(at, about))


def histories(program_id: str, subject_id: str) -> str:
    """All lines of the history of an offer, a rule or a member (base table)."""
    return f"{program_id}#history#{subject_id}"


def email_claim(program_id: str, identity: str) -> Key:
    """The holder of an e-mail address (`identity`: case-folded)."""
    return Key(f"{program_id}#email#{digest(identity)}", "email")


def promo_code(program_id: str, code: str) -> Key:
    """The owner of a promo code, in whatever spelling; one of 64 characters may be far longer in its common form."""
    return Key(f"{program_id}#code#{digest(code_identity(code))}", "code")


def link(slug: str) -> Key:
    """The member and offer that a link's slug leads to, the one of now or of before."""
    return Key(f"link#{slug}", "link")


def customer(program_id: str, customer: str) -> Key:
    """The holder of a customer (a hash) for a lifetime."""
    return Key(f"{program_id}#customer#{customer}", "customer")


def subscription(program_id: str, subscription: str) -> Key:
    """The holder of a subscription (a hash), and the number of its later payments."""
    return Key(f"{program_id}#subscription#{subscription}", "subscription")


def payment(program_id: str, storefront_id: str, payment: str) -> Key:
    """A payment of a shop: its order and its refunds."""
    return Key(f"{program_id}#payment#{digest(storefront_id, payment)}", "payment")


def recurrence(program_id: str, recurrence_id: str) -> Key:
    """The commissions that follow a first payment by themselves."""
    return Key(f"{program_id}#{recurrence_id}", "recurrence")


def click(program_id: str, click_id: str) -> Key:
    """One unique click."""
    return Key(f"{program_id}#{click_id}", "click")


def commission(program_id: str, commission_id: str) -> Key:
    """One commission row."""
    return Key(f"{program_id}#{commission_id}", "commission")


REFUNDS: Final = "refund#"
"""The prefix of refunds in a commission's collection."""


def refund(program_id: str, commission_id: str, refund_id: str) -> Key:
    """One refund of an order; shops' ids may be longer than a key."""
    return Key(f"{program_id}#{commission_id}", f"{REFUNDS}{digest(refund_id)}")


def evidence(program_id: str, commission_id: str) -> Key:
    """The parts of a commission that are too large for its row: metadata and losing candidates."""
    return Key(f"{program_id}#{commission_id}", "evidence")


COMMISSION_HISTORY: Final = ("history#", f"history#{LAST}")
"""The stretch of a commission's collection that holds its history."""


def commission_history(program_id: str, commission_id: str, at: datetime, number: int) -> Key:
    """One line of the history of a commission; `number` keeps lines of one instant apart."""
    return Key(f"{program_id}#{commission_id}", f"history#{instant(at)}#{number:06d}")


def mail(program_id: str, mail_id: str, created_at: datetime) -> Key:
    """An outbox item."""
    return Key(mails(program_id)[shard(mail_id, MAIL_SHARDS)], f"{instant(created_at)}#{mail_id}")


def job(program_id: str, job_id: str) -> Key:
    """A long piece of work and its cursor."""
    return Key(f"{program_id}#jobs", job_id)


def idempotency(program_id: str, *parts: str) -> Key:
    """The stored answer of one Idempotency-Key (`parts`: API key id, path, the header)."""
    return Key(f"{program_id}#idempotency#{digest(*parts)}", "answer")


def mails(program_id: str) -> list[str]:
    """All mails of a program (base table)."""
    return [f"{program_id}#mails#{shard}" for shard in range(MAIL_SHARDS)]
