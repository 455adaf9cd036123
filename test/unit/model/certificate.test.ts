import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { certificatePem, certificatesEnd } from '../../../scripts/model/certificate.ts'
import { testCertificate } from '../../helpers/certificate.ts'
import { testAuthority } from '../../helpers/certificate-authority.ts'

test('a certificate can be read, is signed by its own key and names its subject', () => {
  const certificate = new X509Certificate(certificatePem('ca.example', new Date('2026-11-24T10:20:30Z')))
  expect(certificate.subject).toBe('CN=ca.example')
  expect(certificate.issuer).toBe('CN=ca.example')
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.publicKey.asymmetricKeyType).toBe('ed25519')
  expect(new Date(certificate.validFrom).toISOString()).toBe('2026-11-24T10:20:30.000Z')
  expect(new Date(certificate.validTo).toISOString()).toBe('2036-11-24T10:20:30.000Z')
})

test('its text has 64 characters a line and ends with a line break', () => {
  const lines = certificatePem('ca.example').split('\n')
  expect(lines[0]).toBe('-----BEGIN CERTIFICATE-----')
  expect(lines.at(-2)).toBe('-----END CERTIFICATE-----')
  expect(lines.at(-1)).toBe('')
  for (const line of lines.slice(1, -3)) expect(line).toMatch(/^[A-Za-z0-9+/]{64}$/)
})

test('a name of any length fits', () => {
  const name = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz.-'), minLength: 1, maxLength: 400 })
  fc.assert(
    fc.property(name, (commonName) => {
      expect(new X509Certificate(certificatePem(commonName)).subject).toBe(`CN=${commonName}`)
    }),
    { numRuns: 50 },
  )
})

test('no two certificates have one serial number', () => {
  const serials = Array.from({ length: 20 }, () => new X509Certificate(certificatePem('x')).serialNumber)
  expect(new Set(serials).size).toBe(20)
})

const day = (text: string) => new Date(`${text}T10:20:30Z`)

test('certificates end with the first that is issued: an authority beside them may end before', () => {
  const authority = testAuthority()
  const issued = (until: Date) => authority.issue({ until }).cert
  const own = testCertificate({ until: day('2031-01-01') }).certificate
  expect(certificatesEnd(own)).toEqual(day('2031-01-01'))
  expect(certificatesEnd(issued(day('2030-01-01')) + authority.certificate)).toEqual(day('2030-01-01'))
  expect(certificatesEnd(issued(day('2030-01-01')) + issued(day('2029-01-01')))).toEqual(day('2029-01-01'))
})

test('of authorities alone the last counts: an old one stays beside its successor', () => {
  const ends = [day('2020-01-01'), day('2031-01-01'), day('2025-01-01')]
  const all = ends.map((until) => testCertificate({ until }).certificate)
  expect(certificatesEnd(all.join('# a comment\n'))).toEqual(day('2031-01-01'))
})

test.each([[''], ['x'], ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'], [testCertificate().key]])(
  'there is no end where there is no certificate',
  (text) => {
    expect(certificatesEnd(text)).toBeUndefined()
  },
)
