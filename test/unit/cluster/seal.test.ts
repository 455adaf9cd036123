import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { checkSealingCertificate, seal } from '../../../scripts/cluster/seal.ts'
import { rsaKeys, testCertificate } from '../../helpers/certificate.ts'
import { problemOf } from '../../helpers/problems.ts'

const target = { namespace: 'shop-api', name: 'scw-api-credentials' }
const { certificate, key } = testCertificate()
const codes = (pem: string, now?: Date) =>
  checkSealingCertificate(pem, { where: 'cert.pem', ...(now ? { now } : {}) }).map(({ code }) => code)

test('a SealedSecret names the Secret it becomes, and holds no value', () => {
  const sealed = seal(certificate, { ...target, labels: { team: 'shop' } }, { one: 'first value', two: 'second value' })
  const { encryptedData, template } = sealed.spec
  expect(sealed).toMatchObject({ apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', metadata: target })
  expect(template).toEqual({ type: 'Opaque', metadata: { ...target, labels: { team: 'shop' } } })
  expect(Object.keys(encryptedData)).toEqual(['one', 'two'])
  const plain = Object.values(encryptedData).map((text) => Buffer.from(text, 'base64').toString('latin1'))
  expect(plain.join()).not.toContain('value')
})

test('the same value is sealed differently each time', () => {
  const [first, second] = [0, 1].map(() => seal(certificate, target, { key: 'value' }).spec.encryptedData.key)
  expect(first).not.toBe(second)
})

test('a certificate in time has no problem', () => {
  expect(codes(certificate)).toEqual([])
  expect(codes(certificate.replaceAll('\n', '\r\n'))).toEqual([])
})

test.each([
  ['nothing', ''],
  ['a private key', key],
  ['a file cut off', certificate.slice(0, 600)],
  ['a certificate of nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
])('%s is not a certificate, and is not quoted', async (_, pem) => {
  expect(codes(pem)).toEqual(['SEAL_CERTIFICATE_UNREADABLE'])
  const problem = await problemOf((async () => seal(pem, target, { key: 'value' }))())
  expect(problem).toMatchObject({ code: 'SEAL_CERTIFICATE_UNREADABLE', where: 'the certificate', exitCode: 3 })
  for (const line of pem.split('\n').filter((text) => text.length > 3)) {
    expect(JSON.stringify(problem)).not.toContain(line)
  }
})

test('a key that is not RSA, and one that is too short, are reported', () => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  expect(checkSealingCertificate(testCertificate({ keys }).certificate, { where: 'cert.pem' })).toMatchObject([
    {
      code: 'SEAL_CERTIFICATE_NOT_RSA',
      where: 'cert.pem',
      message: "has a key of type ec, not RSA. Expected the certificate of the cluster's sealed-secrets controller.",
    },
  ])
  expect(codes(testCertificate({ keys: rsaKeys(1024) }).certificate)).toEqual(['SEAL_CERTIFICATE_WEAK'])
})

test('a certificate is good between its dates and not outside', () => {
  const [from, until] = [new Date('2026-01-01T00:00:00Z'), new Date('2036-01-01T00:00:00Z')]
  const pem = testCertificate({ from, until }).certificate
  expect(codes(pem, new Date('2025-12-31T23:59:59Z'))).toEqual(['SEAL_CERTIFICATE_NOT_YET_VALID'])
  expect(codes(pem, from)).toEqual([])
  expect(codes(pem, until)).toEqual([])
  expect(codes(pem, new Date('2036-01-01T00:00:01Z'))).toEqual(['SEAL_CERTIFICATE_EXPIRED'])
})

test('every problem of a certificate is reported at once', async () => {
  const pem = testCertificate({ keys: rsaKeys(1024), until: new Date(Date.now() - 60_000) }).certificate
  const { all } = await problemOf((async () => seal(pem, target, {}))())
  expect(all.map(({ code }) => code)).toEqual(['SEAL_CERTIFICATE_WEAK', 'SEAL_CERTIFICATE_EXPIRED'])
})

test('of several certificates the first is used, which is said', () => {
  const weak = testCertificate({ keys: rsaKeys(1024) }).certificate
  expect(checkSealingCertificate(certificate + weak)).toMatchObject([
    { code: 'SEAL_CERTIFICATE_SEVERAL', severity: 'warning' },
  ])
  expect(Object.keys(seal(certificate + weak, target, { key: 'value' }).spec.encryptedData)).toEqual(['key'])
  expect(codes(weak + certificate)).toContain('SEAL_CERTIFICATE_WEAK')
})
