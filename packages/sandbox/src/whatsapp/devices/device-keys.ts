import type { KeyBundle, PreKey } from "../signal/key-bundle.ts";

/** The public keys a device gave the server, for others to start sessions with it. */
export class DeviceKeys {
  readonly registrationId: number;
  readonly identity: Uint8Array;
  #signedPreKey: KeyBundle["signedPreKey"];
  readonly #preKeys = new Map<number, PreKey>();

  constructor(bundle: KeyBundle) {
    this.registrationId = bundle.registrationId;
    this.identity = bundle.identity;
    this.#signedPreKey = bundle.signedPreKey;
  }

  /** How many one-time keys are left. */
  get remaining(): number {
    return this.#preKeys.size;
  }

  upload(preKeys: readonly PreKey[]): void {
    for (const preKey of preKeys) this.#preKeys.set(preKey.id, preKey);
  }

  rotate(signedPreKey: KeyBundle["signedPreKey"]): void {
    this.#signedPreKey = signedPreKey;
  }

  /** Hands out a bundle; the one-time key in it is never handed out again. */
  take(): KeyBundle {
    const { registrationId, identity } = this;
    const bundle = { registrationId, identity, signedPreKey: this.#signedPreKey };
    const [preKey] = this.#preKeys.values();
    if (!preKey) return bundle;
    this.#preKeys.delete(preKey.id);
    return { ...bundle, preKey };
  }
}
