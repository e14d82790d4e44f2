import { open, seal } from "./aead.ts";

/** The encrypted stream after the handshake: one key and one counter a direction, no associated data. */
export class Transport {
  readonly #receiveKey: Uint8Array;
  readonly #sendKey: Uint8Array;
  #received = 0;
  #sent = 0;

  constructor(receiveKey: Uint8Array, sendKey: Uint8Array) {
    this.#receiveKey = receiveKey;
    this.#sendKey = sendKey;
  }

  seal(plaintext: Uint8Array): Buffer {
    const sealed = seal(plaintext, { key: this.#sendKey, counter: this.#sent });
    this.#sent += 1;
    return sealed;
  }

  open(sealed: Uint8Array): Buffer {
    const plaintext = open(sealed, { key: this.#receiveKey, counter: this.#received });
    this.#received += 1;
    return plaintext;
  }
}
