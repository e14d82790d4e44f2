import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { isIP } from "node:net";
import { buildConnector } from "undici";
import type { AddressPolicy } from "./address-policy.ts";
import { forbiddenAddress } from "./http-errors.ts";

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** Resolves a name; what `lookup` of node:dns does. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const CONNECT_TIMEOUT_MS = 30_000;

/**
 * Opens the connections of the HTTP client, to permitted addresses only. The check stands between name resolution
 * and connection, on the very addresses that are connected to, so a name that changes its mind in between (DNS
 * rebinding) gains nothing.
 */
export function guardedConnector(policy: AddressPolicy, resolve: Resolve = lookup): buildConnector.connector {
  const connect = buildConnector({
    timeout: CONNECT_TIMEOUT_MS,
    allowH2: false,
    lookup: guardedLookup(policy, resolve),
  });
  return (options, callback) => {
    const { hostname } = options;
    if (isIP(hostname) === 0 || policy.permits(hostname, hostname)) connect(options, callback);
    else callback(forbiddenAddress(hostname, hostname), null);
  };
}

function guardedLookup(policy: AddressPolicy, resolve: Resolve) {
  return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const permitted = found.filter(({ address }) => policy.permits(hostname, address));
      const [first] = permitted;
      if (!first) return callback(forbiddenAddress(hostname, found[0]?.address ?? "no address"), []);
      if (options.all) callback(null, permitted);
      else callback(null, first.address, first.family);
    });
  };
}
