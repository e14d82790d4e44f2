import { z } from "zod";

const MEGABYTE = 1024 * 1024;

/** Where to dial instead of Telegram: a test data centre or the sandbox's `dataCentre`, as plain data. */
const dataCentre = z.strictObject({
  host: z.string().min(1),
  port: z.number().int().min(1).max(65_535),
  /** The RSA public key to trust, PEM (SPKI). */
  publicKey: z.string().includes("BEGIN PUBLIC KEY"),
});

/** The options of the plugin. All of them may be left out. */
export const telegramOptions = z.strictObject({
  /** Of the application, from https://my.telegram.org. Otherwise TELEGRAM_API_ID. */
  apiId: z.number().int().positive().exactOptional(),
  /** Otherwise TELEGRAM_API_HASH. */
  apiHash: z.string().min(1).exactOptional(),
  dataCentre: dataCentre.exactOptional(),
  /** How logins are called in "Devices" on the phone. */
  deviceModel: z.string().min(1).max(100).default("CRMessenger"),
  /** Larger inbound files are mentioned instead of stored. Bytes. */
  maxMediaBytes: z
    .number()
    .int()
    .positive()
    .default(100 * MEGABYTE),
  /**
   * How often a quiet connection asks whether something was missed. Telegram itself may lose an update it pushes, and
   * only the next one tells. Milliseconds.
   */
  checkIntervalMs: z.number().int().min(100).default(30_000),
});

export type TelegramOptions = z.output<typeof telegramOptions>;
