import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { certificatePem } from '../../../scripts/model/certificate.ts'

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
