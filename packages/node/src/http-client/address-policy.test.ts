import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAddressPolicy } from "./address-policy.ts";

const FORBIDDEN = [
  ["loopback", "127.0.0.1"],
  ["loopback of another number", "127.8.9.10"],
  ["this host", "0.0.0.0"],
  ["private", "10.0.0.1"],
  ["private", "172.16.0.1"],
  ["private", "172.31.255.255"],
  ["private", "192.168.1.1"],
  ["link-local, where clouds serve metadata", "169.254.169.254"],
  ["carrier-grade NAT", "100.64.0.1"],
  ["multicast", "224.0.0.1"],
  ["broadcast", "255.255.255.255"],
  ["reserved", "240.0.0.1"],
  ["documentation", "192.0.2.1"],
  ["benchmarking", "198.18.0.1"],
  ["IPv6 loopback", "::1"],
  ["IPv6 unspecified", "::"],
  ["IPv6 link-local", "fe80::1"],
  ["IPv6 link-local with a zone", "fe80::1%eth0"],
  ["IPv6 unique local", "fd00:ec2::254"],
  ["IPv6 site-local", "fec0::1"],
  ["IPv6 multicast", "ff02::1"],
  ["IPv4-mapped loopback", "::ffff:127.0.0.1"],
  ["IPv4-mapped in hex", "::ffff:7f00:1"],
  ["IPv4-mapped metadata", "::ffff:a9fe:a9fe"],
  ["IPv4-compatible", "::127.0.0.1"],
  ["NAT64 of a private address", "64:ff9b::10.0.0.1"],
  ["local NAT64", "64:ff9b:1::a00:1"],
  ["6to4", "2002:7f00:1::"],
  ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  ["documentation", "2001:db8::1"],
  ["no address at all", "example.org"],
  ["nothing", ""],
] as const;

describe("createAddressPolicy", () => {
  it.each(FORBIDDEN)("forbids %s: %s", (_, address) => {
    expect(createAddressPolicy([]).permits("name.example", address)).toBe(false);
  });

  it.each(["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])(
    "permits the public %s",
    (address) => {
      expect(createAddressPolicy([]).permits("name.example", address)).toBe(true);
    },
  );

  it("never permits an address of a private network in any spelling", () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const privateAddress = fc.oneof(
      fc.tuple(fc.constant(10), byte, byte, byte),
      fc.tuple(fc.constant(127), byte, byte, byte),
      fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
      fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
    );
    const policy = createAddressPolicy([]);
    fc.assert(
      fc.property(privateAddress, ([a, b, c, d]) => {
        const dotted = `${a}.${b}.${c}.${d}`;
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        const spellings = [
          dotted,
          `::ffff:${dotted}`,
          `::ffff:${hex}`,
          `::${dotted}`,
          `64:ff9b::${hex}`,
          `2002:${hex}::1`,
        ];
        return spellings.every((address) => !policy.permits("x", address));
      }),
    );
  });

  it("permits what the application allows by name, by suffix, by address and by network", () => {
    const policy = createAddressPolicy(["LocalHost", "*.internal.example", "10.1.0.0/16", "192.168.1.7", "fd00::/8"]);
    expect(policy.permits("localhost", "127.0.0.1")).toBe(true);
    expect(policy.permits("localhost.", "::1")).toBe(true);
    expect(policy.permits("a.internal.example", "10.9.9.9")).toBe(true);
    expect(policy.permits("internal.example", "10.9.9.9")).toBe(false);
    expect(policy.permits("evilinternal.example", "10.9.9.9")).toBe(false);
    expect(policy.permits("any.example", "10.1.2.3")).toBe(true);
    expect(policy.permits("any.example", "::ffff:10.1.2.3")).toBe(true);
    expect(policy.permits("any.example", "10.2.2.3")).toBe(false);
    expect(policy.permits("any.example", "192.168.1.7")).toBe(true);
    expect(policy.permits("any.example", "fd12::1")).toBe(true);
    expect(policy.permits("notlocalhost", "127.0.0.1")).toBe(false);
  });

  it.each(["http://localhost", "10.0.0.0/40", "", "a b", "localhost:80", "*"])("refuses the entry %j", (entry) => {
    expect(() => createAddressPolicy([entry])).toThrow(expect.objectContaining({ code: "CRM_HTTP_ALLOWED_HOST" }));
  });
});
