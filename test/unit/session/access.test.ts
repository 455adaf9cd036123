import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { kubeconfigText } from '../../../scripts/local/stack/access-files.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { openCluster, openEnvironment, refuseExample } from '../../../scripts/session/access.ts'
import { bookshop, trackdechets } from '../../fixtures/applications.ts'
import { committedEnvironments } from '../../helpers/committed.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { root } from '../../helpers/generating.ts'
import { type Answer, serverWith } from '../../helpers/http-server.ts'
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

describe('the cluster of another kube context', () => {
  const uid = '5b7c1f0e-83d4-4a6b-9c21-7e0d5a94b3f8'
  const named = { ...model, cluster: uid }

  /** A kubeconfig with these contexts, all of one API server that answers with this. */
  async function contexts(answer: Answer, names: readonly string[], current = '') {
    const server = await serverWith(answer)
    const path = join(await temporaryFolder(), 'config')
    const config = {
      'current-context': current,
      clusters: [{ name: 'c', cluster: { server: server.url } }],
      users: [{ name: 'u', user: { token: 't' } }],
      contexts: names.map((name) => ({ name, context: { cluster: 'c', user: 'u' } })),
    }
    await writeFile(path, stringify(config))
    return { server, env: { KUBECONFIG: path } }
  }
  const kubeSystem: Answer = { body: { metadata: { name: 'kube-system', uid } } }

  test('is refused with the identity to write down, which is asked for once', async () => {
    const { server, env } = await contexts(kubeSystem, ['mine', 'books-preview'], 'mine')
    const problem = await problemOf(openCluster(model, { env }))
    expect(problem).toMatchObject({
      code: 'KUBE_CONTEXT_DIFFERS',
      message: 'the current kube context is "mine". Expected "books-preview".',
      fix: `Run \`kubectl config use-context books-preview\`, or add --context books-preview. If "mine" leads to the cluster of preview under another name, set cluster: '${uid}' at environment "preview" in scripts/environments.ts.`,
    })
    expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /api/v1/namespaces/kube-system'])
  })

  test('is refused without it where nobody answers, and where none is current', async () => {
    const { env } = await contexts({ status: 403 }, ['mine'], 'mine')
    const { fix } = await problemOf(openCluster(model, { env }))
    expect(fix).toContain('with a KUBECONFIG that has this context. If')
    expect(fix).toContain("set cluster: '<the UID of its namespace kube-system>' there.")
    const none = await contexts(kubeSystem, ['mine'])
    expect((await problemOf(openCluster(model, { env: none.env }))).message).toContain('is "(none)". Expected')
  })

  test('is chosen by --context, which has to be kubeContext where nothing else says which cluster it is', async () => {
    const { env } = await contexts(kubeSystem, ['mine', 'books-preview'], 'mine')
    using client = await openCluster(model, { env }, 'books-preview')
    expect([client.context, client.kubeconfig]).toEqual(['books-preview', env.KUBECONFIG])
    expect((await problemOf(openCluster(model, { env }, 'mine'))).message).toBe(
      'the kube context of --context is "mine". Expected "books-preview".',
    )
    expect(await problemOf(openCluster(model, { env }, 'books-previw'))).toMatchObject({ code: 'UNKNOWN_CONTEXT' })
  })

  test('is right under any name when its identity is', async () => {
    const { env } = await contexts(kubeSystem, ['mine', 'other'], 'mine')
    for (const wanted of [undefined, 'other']) {
      using client = await openCluster(named, { env }, wanted)
      expect(client.context).toBe(wanted ?? 'mine')
    }
    const none = await contexts(kubeSystem, ['mine'])
    expect(await problemOf(openCluster(named, { env: none.env }))).toMatchObject({ code: 'UNKNOWN_CONTEXT' })
  })

  test.each<[string, Answer, string, number, string]>([
    [
      'has another identity',
      { body: { metadata: { uid: 'b' } } },
      'CLUSTER_DIFFERS',
      3,
      'has the UID b. Expected 5b7c',
    ],
    ['does not tell it', { status: 403, body: { message: 'no' } }, 'CLUSTER_UNPROVED', 4, 'you may not read'],
    ['has no such namespace', { status: 404, body: { message: 'no' } }, 'CLUSTER_UNPROVED', 4, 'there is no namespace'],
    ['refuses the login', { status: 401, body: { message: 'no' } }, 'CLUSTER_REFUSED', 4, 'no (401'],
    ['is broken', { status: 'reset' }, 'CLUSTER_UNREACHABLE', 4, 'ECONNRESET'],
  ])('is refused under the right name when it %s', async (_, answer, code, exitCode, message) => {
    const { env } = await contexts(answer, ['books-preview'], 'books-preview')
    const problem = await problemOf(openCluster(named, { env }))
    expect(problem).toMatchObject({ code, exitCode, message: expect.stringContaining(message) })
  })

  test('with an emulator is the local one by its name; a setting that is not read there is not the fix', async () => {
    const { env, server } = await contexts(kubeSystem, ['tiered-secrets-local', 'mine'], 'mine')
    for (const one of [model, named]) {
      const problem = await problemOf(openCluster(one, { env: { ...env, ...emulator } }))
      expect(problem.message).toContain('Expected "tiered-secrets-local", of the local stack')
      expect(problem.fix).toContain('npm start')
      expect(problem.fix).not.toMatch(/environments\.ts|use-context|cluster:/)
      using client = await openCluster(one, { env: { ...env, ...emulator } }, 'tiered-secrets-local')
      expect(client.context).toBe('tiered-secrets-local')
    }
    expect(server.received).toEqual([])
  })
})

test('with an emulator, only the cluster of the local stack will do: a real one must not get its keys', async () => {
  const real = { ...emulator, ...(await kubeconfig('books-preview')) }
  expect(await problemOf(openCluster(model, { env: real }))).toMatchObject({ code: 'KUBE_CONTEXT_DIFFERS' })
  using client = await openCluster(model, { env: { ...emulator, ...(await kubeconfig('tiered-secrets-local')) } })
  expect(client).toBeDefined()
})

test('every command that opens the cluster lets its context be chosen', async () => {
  const folder = join(root, 'scripts/commands')
  const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  const opening = files.filter((text) => text.includes('await openCluster('))
  expect(opening.length).toBeGreaterThanOrEqual(11)
  for (const text of opening)
    for (const call of text.match(/openCluster\([^)]*\)/g) ?? []) expect(call).toMatch(/context\)$/)
  expect(opening.filter((text) => !text.includes('contextOption'))).toEqual([])
})
