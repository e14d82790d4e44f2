import type { FaultInjector } from "../faults/fault-injector.ts";
import type { AuthKeys } from "../session/auth-keys.ts";
import type { LoginTokens } from "../session/login-tokens.ts";
import type { FileStore } from "../world/file-store.ts";
import type { World } from "../world/world.ts";
import type { AccessHashes } from "./access-hashes.ts";
import type { TlRenderer } from "./tl-renderer.ts";
import type { UpdatePump } from "./update-pump.ts";
import type { Uploads } from "./uploads.ts";

/** What the API methods work on. */
export interface DataCentreState {
  readonly world: World;
  readonly files: FileStore;
  readonly uploads: Uploads;
  readonly authKeys: AuthKeys;
  readonly loginTokens: LoginTokens;
  readonly hashes: AccessHashes;
  readonly renderer: TlRenderer;
  readonly updates: UpdatePump;
  readonly faults: FaultInjector;
  /** Two clients that introduce themselves under one key at the same time invalidate it (AUTH_KEY_DUPLICATED). */
  readonly refuseSharedKeys: boolean;
  /** Where clients reach us, once the server listens. */
  readonly address: () => { readonly host: string; readonly port: number };
  /** Hears of what the data centre can't do or did wrong. */
  readonly onProblem: (problem: Error) => void;
}
