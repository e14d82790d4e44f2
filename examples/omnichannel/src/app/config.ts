/** What the application is composed from. Secrets come in the environment instead. */
export interface AppConfig {
  readonly port: number;
  /** Where other systems reach the HTTP API. */
  readonly publicUrl: string;
  readonly databaseUrl: string | undefined;
  readonly dataDirectory: string;
  /** Addresses on this machine that webhooks may be sent to. */
  readonly webhookReceivers: readonly string[];
  readonly telegram:
    | {
        readonly dataCentre: { readonly host: string; readonly port: number; readonly publicKey: string };
        readonly checkIntervalMs: number;
      }
    | undefined;
  readonly whatsapp:
    | {
        readonly server: {
          readonly url: string;
          readonly rootKey: string;
          readonly mediaHost: string;
          readonly mediaCertificate: string;
        };
      }
    | undefined;
  readonly amocrm:
    | {
        readonly baseUrl: string;
        readonly chatsUrl?: string;
        readonly clientId: string;
        readonly channelId: string;
        readonly publicUrl?: string;
      }
    | undefined;
}

/** The environment variable that carries the configuration to the application's process. */
export const CONFIG_VARIABLE = "OMNICHANNEL_CONFIG";

/** What the application's process tells its parent, and what the parent asks. */
export type FromApp =
  | {
      readonly type: "ready";
      readonly port: number;
      readonly apiKey: string;
      readonly ownerEmail: string;
      readonly password: string | undefined;
      readonly readyMs: number;
    }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "rows"; readonly id: number; readonly rows: readonly Record<string, unknown>[] }
  | { readonly type: "refused"; readonly id: number; readonly message: string }
  | {
      readonly type: "memory";
      readonly id: number;
      readonly rssMb: number;
      readonly heapMb: number;
      readonly peakRssMb: number;
    };

export type ToApp =
  | { readonly type: "query"; readonly id: number; readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly type: "memory"; readonly id: number };
