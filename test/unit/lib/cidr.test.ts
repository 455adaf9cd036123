import { BlockList } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cidrText, containsCidr, networkOf, overlap, parseAddress, parseCidr } from '../../../scripts/lib/cidr.ts'

test.each([
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['255.255.255.255/0', '0.0.0.0/0'],
  ['192.168.7.9/31', '192.168.7.8/31'],
  ['2001:DB8::1/32', '2001:db8::/32'],
  ['::1/128', '::1/128'],
  ['::ffff:10.0.0.1/128', '::ffff:a00:1/128'],
  ['fd00:0:0:0:0:0:0:42/64', 'fd00::/64'],
])('%s is the network %s', (text, network) => {
  const cidr = parseCidr(text)
  expect(cidr && cidrText(networkOf(cidr))).toBe(network)
})

test.each([
  '10.0.0.0',
  '10.0.0/8',
  '010.0.0.0/8',
  '10.0.0.0/33',
  '10.0.0.0/08',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  '::/129',
  'fe80::1%eth0/64',
  'example.org/8',
  '/8',
  '',
])('%j is not a network', (text) => {
  expect(parseCidr(text)).toBeUndefined()
})

test('one network contains another, or they are apart', () => {
  const at = (text: string) => parseCidr(text) ?? expect.fail(text)
  expect(containsCidr(at('10.0.0.0/8'), at('10.9.0.0/16'))).toBe(true)
  expect(containsCidr(at('10.9.0.0/16'), at('10.0.0.0/8'))).toBe(false)
  expect(overlap(at('10.9.0.0/16'), at('10.0.0.0/8'))).toBe(true)
  expect(overlap(at('10.0.0.0/9'), at('10.128.0.0/9'))).toBe(false)
  expect(overlap(at('::/0'), at('10.0.0.0/8'))).toBe(false)
})

test('any address is in a network exactly when Node says so', () => {
  const families = [
    { family: 'ipv4', address: fc.ipV4(), width: 32 },
    { family: 'ipv6', address: fc.ipV6().filter((text) => !text.includes('.')), width: 128 },
  ] as const
  for (const { family, address, width } of families) {
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: width }), (network, candidate, prefix) => {
        const list = new BlockList()
        list.addSubnet(network, prefix, family)
        const [outer, inner] = [parseCidr(`${network}/${prefix}`), parseAddress(candidate)]
        expect(outer && inner && containsCidr(outer, inner)).toBe(list.check(candidate, family))
        const near = outer && { ...networkOf(outer), prefix: width }
        expect(outer && near && containsCidr(outer, near)).toBe(true)
      }),
    )
  }
})
