import { BlockList, isIP, type LookupFunction } from 'node:net';

/** IPv4 that is not reached over the public Internet (IANA's registry of special-purpose addresses). */
const IPV4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** The same for IPv6, with the tunnels that can lead anywhere (6to4, Teredo). */
const IPV6: readonly (readonly [network: string, prefix: number])[] = [
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];
/** IPv6 networks whose last 32 bits are an IPv4 address: IPv4-compatible, and NAT64. Mapped ones are known to BlockList. */
const AROUND_IPV4 = ['::', '64:ff9b::'];

const refused = new BlockList();
for (const [network, prefix] of IPV4) {
  refused.addSubnet(network, prefix, 'ipv4');
  for (const around of AROUND_IPV4) refused.addSubnet(`${around}${network}`, 96 + prefix, 'ipv6');
}
for (const [network, prefix] of IPV6) refused.addSubnet(network, prefix, 'ipv6');

/** Whether an IP address belongs to this machine, a private network or no network at all. */
export function isPrivateAddress(address: string): boolean {
  const [withoutZone = ''] = address.split('%');
  return refused.check(withoutZone, isIP(withoutZone) === 6 ? 'ipv6' : 'ipv4');
}

/** What was to be asked is on this machine or in a private network. */
export class PrivateAddressError extends Error {
  constructor(host: string, address: string) {
    super(host === address ? `${address} is a private address` : `${host} is ${address}, a private address`);
  }
}

/**
 * @param host of a URL; names are looked up later (`publicOnly`), addresses are connected to without
 * @throws PrivateAddressError
 */
export function requirePublic(host: string): void {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0 && isPrivateAddress(address)) throw new PrivateAddressError(address, address);
}

/** A look-up that fails with a PrivateAddressError where any of the addresses of a name is private. */
export function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const addresses = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
      const bad = addresses.find(({ address }) => isPrivateAddress(address));
      if (bad !== undefined) return done(new PrivateAddressError(hostname, bad.address), []);
      if (options.all === true) return done(null, addresses);
      const [first] = addresses;
      return done(null, first?.address ?? '', first?.family);
    });
  };
}
