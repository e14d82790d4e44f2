import { Api } from "telegram";
import type { FaultInjector } from "../faults/fault-injector.ts";
import type { AuthKey } from "../session/auth-key.ts";
import type { AuthKeys } from "../session/auth-keys.ts";
import type { LoggedUpdate } from "../world/logged-update.ts";
import type { World, WorldObserver } from "../world/world.ts";
import { toLong } from "./tl-longs.ts";
import type { TlRenderer } from "./tl-renderer.ts";

/** Pushes changes to the connected clients of those whom they concern. */
export class UpdatePump implements WorldObserver {
  readonly #world: World;
  readonly #authKeys: AuthKeys;
  readonly #renderer: TlRenderer;
  readonly #faults: FaultInjector;

  constructor(parts: { world: World; authKeys: AuthKeys; renderer: TlRenderer; faults: FaultInjector }) {
    this.#world = parts.world;
    this.#authKeys = parts.authKeys;
    this.#renderer = parts.renderer;
    this.#faults = parts.faults;
  }

  onUpdate(ownerId: number, update: LoggedUpdate, origin?: object): void {
    if (this.#world.person(ownerId).kind === "customer") return;
    for (const authKey of this.#authKeys.loginsOf(ownerId)) {
      this.#push(authKey, () => this.#renderer.pushed(authKey, ownerId, update).getBytes(), origin);
    }
  }

  onTyping(fromId: number, toId: number): void {
    const action = new Api.SendMessageTypingAction();
    const update = new Api.UpdateUserTyping({ userId: toLong(fromId), action });
    for (const authKey of this.#authKeys.loginsOf(toId)) this.#push(authKey, () => short(update));
  }

  /** Tells a client that its QR code was scanned. This is no numbered update: nothing tells when it is lost. */
  loginTokenAccepted(authKey: AuthKey): void {
    this.#push(authKey, () => short(new Api.UpdateLoginToken()));
  }

  #push(authKey: AuthKey, encode: () => Buffer, origin?: object): void {
    let body: Buffer | undefined;
    for (const session of authKey.sessions.values()) {
      if (session === origin || !session.wantsUpdates) continue;
      const arrivals = this.#faults.arrivals();
      for (let arrival = 0; arrival < arrivals; arrival += 1) {
        body ??= encode();
        session.send(body, 3n, true);
      }
    }
  }
}

function short(update: Api.TypeUpdate): Buffer {
  return new Api.UpdateShort({ update, date: Math.floor(Date.now() / 1000) }).getBytes();
}
