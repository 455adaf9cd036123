import { isIP } from 'node:net'

/** A network: every address of the family whose first `prefix` bits are those of `bits`. */
export interface Cidr {
  readonly family: 4 | 6
  readonly bits: bigint
  /** In bits. */
  readonly prefix: number
}

/**
 * A network in CIDR notation: `10.0.0.0/8`, `fd00::/8`. Bits beyond the prefix are kept, see `networkOf`.
 *
 * @returns undefined for a malformed one, such as `10.0.0/8`, `010.0.0.0/8` or an address with a zone
 */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', prefix = '', ...more] = text.split('/')
  const host = parseAddress(address)
  if (!host || more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > host.prefix) return undefined
  return { ...host, prefix: Number(prefix) }
}

/** One address as the network of it alone: `10.0.0.1` is `10.0.0.1/32`. */
export function parseAddress(text: string): Cidr | undefined {
  const family = isIP(text)
  if (family === 4) return { family, bits: joinBits(text.split('.').map(Number), 8n), prefix: 32 }
  if (family !== 6 || text.includes('%')) return undefined
  // The one parser of Node that writes an IPv6 address in a single form, with no dotted end.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const zeros = new Array<number>(8 - first.length - last.length).fill(0)
  return { family, bits: joinBits([...first, ...zeros, ...last], 16n), prefix: 128 }
}

/** The same network with no bit set beyond its prefix. */
export function networkOf(cidr: Cidr): Cidr {
  const hostBits = BigInt(widthOf(cidr) - cidr.prefix)
  return { ...cidr, bits: (cidr.bits >> hostBits) << hostBits }
}

/** The canonical form, in lowercase: `10.0.0.0/8`, `2001:db8::/32`. */
export function cidrText(cidr: Cidr): string {
  return `${addressText(cidr)}/${cidr.prefix}`
}

/** Whether every address of `inner` is in `outer`. */
export function containsCidr(outer: Cidr, inner: Cidr): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false
  const hostBits = BigInt(widthOf(outer) - outer.prefix)
  return outer.bits >> hostBits === inner.bits >> hostBits
}

/** Whether some address is in both: of two networks that meet, one contains the other. */
export function overlap(a: Cidr, b: Cidr): boolean {
  return containsCidr(a, b) || containsCidr(b, a)
}

// --- internal ---

function widthOf({ family }: Cidr): number {
  return family === 4 ? 32 : 128
}

function joinBits(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n)
}

function addressText({ family, bits }: Cidr): string {
  const part = (index: number, width: number) => Number((bits >> BigInt(index * width)) & ((1n << BigInt(width)) - 1n))
  if (family === 4) return [3, 2, 1, 0].map((index) => part(index, 8)).join('.')
  const groups = [7, 6, 5, 4, 3, 2, 1, 0].map((index) => part(index, 16).toString(16)).join(':')
  return new URL(`http://[${groups}]`).hostname.slice(1, -1)
}
