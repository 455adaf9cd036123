import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'

/**
 * A self-signed Ed25519 certificate, valid for ten years, in PEM form with 64 characters a line: what a seeded
 * environment needs where a certificate authority is expected. Node can read certificates but not create them.
 * Source of the structure: RFC 5280 §4.1, RFC 8410.
 */
export function certificatePem(commonName: string, now = new Date()): string {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const ed25519 = sequence(Buffer.from('06032b6570', 'hex'))
  const name = sequence(
    element(0x31, sequence(Buffer.from('0603550403', 'hex'), element(0x0c, Buffer.from(commonName)))),
  )
  const end = new Date(now)
  end.setUTCFullYear(end.getUTCFullYear() + 10)
  const toBeSigned = sequence(
    element(0xa0, Buffer.from('020102', 'hex')),
    element(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    ed25519,
    name,
    sequence(time(now), time(end)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = element(0x03, Buffer.concat([Buffer.from([0]), sign(null, toBeSigned, privateKey)]))
  const der = sequence(toBeSigned, ed25519, signature)
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/**
 * Until when certificates in PEM form are valid, each with what it needs: of a certificate with its chain the first that ends, of
 * authorities alone, which are often kept beside their successors, the last. Undefined where there is none.
 */
export function certificatesEnd(pem: string): Date | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const certificates = blocks.flatMap(readCertificate)
  const issued = certificates.filter(({ isAuthority }) => !isAuthority).map(({ end }) => end)
  const ends = issued.length > 0 ? issued : certificates.map(({ end }) => end)
  if (ends.length === 0) return undefined
  return new Date(issued.length > 0 ? Math.min(...ends) : Math.max(...ends))
}

// --- internal ---

/** Signed by itself. */
interface ReadCertificate {
  readonly isAuthority: boolean
  readonly end: number
}

function readCertificate(pem: string): ReadCertificate[] {
  try {
    const { subject, issuer, validTo } = new X509Certificate(pem)
    const end = Date.parse(validTo)
    return Number.isNaN(end) ? [] : [{ isAuthority: subject === issuer, end }]
  } catch {
    return []
  }
}

/** One DER element: tag, length, content. */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts))
}

/** GeneralizedTime, because its years have four digits. */
function time(date: Date): Buffer {
  return element(0x18, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(0, 14)}Z`))
}
