"""A program's settings, API keys, storefronts and mail templates; the mails and jobs of the program."""

from secrets import token_bytes
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body

from laurel import clock
from laurel.api import (
    Cursor,
    IdempotencyKey,
    IfMatch,
    InPath,
    Limit,
    PatchOf,
    Protected,
    answer,
    caller,
    origin,
    request,
)
from laurel.api.asking import asking
from laurel.domain.mail.mails import MailView
from laurel.domain.mail.templates import Rendered, Template, TemplateText
from laurel.domain.program.jobs import JobView
from laurel.domain.program.programs import (
    ApiKey,
    IssuedApiKey,
    NewApiKey,
    NewStorefront,
    Program,
    ProgramEdit,
    StorefrontEdit,
    StorefrontView,
)
from laurel.domain.values.ids import JobId, KeyId, MailId, MemberId, RuleId, StorefrontId, TemplateId
from laurel.store.table import table
from laurel.workflows.mail import mails, outbox, templates
from laurel.workflows.program import api_keys, jobs, programs, senders, storefronts
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

app = APIGatewayHttpResolver(enable_validation=True)
TAGS = ["program"]
_for = Protected(TAGS)


@app.get("/v1/program", summary="The program of this key", **_for("read", 200))
def get_program() -> Program:
    return caller(app).program


@app.patch(
    "/v1/program",
    summary="Change the program's settings",
    description="Currency and time zone are frozen once a commission exists (409 `program_in_use`). A new "
    "`sender_email` is mailed a link, and used once its owner agreed (422 `sender_domain_refused` for other domains). "
    "`payer`, the account that payouts are paid from, is given whole, kept encrypted, shown masked; null clears it.",
    **_for("admin", 200, 400, 409, 412, 413),
)
def edit_program(patch: Annotated[dict[str, Any], Body(), PatchOf(ProgramEdit)], if_match: IfMatch = None) -> Program:
    return programs.edit(table(), caller(app).program, patch, if_match, clock.now(), asking(app))


@app.post(
    "/v1/program/sender/ask",
    summary="Mail the link that confirms the sender once more",
    description="409 `sender_confirmed`, `no_sender`. The link before ends. More than 5 an hour and address wait.",
    **_for("admin", 200, 409),
)
def ask_sender() -> Program:
    return senders.ask_again(table(), caller(app).program.program_id, asking(app), clock.now())


@app.post(
    "/v1/api-keys",
    summary="Issue an API key",
    description="`key` is shown this once. A key with the scope `storefront` names its storefront. From "
    "`expires_at` on it is refused (401 `expired_key`).",
    status_code=201,
    **_for("admin", 201, 400, 409, 413),
)
def issue_api_key(
    new: Annotated[NewApiKey, Body()], idempotency_key: IdempotencyKey = None
) -> tuple[IssuedApiKey, int]:
    return api_keys.issue(table(), request(app, idempotency_key), new, token_bytes)


