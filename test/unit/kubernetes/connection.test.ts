import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createClient } from '../../../scripts/kubernetes/client.ts'
import { kinds } from '../../../scripts/kubernetes/kinds.ts'
import { connectionOf, loadKubeconfig } from '../../../scripts/kubernetes/kubeconfig.ts'
import { environmentProxies } from '../../../scripts/lib/proxies.ts'
import { type IssuedCertificate, selfSigned, testAuthority } from '../../helpers/certificate-authority.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { problemOf } from '../../helpers/problems.ts'
import { httpProxy, silentServer, socksProxy, tlsServer } from '../../helpers/proxy.ts'

const list = { items: [], metadata: { resourceVersion: '1' } }
const authority = testAuthority()
const base64 = (text: string) => Buffer.from(text).toString('base64')

interface Entries {
  readonly cluster?: object
  readonly user?: object
}

/** What a kubeconfig with this one cluster and user leads to. */
async function connection({ cluster, user = { token: 't' } }: Entries, env: Record<string, string> = {}) {
  const folder = await temporaryFolder()
  const path = join(folder, 'config')
  const config = {
    'current-context': 'x',
    clusters: [{ name: 'x', cluster: { 'certificate-authority-data': base64(authority.certificate), ...cluster } }],
    users: [{ name: 'x', user }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  }
  await writeFile(path, stringify(config))
  return connectionOf(await loadKubeconfig({ ...env, KUBECONFIG: path }))
}

/** What listing Secrets there ends with. */
async function outcome(entries: Entries, env: Record<string, string> = {}) {
  using client = createClient(await connection(entries, env))
  return await client.list(kinds.secret)
}

describe('a cluster behind a proxy', () => {
  test.each([
    ['https://api.example:6443', ['api.example']],
    ['https://203.0.113.7:6443', ['203.0.113.7']],
  ])('%s is reached through the one of HTTPS_PROXY, watches too', async (server, names) => {
    const api = await tlsServer(authority.issue({ names }), list)
    const proxy = await httpProxy({ routes: { [server.slice(8)]: api.port } })
    using client = createClient(await connection({ cluster: { server } }, { HTTPS_PROXY: proxy.url }))
    expect(await client.list(kinds.secret)).toEqual({ items: [], resourceVersion: '1' })
    await client.list(kinds.secret)
    // The connection is kept.
    expect(proxy.requests).toEqual([`CONNECT ${server.slice(8)}`])
    const stop = new AbortController()
    const seen = []
    for await (const event of client.watch(kinds.secret, { resourceVersion: '1', signal: stop.signal })) {
      seen.push(event.object.metadata.name)
      stop.abort()
    }
    expect(seen).toEqual(['a'])
    expect(api.requests[0]?.headers.authorization).toBe('Bearer t')
    expect(proxy.headers.map((headers) => JSON.stringify(headers)).join()).not.toContain('Bearer')
  })

  test.each([
    ['https://api.example:6443', ['other.example']],
    ['https://203.0.113.7:6443', ['127.0.0.1', 'localhost']],
  ])('%s has to have its own name in the certificate, not the name of the proxy', async (server, names) => {
    const api = await tlsServer(authority.issue({ names }), list)
    const proxy = await httpProxy({ routes: { [server.slice(8)]: api.port } })
    const problem = await problemOf(outcome({ cluster: { server } }, { HTTPS_PROXY: proxy.url }))
    expect(problem.message).toContain('its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)')
    expect(problem.fix).toContain('tls-server-name')
    expect(api.requests).toEqual([])
  })

  test('goes through proxy-url first, whatever the environment says', async () => {
    const api = await tlsServer(authority.issue(), list)
    const other = await httpProxy()
    const own = await httpProxy()
    const server = `https://127.0.0.1:${api.port}`
    await outcome({ cluster: { server, 'proxy-url': own.url } }, { HTTPS_PROXY: other.url, NO_PROXY: '*' })
    expect([own.requests, other.requests]).toEqual([[`CONNECT 127.0.0.1:${api.port}`], []])
  })

  test('is reached directly where NO_PROXY names it', async () => {
    const api = await tlsServer(authority.issue(), list)
    const proxy = await httpProxy()
    await outcome({ cluster: { server: `https://127.0.0.1:${api.port}` } }, { HTTPS_PROXY: proxy.url })
    expect(proxy.requests).toEqual([])
  })

  test('may be behind a SOCKS proxy, which finds the address of its name', async () => {
    const api = await tlsServer(authority.issue({ names: ['api.example'] }), list)
    const proxy = await socksProxy({ 'api.example:6443': api.port })
    await outcome({ cluster: { server: 'https://api.example:6443', 'proxy-url': proxy.url } })
    expect(proxy.requests).toEqual(['SOCKS api.example:6443'])
    const refused = await socksProxy({})
    const problem = await problemOf(
      outcome({ cluster: { server: 'https://api.example:6443', 'proxy-url': refused.url } }),
    )
    expect(problem.message).toContain(
      `the proxy ${refused.url} (proxy-url of the kubeconfig) gives no connection: Socks5`,
    )
  })

  test('may be behind a proxy that speaks TLS, of the same authority or a public one', async () => {
    const api = await tlsServer(authority.issue({ names: ['api.example'] }), list)
    const routes = { 'api.example:6443': api.port }
    const server = 'https://api.example:6443'
    const proxy = await httpProxy({ routes, tls: authority.issue() })
    await outcome({ cluster: { server, 'proxy-url': proxy.url } })
    expect(proxy.requests).toEqual(['CONNECT api.example:6443'])
    const foreign = await httpProxy({ routes, tls: testAuthority('Foreign').issue() })
    const problem = await problemOf(outcome({ cluster: { server, 'proxy-url': foreign.url } }))
    expect(problem.message).toMatch(/the proxy https:.* is not trusted: .*\(UNABLE_TO_/)
    expect(foreign.requests).toEqual([])
  })

  test('gets the credentials of the proxy in the header of CONNECT, and nobody else gets them', async () => {
    const api = await tlsServer(authority.issue({ names: ['api.example'] }), list)
    const proxy = await httpProxy({ routes: { 'api.example:6443': api.port } })
    const url = proxy.url.replace('//', '//me:p%40ss%23@')
    await outcome({ cluster: { server: 'https://api.example:6443' } }, { HTTPS_PROXY: url })
    expect(proxy.headers[0]?.['proxy-authorization']).toBe(`Basic ${base64('me:p@ss#')}`)
    expect(api.requests[0]?.headers['proxy-authorization']).toBe(undefined)
  })

  test.each([
    [407, 'asks for a user name and a password (407), and the given ones are refused', 'percent-encoded'],
    [403, 'answers 403 to CONNECT, so that it does not allow it', 'NO_PROXY'],
    [502, "answers 502 to CONNECT, so that it can't connect to it", 'no way to this address'],
  ])('that answers %s is told as the proxy, without its credentials', async (status, fact, fix) => {
    const proxy = await httpProxy({ status })
    const url = proxy.url.replace('//', '//me:s3cret-pass@')
    const problem = await problemOf(outcome({ cluster: { server: 'https://api.example:6443' } }, { HTTPS_PROXY: url }))
    expect(problem).toMatchObject({ code: 'CLUSTER_UNREACHABLE', exitCode: 4, where: 'https://api.example:6443' })
    expect(problem.message).toContain(`the proxy ${proxy.url} (HTTPS_PROXY) ${fact}`)
    expect(problem.fix).toContain(fix)
    expect(JSON.stringify(problem.all)).not.toMatch(/s3cret-pass|html/)
    expect(proxy.requests).toHaveLength(1)
  })

  test('that is not there is reported as the proxy', async () => {
    const env = { HTTPS_PROXY: 'http://me:s3cret-pass@127.0.0.1:1' }
    const problem = await problemOf(outcome({ cluster: { server: 'https://api.example:6443' } }, env))
    expect(problem.message).toContain('the proxy http://127.0.0.1:1 (HTTPS_PROXY) gives no connection: ECONNREFUSED')
    expect(JSON.stringify(problem.all)).not.toContain('s3cret-pass')
  })

  test.each(['http', 'https', 'socks5'])(
    'that never answers in %s does not hold up a request that is ended',
    async (protocol) => {
      const { port, connections } = await silentServer()
      const proxyOf = environmentProxies({ HTTPS_PROXY: `${protocol}://127.0.0.1:${port}` })
      const stop = new AbortController()
      using client = createClient({ server: 'https://api.example:6443', ...(proxyOf ? { proxyOf } : {}) })
      const asked = client.list(kinds.secret, { signal: stop.signal })
      await expect.poll(connections).toBe(1)
      stop.abort(new Error('stopped'))
      await expect(asked).rejects.toThrow('stopped')
    },
  )

  test('without TLS is asked for whole requests, with its own answer to a missing login', async () => {
    const env = async (status?: number) => {
      const proxy = await httpProxy(status === undefined ? {} : { status })
      return { proxy, proxyOf: environmentProxies({ HTTP_PROXY: proxy.url }) }
    }
    const refusing = await env(407)
    using client = createClient({ server: 'http://api.example', proxyOf: refusing.proxyOf ?? (() => undefined) })
    expect((await problemOf(client.list(kinds.secret))).message).toContain('(407)')
    expect(refusing.proxy.requests).toEqual(['GET http://api.example/api/v1/secrets'])
  })
})

describe('a certificate of the cluster', () => {
  const hour = 3_600_000
  const past = { from: new Date(Date.now() - 48 * hour), until: new Date(Date.now() - hour) }
  const future = { from: new Date(Date.now() + hour), until: new Date(Date.now() + 48 * hour) }
  test.each<[string, IssuedCertificate, string, string]>([
    [
      'of an unknown authority',
      testAuthority('Foreign').issue(),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'certificate-authority',
    ],
    ['that vouches for itself', selfSigned(), 'DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-authority'],
    ['that has expired', authority.issue(past), 'CERT_HAS_EXPIRED', 'clock'],
    ['that begins later', authority.issue(future), 'CERT_NOT_YET_VALID', 'clock'],
    ['for another name', authority.issue({ names: ['b.example'] }), 'ERR_TLS_CERT_ALTNAME_INVALID', 'tls-server-name'],
  ])('%s is told by its code, after one attempt', async (_, certificate, code, fix) => {
    const api = await tlsServer(certificate, list)
    const problem = await problemOf(outcome({ cluster: { server: `https://127.0.0.1:${api.port}` } }))
    expect(problem).toMatchObject({ code: 'CLUSTER_UNREACHABLE', exitCode: 4 })
    expect(problem.message).toContain(`(${code})`)
    expect(problem.fix).toContain(fix)
    if (fix === 'clock') expect(problem.fix).not.toContain('certificate-authority')
    expect([api.connections(), api.requests]).toEqual([1, []])
  })

  test('may be for the name that tls-server-name gives, or for any with insecure-skip-tls-verify', async () => {
    const api = await tlsServer(authority.issue({ names: ['inside.example'] }), list)
    const server = `https://127.0.0.1:${api.port}/`
    await outcome({ cluster: { server, 'tls-server-name': 'inside.example' } })
    const unchecked = { server, 'insecure-skip-tls-verify': true, 'certificate-authority-data': '' }
    await outcome({ cluster: unchecked })
    expect(api.requests).toHaveLength(2)
  })

  test.each([
    ['certificate-authority', { cluster: { 'certificate-authority-data': base64('not a certificate') } }],
    ['client certificate', { user: { 'client-certificate-data': base64('no'), 'client-key-data': base64('no') } }],
  ])('authority or key that is not PEM is a fault of the kubeconfig: %s', async (what, { cluster, user }: Entries) => {
    const entries = { cluster: { server: 'https://127.0.0.1:1', ...cluster }, ...(user ? { user } : {}) }
    const problem = await problemOf(outcome(entries))
    expect(problem).toMatchObject({ code: 'BAD_KUBECONFIG', exitCode: 3 })
    expect(problem.message).toContain(what)
  })
})
