import type { DeliveryRetryStrategies, DeliveryTargets, PayloadGenerators } from "@crmessenger/kernel/extensibility";
import type { EventCatalogue, Named, Registry } from "@crmessenger/kernel/infrastructure";
import { invalid } from "../errors.ts";
import type { SubscriptionDraft } from "./subscription-store.ts";

export interface CheckServices {
  readonly catalogue: EventCatalogue;
  readonly generators: PayloadGenerators;
  readonly strategies: DeliveryRetryStrategies;
  readonly targets: DeliveryTargets;
}

/** Headers that belong to the connection, say what the body is, sign, or authenticate somebody. */
const REFUSED = new Set([
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "date",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "via",
]);
const REFUSED_PREFIX = /^(webhook|svix|sec|proxy|x-forwarded)-/;

/** Refuses what could not be sent, naming the field and what to do about it. */
export async function checkDraft(
  draft: Partial<SubscriptionDraft>,
  target: string,
  services: CheckServices,
): Promise<void> {
  const { generators, strategies, targets } = services;
  for (const { topic, version } of draft.topics ?? []) checkTopic(topic, version, services.catalogue);
  for (const name of Object.keys(draft.headers ?? {})) checkHeader(name);
  requireOne(targets, "target", target);
  requireOne(generators, "payload", draft.payload);
  requireOne(strategies, "retry", draft.retry);
  if (draft.url === undefined) return;
  const problem = await targets.get(target).checkUrl(draft.url);
  if (problem !== null) throw invalid("url", `Webhooks can't be sent to this URL: ${problem}.`);
}

function checkTopic(topic: string, version: number, catalogue: EventCatalogue): void {
  const definition = catalogue.definition(topic);
  if (!definition) {
    const known = catalogue
      .all()
      .map((event) => event.topic)
      .toSorted();
    throw invalid("topics", `No plugin of this application records ${topic}. Use one of: ${known.join(", ")}.`, {
      known,
    });
  }
  const { oldest, latest } = definition;
  if (version < oldest || version > latest)
    throw invalid("topics", `${topic} has the versions ${oldest} to ${latest}, not ${version}.`, { oldest, latest });
}

function checkHeader(name: string): void {
  const lower = name.toLowerCase();
  if (!/^[a-z0-9-]{1,100}$/.test(lower))
    throw invalid("headers", `A header's name is made of letters, digits and hyphens, unlike ${JSON.stringify(name)}.`);
  if (REFUSED.has(lower) || REFUSED_PREFIX.test(lower))
    throw invalid("headers", `The header ${name} is not yours to set: receivers tell us by the signature. Remove it.`);
}

function requireOne(registry: Registry<Named>, field: string, name: string | undefined): void {
  if (name === undefined) return;
  const known = registry.all().map((part) => part.name);
  if (!known.includes(name))
    throw invalid(field, `There is no ${field} "${name}". Use one of: ${known.join(", ")}.`, { known });
}
