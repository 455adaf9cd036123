import { expect, test } from 'vitest'
import { readTarget, targetState } from '../../../scripts/cluster/target.ts'
import { kinds, type SecretObject } from '../../../scripts/kubernetes/kinds.ts'
import { testCertificate } from '../../helpers/certificate.ts'
import { clusterApi } from '../../helpers/cluster-api.ts'

const written = (time: string, field = 'f:data') => ({ manager: 'x', time, fieldsV1: { [field]: {} } })

const secret = (metadata: Partial<SecretObject['metadata']> = {}, data: SecretObject['data'] = { A: 'dmFsdWU=' }) => {
  const managedFields = [written('2026-11-05T10:00:00Z'), written('2026-11-05T11:00:00Z', 'f:metadata')]
  return { metadata: { name: 'api-secrets', uid: 'u-1', resourceVersion: '7', managedFields, ...metadata }, data }
}

test('a target is known by its keys, the time of its data and a text for both it and the object', () => {
  expect(targetState(secret())).toEqual({
    keys: ['A'],
    type: 'Opaque',
    changedAt: new Date('2026-11-05T10:00:00Z'),
    version: '2026-11-05T10:00:00.000Z u-1',
    isMarked: false,
  })
})

test('only the annotation as Reloader reads it marks a target', () => {
  const isMarked = (value: string) =>
    targetState(secret({ annotations: { 'reloader.stakater.com/match': value } })).isMarked
  expect([isMarked('true'), isMarked('false'), isMarked('True')]).toEqual([true, false, false])
})

test('its version changes with its data and with the object, and with nothing else', () => {
  const { version } = targetState(secret())
  const versionWith = (metadata: Partial<SecretObject['metadata']>) => targetState(secret(metadata)).version
  expect(versionWith({ managedFields: [written('2026-11-05T10:00:01Z')] })).not.toBe(version)
  expect(versionWith({ uid: 'u-2' })).not.toBe(version)
  expect(versionWith({ resourceVersion: '8', labels: { a: 'b' } })).toBe(version)
  // The values themselves have no part in it: nothing can be guessed from it.
  expect(targetState(secret({}, { A: 'b3RoZXI=' })).version).toBe(version)
})

test('where nobody noted the time, any change of the object counts', () => {
  const versionWith = (resourceVersion: string) => targetState(secret({ managedFields: [], resourceVersion })).version
  expect(versionWith('8')).not.toBe(versionWith('7'))
})

test('a target that is not there, or that we may not read, is reported apart', async () => {
  const api = await clusterApi()
  const ref = { namespace: 'shop-api', name: 'api-secrets' }
  expect(await readTarget(api.client, ref)).toBe(undefined)
  api.put(kinds.secret, secret())
  expect(await readTarget(api.client, ref)).toMatchObject({ keys: ['A'] })
  api.refuse(kinds.secret, 403)
  expect(await readTarget(api.client, ref)).toBe('unreadable')
  api.refuse(kinds.secret, 500)
  await expect(readTarget(api.client, ref)).rejects.toMatchObject({ status: 500 })
})

test('its data changed when the last of its writers changed data; a writer without a time does not count', () => {
  const managedFields = [
    written('2026-01-01T00:00:00Z'),
    written('2026-01-03T00:00:00Z'),
    { manager: 'd', fieldsV1: { 'f:data': {} } },
    { manager: 'e', time: '2026-01-07T00:00:00Z' },
  ]
  expect(targetState(secret({ managedFields })).changedAt).toEqual(new Date('2026-01-03T00:00:00Z'))
})

test('of a certificate in it is known until when it is valid, and of nothing else any value', () => {
  const { certificate, key } = testCertificate({ until: new Date('2031-01-01T10:20:30Z') })
  const data = { 'tls.crt': certificate, 'tls.key': key, A: 'x' }
  const encoded = Object.fromEntries(
    Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  )
  const state = targetState({ metadata: { name: 'a' }, type: 'kubernetes.io/tls', data: encoded })
  expect(state.certificates).toEqual(new Map([['tls.crt', new Date('2031-01-01T10:20:30Z')]]))
  expect(state.type).toBe('kubernetes.io/tls')
})
