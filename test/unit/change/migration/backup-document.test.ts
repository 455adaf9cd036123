import { describe, expect, test } from 'vitest'
import {
  differingKeys,
  isSame,
  isSameData,
  parseBackup,
  restoredSecret,
  savedSecret,
} from '../../../../scripts/change/migration/backup-document.ts'
import type { SecretObject } from '../../../../scripts/kubernetes/kinds.ts'
import { keyedDigest } from '../../../../scripts/lib/keyed-digest.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'

const digest = keyedDigest()
const model = resolve(applicationWith(), 'dev')

const secret: SecretObject = {
  metadata: {
    namespace: 'shop',
    name: 'old',
    uid: 'u',
    resourceVersion: '7',
    labels: { app: 'shop' },
    annotations: { note: 'é' },
    finalizers: ['example.org/held'],
    ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'y' }],
  },
  type: 'Opaque',
  data: { A: 'YQ==', B: 'Yg==' },
}

test('a Secret is restored with its type, labels, annotations and bytes, and without what ties it to others', () => {
  expect(restoredSecret(savedSecret(secret))).toEqual({
    metadata: { namespace: 'shop', name: 'old', labels: { app: 'shop' }, annotations: { note: 'é' } },
    type: 'Opaque',
    data: { A: 'YQ==', B: 'Yg==' },
  })
  expect(restoredSecret(savedSecret({ ...secret, immutable: true })).immutable).toBe(true)
})

test('keys differ when only one side has them, or the bytes are others', () => {
  expect(differingKeys(digest, { A: 'YQ==', B: 'Yg==' }, { B: 'Yw==', C: '' })).toEqual(['A', 'B', 'C'])
  // The same bytes may be written in two ways.
  expect(differingKeys(digest, { A: 'YQ==' }, { A: 'YQ' })).toEqual([])
  expect(differingKeys(digest, { toString: '' }, {})).toEqual(['toString'])
})

test('the same data is one thing, the same Secret another', () => {
  const one = savedSecret(secret)
  const labelled = { ...one, labels: {} }
  expect([isSameData(digest, one, labelled), isSame(digest, one, labelled)]).toEqual([true, false])
  expect([isSameData(digest, one, { ...one, type: 'x' }), isSame(digest, one, { ...one })]).toEqual([false, true])
})

describe('a backup', () => {
  const document = { version: 1, application: 'shop', environment: 'dev', secrets: [savedSecret(secret)] }
  const parse = (text: string) => parseBackup({ model }, text, 'a file')

  test('is read again as it was written', () => {
    expect(parse(JSON.stringify(document))).toEqual(document)
  })

  test.each([
    ['of another application', { ...document, application: 'other' }],
    ['of another environment', { ...document, environment: 'live' }],
  ])('%s is refused', (_, other) => {
    expect(() => parse(JSON.stringify(other))).toThrow(/is the backup of .*\. Expected one of shop dev\./)
    expect(() => parse(JSON.stringify(other))).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ code: 'BACKUP_OF_OTHER_ENVIRONMENT' })] }),
    )
  })

  test.each([
    ['no JSON', 'hunter2'],
    ['no Secret', JSON.stringify({ ...document, secrets: [] })],
    ['a Secret without data', JSON.stringify({ ...document, secrets: [{ ...savedSecret(secret), data: undefined }] })],
    ['a later version', JSON.stringify({ ...document, version: 2 })],
  ])('that holds %s is refused, and not shown', (_, text) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ code: 'BACKUP_UNREADABLE' })] }),
    )
    expect(() => parse(text)).not.toThrow(/hunter2|YQ==/)
  })
})