@app.get("/v1/api-keys", summary="List the API keys", **_for("read", 200))
def list_api_keys(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[ApiKey]:
    return api_keys.page(table(), caller(app).program.program_id, limit, cursor)


@app.delete(
    "/v1/api-keys/<key_id>",
    summary="Revoke an API key",
    description="It is refused from the next request on. The last admin key stays (409 `last_admin_key`).",
    status_code=204,
    **_for("admin", 204, 404, 409),
)
def revoke_api_key(key_id: InPath[KeyId]) -> None:
    api_keys.revoke(table(), caller(app).program.program_id, key_id, clock.now())


@app.post(
    "/v1/storefronts",
    summary="Register a storefront",
    description="`webhook_secret` is stored encrypted and never shown again.",
    status_code=201,
    **_for("admin", 201, 400, 409, 413),
)
def create_storefront(
    new: Annotated[NewStorefront, Body()], idempotency_key: IdempotencyKey = None
) -> tuple[StorefrontView, int]:
    made, status = storefronts.create(table(), request(app, idempotency_key), new, token_bytes)
    return made.at(origin(app)), status


@app.get("/v1/storefronts", summary="List the storefronts", **_for("read", 200))
def list_storefronts(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[StorefrontView]:
    shown = storefronts.page(table(), caller(app).program.program_id, limit, cursor)
    return shown.of(lambda storefront: storefront.at(origin(app)))


@app.get("/v1/storefronts/<storefront_id>", summary="One storefront", **_for("read", 200, 404))
def get_storefront(storefront_id: InPath[StorefrontId]) -> StorefrontView:
    return storefronts.get(table(), caller(app).program.program_id, storefront_id).at(origin(app))


@app.patch(
    "/v1/storefronts/<storefront_id>",
    summary="Change a storefront",
    description="A new `webhook_secret` is accepted beside the one before it, which ends with the next new one or with "
    "`drop_previous_secret`; null removes both.",
    **_for("admin", 200, 400, 404, 412, 413),
)
def edit_storefront(
    storefront_id: InPath[StorefrontId],
    patch: Annotated[dict[str, Any], Body(), PatchOf(StorefrontEdit)],
    if_match: IfMatch = None,
) -> StorefrontView:
    program_id = caller(app).program.program_id
    return storefronts.edit(table(), program_id, storefront_id, patch, if_match, clock.now()).at(origin(app))


@app.post(
    "/v1/mail-templates",
    summary="Create a mail template",
    description="Variables such as `{{ member.first_name }}` are checked here: what no mail could fill is refused.",
    status_code=201,
    **_for("admin", 201, 400, 409, 413),
)
def create_template(
    text: Annotated[TemplateText, Body()], idempotency_key: IdempotencyKey = None
) -> tuple[Template, int]:
    return templates.create(table(), request(app, idempotency_key), text, token_bytes)


@app.get("/v1/mail-templates", summary="List the mail templates", **_for("read", 200))
def list_templates(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[Template]:
    return templates.page(table(), caller(app).program.program_id, limit, cursor)


@app.get("/v1/mail-templates/<template_id>", summary="One mail template", **_for("read", 200, 404))
def get_template(template_id: InPath[TemplateId]) -> Template:
    return templates.get(table(), caller(app).program.program_id, template_id)


@app.patch(
    "/v1/mail-templates/<template_id>", summary="Change a mail template", **_for("admin", 200, 400, 404, 412, 413)
)
def edit_template(
    template_id: InPath[TemplateId],
    patch: Annotated[dict[str, Any], Body(), PatchOf(TemplateText)],
    if_match: IfMatch = None,
) -> Template:
    return templates.edit(table(), caller(app).program, template_id, patch, if_match, clock.now())


@app.delete(
    "/v1/mail-templates/<template_id>",
    summary="Delete a mail template",
    description="A template that a rule mails from stays (409 `template_in_use`).",
    status_code=204,
    **_for("admin", 204, 404, 409, 412),
)
def delete_template(template_id: InPath[TemplateId], if_match: IfMatch = None) -> None:
    templates.delete(table(), caller(app).program.program_id, template_id, if_match)


@app.post(
    "/v1/mail-templates/<template_id>/preview",
    summary="Preview a mail template",
    description="The mail with sample values; nothing is sent or stored.",
    **_for("read", 200, 404),
)
def preview_template(template_id: InPath[TemplateId]) -> Rendered:
    return templates.preview(table(), caller(app).program, template_id)


@app.get(
    "/v1/mails",
    summary="List the mails",
    description="Of each `kind`; with `member_id` or `rule_id`, those about it.",
    **_for("read", 200),
)
def list_mails(
    member_id: MemberId | None = None,
    rule_id: RuleId | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[MailView]:
    program_id = caller(app).program.program_id
    return mails.page(table(), program_id, member_id=member_id, rule_id=rule_id, limit=limit, cursor=cursor)


@app.post(
    "/v1/mails/<mail_id>/resend",
    summary="Send a mail again",
    description="One that failed, bounced, or whose fate is unknown: such a one may arrive twice. Others stay (409 "
    "`mail_not_resendable`).",
    **_for("admin", 200, 404, 409),
)
def resend_mail(mail_id: InPath[MailId]) -> MailView:
    return MailView(outbox.resend(table(), caller(app).program.program_id, mail_id, clock.now()))


@app.get(
    "/v1/jobs/<job_id>",
    summary="How far a job is",
    description="Long work goes on in pages: `done` counts what it has worked off.",
    **_for("read", 200, 404),
)
def get_job(job_id: InPath[JobId]) -> JobView:
    return JobView.of(jobs.get(table(), caller(app).program.program_id, job_id))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
