import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kubeconfigText } from '../../../scripts/local/stack/access-files.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { expectedContext, openCluster, openEnvironment, refuseExample } from '../../../scripts/session/access.ts'
import { bookshop, trackdechets } from '../../fixtures/applications.ts'
import { committedEnvironments } from '../../helpers/committed.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { root } from '../../helpers/generating.ts'
import { problemOf } from '../../helpers/problems.ts'

const emulator = { SCW_API_URL: 'http://127.0.0.1:8080' }
const model = resolve(bookshop, 'preview')

/** A kubeconfig whose current context is this one. */
async function kubeconfig(context: string) {
  const path = join(await temporaryFolder(), 'config')
  await writeFile(path, kubeconfigText({ context, server: 'https://127.0.0.1:1', ca: '', token: 'x' }))
  return { KUBECONFIG: path }
}

test('an example environment opens for an emulator on this machine, and for nothing else', async () => {
  const example = resolve(trackdechets, 'recette')
  const refusal = async (env: Record<string, string>) => refuseExample(example, env)
  await refusal(emulator)
  for (const env of [{}, { SCW_API_URL: 'https://api.scaleway.com' }]) {
    expect(await problemOf(refusal(env))).toMatchObject({
      code: 'ENVIRONMENT_IS_EXAMPLE',
      where: 'scripts/environments.ts recette.projectId',
    })
  }
  await expect(refusal({ SCW_API_URL: 'somewhere' })).rejects.toMatchObject({
    problems: [{ code: 'SCALEWAY_API_URL_INVALID' }, { code: 'ENVIRONMENT_IS_EXAMPLE' }],
  })
})

test('an environment of this repository opens as it is; an example only where refuseExample lets it', async () => {
  for (const name of committedEnvironments) {
    const model = await openEnvironment(name, { userFolder: root, env: emulator })
    expect(model.environment).toBe(name)
    const opened = openEnvironment(name, { userFolder: root, env: {} })
    if (model.example) expect(await problemOf(opened)).toMatchObject({ code: 'ENVIRONMENT_IS_EXAMPLE' })
    else expect(await opened).toEqual(model)
  }
})

test('the cluster of another kube context is refused', async () => {
  const refusal = problemOf(openCluster(model, { env: await kubeconfig('books-live') }))
  expect(await refusal).toMatchObject({
    code: 'KUBE_CONTEXT_DIFFERS',
    message: 'the current kube context is "books-live". Expected "books-preview".',
  })
  using client = await openCluster(model, { env: await kubeconfig('books-preview') })
  expect(client).toBeDefined()
})

test('with an emulator, only the cluster of the local stack will do: a real one must not get its keys', async () => {
  expect(expectedContext(model, emulator)).toBe('tiered-secrets-local')
  const real = { ...emulator, ...(await kubeconfig('books-preview')) }
  expect(await problemOf(openCluster(model, { env: real }))).toMatchObject({ code: 'KUBE_CONTEXT_DIFFERS' })
  using client = await openCluster(model, { env: { ...emulator, ...(await kubeconfig('tiered-secrets-local')) } })
  expect(client).toBeDefined()
})
