import { isCrmError } from "@crmessenger/kernel";
import type {
  CrmCapabilities,
  CrmChange,
  CrmEntityKind,
  CrmMessage,
  CrmProvider,
  CrmProviderState,
  CrmRecord,
  CrmSaveResult,
  CrmSnapshot,
} from "@crmessenger/kernel/sales";
import { z } from "zod";
import type { RestApi } from "../api/rest-api.ts";
import type { AccountSetup } from "../connection/account-setup.ts";
import type { Connection } from "../connection/connection.ts";
import { linkKind } from "../links/entity-links.ts";
import type { ChangeFeed } from "./change-feed.ts";
import type { MessageShower } from "./message-shower.ts";
import { amoEntity, fromAmoEntity, ourIdOf } from "./record-fields.ts";
import type { RecordSaver } from "./record-saver.ts";
import { MOST_RECORDS } from "./record-writer.ts";

const KINDS = linkKind.options;

const marks = z.object({ contact: z.number(), lead: z.number() });
type Marks = z.infer<typeof marks>;

/** The account of amoCRM as the application's plugins see it, whatever keeps it in step by itself. */
export class AmoCrmProvider implements CrmProvider {
  readonly name = "amocrm.account";
  readonly capabilities: CrmCapabilities = { entities: KINDS, messages: true, maxBatch: MOST_RECORDS };
  readonly #rest: RestApi;
  readonly #setup: AccountSetup;
  readonly #connection: Connection;
  readonly #saver: RecordSaver;
  readonly #shower: MessageShower;
  readonly #feed: ChangeFeed;

  constructor(parts: {
    rest: RestApi;
    setup: AccountSetup;
    connection: Connection;
    saver: RecordSaver;
    shower: MessageShower;
    feed: ChangeFeed;
  }) {
    this.#rest = parts.rest;
    this.#setup = parts.setup;
    this.#connection = parts.connection;
    this.#saver = parts.saver;
    this.#shower = parts.shower;
    this.#feed = parts.feed;
  }

  async state(): Promise<CrmProviderState> {
    const { state, reason } = await this.#connection.refresh();
    return { status: state, reason };
  }

  save(records: readonly CrmRecord[]): Promise<readonly CrmSaveResult[]> {
    return this.#saver.save(records);
  }

  post(messages: readonly CrmMessage[]): Promise<readonly CrmSaveResult[]> {
    return this.#shower.post(messages);
  }

  async read(kind: CrmEntityKind, externalId: string): Promise<CrmSnapshot | undefined> {
    const held = linkKind.safeParse(kind);
    if (!held.success || !/^\d+$/u.test(externalId)) return undefined;
    const ourFieldId = (await this.#setup.facts()).fields[`${held.data}s`];
    const entity = await this.#find(`${kind}s/${externalId}`);
    if (entity === undefined) return undefined;
    return {
      kind,
      externalId,
      id: ourIdOf(entity, ourFieldId),
      fields: fromAmoEntity(entity, ourFieldId),
      changedAt: timeOf(entity.updated_at),
      deleted: entity.is_deleted,
    };
  }

  async changes(
    after: string | null,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly CrmChange[]; readonly next: string }> {
    const from = after === null ? undefined : marks.parse(JSON.parse(after));
    const next: Marks = { contact: 0, lead: 0 };
    const items: CrmChange[] = [];
    for (const kind of KINDS) {
      if (from === undefined) {
        next[kind] = await this.#feed.mark(kind);
        continue;
      }
      const changed = await this.#feed.since(from[kind], kind, signal);
      items.push(
        ...changed.map(({ amoId, updatedAt }) => ({ kind, externalId: String(amoId), at: timeOf(updatedAt) })),
      );
      next[kind] = Math.max(from[kind], ...changed.map(({ updatedAt }) => updatedAt));
    }
    return { items, next: JSON.stringify(next) };
  }

  async #find(path: string): Promise<z.infer<typeof amoEntity> | undefined> {
    try {
      return await this.#rest.get(path, amoEntity);
    } catch (error) {
      if (isCrmError(error, "CRM_AMOCRM_REFUSED") && error.details["status"] === 404) return undefined;
      throw error;
    }
  }
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
