import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { Origin } from './call.ts'

/** Where a request comes from. `X-Forwarded-For` is believed only when asked for: anyone can send it. */
export function originOf(request: IncomingMessage, trustForwardedFor: boolean): Origin {
  const ip = (trustForwardedFor ? forwardedFor(request) : undefined) ?? plain(request.socket.remoteAddress ?? '')
  return { ip, publicIp: isPublic(ip) ? ip : undefined, userAgent: (request.headers['user-agent'] ?? '').slice(0, 255) }
}

// --- internal ---

function forwardedFor(request: IncomingMessage): string | undefined {
  const first =
    String(request.headers['x-forwarded-for'] ?? '')
      .split(',')[0]
      ?.trim() ?? ''
  return isIP(plain(first)) === 0 ? undefined : plain(first)
}

/** `::ffff:127.0.0.1` is an IPv4 address seen through an IPv6 socket. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

const notPublic = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  notPublic.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  notPublic.addSubnet(network, bits, 'ipv6')

function isPublic(ip: string): boolean {
  const family = isIP(ip)
  return family !== 0 && !notPublic.check(ip, family === 6 ? 'ipv6' : 'ipv4')
}
