import {
  addTransactionCapability,
  DEFAULT_CONNECTION_CONFIG,
  type BinaryNode,
  type SignalDataSet,
  type SignalKeyStore,
  type SocketConfig,
} from "@whiskeysockets/baileys";
import { baileysLogger } from "../connection/baileys-logger.ts";
import { quietly } from "../connection/quiet-console.ts";
import type { InboxRow } from "../inbound/inbox-row.ts";

type MakeSignalRepository = SocketConfig["makeSignalRepository"];
type SignalRepository = ReturnType<MakeSignalRepository>;

/** Rows by their ids. */
export type InboxRows = Readonly<Record<string, InboxRow>>;

/** Where decrypted messages go. */
export interface DecryptedMessages {
  /** The stanza a ciphertext came in; undefined when it is none of a customer's message. */
  stanzaOf(ciphertext: Uint8Array): BinaryNode | undefined;
  /** The rows to commit together with the ratchet, by id; empty when the message leaves nothing behind. */
  rowsFor(stanza: BinaryNode, padded: Uint8Array): InboxRows;
  /** The rows are committed. */
  committed(rows: InboxRows): void;
  /** Whether a message of this id was committed before, so that a second copy needs no decryption. */
  isCommitted(id: string): boolean;
}

/** An empty message with one byte of padding: what a copy of a committed message is taken for. */
const NOTHING_NEW = Uint8Array.of(1);

/**
 * Signal sessions whose changes are committed before anything leaves this process.
 *
 * Baileys sends the receipt of a message before it hands the message on, and a receipted message is never delivered
 * again; so the decrypted message is committed in one transaction with the ratchet that decrypted it, inside
 * `decryptMessage`, which Baileys awaits before the receipt. Likewise Baileys commits the ratchet of an outgoing
 * message after sending it; here it is committed inside `encryptMessage`, so that a counter is never used twice. Both
 * are serialised per session, which Baileys alone does not do between a message going out and one coming in.
 *
 * All this rests on giving the repository a transaction scope of its own: in the one of the socket, a change made while
 * a message is being sent waits for the end of the send.
 */
export function durableSignal(store: SignalKeyStore, messages: DecryptedMessages): MakeSignalRepository {
  return (auth, _logger, pnToLid) => {
    const keys = addTransactionCapability(store, baileysLogger, { maxCommitRetries: 1, delayBetweenTriesMs: 0 });
    const base = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: auth.creds, keys }, baileysLogger, pnToLid);

    const decryptMessage: SignalRepository["decryptMessage"] = async (request) => {
      const stanza = messages.stanzaOf(request.ciphertext);
      const id = stanza?.attrs["id"];
      const decrypt = (): Promise<Uint8Array> => quietly(() => base.decryptMessage(request));
      if (!stanza || id === undefined) return decrypt();
      try {
        const { padded, rows } = await keys.transaction(async () => {
          const plaintext = await decrypt();
          const kept = messages.isCommitted(id) ? {} : messages.rowsFor(stanza, plaintext);
          // The store takes rows of any type; Baileys' own type lists only those Baileys knows.
          if (Object.keys(kept).length > 0) await keys.set({ inbox: kept } as SignalDataSet);
          return { padded: plaintext, rows: kept };
        }, request.jid);
        if (Object.keys(rows).length > 0) messages.committed(rows);
        return padded;
      } catch (error) {
        // Delivered again because the receipt never left: the ratchet has moved on, but the message is here.
        if (messages.isCommitted(id)) return NOTHING_NEW;
        throw error;
      }
    };

    return {
      ...base,
      decryptMessage,
      encryptMessage: (request) => quietly(() => base.encryptMessage(request)),
      injectE2ESession: (request) => quietly(() => base.injectE2ESession(request)),
      decryptGroupMessage: (request) => quietly(() => base.decryptGroupMessage(request)),
    };
  };
}
