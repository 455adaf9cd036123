import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export interface CertificateOptions {
  /** Default: `test`. */
  readonly name?: string
  /** Default: RSA of 2048 bits. */
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  /** Default: an hour ago. */
  readonly from?: Date
  /** Default: in ten years. */
  readonly until?: Date
}

export interface TestCertificate {
  readonly certificate: string
  /** PKCS #8, PEM. */
  readonly key: string
}

/** A self-signed certificate and its key, in PEM form: Node can't make one. Structure: RFC 5280 §4.1. */
export function testCertificate(options: CertificateOptions = {}): TestCertificate {
  const { name: commonName = 'test', keys = rsaKeys(), from = new Date(Date.now() - 3_600_000), until } = options
  const algorithm = algorithms[keys.privateKey.asymmetricKeyType as keyof typeof algorithms]
  const signature = sequence(Buffer.from(algorithm, 'hex'))
  const name = sequence(
    element(0x31, sequence(Buffer.from('0603550403', 'hex'), element(0x0c, Buffer.from(commonName)))),
  )
  const end = until ?? new Date(Date.now() + 3650 * 86_400_000)
  const toBeSigned = sequence(
    element(0xa0, Buffer.from('020102', 'hex')),
    element(0x02, Buffer.from([1])),
    signature,
    name,
    sequence(time(from), time(end)),
    name,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
  )
  const hash = keys.privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const signed = element(0x03, Buffer.concat([Buffer.from([0]), sign(hash, toBeSigned, keys.privateKey)]))
  const lines =
    sequence(toBeSigned, signature, signed)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return {
    certificate: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----\n'].join('\n'),
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

export function ecKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

export function rsaKeys(modulusLength = 2048) {
  return generateKeyPairSync('rsa', { modulusLength })
}

// --- internal ---

/** Identifiers of the signature algorithms, with their parameters, in DER. */
const algorithms = {
  rsa: '06092a864886f70d01010b0500',
  ec: '06082a8648ce3d040302',
  ed25519: '06032b6570',
}

export function element(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts))
}

/** GeneralizedTime. */
export function time(date: Date): Buffer {
  return element(0x18, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(0, 14)}Z`))
}
