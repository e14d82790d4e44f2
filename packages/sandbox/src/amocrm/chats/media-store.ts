import { randomUUID } from "node:crypto";
import type { Outbound } from "../http/outbound.ts";
import type { Reply } from "../http/reply.ts";
import type { ChatMedia } from "./chat-records.ts";

const DOWNLOAD_TIMEOUT_MS = 30_000;
const LARGEST_FILE = 50 * 1024 * 1024;

/** A file that somebody attaches. */
export interface FileToAttach {
  readonly content: Uint8Array;
  readonly fileName: string;
  /** MIME type; `application/octet-stream` when absent. */
  readonly contentType?: string;
}

/** Files of chats: downloads what integrations name by address, serves what managers attach. */
export class MediaStore {
  readonly #outbound: Outbound;
  readonly #retryDelaysMs: readonly number[];
  readonly #byPath = new Map<string, ChatMedia>();
  readonly #running = new Set<Promise<void>>();
  #closed = false;

  constructor(outbound: Outbound, retryDelaysMs: readonly number[]) {
    this.#outbound = outbound;
    this.#retryDelaysMs = retryDelaysMs;
  }

  /** Takes a file in by its address: it is downloaded in the background, tried again when that fails. */
  download(source: { url: string; fileName: string; fileSize: number }): ChatMedia {
    const media = this.#register({
      ...source,
      state: "pending",
      content: undefined,
      contentType: "",
      groupId: undefined,
    });
    const running = this.#fetch(media).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return media;
  }

  /** Takes a manager's file in, to be served from the sandbox itself. */
  attach(file: FileToAttach, baseUrl: string, groupId: string | undefined): ChatMedia {
    const path = `/attachments/${randomUUID()}/${encodeURIComponent(file.fileName)}`;
    const media: ChatMedia = {
      url: `${baseUrl}${path}`,
      path,
      fileName: file.fileName,
      fileSize: file.content.length,
      state: "stored",
      content: file.content,
      contentType: file.contentType ?? "application/octet-stream",
      error: undefined,
      groupId,
    };
    this.#byPath.set(path, media);
    return media;
  }

  /** Serves a stored file. */
  serve(path: string): Reply {
    const media = this.#byPath.get(path);
    if (media?.content === undefined) return { status: 404, contentType: "text/plain", body: "No such attachment" };
    return { status: 200, contentType: media.contentType, body: media.content };
  }

  /** Resolves when no download is under way. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Gives up all downloads. */
  close(): void {
    this.#closed = true;
  }

  #register(parts: Omit<ChatMedia, "path" | "error">): ChatMedia {
    const name = parts.fileName === "" ? "file" : parts.fileName;
    const media = { ...parts, path: `/attachments/${randomUUID()}/${encodeURIComponent(name)}`, error: undefined };
    this.#byPath.set(media.path, media);
    return media;
  }

  async #fetch(media: ChatMedia): Promise<void> {
    for (const delayMs of [0, ...this.#retryDelaysMs]) {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
      if (this.#closed) break;
      const error = await this.#tryOnce(media);
      if (error === undefined) return;
      media.error = error;
    }
    media.state = "failed";
  }

  async #tryOnce(media: ChatMedia): Promise<string | undefined> {
    try {
      const answer = await this.#outbound.call({
        method: "GET",
        url: media.url,
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
        largestAnswer: LARGEST_FILE,
      });
      if (answer.status !== 200) return `${media.url} answered ${answer.status}`;
      media.content = answer.body;
      media.contentType = answer.headers["content-type"] ?? "application/octet-stream";
      media.state = "stored";
      media.error = undefined;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
