import { problem } from "../http/problem.ts";
import { empty, hal } from "../http/reply.ts";
import type { WebhookRecord } from "../hooks/crm-webhooks.ts";
import { API_SETTINGS } from "../hooks/hook-bodies.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { listReply } from "./page.ts";
import { objectOf, type RestHandler, type RestRequest } from "./rest-request.ts";

const MOST_WEBHOOKS = 100;

/** `GET webhooks`, with `filter[destination]` */
export const listWebhooks: RestHandler = (request) => {
  const filter = request.query["filter"];
  const wanted = typeof filter === "object" && !Array.isArray(filter) ? filter["destination"] : undefined;
  const webhooks = request.webhooks.subscriptions.filter(
    (webhook) => wanted === undefined || webhook.destination === wanted,
  );
  return listReply(request, webhooks, { name: "webhooks", render: (webhook) => render(request, webhook) });
};

/** `POST webhooks`: an address has one subscription, a second request changes it. */
export const subscribeWebhook: RestHandler = (request) => {
  requireAdmin(request);
  const check = new ItemCheck(objectOf(request), 0);
  const destination = check.requiredText("destination");
  if (destination !== "" && !URL.canParse(destination)) {
    check.fail("InvalidUrl", "destination", "This value is not a valid URL.");
  }
  const settings = readSettings(check);
  const sort = check.integer("sort");
  refuseInvalid([check]);
  const known = request.webhooks.subscriptions.some((webhook) => webhook.destination === destination);
  if (!known && request.webhooks.subscriptions.length >= MOST_WEBHOOKS) {
    throw problem(422, `No more than ${MOST_WEBHOOKS} webhooks are allowed`);
  }
  const webhook = request.webhooks.subscribe(destination, settings, { sort, userId: request.caller.userId });
  return hal(render(request, webhook), 201);
};

/** `DELETE webhooks` */
export const unsubscribeWebhook: RestHandler = (request) => {
  requireAdmin(request);
  const check = new ItemCheck(objectOf(request), 0);
  const destination = check.requiredText("destination");
  refuseInvalid([check]);
  if (!request.webhooks.unsubscribe(destination)) throw problem(404, "Webhook not found");
  return empty();
};

function readSettings(check: ItemCheck): string[] {
  const given = check.item["settings"];
  if (!Array.isArray(given) || given.length === 0) {
    check.fail("FieldMissing", "settings", "This field is missing.");
    return [];
  }
  return (given as unknown[]).flatMap((setting, index) => {
    if (typeof setting === "string" && API_SETTINGS.has(setting)) return [setting];
    check.notChoice(`settings.${index}`);
    return [];
  });
}

function requireAdmin(request: RestRequest): void {
  if (request.world.users.get(request.caller.userId)?.isAdmin !== true) throw problem(403, "Admin rights are needed");
}

function render(request: RestRequest, webhook: WebhookRecord): unknown {
  return {
    id: webhook.id,
    destination: webhook.destination,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
    account_id: request.world.account.id,
    created_by: webhook.createdBy,
    sort: webhook.sort,
    disabled: webhook.disabled,
    settings: webhook.settings,
  };
}
