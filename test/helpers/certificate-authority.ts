import { type KeyObject, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { ecKeys, element, sequence, time } from './certificate.ts'

/** An authority of a test, that issues certificates for servers and clients. */
export interface TestAuthority {
  /** PEM. */
  readonly certificate: string
  issue(options?: IssueOptions): IssuedCertificate
}

export interface IssueOptions {
  /** Names and addresses it is for. Default: `localhost` and 127.0.0.1 */
  readonly names?: readonly string[]
  /** Default: an hour ago. */
  readonly from?: Date
  /** Default: in a day. */
  readonly until?: Date
  /** Default: test */
  readonly subject?: string
}

export interface IssuedCertificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

const hour = 3_600_000

/** Structure: RFC 5280 §4.1; extensions: §4.2.1.6 and §4.2.1.9. */
export function testAuthority(name = 'Test authority'): TestAuthority {
  const keys = ecKeys()
  const own = { from: new Date(Date.now() - 240 * hour), until: new Date(Date.now() + 240 * hour) }
  const certificate = issue({
    issuer: name,
    by: keys.privateKey,
    subject: name,
    publicKey: keys.publicKey,
    isCa: true,
    ...own,
  })
  return {
    certificate,
    issue({ names = ['localhost', '127.0.0.1'], from, until, subject = 'test' } = {}) {
      const mine = ecKeys()
      const dates = { from: from ?? new Date(Date.now() - hour), until: until ?? new Date(Date.now() + 24 * hour) }
      return {
        cert: issue({ issuer: name, by: keys.privateKey, subject, publicKey: mine.publicKey, names, ...dates }),
        key: mine.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }
    },
  }
}

/** A certificate that vouches for itself. */
export function selfSigned(names: readonly string[] = ['localhost', '127.0.0.1']): IssuedCertificate {
  const { publicKey, privateKey } = ecKeys()
  const dates = { from: new Date(Date.now() - hour), until: new Date(Date.now() + 24 * hour) }
  return {
    cert: issue({ issuer: 'itself', by: privateKey, subject: 'itself', publicKey, names, ...dates }),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

// --- internal ---

interface Parts {
  readonly issuer: string
  readonly by: KeyObject
  readonly subject: string
  readonly publicKey: KeyObject
  readonly from: Date
  readonly until: Date
  readonly names?: readonly string[]
  readonly isCa?: boolean
}

let serial = 1

function issue({ issuer, by, subject, publicKey, from, until, names = [], isCa = false }: Parts): string {
  // ecdsa-with-SHA256
  const algorithm = sequence(Buffer.from('06082a8648ce3d040302', 'hex'))
  const constraints = extension('0603551d13', sequence(...(isCa ? [Buffer.from('0101ff', 'hex')] : [])), true)
  const alternatives = names.length > 0 ? [extension('0603551d11', sequence(...names.map(generalName)))] : []
  const toBeSigned = sequence(
    element(0xa0, Buffer.from('020102', 'hex')),
    element(0x02, Buffer.from([1, serial++])),
    algorithm,
    nameOf(issuer),
    sequence(time(from), time(until)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(constraints, ...alternatives)),
  )
  const signed = element(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', toBeSigned, by)]))
  const lines =
    sequence(toBeSigned, algorithm, signed)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----\n'].join('\n')
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [Buffer.from('0101ff', 'hex')] : []
  return sequence(Buffer.from(id, 'hex'), ...critical, element(0x04, value))
}

function generalName(name: string): Buffer {
  if (isIP(name) === 4) return element(0x87, Buffer.from(name.split('.').map(Number)))
  return element(0x82, Buffer.from(name))
}

function nameOf(common: string): Buffer {
  return sequence(element(0x31, sequence(Buffer.from('0603550403', 'hex'), element(0x0c, Buffer.from(common)))))
}
