import type { BinaryNode } from "@whiskeysockets/baileys";

interface Waiting {
  readonly position: number;
  readonly node: BinaryNode;
}

/**
 * What the server keeps for a device until the device says it has it: messages until a receipt or an ack names them,
 * receipts and notifications until an ack does. Nothing that was confirmed is ever handed out again.
 */
export class StanzaQueue {
  readonly #waiting = new Map<string, Waiting[]>();
  #position = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(node: BinaryNode): void {
    const key = keyOf(node.tag, node.attrs);
    const entry = { position: this.#position, node };
    this.#position += 1;
    this.#size += 1;
    const entries = this.#waiting.get(key);
    if (entries) entries.push(entry);
    else this.#waiting.set(key, [entry]);
  }

  /** A stanza of this class, id and type reached the device. Every copy of it is forgotten. */
  confirm(stanzaClass: string, attrs: Readonly<Record<string, string>>): void {
    const key = keyOf(stanzaClass, attrs);
    this.#size -= this.#waiting.get(key)?.length ?? 0;
    this.#waiting.delete(key);
  }

  /** What still waits, oldest first. */
  pending(): BinaryNode[] {
    return [...this.#waiting.values()]
      .flat()
      .sort((one, other) => one.position - other.position)
      .map((entry) => entry.node);
  }
}

/** Several receipts may name one message, so their type tells them apart; a message is known by its id alone. */
function keyOf(stanzaClass: string, attrs: Readonly<Record<string, string>>): string {
  return stanzaClass === "receipt" ? `receipt/${attrs["id"]}/${attrs["type"] ?? ""}` : `${stanzaClass}/${attrs["id"]}`;
}
