import { z } from "zod";

/** Where WhatsApp is, when it is not WhatsApp: the sandbox's `server`, as plain data. */
const server = z.strictObject({
  /** The WebSocket to connect to. */
  url: z.url({ protocol: /^wss?$/ }),
  /** The root key (base64) to trust instead of WhatsApp's. */
  rootKey: z.base64(),
  /** `host:port` that media are fetched from. */
  mediaHost: z.string().min(1),
  /** A certificate (PEM) to trust for media. */
  mediaCertificate: z.string().min(1),
});

/** The options of the plugin. All of them may be left out. */
export const whatsAppOptions = z.strictObject({
  server: server.exactOptional(),
  /** How the linked device is called on the phone: system, browser, version. */
  browser: z.tuple([z.string(), z.string(), z.string()]).default(["CRMessenger", "Chrome", "1.0"]),
  /** Larger inbound files are mentioned instead of stored. Bytes. */
  maxMediaBytes: z
    .number()
    .int()
    .positive()
    .default(100 * 1024 * 1024),
});

export type WhatsAppOptions = z.output<typeof whatsAppOptions>;
