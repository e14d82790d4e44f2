import bigInt from "big-integer";
import { _serverKeys } from "telegram/crypto/RSA.js";
import { PromisedNetSockets } from "telegram/extensions/index.js";
import { toBigInt } from "./crypto/big-numbers.ts";
import { publicKeyParts } from "./handshake/server-key.ts";
import type { TelegramDataCentre } from "./telegram-sandbox.ts";

/**
 * Makes a GramJS client of this process talk to the sandbox: pass the result as its `networkSocket` option. GramJS dials
 * port 80 whatever the session says, so the socket decides where to; and it knows the keys of Telegram's own data centres
 * only, so the sandbox's is added to them.
 */
export function gramJsSocket(dataCentre: TelegramDataCentre): typeof PromisedNetSockets {
  const { modulus, exponent, fingerprint } = publicKeyParts(dataCentre.publicKey);
  _serverKeys.set(fingerprint.readBigInt64LE().toString(), {
    n: bigInt(toBigInt(modulus).toString()),
    e: Number(toBigInt(exponent)),
  });
  return class SandboxSocket extends PromisedNetSockets {
    override connect(): Promise<this> {
      return super.connect(dataCentre.port, dataCentre.host) as Promise<this>;
    }
  };
}
