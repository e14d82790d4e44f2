import { contract } from "../contract.ts";
import type { JsonObject } from "../infrastructure/json.ts";
import type { EntityRecord, Repository } from "../infrastructure/repository.ts";
import type { ChannelState } from "./channel.ts";

/** One account on one channel: a Telegram login, a WhatsApp number, a webhook pair. Its secrets are in Secrets. */
export interface ChannelAccount extends EntityRecord {
  /** `telegram`, `whatsapp`, …: which provider runs it. */
  readonly type: string;
  readonly name: string;
  /** Whether it should be connected. */
  readonly enabled: boolean;
  /** The provider's own settings, validated by its schema; no secrets. */
  readonly settings: JsonObject;
  /** The provider's id of the account, known after the first login. */
  readonly externalId: string | null;
  /** As last reported. */
  readonly state: ChannelState;
}

export interface ChannelAccountRepository extends Repository<ChannelAccount> {}

export const ChannelAccountRepository = contract<ChannelAccountRepository>(
  "communication.channel-account-repository",
  1,
);
