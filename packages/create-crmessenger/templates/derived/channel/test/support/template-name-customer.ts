import type { Arrived, TemplateNameServer } from "./template-name-server.ts";

/** A customer with Template name on their phone. */
export class TemplateNameCustomer {
  readonly chatId: string;
  readonly #server: TemplateNameServer;
  readonly #person: { readonly id: string; readonly name: string };

  constructor(
    server: TemplateNameServer,
    person: { readonly id: string; readonly name: string; readonly chatId: string },
  ) {
    const { chatId, ...known } = person;
    this.chatId = chatId;
    this.#server = server;
    this.#person = known;
  }

  /** What reached the phone, in order. */
  get received(): readonly Arrived[] {
    return this.#server.arrived.filter(({ chatId }) => chatId === this.chatId);
  }

  /** Writes to the account. Answers the message's id. */
  write(text: string | undefined, more: object = {}): string {
    const id = this.#server.nextId("message");
    const { chatId } = this;
    const message = {
      id,
      chatId,
      from: this.#person,
      ...(text === undefined ? {} : { text }),
      sentAt: new Date().toISOString(),
    };
    this.#server.push("message", { ...message, ...more });
    return id;
  }

  /** Sends a file, with a text or without. */
  writeFile(
    file: { readonly mimeType: string; readonly fileName?: string; readonly content: string },
    text?: string,
  ): string {
    const id = this.#server.nextId("file");
    const { content, ...meta } = file;
    this.#server.files.set(id, { id, ...meta, content: Buffer.from(content) });
    return this.write(text, { files: [{ id, ...meta }] });
  }

  /** Opens the chat and reads everything. */
  read(): void {
    for (const { id } of this.received) {
      this.#server.push("receipt", { messageId: id, status: "read", at: new Date().toISOString() });
    }
  }
}
