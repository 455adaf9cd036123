import { expect, test } from 'vitest'
import { steps } from '../../../../scripts/change/migration/all-steps.ts'
import type { Facts } from '../../../../scripts/change/migration/gather-facts.ts'
import type { MigrationContext } from '../../../../scripts/change/migration/migration-context.ts'
import { stepNames } from '../../../../scripts/change/migration/step-names.ts'
import { credentialsStep } from '../../../../scripts/change/migration/steps/credentials.ts'
import type { SecretObject } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith, environment } from '../../../helpers/applications.ts'

const half = (text: string) => Buffer.from(text).toString('base64')

/** How the step stands when the credentials Secret of tier `api` is this. */
function look(stored: SecretObject | undefined, sealed: boolean) {
  const sealedCredentials = sealed ? { api: { accessKey: 'x', secretKey: 'y' } } : {}
  const environments = { dev: environment({ sealedCredentials }) }
  const model = resolve(applicationWith({ secrets: [{}], environments }), 'dev')
  const context = {
    model,
    client: { get: async () => stored },
    account: { apiUrl: 'http://127.0.0.1:1', secretKey: '', retryMs: 1 },
  } as unknown as MigrationContext
  return credentialsStep.look(context, {} as Facts, { version: 1, legacy: 'a/b', assign: {}, leave: [], done: {} })
}

test('a key that the chart brings sealed need not be there before', async () => {
  expect(await look(undefined, true)).toMatchObject({ state: 'done', note: 'api is sealed' })
  expect(await look(undefined, false)).toMatchObject({ state: 'blocked', problems: [{ code: 'CREDENTIALS_MISSING' }] })
})

test('halves with something around them are not a key', async () => {
  const data = {
    'access-key': half('SCWXXXXXXXXXXXXXXXXX'),
    'secret-key': half('6c1f0a4e-93b7-4d25-8e0f-b2a97c53d184\n'),
  }
  const found = await look({ metadata: { name: 'scw-api-credentials' }, data }, false)
  expect(found).toMatchObject({ state: 'blocked', problems: [{ code: 'CREDENTIALS_MALFORMED' }] })
  expect(JSON.stringify(found)).not.toContain('6c1f0a4e-93b7-4d25-8e0f-b2a97c53d184')
})

test('a Scaleway that can not be asked says nothing of the key', async () => {
  const data = {
    'access-key': half('SCWXXXXXXXXXXXXXXXXX'),
    'secret-key': half('6c1f0a4e-93b7-4d25-8e0f-b2a97c53d184'),
  }
  await expect(look({ metadata: { name: 'scw-api-credentials' }, data }, false)).rejects.toMatchObject({ exitCode: 4 })
})

test('the steps are done in the order they are named', () => {
  expect(steps.map(({ name }) => name)).toEqual([...stepNames])
})
