import { randomBytes } from "node:crypto";
import { isCrmError, toCrmError } from "@crmessenger/kernel";
import type { Logger, SecretNamespace, Secrets } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import type { ChatsApi } from "../api/chats-api.ts";
import type { RestApi } from "../api/rest-api.ts";
import type { AccountBook, AccountFacts } from "../links/account-facts.ts";
import type { AmoCrmOptions } from "../options.ts";

/** Code of the custom fields, on contacts and leads, that carry our ids. */
const FIELD_CODE = "CRMESSENGER_ID";
const FIELD_NAME = "CRMessenger ID";
const WEBHOOK_SECRET = "webhook-secret";
const WEBHOOK_EVENTS = ["update_lead", "status_lead", "responsible_lead", "update_contact"];

const account = z.object({ id: z.number(), amojo_id: z.string(), current_user_id: z.number() });
const user = z.object({ amojo_id: z.string() });
const customField = z.object({ id: z.number(), code: z.string().nullable() });
const customFields = z.object({
  _embedded: z.object({ custom_fields: z.array(customField) }),
  _links: z.object({ next: z.object({ href: z.string() }).optional() }).optional(),
});

/** Learns what must be known of the account and prepares it: our fields, the channel, the webhook. */
export class AccountSetup {
  readonly #rest: RestApi;
  readonly #chats: ChatsApi;
  readonly #book: AccountBook;
  readonly #secrets: SecretNamespace;
  readonly #options: AmoCrmOptions;
  readonly #logger: Logger;
  #facts: AccountFacts | undefined;
  #running: Promise<AccountFacts> | undefined;

  constructor(parts: {
    rest: RestApi;
    chats: ChatsApi;
    book: AccountBook;
    secrets: Secrets;
    options: AmoCrmOptions;
    logger: Logger;
  }) {
    this.#rest = parts.rest;
    this.#chats = parts.chats;
    this.#book = parts.book;
    this.#secrets = parts.secrets.namespace("amocrm");
    this.#options = parts.options;
    this.#logger = parts.logger;
  }

  /** What is known of the account; prepares it first when that has not been done. Every step may be repeated. */
  async facts(): Promise<AccountFacts> {
    this.#facts ??= await this.#book.facts();
    return this.#facts ?? this.#prepareOnce();
  }

  /** What is known of the account, without asking amoCRM. */
  async knownFacts(): Promise<AccountFacts | undefined> {
    this.#facts ??= await this.#book.facts();
    return this.#facts;
  }

  /** Has the account prepared anew before its next use: every installation disconnects the channel. */
  async forget(): Promise<void> {
    this.#facts = undefined;
    await this.#book.forgetFacts();
  }

  /** Prepares the account anew: its channel turned out to be disconnected. */
  async renew(): Promise<void> {
    await this.forget();
    await this.#prepareOnce();
  }

  /** The last part of the address of our CRM webhook: nothing else tells its requests from anybody's. */
  async webhookSecret(): Promise<string> {
    const known = await this.#secrets.get(WEBHOOK_SECRET);
    if (known !== undefined) return Buffer.from(known.value).toString("utf8");
    const made = randomBytes(24).toString("base64url");
    const stored = await this.#secrets.compareAndSet(WEBHOOK_SECRET, 0, Buffer.from(made));
    return stored ? made : this.webhookSecret();
  }

  #prepareOnce(): Promise<AccountFacts> {
    this.#running ??= this.#prepare().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #prepare(): Promise<AccountFacts> {
    const found = await this.#rest.get("account?with=amojo_id", account);
    if (found === undefined) throw toCrmError(new Error("amoCRM shows no account."));
    const authorId = this.#options.bot?.id ?? (await this.#ownerId(found.current_user_id));
    const fields = { contacts: await this.#field("contacts"), leads: await this.#field("leads") };
    const scopeId = await this.#chats.connect(found.amojo_id);
    const facts = { accountId: found.id, amojoId: found.amojo_id, scopeId, authorId, fields };
    await this.#book.setFacts(facts);
    this.#facts = facts;
    await this.#subscribe();
    return facts;
  }

  async #ownerId(userId: number): Promise<string> {
    const found = await this.#rest.get(`users/${userId}?with=amojo_id`, user);
    return found?.amojo_id ?? "";
  }

  /** The field that carries our ids; found by its code, or made. */
  async #field(kind: "contacts" | "leads"): Promise<number> {
    const known = await this.#findField(kind);
    if (known !== undefined) return known;
    const definition = [{ name: FIELD_NAME, code: FIELD_CODE, type: "text", is_api_only: true }];
    try {
      const made = await this.#rest.create(`${kind}/custom_fields`, definition, customFields);
      const [field] = made._embedded.custom_fields;
      if (field !== undefined) return field.id;
    } catch (error) {
      // Another process may have made it in between: the code is unique.
      if (!isCrmError(error, "CRM_AMOCRM_REFUSED")) throw error;
      const now = await this.#findField(kind);
      if (now !== undefined) return now;
      throw error;
    }
    throw toCrmError(new Error(`amoCRM made no custom field for ${kind}.`));
  }

  async #findField(kind: "contacts" | "leads"): Promise<number | undefined> {
    for (let page = 1; ; page += 1) {
      const list = await this.#rest.get(`${kind}/custom_fields?limit=250&page=${page}`, customFields);
      const field = list?._embedded.custom_fields.find(({ code }) => code === FIELD_CODE);
      if (field !== undefined) return field.id;
      if (list?._links?.next === undefined) return undefined;
    }
  }

  /** Asks to be told of changes. Without it they are found a little later, by looking. */
  async #subscribe(): Promise<void> {
    const { publicUrl } = this.#options;
    if (publicUrl === undefined) return;
    const destination = `${publicUrl}/hooks/amocrm/crm/${await this.webhookSecret()}`;
    try {
      await this.#rest.put("POST", "webhooks", { destination, settings: WEBHOOK_EVENTS, sort: 10 });
    } catch (error) {
      if (!isCrmError(error, "CRM_AMOCRM_REFUSED")) throw error;
      this.#logger.warn(`amoCRM takes no webhook, so its changes are found by looking: ${error.message}`);
    }
  }
}
