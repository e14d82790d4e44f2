import { Agent } from "node:https";
import {
  DEFAULT_CONNECTION_CONFIG,
  isJidBot,
  isJidBroadcast,
  isJidGroup,
  isJidNewsletter,
  WA_CERT_DETAILS,
  type SocketConfig,
} from "@whiskeysockets/baileys";
import type { WhatsAppOptions } from "../options.ts";
import { baileysLogger } from "./baileys-logger.ts";

/** Where to connect to and whom to trust there: the same for every account. */
export interface Endpoint {
  /** The part of the socket's configuration that no account changes. */
  readonly config: Partial<SocketConfig>;
  /** What media are fetched through; undefined for WhatsApp's own host. */
  readonly media: { readonly host: string; readonly agent: Agent } | undefined;
}

/**
 * Reads the options. A root key other than WhatsApp's is trusted by the whole process, since Baileys keeps it in one
 * place: an application talks either to WhatsApp or to a sandbox.
 */
export function endpointOf(options: WhatsAppOptions): Endpoint {
  const { server, browser } = options;
  const media = server && {
    host: server.mediaHost,
    agent: new Agent({ ca: server.mediaCertificate, keepAlive: true }),
  };
  if (server) WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(server.rootKey, "base64");
  return {
    media,
    config: {
      browser,
      logger: baileysLogger,
      waWebSocketUrl: server?.url ?? DEFAULT_CONNECTION_CONFIG.waWebSocketUrl,
      ...(media ? { fetchAgent: media.agent } : {}),
      // One attempt: a write that fails ends the connection, and WhatsApp delivers again after the next login.
      transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
      // The phone goes on notifying its owner.
      markOnlineOnConnect: false,
      // Conversations begin when they come in; the past of the phone is not ours to import.
      syncFullHistory: false,
      shouldSyncHistoryMessage: () => false,
      emitOwnEvents: false,
      shouldIgnoreJid: (jid) =>
        Boolean(isJidGroup(jid) || isJidBroadcast(jid) || isJidNewsletter(jid) || isJidBot(jid)),
    },
  };
}
