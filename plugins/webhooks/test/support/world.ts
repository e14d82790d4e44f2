import { type Plugin, executionContext, definePlugin } from "@crmessenger/kernel";
import { communication } from "@crmessenger/communication";
import { DeliveryRetryStrategies, type WebhookSubscription } from "@crmessenger/kernel/extensibility";
import { CreateUser, SaveRole, type Grant } from "@crmessenger/kernel/iam";
import { Clock, Ids, type StoredEvent } from "@crmessenger/kernel/infrastructure";
import { type Contact, ContactCreated } from "@crmessenger/kernel/sales";
import { iam } from "@crmessenger/iam";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { type TestClock, type TestKernel, createTestKernel } from "@crmessenger/testing";
import type { z } from "zod";
import { CreateSubscription, webhooks } from "../../src/index.ts";

export const QUICK = "testing.quick";

/** Up to twenty attempts, one soon after the other. */
const quickRetries = definePlugin({
  id: "testing-quick-retries",
  version: "1.0.0",
  deps: { strategies: DeliveryRetryStrategies },
  boot({ strategies }) {
    strategies.register({ name: QUICK, nextDelay: async (attempts) => (attempts.length < 20 ? 10 : null) });
    return {};
  },
});

export interface WorldOptions {
  readonly storage?: Plugin;
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: TestClock;
  readonly webhooks?: Parameters<typeof webhooks>[0];
}

/** What an application with webhooks is made of. */
export function pluginsOf({ storage, ...options }: WorldOptions = {}): readonly Plugin[] {
  return [
    storage ?? memory(),
    httpClient({ allowedHosts: ["127.0.0.1"] }),
    iam({ accessCacheMs: 0 }),
    sales(),
    communication(),
    webhooks(options.webhooks),
    quickRetries(),
  ];
}

export function startWorld(options: WorldOptions = {}): Promise<TestKernel> {
  return createTestKernel({
    plugins: pluginsOf(options),
    environment: options.environment ?? {},
    ...(options.clock ? { clock: options.clock } : {}),
  });
}

let users = 0;

/** A user with one role of these grants. */
export async function makeUser(
  kernel: TestKernel,
  grants: readonly Grant[] = [{ permission: "*", scope: "all" }],
): Promise<string> {
  const name = `user-${(users += 1)}`;
  const role = await kernel.bus.dispatch(SaveRole, { name, grants: [...grants] });
  const user = { name, email: `${name}@example.com`, roleIds: [role.id], teamIds: [], timeZone: "UTC", locale: "en" };
  return (await kernel.bus.dispatch(CreateUser, user)).id;
}

type CreateInput = Partial<z.output<typeof CreateSubscription.input>>;

export const contactTopic = { topic: "contact.created", version: 1 } as const;

/** Subscribes on behalf of a new user who may see everything, unless it says otherwise. */
export async function subscribe(
  kernel: TestKernel,
  changes: CreateInput & { readonly url: string },
): Promise<{ readonly subscription: WebhookSubscription; readonly secret: string }> {
  const draft = {
    name: "A receiver",
    topics: [contactTopic],
    retry: QUICK,
    ownerId: await makeUser(kernel),
    ...changes,
  };
  return kernel.bus.dispatch(CreateSubscription, CreateSubscription.input.parse(draft));
}

/** An event that is in no log. */
export function contactEvent(kernel: TestKernel, changes: Partial<Contact> = {}, position = 1): StoredEvent {
  const ids = kernel.get(Ids);
  const id = ids.next();
  const at = new Date(kernel.get(Clock).now()).toISOString();
  const { tenantId, actor, correlationId, causationId } = executionContext();
  const entity = { tenantId, version: 1, createdAt: at, updatedAt: at, deletedAt: null, attributes: {} };
  return {
    id: ids.next(),
    topic: ContactCreated.topic,
    version: 1,
    aggregate: { type: "contact", id, version: 1 },
    payload: {
      contact: { ...entity, id, name: "Ada", ownerId: null, teamId: null, ...changes },
    } as StoredEvent["payload"],
    tenantId,
    actor,
    correlationId,
    causationId,
    occurredAt: at,
    position,
  };
}
