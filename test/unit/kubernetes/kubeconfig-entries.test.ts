import { mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createClient } from '../../../scripts/kubernetes/client.ts'
import { kinds } from '../../../scripts/kubernetes/kinds.ts'
import { connectionOf, loadKubeconfig } from '../../../scripts/kubernetes/kubeconfig.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { serverWith } from '../../helpers/http-server.ts'
import { problemOf } from '../../helpers/problems.ts'

const empty = { body: { items: [], metadata: { resourceVersion: '1' } } }
const base64 = (text: string) => Buffer.from(text).toString('base64')

interface Parts {
  readonly cluster?: object
  readonly user?: object
  readonly context?: object
  /** Over the whole file. */
  readonly file?: object
}

async function kubeconfig({ cluster, user = { token: 't' }, context, file }: Parts) {
  const folder = await temporaryFolder()
  const path = join(folder, 'config')
  const config = {
    'current-context': 'x',
    clusters: [{ name: 'x', cluster: { server: 'https://x:6443', ...cluster } }],
    users: [{ name: 'x', user }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x', ...context } }],
    ...file,
  }
  await writeFile(path, stringify(config))
  return { path, folder }
}

async function connection(parts: Parts) {
  const { path } = await kubeconfig(parts)
  return connectionOf(await loadKubeconfig({ KUBECONFIG: path }))
}

/** The headers that a request carries. */
async function headersOf(user: object) {
  const server = await serverWith(empty)
  using client = createClient(await connection({ cluster: { server: server.url }, user }))
  await client.list(kinds.secret)
  return server.received[0]?.headers
}

describe('requests are made for whom the kubeconfig says', () => {
  test('with uid, groups and whatever else it gives', async () => {
    const headers = await headersOf({
      token: 't',
      as: 'jane',
      'as-uid': '06e3',
      'as-groups': ['readers', 'système'],
      'as-user-extra': { 'example.org/team': ['a', 'b'], empty: [] },
    })
    expect(headers).toMatchObject({
      authorization: 'Bearer t',
      'impersonate-user': 'jane',
      'impersonate-uid': '06e3',
      'impersonate-extra-example.org%2fteam': 'a, b',
    })
    const groups = Buffer.from(String(headers?.['impersonate-group']), 'latin1').toString('utf8')
    expect(groups).toBe('readers, système')
    expect(headers).not.toHaveProperty('impersonate-extra-empty')
  })

  test('which is nobody else by default', async () => {
    expect(Object.keys((await headersOf({ token: 't' })) ?? {}).filter((name) => /impersonate/.test(name))).toEqual([])
  })

  test.each([
    [{ 'as-groups': ['system:masters'] }, 'as is not set, and as-uid, as-groups or as-user-extra is.'],
    [{ as: 'jane', 'as-groups': 'readers' }, 'as-groups is not a list of texts.'],
    [{ as: 'jane', 'as-user-extra': { a: 'b' } }, 'as-user-extra is not a list of texts.'],
    [{ as: 'jane\nImpersonate-Group: system:masters' }, 'has a line break'],
    [{ as: 5 }, 'as is not a text.'],
  ])('%o is refused', async (user, message) => {
    const problem = await problemOf(connection({ user: { token: 't', ...user } }))
    expect(problem).toMatchObject({ code: 'BAD_KUBECONFIG', exitCode: 3 })
    expect(problem.message).toContain(message)
  })
})

describe('a token', () => {
  test('of a file comes first, and is read again when it changes', async () => {
    const server = await serverWith(empty)
    const { path, folder } = await kubeconfig({
      cluster: { server: server.url },
      user: { token: 'written', tokenFile: 'token' },
    })
    const write = (token: string) => writeFile(join(folder, 'token'), `${token}\n`)
    await write('first')
    using client = createClient(await connectionOf(await loadKubeconfig({ KUBECONFIG: path })))
    const sent = async () => {
      await client.list(kinds.secret)
      return server.received.at(-1)?.headers.authorization
    }
    expect(await sent()).toBe('Bearer first')
    await write('second')
    expect(await sent()).toBe('Bearer second')
    await write('')
    expect(await sent()).toBe('Bearer second')
    await rm(join(folder, 'token'))
    expect(await sent()).toBe('Bearer second')
  })

  test('is the written one when the file is missing or empty', async () => {
    const user = { token: 'written', tokenFile: 'gone' }
    expect((await headersOf(user))?.authorization).toBe('Bearer written')
    expect(await problemOf(connection({ user: { tokenFile: 'gone' } }))).toMatchObject({ code: 'BAD_KUBECONFIG' })
    const { path, folder } = await kubeconfig({ user: { tokenFile: 'token' } })
    await writeFile(join(folder, 'token'), ' \n')
    const opened = connectionOf(await loadKubeconfig({ KUBECONFIG: path }))
    expect((await problemOf(opened)).message).toBe(
      'user "x": tokenFile names token, which is empty. Expected a token in it.',
    )
  })

  test('of a file that can not be read is reported with the field that names it', async () => {
    const { path, folder } = await kubeconfig({ user: { tokenFile: 'folder' } })
    await mkdir(join(folder, 'folder'))
    expect(await problemOf(loadKubeconfig({ KUBECONFIG: path }).then((loaded) => connectionOf(loaded)))).toMatchObject({
      where: `${path}: user "x": tokenFile ${join(folder, 'folder')}`,
      message: expect.stringContaining('it is a folder'),
    })
  })

  test.each(['s3cret\nX: y', 's3cret token', 's3crét'])(
    'with what no header may hold is refused unseen: %j',
    async (token) => {
      const problem = await problemOf(connection({ user: { token } }))
      expect(problem).toMatchObject({ code: 'BAD_KUBECONFIG' })
      expect(JSON.stringify(problem)).not.toContain('s3cr')
    },
  )

  test('may end with a line break', async () => {
    expect((await headersOf({ token: 'abc\n' }))?.authorization).toBe('Bearer abc')
  })

  test('that is a number for YAML is not taken for none', async () => {
    expect((await problemOf(connection({ user: { token: 12345 } }))).message).toContain('token is not a text')
  })
})

test('a user name and a password are sent, and not together with a token', async () => {
  const { authorization } = (await headersOf({ username: 'me', password: 'p:w' })) ?? {}
  expect(authorization).toBe(`Basic ${base64('me:p:w')}`)
  const both = { username: 'me', password: 's3cret', token: 't' }
  const problem = await problemOf(connection({ user: both }))
  expect(problem.message).toContain('username is set, and a token too. Expected one way to log in.')
  expect(JSON.stringify(problem)).not.toContain('s3cret')
})

describe('the address of a cluster', () => {
  test.each([
    ['https://x:6443/', 'https://x:6443'],
    ['https://x/k8s/clusters/c-1//', 'https://x/k8s/clusters/c-1'],
    ['https://x/path?query#fragment', 'https://x/path'],
    [' https://X:6443 ', 'https://x:6443'],
    ['https://[fd00::1]:6443', 'https://[fd00::1]:6443'],
  ])('%s leads to %s', async (server, expected) => {
    expect((await connection({ cluster: { server } })).server).toBe(expected)
  })

  test('may have a path, under which everything is asked', async () => {
    const server = await serverWith(empty)
    using client = createClient(await connection({ cluster: { server: `${server.url}/k8s/c-1/` } }))
    await client.list(kinds.secret)
    expect(server.received[0]?.url).toBe('/k8s/c-1/api/v1/secrets')
  })

  test.each([
    ['127.0.0.1:6443', 'has no scheme, which means plain HTTP to kubectl. Expected https://127.0.0.1:6443.'],
    ['localhost:6443', 'has no scheme, which means plain HTTP to kubectl. Expected https://localhost:6443.'],
    ['api.example', 'Expected https://api.example.'],
    ['me:s3cret@x:6443', 'Expected https://host:port.'],
    ['https://me:s3cret@x:6443', 'has a user name or password in it.'],
    ['ftp://x', 'is not an address. Expected https://host:port.'],
    ['https://', 'is not an address.'],
    ['https://x:port', 'is not an address.'],
    ['', 'is not set. Expected https://host:port.'],
    ['http://api.example', 'is plain HTTP to another machine'],
  ])('%s is refused', async (server, message) => {
    const problem = await problemOf(connection({ cluster: { server } }))
    expect(problem).toMatchObject({ code: 'BAD_KUBECONFIG', exitCode: 3 })
    expect(problem.message).toContain(message)
    expect(JSON.stringify(problem)).not.toContain('s3cret')
  })
})

describe('what client-go refuses is refused', () => {
  const pem = base64('PEM')
  test.each<[string, Parts, string]>([
    [
      'an authority that would not be used',
      { cluster: { 'insecure-skip-tls-verify': true, 'certificate-authority-data': pem } },
      'insecure-skip-tls-verify is true, and there is a certificate-authority.',
    ],
    [
      'an authority twice',
      { cluster: { 'certificate-authority': 'ca.crt', 'certificate-authority-data': pem } },
      'certificate-authority is set, and certificate-authority-data too.',
    ],
    ['a text for a boolean', { cluster: { 'insecure-skip-tls-verify': 'true' } }, 'is not a boolean.'],
    ['a certificate without its key', { user: { 'client-certificate-data': pem } }, 'there is no client-key.'],
    [
      'a name twice',
      {
        file: {
          users: [
            { name: 'x', user: {} },
            { name: 'x', user: { token: 't' } },
          ],
        },
      },
      'user "x" is in it twice.',
    ],
    ['a context without a user', { context: { user: undefined } }, 'context "x": user is not set.'],
    [
      'a context of a missing cluster',
      { context: { cluster: 'xx' } },
      'cluster "xx" doesn\'t exist. Did you mean "x"?',
    ],
    ['a proxy of another kind', { cluster: { 'proxy-url': 'ssh://proxy' } }, "the address of the proxy can't be read."],
  ])('%s', async (_, parts, message) => {
    const problem = await problemOf(connection(parts))
    expect(['BAD_KUBECONFIG', 'PROXY_INVALID']).toContain(problem.code)
    expect(problem.message).toContain(message)
  })
})

test('files that paths name are beside the kubeconfig they are in, of several too', async () => {
  const { path, folder } = await kubeconfig({ user: { tokenFile: 'token' } })
  await writeFile(join(folder, 'token'), 'beside')
  const first = await kubeconfig({ file: { contexts: [], clusters: [], users: [], 'current-context': '' } })
  const loaded = await loadKubeconfig({ KUBECONFIG: ['', first.path, path].join(delimiter) })
  expect((await connectionOf(loaded)).token).toBe('beside')
})

test('a login plugin of a cluster over plain HTTP on another machine is not asked', async () => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/nowhere', interactiveMode: 'Never' }
  const problem = await problemOf(connection({ cluster: { server: 'http://api.example' }, user: { exec } }))
  expect(problem.code).toBe('BAD_KUBECONFIG')
})
