import { connect, type Socket } from "node:net";
import type { PromisedNetSockets } from "telegram/extensions/index.js";

/** What GramJS needs of a socket. It makes one itself, from the class it is given, for each connection. */
interface GramJsSocket {
  connect(): Promise<void>;
  readExactly(length: number): Promise<Buffer>;
  write(data: Buffer): void;
  close(): Promise<void>;
}

export interface LinkSocketOptions {
  readonly host: string;
  readonly port: number;
  /** Hears once that the connection is over, before GramJS does. */
  readonly onClose: (reason: Error) => void;
}

/**
 * A socket class for GramJS that dials the given address: GramJS's own takes port 80 whatever it is told, does not say
 * when the connection ends, and copies everything it has not yet read with each piece that arrives.
 */
export function linkSocket(options: LinkSocketOptions): typeof PromisedNetSockets {
  // GramJS types the class it wants by its own implementation, of which it uses these four methods.
  return class extends LinkSocket {
    constructor() {
      super(options);
    }
  } as unknown as typeof PromisedNetSockets;
}

class LinkSocket implements GramJsSocket {
  readonly #options: LinkSocketOptions;
  #socket: Socket | undefined;
  #chunks: Buffer[] = [];
  #available = 0;
  #reader: { readonly length: number; resolve(bytes: Buffer): void; reject(reason: Error): void } | undefined;
  #ended: Error | undefined;

  constructor(options: LinkSocketOptions) {
    this.#options = options;
  }

  connect(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const { host, port } = this.#options;
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    this.#socket = socket;
    socket.on("data", (chunk) => this.#receive(chunk));
    let reason: Error | undefined;
    socket.on("error", (error) => {
      reason = error;
    });
    socket.on("close", () => this.#end(reason ?? new Error("Telegram closed the connection.")));
    return new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("close", () => reject(this.#ended ?? new Error("The connection was closed.")));
    });
  }

  readExactly(length: number): Promise<Buffer> {
    if (this.#available >= length) return Promise.resolve(this.#take(length));
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#reader = { length, resolve, reject };
    });
  }

  write(data: Buffer): void {
    if (this.#ended !== undefined) throw this.#ended;
    this.#socket?.write(data);
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#available += chunk.length;
    const reader = this.#reader;
    if (reader === undefined || this.#available < reader.length) return;
    this.#reader = undefined;
    reader.resolve(this.#take(reader.length));
  }

  #take(length: number): Buffer {
    const [only] = this.#chunks;
    const all = only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    const rest = all.subarray(length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#available = rest.length;
    return all.subarray(0, length);
  }

  #end(reason: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#options.onClose(reason);
    this.#reader?.reject(reason);
    this.#reader = undefined;
  }
}
