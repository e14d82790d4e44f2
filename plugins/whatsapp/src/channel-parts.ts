import type { Clock, Secrets, Storage } from "@crmessenger/kernel/infrastructure";
import type { Endpoint } from "./connection/endpoint.ts";
import type { MediaSource } from "./inbound/media-source.ts";

/** What the channels of all accounts share. */
export interface ChannelParts {
  readonly endpoint: Endpoint;
  readonly secrets: Secrets;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly media: MediaSource;
  readonly maxMediaBytes: number;
}
