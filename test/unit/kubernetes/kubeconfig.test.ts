import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createClient } from '../../../scripts/kubernetes/client.ts'
import { kinds } from '../../../scripts/kubernetes/kinds.ts'
import { connectionOf, loadKubeconfig } from '../../../scripts/kubernetes/kubeconfig.ts'
import { readIfExists } from '../../../scripts/lib/files.ts'
import { executable, temporaryFolder } from '../../helpers/folders.ts'
import { serverWith } from '../../helpers/http-server.ts'
import { problemOf } from '../../helpers/problems.ts'

interface Parts {
  readonly name: string
  readonly current?: string
  readonly cluster?: object
  readonly user?: object
  readonly context?: object
}

async function file(path: string, { name, current, cluster, user, context }: Parts): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  const config = {
    'current-context': current ?? '',
    clusters: [{ name, cluster: { server: `https://${name}:6443`, ...cluster } }],
    users: [{ name, user: user ?? { token: `token-of-${name}` } }],
    contexts: [{ name, context: { cluster: name, user: name, ...context } }],
  }
  await writeFile(path, stringify(config))
  return path
}

test('the file of KUBECONFIG is read, with its current context', async () => {
  const folder = await temporaryFolder()
  const path = await file(join(folder, 'one'), { name: 'one', current: 'one', context: { namespace: 'backend' } })
  const kubeconfig = await loadKubeconfig({ KUBECONFIG: path })
  expect(kubeconfig).toMatchObject({ files: [path], currentContext: 'one', contexts: ['one'] })
  expect(await connectionOf(kubeconfig)).toEqual({
    context: 'one',
    server: 'https://one:6443',
    namespace: 'backend',
    token: 'token-of-one',
    skipVerify: false,
  })
})

test('without KUBECONFIG the file in the home folder is read', async () => {
  const home = await temporaryFolder()
  await file(join(home, '.kube/config'), { name: 'home', current: 'home' })
  expect((await loadKubeconfig({ HOME: home })).currentContext).toBe('home')
})

test('of several files the first that names a thing wins, and the first current context too', async () => {
  const folder = await temporaryFolder()
  const first = await file(join(folder, 'a'), { name: 'shared', user: { token: 'first' } })
  const second = await file(join(folder, 'b'), { name: 'shared', current: 'other', user: { token: 'second' } })
  const third = await file(join(folder, 'c'), { name: 'other', current: 'shared' })
  const list = [first, join(folder, 'missing'), second, third].join(delimiter)
  const kubeconfig = await loadKubeconfig({ KUBECONFIG: list })
  expect(kubeconfig).toMatchObject({ files: [first, second, third], currentContext: 'other' })
  expect(kubeconfig.contexts).toEqual(['shared', 'other'])
  expect((await connectionOf(kubeconfig, 'shared')).token).toBe('first')
})

test('certificates are read from data, or from files beside the kubeconfig', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'client.crt'), 'CRT')
  const path = await file(join(folder, 'config'), {
    name: 'x',
    current: 'x',
    cluster: { 'certificate-authority-data': Buffer.from('CA').toString('base64'), 'tls-server-name': 'name' },
    user: { 'client-certificate': 'client.crt', 'client-key-data': Buffer.from('KEY').toString('base64') },
  })
  expect(await connectionOf(await loadKubeconfig({ KUBECONFIG: path }))).toMatchObject({
    ca: 'CA',
    clientCertificate: 'CRT',
    clientKey: 'KEY',
    serverName: 'name',
  })
})

test('a token may be in a file', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'token'), 'abc\n')
  const path = await file(join(folder, 'config'), { name: 'x', current: 'x', user: { tokenFile: 'token' } })
  expect((await connectionOf(await loadKubeconfig({ KUBECONFIG: path }))).token).toBe('abc')
})

test('no file at all is reported with the place that was checked', async () => {
  const problem = await problemOf(loadKubeconfig({ KUBECONFIG: '/nowhere/config' }))
  expect(problem).toMatchObject({ code: 'NO_KUBECONFIG', where: '/nowhere/config' })
})

test('an unknown context is reported with the nearest one', async () => {
  const path = await file(join(await temporaryFolder(), 'c'), { name: 'production' })
  const kubeconfig = await loadKubeconfig({ KUBECONFIG: path })
  expect((await problemOf(connectionOf(kubeconfig, 'prodution'))).message).toBe(
    'there is no context "prodution". Did you mean "production"? Expected one of: production.',
  )
  expect((await problemOf(connectionOf(kubeconfig))).message).toContain('no current context is set.')
})

test('a user who logs in through "auth-provider" is reported that Kubernetes dropped it', async () => {
  const user = { 'auth-provider': { name: 'gcp' } }
  const path = await file(join(await temporaryFolder(), 'c'), { name: 'x', current: 'x', user })
  const problem = await problemOf(connectionOf(await loadKubeconfig({ KUBECONFIG: path })))
  expect(problem).toMatchObject({ code: 'UNSUPPORTED_LOGIN', where: path })
  expect(problem.message).toContain('logs in through "auth-provider", which Kubernetes 1.26 removed.')
})

interface PluginParts {
  readonly cluster?: object
  /** More of the entry `exec`. */
  readonly exec?: object
  /** More of the user. */
  readonly user?: object
}

