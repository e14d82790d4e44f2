import type { FaultSettings } from "./faults/fault-settings.ts";
import type { PairingOptions } from "./pairing/pairing-options.ts";
import type { BusinessAccount } from "./people/account.ts";
import type { Customer, CustomerOptions } from "./people/customer.ts";
import type { PersonOptions } from "./people/person.ts";

/** Where and how the sandbox runs. */
export interface WhatsAppSandboxOptions {
  /** The address to listen on: 127.0.0.1 by default. */
  readonly host?: string;
  /** The port of the WebSocket; any free one by default. */
  readonly port?: number;
  /** Decides LIDs and what the faults do: 1 by default. Keys and message ids are random whatever it is. */
  readonly seed?: number;
  readonly pairing?: PairingOptions;
  /** Told when a client sends what the sandbox can't handle; a process warning by default. That client is cut off. */
  readonly onError?: (error: unknown) => void;
}

/** What a client needs to talk to the sandbox instead of WhatsApp. Plain data, fit for an environment variable. */
export interface WhatsAppServer {
  /** For Baileys' `waWebSocketUrl`. */
  readonly url: string;
  /** The root key, base64, for Baileys' `WA_CERT_DETAILS.PUBLIC_KEY`. */
  readonly rootKey: string;
  /** `host:port` of the media host. */
  readonly mediaHost: string;
  /** The certificate (PEM) a client has to trust to reach the media host. */
  readonly mediaCertificate: string;
}

/** A running local WhatsApp. All its state is in this process; clients may come, die and return with what they stored. */
export interface WhatsAppSandbox extends AsyncDisposable {
  readonly server: WhatsAppServer;
  /** Registers a business. Throws when the number is taken or is none. */
  addAccount(options: PersonOptions): BusinessAccount;
  /** Registers a customer. Throws when the number is taken or is none. */
  addCustomer(options: CustomerOptions): Customer;
  readonly faults: {
    /** Replaces all faults at once. */
    set(settings: FaultSettings): void;
    /** Everything works again. */
    clear(): void;
  };
  /** Cuts every connection without a word, as a network failure does. */
  disconnectAll(): void;
  /** Forgets all uploaded media: downloads get 404 from now on. */
  expireMedia(): void;
  close(): Promise<void>;
}
