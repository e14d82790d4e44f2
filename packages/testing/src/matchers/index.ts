import type { DeliveryUpdate, Message } from "@crmessenger/kernel/communication";
import type { AuditRecord } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import type { Topic } from "../kernel/delivered.ts";
import { toHaveAudited } from "./to-have-audited.ts";
import { toHaveEmitted } from "./to-have-emitted.ts";
import { toHaveSent } from "./to-have-sent.ts";

interface CrmMatchers {
  /**
   * Of a test kernel: a provider has accepted an outbound message of ours with this text, or like this. Of a recording
   * host: the channel has reported the message of this external id as sent, or an update like this. Await it: it waits
   * for what is under way.
   */
  toHaveSent(expected: string | Partial<Message> | Partial<DeliveryUpdate>): Promise<void>;
  /** Of a test kernel: an event of this kind is in the log, whose payload holds at least this. Await it. */
  toHaveEmitted(event: Topic, payload?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Of a test kernel: this action on this target is in the audit, in an entry that holds at least this. Await it. */
  toHaveAudited(action: string, target: AuditRecord["target"], entry?: Partial<AuditRecord>): Promise<void>;
}

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends CrmMatchers {}
}

expect.extend({ toHaveSent, toHaveEmitted, toHaveAudited });
