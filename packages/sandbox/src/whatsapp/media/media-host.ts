import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Socket } from "node:net";
import type { MediaCertificate } from "./media-certificate.ts";

/** The largest upload taken, as WhatsApp states it for documents: 2 GiB there, kept smaller in memory here. */
export const MAX_UPLOAD_BYTES = 100 * 1024 * 1024;

/**
 * Where encrypted files lie: `POST /mms/<kind>/<token>` to upload, `GET <direct path>` to download, both over HTTPS. It
 * never sees a key. Uploads without the auth of `media_conn`, or whose bytes are not what the path names, are refused.
 */
export class MediaHost {
  readonly #server: Server;
  readonly #blobs = new Map<string, Buffer>();
  readonly #sockets = new Set<Socket>();
  readonly #auth = randomBytes(16).toString("base64url");
  readonly #host: string;

  private constructor(host: string, certificate: MediaCertificate) {
    this.#host = host;
    this.#server = createServer({ key: certificate.privateKey, cert: certificate.certificate }, (request, response) => {
      this.#answer(request, response);
    });
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** Rejects when the address can't be listened on. */
  static async start(host: string, certificate: MediaCertificate): Promise<MediaHost> {
    const mediaHost = new MediaHost(host, certificate);
    await new Promise<void>((resolve, reject) => {
      mediaHost.#server.once("error", reject);
      mediaHost.#server.listen(0, host, resolve);
    });
    return mediaHost;
  }

  /** `host:port`, as `media_conn` names it. */
  get hostname(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#host.includes(":") ? `[${this.#host}]` : this.#host}:${port}`;
  }

  /** What an upload has to show. */
  get auth(): string {
    return this.#auth;
  }

  /** Stores an encrypted file and gives the path it can be fetched from. */
  put(blob: Buffer): string {
    const name = createHash("sha256").update(blob).digest("base64url");
    const path = `/v/t62.7118-24/${name}`;
    this.#blobs.set(path, blob);
    return path;
  }

  get(directPath: string): Buffer | undefined {
    return this.#blobs.get(pathOf(directPath));
  }

  /** Forgets every file, as the real host does after some weeks: downloads then get 404. */
  expireAll(): void {
    this.#blobs.clear();
  }

  url(directPath: string): string {
    return `https://${this.hostname}${directPath}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === "POST") this.#upload(request, response);
    else if (request.method === "GET") this.#download(request, response);
    else send(response, 405, { error: "method not allowed" });
  }

  #download(request: IncomingMessage, response: ServerResponse): void {
    const blob = this.get(request.url ?? "");
    if (!blob) return send(response, 404, { error: "no such media" });
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": blob.length });
    response.end(blob);
  }

  #upload(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "", "https://media.invalid");
    if (url.searchParams.get("auth") !== this.#auth) return send(response, 401, { error: "bad auth" });
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_UPLOAD_BYTES) chunks.push(chunk);
    });
    request.on("end", () => {
      if (size > MAX_UPLOAD_BYTES) return send(response, 413, { error: "too large" });
      const blob = Buffer.concat(chunks);
      const named = url.pathname.split("/").at(-1);
      const actual = createHash("sha256").update(blob).digest("base64url");
      if (named !== actual) return send(response, 415, { error: "the file is not the one the path names" });
      const directPath = this.put(blob);
      send(response, 200, { url: this.url(directPath), direct_path: directPath });
    });
  }
}

function send(response: ServerResponse, status: number, body: Record<string, string>): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function pathOf(target: string): string {
  return new URL(target, "https://media.invalid").pathname;
}
