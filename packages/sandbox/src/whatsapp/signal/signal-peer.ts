import {
  Curve,
  DEFAULT_CONNECTION_CONFIG,
  encodeWAMessage,
  generateRegistrationId,
  proto,
  signedKeyPair,
  unpadRandomMax16,
  type KeyPair,
  type SignalRepositoryWithLIDStore,
  type SignedKeyPair,
} from "@whiskeysockets/baileys";
import { silentLogger } from "../silent-logger.ts";
import { type KeyBundle, typedKey } from "./key-bundle.ts";
import { MemoryKeyStore } from "./memory-key-store.ts";
import { quietly } from "./quiet-console.ts";

/** An encrypted payload as it stands in `<enc>`: `pkmsg` opens a session, `msg` continues one. */
export interface Sealed {
  readonly type: "pkmsg" | "msg";
  readonly ciphertext: Uint8Array;
}

/** One end of Signal sessions: a phone with its identity, its pre-keys and a session per device it talks to. */
export class SignalPeer {
  readonly identity: KeyPair = Curve.generateKeyPair();
  readonly registrationId: number = generateRegistrationId();
  readonly #keys = new MemoryKeyStore();
  readonly #signedPreKey: SignedKeyPair = signedKeyPair(this.identity, 1);
  readonly #repository: SignalRepositoryWithLIDStore;
  #nextPreKeyId = 1;

  constructor() {
    const creds = {
      signedIdentityKey: this.identity,
      signedPreKey: this.#signedPreKey,
      registrationId: this.registrationId,
    };
    this.#repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
      { creds, keys: this.#keys },
      silentLogger,
      async () => [],
    );
  }

  /** A bundle with a one-time pre-key of its own, for one party to start one session with. */
  issueBundle(): KeyBundle {
    const id = this.#nextPreKeyId;
    this.#nextPreKeyId += 1;
    const pair = Curve.generateKeyPair();
    this.#keys.set({ "pre-key": { [id]: pair } });
    return {
      registrationId: this.registrationId,
      identity: this.identity.public,
      signedPreKey: {
        id: this.#signedPreKey.keyId,
        publicKey: this.#signedPreKey.keyPair.public,
        signature: this.#signedPreKey.signature,
      },
      preKey: { id, publicKey: pair.public },
    };
  }

  async hasSession(jid: string): Promise<boolean> {
    return (await this.#repository.validateSession(jid)).exists;
  }

  /** Starts a session with the holder of the bundle; one that was open is archived, so that what is under way still decrypts. */
  startSession(jid: string, bundle: KeyBundle): Promise<void> {
    const { signedPreKey, preKey } = bundle;
    return quietly(() =>
      this.#repository.injectE2ESession({
        jid,
        session: {
          registrationId: bundle.registrationId,
          identityKey: typedKey(bundle.identity),
          signedPreKey: {
            keyId: signedPreKey.id,
            publicKey: typedKey(signedPreKey.publicKey),
            signature: Buffer.from(signedPreKey.signature),
          },
          ...(preKey ? { preKey: { keyId: preKey.id, publicKey: typedKey(preKey.publicKey) } } : {}),
        },
      }),
    );
  }

  seal(jid: string, message: proto.IMessage): Promise<Sealed> {
    return quietly(() => this.#repository.encryptMessage({ jid, data: encodeWAMessage(message) }));
  }

  /** Rejects when no session fits, the counter was used before or the bytes were tampered with. */
  async open(jid: string, sealed: Sealed): Promise<proto.Message> {
    const { type } = sealed;
    // libsignal insists on Buffer, and the decoder hands out plain views now and then.
    const ciphertext = Buffer.from(sealed.ciphertext);
    const padded = await quietly(() => this.#repository.decryptMessage({ jid, type, ciphertext }));
    return proto.Message.decode(unpadRandomMax16(padded));
  }

  close(): void {
    this.#repository.close?.();
  }
}