/** A kubeconfig whose user has a login plugin beside the file, which notes what it is reported and prints `status`. */
async function withPlugin(status: object, { cluster = {}, exec = {}, user = {} }: PluginParts = {}) {
  const folder = await temporaryFolder()
  const apiVersion = 'client.authentication.k8s.io/v1'
  await writeFile(join(folder, 'answer'), JSON.stringify({ apiVersion, kind: 'ExecCredential', status }))
  const notes = join(folder, 'notes')
  await executable(join(folder, 'plugin'), `echo "$KUBERNETES_EXEC_INFO" >> ${notes}; cat ${folder}/answer`)
  const entry = { apiVersion, command: './plugin', interactiveMode: 'Never', ...exec }
  const parts = { name: 'x', current: 'x', cluster, user: { exec: entry, ...user } }
  const kubeconfig = await loadKubeconfig({ KUBECONFIG: await file(join(folder, 'config'), parts) })
  const told = async () => ((await readIfExists(notes)) ?? '').split('\n').filter((line) => line !== '')
  return { kubeconfig, told }
}

test('a login plugin beside the kubeconfig is asked for the token', async () => {
  const { kubeconfig, told } = await withPlugin({ token: 'from-plugin' })
  expect(await connectionOf(kubeconfig)).toEqual({
    context: 'x',
    server: 'https://x:6443',
    namespace: 'default',
    token: 'from-plugin',
    skipVerify: false,
  })
  expect(await told()).toHaveLength(1)
})

test.each([{ token: 'own' }, { 'client-certificate-data': 'Q1JU', 'client-key-data': 'S0VZ' }])(
  'a login plugin is not asked when the user has %s',
  async (own) => {
    const { kubeconfig, told } = await withPlugin({ token: 'from-plugin' }, { user: own })
    expect((await connectionOf(kubeconfig)).token).toBe(own.token)
    expect(await told()).toEqual([])
  },
)

test('a login plugin that wants it is reported what the kubeconfig says of the cluster', async () => {
  const cluster = {
    'certificate-authority-data': Buffer.from('CA').toString('base64'),
    'tls-server-name': 'name',
    'proxy-url': 'http://proxy:3128',
    extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: '06e3' } }, { name: 'other' }],
  }
  const { kubeconfig, told } = await withPlugin({ token: 't' }, { cluster, exec: { provideClusterInfo: true } })
  await connectionOf(kubeconfig)
  expect(JSON.parse((await told())[0] ?? '').spec).toEqual({
    interactive: false,
    cluster: {
      server: 'https://x:6443',
      'tls-server-name': 'name',
      'certificate-authority-data': cluster['certificate-authority-data'],
      'proxy-url': 'http://proxy:3128',
      config: { audience: '06e3' },
    },
  })
})

test('requests carry the token of a login plugin, and a new one when it is about to expire', async () => {
  const server = await serverWith({ body: { items: [], metadata: { resourceVersion: '1' } } })
  const soon = new Date(Date.now() + 1000).toISOString()
  const answer = { token: 'short-lived', expirationTimestamp: soon }
  const { kubeconfig, told } = await withPlugin(answer, { cluster: { server: server.url } })
  using client = createClient(await connectionOf(kubeconfig))
  await client.list(kinds.secret)
  expect(server.received[0]?.headers.authorization).toBe('Bearer short-lived')
  expect(await told()).toHaveLength(2)
})

test('a login plugin whose token lasts is asked once', async () => {
  const server = await serverWith({ body: { items: [], metadata: { resourceVersion: '1' } } })
  const later = new Date(Date.now() + 3_600_000).toISOString()
  const answer = { token: 'lasting', expirationTimestamp: later }
  const { kubeconfig, told } = await withPlugin(answer, { cluster: { server: server.url } })
  using client = createClient(await connectionOf(kubeconfig))
  await client.list(kinds.secret)
  await client.list(kinds.secret)
  expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer lasting', 'Bearer lasting'])
  expect(await told()).toHaveLength(1)
})

test('a file that is not YAML is reported without quoting it', async () => {
  const path = join(await temporaryFolder(), 'c')
  await writeFile(path, 'users: [{token: "s3cret"')
  const problem = await problemOf(loadKubeconfig({ KUBECONFIG: path }))
  expect(problem).toMatchObject({ code: 'BAD_KUBECONFIG', where: path })
  expect(JSON.stringify(problem)).not.toContain('s3cret')
})

test.each(['', 'apiVersion: v1\nkind: Config\ncontexts: []\n', '\u0000\u0001\u0002'])(
  'a file without any context is reported as such, not as a context to switch to',
  async (text) => {
    const path = join(await temporaryFolder(), 'c')
    await writeFile(path, text)
    const problem = await problemOf(loadKubeconfig({ KUBECONFIG: path }))
    expect(problem).toMatchObject({ code: 'BAD_KUBECONFIG', where: path })
  },
)

test('a context that names a missing user is reported', async () => {
  const path = await file(join(await temporaryFolder(), 'c'), { name: 'x', current: 'x', context: { user: 'gone' } })
  expect((await problemOf(connectionOf(await loadKubeconfig({ KUBECONFIG: path })))).code).toBe('BAD_KUBECONFIG')
})

test('a certificate file that is missing is reported', async () => {
  const cluster = { 'certificate-authority': 'gone.crt' }
  const path = await file(join(await temporaryFolder(), 'c'), { name: 'x', current: 'x', cluster })
  expect((await problemOf(connectionOf(await loadKubeconfig({ KUBECONFIG: path })))).message).toContain('gone.crt')
})
