import { CrmError } from "@crmessenger/kernel";
import type { SecretNamespace, Secrets } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

const savedLogin = z.object({
  dataCentre: z.object({ id: z.number().int(), host: z.string(), port: z.number().int() }),
  /** Base64. */
  authKey: z.string(),
  userId: z.string(),
  bot: z.boolean(),
});

const savedPosition = z.object({
  /** Whose log this is a position in. */
  userId: z.string(),
  pts: z.number().int(),
  qts: z.number().int(),
  date: z.number().int(),
  /** The highest message id received so far: where to go on when the log does not reach back. */
  lastMessageId: z.number().int(),
});

const savedPeer = z.object({
  accessHash: z.string(),
  name: z.string(),
  username: z.string().exactOptional(),
  phone: z.string().exactOptional(),
});

/** A login: with it, whoever has it is the account. */
export type SavedLogin = z.output<typeof savedLogin>;

/** Up to where Telegram's log of the account's changes has been received and committed. */
export type Position = z.output<typeof savedPosition>;

/** A person the account has met, as Telegram names them. */
export type SavedPeer = z.output<typeof savedPeer>;

/** What is kept of one account, all of it in Secrets: the login, the position in the log, and the people. */
export class AccountStore {
  readonly #namespace: SecretNamespace;
  readonly #accountId: string;

  constructor(secrets: Secrets, accountId: string) {
    this.#namespace = secrets.namespace(`telegram/${accountId}`);
    this.#accountId = accountId;
  }

  login(): Promise<SavedLogin | undefined> {
    return this.#load("login", savedLogin);
  }

  position(): Promise<Position | undefined> {
    return this.#load("position", savedPosition);
  }

  peer(userId: string): Promise<SavedPeer | undefined> {
    return this.#load(`peer/${userId}`, savedPeer);
  }

  async savePosition(position: Position): Promise<void> {
    await this.#namespace.set("position", encode(position));
  }

  async savePeer(userId: string, peer: SavedPeer): Promise<void> {
    await this.#namespace.set(`peer/${userId}`, encode(peer));
  }

  /** Keeps a new login, and where its log stands unless it goes on from where this user's log was left. */
  async saveLogin(login: SavedLogin, position: Position): Promise<void> {
    // A position that can't be read is as good as none: this login begins anew.
    const earlier = await this.position().catch(() => undefined);
    const entries = new Map([["login", encode(login)]]);
    if (earlier?.userId !== login.userId) entries.set("position", encode(position));
    await this.#namespace.setMany(entries);
  }

  /** Forgets the login. What was received stays known, should the same account log in again. */
  async dropLogin(): Promise<void> {
    await this.#namespace.setMany(new Map([["login", null]]));
  }

  async clear(): Promise<void> {
    await this.#namespace.clear();
  }

  async #load<T>(key: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const secret = await this.#namespace.get(key);
    if (secret === undefined) return undefined;
    try {
      return schema.parse(JSON.parse(Buffer.from(secret.value).toString("utf8")));
    } catch (error) {
      throw new CrmError(
        "CRM_TELEGRAM_SESSION_DAMAGED",
        `What is stored of the Telegram account ${this.#accountId} (${key}) can't be read. Log the account out and in again.`,
        { details: { accountId: this.#accountId, key }, cause: error instanceof z.ZodError ? error : undefined },
      );
    }
  }
}

function encode(value: SavedLogin | Position | SavedPeer): Uint8Array {
  return Buffer.from(JSON.stringify(value), "utf8");
}
