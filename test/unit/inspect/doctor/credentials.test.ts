import { expect, it } from 'vitest'
import { credentialsFacts } from '../../../../scripts/inspect/doctor/observe/credentials-facts.ts'

const accessKey = 'SCWABCDEFGHIJKLMNOPQ'
const secretKey = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d'

const facts = (data: Record<string, string>) =>
  credentialsFacts({
    metadata: { name: 'scw-credentials', namespace: 'app' },
    data: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString('base64')])),
  } as never)

it('finds the halves under their names, and under any others', () => {
  expect(facts({ 'access-key': accessKey, 'secret-access-key': secretKey }).halves).toEqual({
    accessKey: 'access-key',
    secretKey: 'secret-access-key',
  })
  expect(facts({ SCW_ACCESS_KEY: `${accessKey}\n`, SCW_SECRET_KEY: secretKey }).halves).toEqual({
    accessKey: 'SCW_ACCESS_KEY',
    secretKey: 'SCW_SECRET_KEY',
  })
})

it('tells no name that is itself a key', () => {
  const { names, halves } = facts({ 'access-key': accessKey, [secretKey]: secretKey })
  expect(names).toEqual(['access-key', '…'].sort())
  expect(halves).toBeUndefined()
})
