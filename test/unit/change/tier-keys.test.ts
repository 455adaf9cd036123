import { expect, test } from 'vitest'
import { orphansOf } from '../../../scripts/change/key-rotation/tier-keys.ts'

const inUse = 'SCWAAAAAAAAAAAAAAAAA'
const lost = 'SCWBBBBBBBBBBBBBBBBB'
const secretKey = '5c7d3b1e-64aa-4f0c-9d38-2b8e71f6a094'
const entry = (access_key: string) => ({ access_key, description: 'mark', created_at: '', expires_at: null })
const keys = { applicationId: 'a', mark: 'mark', all: [entry(inUse), entry(lost)] }
const stored = (halves: { readonly accessKey: string; readonly secretKey: string }, previousAccessKey?: string) => ({
  ...halves,
  rotation: previousAccessKey === undefined ? undefined : { phase: 'disabled' as const, previousAccessKey },
  resourceVersion: '1',
  otherKeys: [],
})

test.each([
  ['as it is', inUse, secretKey],
  ['with a line break at its end', `${inUse}\n`, `${secretKey}\n`],
  ['with a line break of Windows and spaces', ` ${inUse}\r\n`, secretKey],
  ['in quotes', `"${inUse}"`, `'${secretKey}'`],
  ['after a byte order mark', `\uFEFF${inUse}`, secretKey],
  ['in lowercase', inUse.toLowerCase(), secretKey],
  ['in the place of the secret key', secretKey, `${inUse}\n`],
])('a key that is stored %s is in use, and not an orphan', (_, accessKey, secret) => {
  expect(orphansOf(keys, stored({ accessKey, secretKey: secret })).map(({ access_key }) => access_key)).toEqual([lost])
})

test('where it is not known which key is in use, none is an orphan', () => {
  expect(orphansOf(keys, stored({ accessKey: 'SCWAAAA', secretKey }))).toEqual([])
  expect(orphansOf(keys, stored({ accessKey: '', secretKey: '' }))).toEqual([])
})

test('a key before the current one, noted with a line break, is that key', () => {
  expect(orphansOf(keys, stored({ accessKey: inUse, secretKey }, `${lost}\n`))).toEqual([])
})
