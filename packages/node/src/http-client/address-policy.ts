import ipaddr from "ipaddr.js";
import { CrmError } from "@crmessenger/kernel";

/** Which addresses requests may go to. */
export interface AddressPolicy {
  /** Whether a connection to this address, which this name or literal stands for, may be made. */
  permits(hostname: string, address: string): boolean;
}

type Address = ReturnType<typeof ipaddr.parse>;
type Network = readonly [Address, number];

const HOST_NAME = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/;

/**
 * Permits public unicast addresses and whatever `allowed` names: a host name, `*.` and a domain for all names below
 * it, an address, or a network such as `10.1.0.0/16`. Everything that the registries of special addresses
 * (RFC 6890 and its updates, as ipaddr.js knows them) set apart is not public; an IPv6 address that only wraps an
 * IPv4 one is judged by the latter.
 */
export function createAddressPolicy(allowed: readonly string[]): AddressPolicy {
  const names = new Set<string>();
  const suffixes: string[] = [];
  const networks: Network[] = [];
  for (const entry of allowed.map((entry) => entry.toLowerCase())) {
    const network = parseNetwork(entry);
    if (network) networks.push(network);
    else if (!HOST_NAME.test(entry)) throw badEntry(entry);
    else if (entry.startsWith("*.")) suffixes.push(withoutDot(entry.slice(1)));
    else names.add(withoutDot(entry));
  }
  const isAllowedName = (name: string) => names.has(name) || suffixes.some((suffix) => name.endsWith(suffix));
  return {
    permits(hostname, text) {
      if (isAllowedName(withoutDot(hostname.toLowerCase()))) return true;
      if (!ipaddr.isValid(text)) return false;
      const address = unwrap(ipaddr.parse(text));
      if (networks.some(([network, bits]) => address.kind() === network.kind() && address.match(network, bits)))
        return true;
      return address.range() === "unicast" && !isIpv4Compatible(address);
    },
  };
}

/** The IPv4 address inside an IPv4-mapped one or a NAT64 one (RFC 6052, `64:ff9b::/96`): that is where packets go. */
function unwrap(address: Address): Address {
  if (!(address instanceof ipaddr.IPv6)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const [first, second, ...rest] = address.parts;
  if (first !== 0x64 || second !== 0xff9b || rest.slice(0, 4).some((part) => part !== 0)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

/** `::a.b.c.d`, deprecated by RFC 4291 and still routed to the IPv4 address by some systems. */
function isIpv4Compatible(address: Address): boolean {
  return address instanceof ipaddr.IPv6 && address.parts.slice(0, 6).every((part) => part === 0);
}

function parseNetwork(entry: string): Network | undefined {
  if (ipaddr.isValidCIDR(entry)) {
    const [address, bits] = ipaddr.parseCIDR(entry);
    return [address, bits];
  }
  if (!ipaddr.IPv6.isValid(entry) && !ipaddr.IPv4.isValidFourPartDecimal(entry)) return undefined;
  const address = unwrap(ipaddr.parse(entry));
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function badEntry(entry: string): CrmError {
  return new CrmError(
    "CRM_HTTP_ALLOWED_HOST",
    `allowedHosts takes host names ("localhost", "*.example.org"), addresses and networks ("10.0.0.0/8"), not ${JSON.stringify(entry)}.`,
    { details: { entry } },
  );
}
