import type { Json } from "../infrastructure/json.ts";
import type { StoredFile } from "../infrastructure/storage.ts";

export type MediaKind = "image" | "video" | "audio" | "voice" | "document" | "sticker";

/** A piece of a message. A call's recording is a media part of kind `audio`. */
export type MessagePart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "media"; readonly kind: MediaKind; readonly file: StoredFile; readonly durationSeconds?: number }
  | { readonly type: "location"; readonly latitude: number; readonly longitude: number; readonly title?: string }
  | { readonly type: "contact"; readonly name: string; readonly phones: readonly string[] }
  | {
      readonly type: "buttons";
      readonly text: string;
      readonly buttons: readonly { readonly id: string; readonly label: string }[];
    }
  | {
      readonly type: "template";
      readonly name: string;
      readonly language: string;
      readonly variables: Readonly<Record<string, string>>;
    }
  /** What the provider sent and we have no word for: kept, and shown as such. */
  | { readonly type: "unsupported"; readonly description: string; readonly raw: Json };
