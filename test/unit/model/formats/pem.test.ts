import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { duplexPair } from 'node:stream'
import { connect, TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { checkValue, doubtValue } from '../../../../scripts/model/formats.ts'
import { type TestCertificate, testCertificate } from '../../../helpers/certificate.ts'

const ecKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const [first, second] = ['a', 'b'].map((name) => testCertificate({ name, keys: ecKeys() })) as [
  TestCertificate,
  TestCertificate,
]
const [a, b] = [first.certificate, second.certificate]

/** Whether a client of Node's, told to trust these certificates, connects to a server that shows one of them. */
async function trusts(ca: string, { certificate, key }: TestCertificate): Promise<boolean> {
  const [client, server] = duplexPair()
  const served = new TLSSocket(server, { isServer: true, cert: certificate, key })
  served.on('error', () => undefined)
  try {
    return await new Promise<boolean>((resolve) => {
      const socket = connect({ socket: client, ca, checkServerIdentity: () => undefined })
      socket.once('secureConnect', () => resolve(socket.authorized)).once('error', () => resolve(false))
    })
  } finally {
    client.destroy()
    server.destroy()
  }
}

/** A PEM whose base64 is one line. */
function inOneLine(pem: string): string {
  const lines = pem.trimEnd().split('\n')
  return [lines[0], lines.slice(1, -1).join(''), `${lines.at(-1)}\n`].join('\n')
}

/** How many of the two that a bundle has Node uses. */
async function used(pem: string): Promise<number> {
  return [await trusts(pem, first), await trusts(pem, second)].filter(Boolean).length
}

describe('a bundle of certificates', () => {
  test.each([
    ['one after the other', a + b],
    ['the last without a line break', a + b.trimEnd()],
    ['with lines of Windows', (a + b).replaceAll('\n', '\r\n')],
    ['with text before, between and after', `subject=CN = test\n\n${a}\nissuer: x\n${b}# end\n`],
    ['with white space after its marks', (a + b).replaceAll('CERTIFICATE-----\n', 'CERTIFICATE----- \t\n')],
    ['called X509 CERTIFICATE', (a + b).replaceAll('CERTIFICATE', 'X509 CERTIFICATE')],
    ['in one line of base64 each', [a, b].map(inOneLine).join('')],
  ])('%s is accepted, and Node uses all of it', async (_, pem) => {
    expect([checkValue('pem-certificate', pem), await used(pem)]).toEqual([undefined, 2])
  })

  const mark = (line: number) => `has a BEGIN or END, in line ${line}, that is not a whole line by itself`
  const unpaired = 'has a BEGIN line without its END line, or an END line without its BEGIN line'
  const end = a.trimEnd().split('\n').length
  test.each([
    ['without a line break between END and BEGIN', a.trimEnd() + b, mark(end)],
    ['with a space between END and BEGIN', `${a.trimEnd()} ${b}`, mark(end)],
    ['of which the second is cut off', a + b.slice(0, 300), unpaired],
    ['of which the first is cut off', a.slice(0, 300) + b, mark(a.slice(0, 300).split('\n').length)],
    ['of which the first lacks its END line', a.replace(/-----END.*\n/, '') + b, unpaired],
    ['of which the second lacks its BEGIN line', a + b.replace(/-----BEGIN.*\n/, ''), unpaired],
    ['of which the second is damaged', a + b.replace(/\n.{64}\n/, '\n'), "can't be decoded: certificate 2 of 2"],
    [
      'of which the second has too much base64',
      a + b.replace('\n-----END', 'AAAA\n-----END'),
      "can't be decoded: certificate 2 of 2",
    ],
    ['of which the second is indented', a + b.replace(/^/gm, '  '), mark(end + 1)],
    ['that is quoted', `"${a}${b}"`, mark(1)],
    ['whose END has four dashes', a + b.replace('-----END', '----END'), mark(end + b.trimEnd().split('\n').length)],
    ['with old line breaks of a Mac', (a + b).replaceAll('\n', '\r'), mark(1)],
    ['with \\n as two characters', (a + b).replaceAll('\n', '\\n'), 'has \\n as two characters instead of line breaks'],
    [
      'with \\r\\n as four characters',
      (a + b).replaceAll('\n', '\\r\\n'),
      'has \\n as two characters instead of line breaks',
    ],
  ])('%s is refused, and Node would not use all of it', async (_, pem, fact) => {
    expect(checkValue('pem-certificate', pem)).toBe(fact)
    expect(await used(pem)).toBeLessThan(2)
  })

  test('with a character before it that nobody sees is refused, which not every reader skips', () => {
    const fact = checkValue('pem-certificate', `\ufeff${a}`)
    expect(fact).toMatch(/^has an invisible character, U\+FEFF, at position 1 of \d+$/)
  })

  test('is refused with a key in it, whatever its form, and with what is not a certificate', () => {
    for (const key of [first.key, first.key.replaceAll('PRIVATE', 'EC PRIVATE'), first.key.trimEnd()])
      for (const pem of [a + key, key + a]) expect(checkValue('pem-certificate', pem)).toBe('holds a private key')
    const request = a.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST')
    expect(checkValue('pem-certificate', a + request)).toBe('holds something else than certificates')
  })
})

describe('a private key', () => {
  const { privateKey: ec } = ecKeys()
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
  const pem = (key: typeof ec, type: 'pkcs8' | 'pkcs1' | 'sec1') => key.export({ type, format: 'pem' }).toString()
  const pkcs8 = pem(ec, 'pkcs8')
  const fact = (value: string) => checkValue('pem-private-key', value)

  test.each([
    ['PKCS #8', pkcs8],
    ['PKCS #1', pem(rsa, 'pkcs1')],
    ['SEC 1', pem(ec, 'sec1')],
    ['SEC 1 after its parameters, as openssl writes it', parameters + pem(ec, 'sec1')],
    ['of Windows', pkcs8.replaceAll('\n', '\r\n')],
    ['after text', `Key Attributes: <No Attributes>\n${pkcs8}`],
    ['without a line break at its end', pkcs8.trimEnd()],
  ])('%s is accepted, and Node reads it', (_, value) => {
    expect(createPrivateKey(value).type).toBe('private')
    expect([fact(value), doubtValue('pem-private-key', value)]).toEqual([undefined, []])
  })

  test.each([
    ['nothing', '', 'has no complete BEGIN PRIVATE KEY and END PRIVATE KEY lines'],
    ['with \\n as two characters', pkcs8.replaceAll('\n', '\\n'), 'has \\n as two characters instead of line breaks'],
    ['with \\n, in quotes', JSON.stringify(pkcs8), 'has \\n as two characters instead of line breaks'],
    ['cut off', pkcs8.slice(0, 100), 'has no complete BEGIN PRIVATE KEY and END PRIVATE KEY lines'],
    ['of which a line is missing', pem(rsa, 'pkcs8').replace(/\n.{64}\n/, '\n'), "can't be decoded"],
    [
      'in one line with spaces',
      pkcs8.replaceAll('\n', ' '),
      'has a BEGIN or END, in line 1, that is not a whole line by itself',
    ],
    ['two of them', pkcs8 + pem(rsa, 'pkcs1'), 'holds 2 private keys'],
    ['with its certificate', pkcs8 + a, 'holds more than a private key'],
    ['a certificate', a, 'holds no private key'],
    ['a public key', ecKeys().publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'holds no private key'],
    ['base64 alone', 'TUlJRXZRSUJBREFOQmdrcWhraUc=', 'has no complete BEGIN PRIVATE KEY and END PRIVATE KEY lines'],
  ])('%s is refused', (_, value, expected) => {
    expect(fact(value)).toBe(expected)
  })

  test.each([
    ['PKCS #8', 'pkcs8'],
    ['SEC 1', 'sec1'],
  ] as const)('that is itself encrypted is doubted, and refused when it is cut: %s', (_, type) => {
    const value = ec.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' }).toString()
    expect(() => createPrivateKey(value)).toThrow()
    expect([fact(value), doubtValue('pem-private-key', value)]).toMatchObject([undefined, [{ kind: 'passphrase' }]])
    expect(fact(value.replace(/.{5}\n-----END/, '\n-----END'))).toBe("can't be decoded")
  })

  test('of OpenSSH is accepted whole', () => {
    const text = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 0xff]), bytes])
    const none = text(Buffer.from('none'))
    const one = Buffer.from([0, 0, 0, 1])
    const body = [Buffer.from('openssh-key-v1\0'), none, none, text(Buffer.alloc(0)), one]
    const bytes = Buffer.concat([...body, text(Buffer.alloc(51)), text(Buffer.alloc(136))])
    const openSsh = (content: Buffer) => {
      const lines = content.toString('base64').match(/.{1,70}/g) ?? []
      return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----\n'].join('\n')
    }
    expect(fact(openSsh(bytes))).toBe(undefined)
    expect(fact(openSsh(bytes.subarray(0, -3)))).toBe("can't be decoded")
    expect(fact(openSsh(Buffer.alloc(200)))).toBe("can't be decoded")
  })
})
